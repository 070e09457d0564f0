"""Times as the clock of a browser's control shows them: without their offset, which stands beside it."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Self

from retoma_server.domain.pointers import Json

WRITTEN = re.compile(
    r"(?:(?P<day>\d{4}-\d\d-\d\d)T)?(?P<minute>(?:[01]\d|2[0-3]):[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.0+)?)?"
    r"(?P<offset>Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day, of a `day` where it has one; `second` and `offset` are empty where nothing is said."""

    day: str
    minute: str
    second: str
    offset: str

    @classmethod
    def of(cls, value: Json) -> Self | None:
        """What a control shows with nothing lost; None for what is no time, or has fractions of a second."""
        found = WRITTEN.fullmatch(value) if isinstance(value, str) else None
        if found is None or (found["day"] and not is_day(found["day"])):
            return None
        return cls(*(found[name] or "" for name in ("day", "minute", "second", "offset")))

    @property
    def shown(self) -> str:
        """As a control carries it, which leaves out seconds that are none."""
        whole = f"{self.minute}:{self.second}" if self.second not in ("", "00") else self.minute
        return f"{self.day}T{whole}" if self.day else whole

    @property
    def zone(self) -> str:
        """What its offset is called; empty where it has none."""
        return f"UTC{self.offset.removeprefix('Z')}" if self.offset else ""

    @property
    def words(self) -> str:
        """As people read it."""
        return self.shown.replace("T", " ") + (f" ({self.zone})" if self.zone else "")

    def written(self, offset: str, seconds: bool) -> str:
        """As an answer with this offset: with one there are always seconds (RFC 3339), else if asked for."""
        second = self.second or ("00" if offset or seconds else "")
        return "T".join(filter(None, (self.day, self.minute))) + (f":{second}" if second else "") + offset


def is_day(text: str) -> bool:
    """Whether a browser's date control shows this."""
    with suppress(ValueError):
        return date.fromisoformat(text).isoformat() == text
    return False


def entered(typed: Clock, before: Clock | None, here: tzinfo, local: bool) -> str:
    """What was typed, as an answer: with the offset of the one `before`, else of the time zone `here`.

    `local` ones have none; nor has what replaces one that has none.
    """
    if before:
        return typed.written(before.offset, bool(before.second))
    return typed.written("" if local else offset_at(typed, here), seconds=False)


def offset_at(typed: Clock, here: tzinfo) -> str:
    """The offset that the clocks of a time zone have then; of an hour that comes twice the first."""
    then = datetime.fromisoformat(f"{typed.day}T{typed.minute}").replace(tzinfo=here)
    minutes = (then.utcoffset() or timedelta()) // timedelta(minutes=1)
    hour, minute = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hour:02}:{minute:02}" if minutes else "Z"
