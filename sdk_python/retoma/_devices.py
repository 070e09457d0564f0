"""The devices that hold a customer's drafts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ._errors import NotFoundError
from ._transport import Transport


@dataclass(frozen=True)
class Device:
    """A device that holds a customer's drafts, as it was when the list was made.

    `kind` is signed-in, visitor or link; `name` what its customer calls it, else what it calls itself;
    `current` says that it is the one that asked. Times are right to some minutes.
    """

    id: str
    kind: str
    channel: str
    name: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    current: bool
    _transport: Transport = field(repr=False, compare=False)
    _path: str = field(repr=False, compare=False)

    @classmethod
    def read(cls, wire: Mapping[str, Any], transport: Transport, path: str) -> "Device":
        """Read it from the wire; `path` is that of the list."""
        first, last = (datetime.fromisoformat(wire[f"{name}_seen_at"]) for name in ("first", "last"))
        return cls(
            wire["id"],
            wire["kind"],
            wire["channel"],
            wire["name"],
            first,
            last,
            wire["current"],
            transport,
            path,
        )

    def rename(self, name: str | None) -> "Device":
        """Call it otherwise, with None as it calls itself; returns it under that name.

        Raises NotFoundError when it is on the list no more, InvalidRequestError for what is no name.
        """
        reply = self._transport.request("PATCH", self._address, {"name": name})
        return Device.read(reply.body, self._transport, self._path)

    def revoke(self) -> None:
        """Sign it out, at once and everywhere; what it has open there is over. Twice is as good as once."""
        try:
            self._transport.request("DELETE", self._address)
        except NotFoundError:
            return

    @property
    def _address(self) -> str:
        return f"{self._path}/{quote(self.id, '')}"


def devices(transport: Transport, customer: str | None) -> list[Device]:
    """The devices of whoever asks, or of the customer whom a secret key names."""
    path = f"/v1/customers/{quote(customer, '')}/devices" if customer else "/v1/me/devices"
    return [Device.read(each, transport, path) for each in transport.request("GET", path).body["items"]]
