"""Staff who ask a customer that has no code at hand: who, why, for what; and yes or no."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from ._help import Helper
from ._transport import Transport

PLACE = "/v1/me/assist-requests"


@dataclass(frozen=True)
class AssistRequest:
    """A member of staff who asks to be let in, and waits for an answer until `expires_at`.

    `name` is who asks, `store` from where, if anywhere; `reason` is theirs. With a `process` it is about its
    `draft`; without one the customer chooses.
    """

    id: str
    name: str
    store: str | None
    reason: str
    process: str | None
    draft: str | None
    began_at: datetime
    expires_at: datetime
    _transport: Transport = field(repr=False, compare=False)

    @classmethod
    def read(cls, wire: Mapping[str, Any], transport: Transport) -> "AssistRequest":
        """Read it from the wire."""
        began, expires = (datetime.fromisoformat(wire[name]) for name in ("began_at", "expires_at"))
        store = wire["store"] and wire["store"]["name"]
        about = (wire["reason"], wire["process"], wire["draft"])
        return cls(wire["id"], wire["staff"]["name"], store, *about, began, expires, transport)

    def approve(
        self,
        *,
        draft: str | None = None,
        scope: Literal["view", "edit", "complete"] = "edit",
        show_answers: bool = False,
    ) -> Helper:
        """Let them in, into the `draft` whose id is given where they name no process; returns their help.

        `scope` is how far; with `show_answers` they read the personal ones whole. Raises NotFoundError where
        they wait no more, InvalidRequestError where no draft is named.
        """
        chosen = {} if draft is None else {"draft": draft}
        said = {"approve": True, "scope": scope, "show_answers": show_answers, **chosen}
        reply = self._transport.request("POST", self._address, said)
        return Helper.read(reply.body["assist"], reason=None, _transport=self._transport)

    def deny(self) -> None:
        """Let them not in; they never hear of it. Raises NotFoundError where they wait no more."""
        self._transport.request("POST", self._address, {"approve": False})

    @property
    def _address(self) -> str:
        return f"{PLACE}/{quote(self.id, '')}"


def assist_requests(transport: Transport) -> list[AssistRequest]:
    """Who asks and waits, whoever asked last first."""
    return [AssistRequest.read(each, transport) for each in transport.request("GET", PLACE).body["items"]]
