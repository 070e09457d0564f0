"""Customers who have no code: staff ask to be let in, and learn of a yes only."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any, Literal
from urllib.parse import quote

from ._cart import Cart
from ._draft import Draft
from ._transport import Transport

Kind = Literal["email", "phone", "loyalty_number", "external_id"]
Enter = Callable[[Mapping[str, Any]], Draft | Cart]

LIFE = 300.0
"""Seconds after which a lookup is over."""
LONGEST_WAIT = 15
"""Seconds that one request waits at most."""


@dataclass(frozen=True)
class Lookup:
    """Somebody who may have been asked, and may answer until `expires_at`; if there is one is not told."""

    id: str
    expires_at: datetime
    _transport: Transport = field(repr=False, compare=False)
    _enter: Enter = field(repr=False, compare=False)

    def approved(self, timeout: float = LIFE) -> Draft | Cart | None:
        """Wait until the customer lets one in, and open what they chose; None where nobody has by then.

        `timeout` is in seconds: 0 looks once. Why nobody has is not told.
        """
        until = time.monotonic() + timeout
        while True:
            told = self._transport.request("GET", self._address, query={"wait": self._wait(until)}).body
            if told["assist"] is not None:
                return self._enter(told["assist"])
            if told["status"] == "over" or time.monotonic() >= until:
                return None

    def send_code(self) -> None:
        """Have six digits sent to where the customer was looked up by, if anybody was, to be read out.

        Raises InvalidRequestError `sending-unavailable` where nothing is sent that way.
        """
        self._transport.request("POST", f"{self._address}/code", {})

    def enter_code(self, code: str) -> Draft | Cart:
        """Open what the customer is asked for by the digits that they read out, to look and change.

        Raises PermissionDeniedError `code-wrong`, whose facts have `tries_left`.
        """
        return self._enter(self._transport.request("POST", self._address, {"code": code}).body["assist"])

    def _wait(self, until: float) -> int:
        longest = min(LONGEST_WAIT, self._transport.timeout[1] / 2)
        return ceil(max(0.0, min(longest, until - time.monotonic())))

    @property
    def _address(self) -> str:
        return f"/v1/assist/lookup/{quote(self.id, '')}"


def look_up(transport: Transport, enter: Enter, wanted: Mapping[str, Any]) -> Lookup:
    """Ask whoever is known by something, if anybody is."""
    body = {name: value for name, value in wanted.items() if value is not None}
    begun = transport.request("POST", "/v1/assist/lookup", body).body
    return Lookup(begun["id"], datetime.fromisoformat(begun["expires_at"]), transport, enter)
