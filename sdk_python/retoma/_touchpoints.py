"""Touchpoints: what happened to a customer, on one channel after the other, without values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from ._models import ClaimedFrom
from ._transport import Transport


@dataclass(frozen=True)
class Touchpoint:
    """One thing that happened, from `at` to `until`; edits that belong together are one.

    `type` is Retoma's word for it, or the name that your service gave it (`call`), which then is of no
    draft. `fields` counts those that were saved; `note` is your service's.
    """

    type: str
    at: datetime
    until: datetime
    draft: str | None
    process: str | None
    actor: str
    channel: str
    step: str | None
    fields: int
    claim: ClaimedFrom | None
    note: str | None

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Touchpoint":
        """Read it from the wire."""
        known = {name: wire[name] for name in cls.__dataclass_fields__}
        times = {name: datetime.fromisoformat(wire[name]) for name in ("at", "until")}
        claim = wire["claim"]
        return cls(**{**known, **times, "claim": ClaimedFrom.read(claim) if claim else None})


def tell(
    transport: Transport, customer: str, name: str, channel: str, at: datetime | None, note: str | None
) -> Touchpoint:
    """Put what happened elsewhere into a customer's journey."""
    if at is not None and at.tzinfo is None:
        raise ValueError("touchpoint: at needs a time zone, such as datetime.now(UTC)")
    told = {"name": name, "channel": channel, "at": at and at.astimezone(UTC).isoformat(), "note": note}
    body = {each: value for each, value in told.items() if value is not None}
    path = f"/v1/customers/{quote(customer, '')}/touchpoints"
    return Touchpoint.read(transport.request("POST", path, body).body)


def journey(transport: Transport, assist: str) -> list[Touchpoint]:
    """The journey of the customer whom an assist helps, newest first."""
    answer = transport.request("GET", f"/v1/assist/{quote(assist, '')}/journey").body
    return [Touchpoint.read(each) for each in answer["items"]]
