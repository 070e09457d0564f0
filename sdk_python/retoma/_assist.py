"""What staff do for customers: open a draft by its code, ask for it or begin one, write, hand it back."""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from ._cart import Cart
from ._draft import Draft
from ._errors import NotFoundError
from ._help import Assist
from ._lease import Lease
from ._lookups import Kind, Lookup, look_up
from ._models import Handoff
from ._opening import opened
from ._pointer import pointer
from ._problems import Reply
from ._touchpoints import Touchpoint, journey

if TYPE_CHECKING:
    from ._client import Client


class Assisting:
    """What a member of staff does in customers' drafts; made by a client as `client.assist`.

    Verbs that take a draft take one that this client was let into by the others, else they raise ValueError;
    they raise NotFoundError where the assist has ended.
    """

    def __init__(self, client: "Client") -> None:
        """Speak through a client of staff."""
        self._client = client

    def redeem(self, code: str) -> Draft | Cart:
        """Help a customer with the draft or cart whose short code they tell you; needs a staff token.

        Personal fields come masked, as `{"$masked": True, …}`, until you set them yourself, unless the
        customer shows them. How far you may go, and until when, is in its `assist`. One member of staff at a
        time writes in it: while a colleague does, `save()` raises LeaseLostError, and nothing that waits is
        lost. For the customer's own device `assist` is None. Raises NotFoundError `handoff-invalid` for a
        code that was used, has expired or never was.
        """
        return self._come_in("redeem", {"code": code})

    def start(self, process: str, key: str = "default") -> Draft | Cart:
        """Begin a draft or cart for a person who has no account; it is nobody's until you hand it back.

        Whoever opens the link of `hand_back(draft, "device")` first has it from then on, by e-mail or text
        message too. Without a link nobody could: `hand_back(draft)` raises InvalidRequestError then.
        """
        return self._come_in("drafts", {"process": process, "key": key})

    def resume(self, draft: str) -> Draft | Cart:
        """Go on with what you began for a person who has not opened its link, by its id.

        To make another link, say. Raises NotFoundError once it is theirs.
        """
        return self._come_in(f"drafts/{quote(draft, '')}", {})

    def _come_in(self, how: str, body: Mapping[str, Any]) -> Draft | Cart:
        done = self._client._transport.request("POST", f"/v1/assist/{how}", body).body
        if done["assist"] is not None:
            self._begin(done["assist"])
        return opened(self._client, done["draft"])

    def look_up(
        self, kind: Kind, value: str, reason: str, *, process: str | None = None, language: str | None = None
    ) -> Lookup:
        """Ask a customer who has no code, by all of what they are known by; they read the reason.

        Whether anybody is known by it is not told. Without a `process` the customer chooses; `language` is
        that of a code, if one is sent. Raises InvalidRequestError for what is no identifier of its kind.
        """
        wanted = {"kind": kind, "value": value, "reason": reason, "process": process, "language": language}
        return look_up(self._client._transport, self._enter, wanted)

    def override(
        self,
        reason: str,
        ticket: str,
        *,
        draft: str | None = None,
        kind: Kind | None = None,
        value: str | None = None,
        process: str | None = None,
    ) -> Draft | Cart:
        """Look without consent, in an emergency, and answer for it; for supervisors.

        Into a `draft` by its id, or into what whoever is known by a `kind` and `value` has open. The customer
        is told at once, and reads the reason. Raises NotFoundError where nothing is open.
        """
        whose = {"draft": draft, "kind": kind, "value": value, "process": process}
        given = {name: told for name, told in whose.items() if told is not None}
        body = {"reason": reason, "ticket": ticket, **given}
        return self._enter(
            self._client._transport.request("POST", "/v1/assist/override", body).body["assist"]
        )

    def current(self, draft: Draft | Cart) -> Assist:
        """How far one may go now, and until when: the customer may have changed it."""
        lease = self._lease(draft)
        lease.assist = Assist.read(self._ask("GET", draft).body)
        return lease.assist

    def hand_back(
        self,
        draft: Draft | Cart,
        to: Literal["device", "email", "phone"] | None = None,
        *,
        address: str | None = None,
        url: str | None = None,
        language: str | None = None,
        step: str | None = None,
    ) -> Handoff | None:
        """Save what waits in a draft, give it back to its customer and leave it.

        They go on where they are, at a `step` if one is named. With `device` there is a link and QR code for
        the screen, which opens for them only; by `email` or `phone` one is sent, to an `address` that leads
        to them. Raises InvalidRequestError `contact-unknown` for any other.
        """
        self._lease(draft)
        draft.save()
        how = {"to": to, "address": address, "url": url, "language": language, "step": step}
        body = {name: value for name, value in how.items() if value is not None}
        answer = self._ask("POST", draft, "/handback", body).body
        del self._client._leases[draft.id]
        return None if answer["handoff"] is None else Handoff.read(answer["handoff"])

    def leave(self, draft: Draft | Cart) -> None:
        """Leave a draft as it was last saved; its customer is told. Where the help has ended, it stays so.

        What waits is not saved, and stays in the draft here.
        """
        self._lease(draft)
        with suppress(NotFoundError):
            self._ask("DELETE", draft)
        del self._client._leases[draft.id]

    def reveal(self, draft: Draft | Cart, path: str, reason: str) -> Any:
        """Read one masked answer whole, for a `reason` that the customer reads as well; for supervisors.

        Each call is on record. Raises PermissionDeniedError for whoever may not, and for `restricted` ones.
        """
        body = {"path": pointer(path), "reason": reason}
        return self._ask("POST", draft, "/reveal", body).body["value"]

    def journey(self, draft: Draft | Cart) -> list[Touchpoint]:
        """What happened to the customer before, newest first: on every channel, without values.

        The customer sees that it was looked at.
        """
        return journey(self._client._transport, self._lease(draft).assist.id)

    def take_over(self, draft: Draft | Cart) -> None:
        """Be the one who writes in a draft, though a colleague does now; for supervisors, and on record.

        Without it `save()` is enough once they are done, or were silent for five minutes. Raises
        PermissionDeniedError for whoever may not.
        """
        self._lease(draft).take(take_over=True)

    def _begin(self, assist: Mapping[str, Any]) -> None:
        lease = Lease(self._client._transport, Assist.read(assist))
        lease.try_to_take()
        self._client._leases[lease.assist.draft] = lease

    def _enter(self, assist: Mapping[str, Any]) -> Draft | Cart:
        self._begin(assist)
        return self._client.get(assist["draft"])

    def _lease(self, draft: Draft | Cart) -> Lease:
        if draft.id not in self._client._leases:
            raise ValueError("this client was not let into the draft")
        return self._client._leases[draft.id]

    def _ask(
        self, method: str, draft: Draft | Cart, what: str = "", body: Mapping[str, Any] | None = None
    ) -> Reply:
        path = f"/v1/assist/{quote(self._lease(draft).assist.id, '')}{what}"
        return self._client._transport.request(method, path, body)
