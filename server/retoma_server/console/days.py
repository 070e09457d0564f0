"""Days as whoever is at the console counts them: in the time zone that their browser is in."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import request

ZONE_COOKIE = "retoma-zone"
"""Holds the name of the browser's time zone; `console.js` writes it."""


class Day(NamedTuple):
    """A day: how it is written in a form, and from when until when it lasts, in milliseconds."""

    text: str
    since: int
    until: int


def zone_here() -> tzinfo:
    """The time zone of the browser that asks."""
    return zone(request.cookies)


def day_at(now: int) -> Day:
    """The day that a moment is in."""
    return day_of(datetime.fromtimestamp(now / 1000, zone_here()).date())


def named_day(text: str) -> Day | None:
    """The day that a form names, None where it names none."""
    with suppress(ValueError, OverflowError):
        return day_of(date.fromisoformat(text))
    return None


def day_of(day: date) -> Day:
    """When a day begins and ends; some last an hour less or more."""
    here = zone_here()
    begins, ends = (datetime.combine(each, time(), here) for each in (day, day + timedelta(days=1)))
    return Day(day.isoformat(), milliseconds(begins), milliseconds(ends))


def milliseconds(at: datetime) -> int:
    """A moment in milliseconds since 1970, none before."""
    return max(0, int(at.timestamp() * 1000))


def zone(cookies: Mapping[str, str]) -> tzinfo:
    """The time zone of a browser, UTC where it names none that there is."""
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(cookies[ZONE_COOKIE]) if ZONE_COOKIE in cookies else UTC
    return UTC
