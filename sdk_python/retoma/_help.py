"""Help by staff as its customer sees it: who, how far, what they entered; and what ends it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

from ._errors import NotFoundError, PermissionDeniedError
from ._transport import Transport


@dataclass(frozen=True)
class Assist:
    """A member of staff in one draft, by its customer's consent: who, how far, and until when.

    `name` is who helps, `store` where, if anywhere; `scope` is view, edit or complete; with `shows_answers`
    they read personal answers whole. `method` is how they came: code, lookup or override, or started. It ends
    at `expires_at` unless it is used again, and at `ends_at` anyway.
    """

    id: str
    draft: str
    customer: str
    name: str
    store: str | None
    method: str
    scope: str
    shows_answers: bool
    began_at: datetime
    expires_at: datetime
    ends_at: datetime

    @classmethod
    def read(cls, wire: Mapping[str, Any], **more: Any) -> Self:
        """Read it from the wire."""
        known = ("id", "draft", "customer", "method", "scope", "shows_answers")
        told = {name: wire[name] for name in known} | more
        told |= {name: datetime.fromisoformat(wire[name]) for name in ("began_at", "expires_at", "ends_at")}
        store = wire["store"] and wire["store"]["name"]
        return cls(name=wire["staff"]["name"], store=store, **told)


@dataclass(frozen=True)
class Helper(Assist):
    """A member of staff who helps with the customer's draft, as it was when the list was made.

    `reason` is why a supervisor looks without having asked (`method` override), for its customer to read.
    """

    reason: str | None
    _transport: Transport = field(repr=False, compare=False)

    def stop(self) -> None:
        """End their help at once; twice is as good as once."""
        with suppress(NotFoundError):
            self._transport.request("DELETE", self._address)

    def take_back(self) -> "Helper":
        """Let them look and write no more, at once; returns the help as it is now.

        Raises NotFoundError when it has ended.
        """
        return self._changed(scope="view")

    def show_answers(self, shows: bool) -> "Helper":
        """Show them the personal answers whole, or no longer; returns the help as it is now.

        Raises NotFoundError when it has ended.
        """
        return self._changed(show_answers=shows)

    def _changed(self, **consent: Any) -> "Helper":
        reply = self._transport.request("PATCH", self._address, consent)
        return Helper.read(reply.body, reason=self.reason, _transport=self._transport)

    @property
    def _address(self) -> str:
        return f"/v1/drafts/{quote(self.draft, '')}/assists/{quote(self.id, '')}"


@dataclass(frozen=True)
class StaffAnswer:
    """An answer that staff entered and the customer has neither confirmed nor changed, without its value.

    `name` is who, at a `revision`; `confirm` says that it must be confirmed before the draft is completed.
    """

    path: str
    name: str | None
    channel: str
    revision: int
    confirm: bool

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "StaffAnswer":
        """Read it from the wire."""
        return cls(**{each.name: wire[each.name] for each in fields(cls)})


def helpers(transport: Transport, path: str) -> list[Helper]:
    """Who helps with the draft at a path, whoever came last first."""
    items = transport.request("GET", f"{path}/assists").body["items"]
    reasons = reasons_of(transport) if any(each["method"] == "override" for each in items) else {}
    return [Helper.read(each, reason=reasons.get(each["id"]), _transport=transport) for each in items]


def reasons_of(transport: Transport) -> dict[str, str]:
    """Why staff look without having asked, by assist: the access log tells its customer, and nobody else."""
    with suppress(PermissionDeniedError, NotFoundError):
        log = transport.request("GET", "/v1/me/access-log", query={"limit": 100}).body["items"]
        return {each["assist"]: each["reason"] for each in log if each["action"] == "assist-overridden"}
    return {}


def entered_by_staff(transport: Transport, path: str) -> list[StaffAnswer]:
    """What staff entered in the draft at a path."""
    return [StaffAnswer.read(each) for each in transport.request("GET", f"{path}/assists").body["answers"]]
