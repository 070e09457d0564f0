"""The client: who speaks to which server, and everything that begins there."""

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from random import random as draw
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import requests

from ._asking import AssistRequest, assist_requests
from ._assist import Assisting
from ._cart import NOTHING, Cart
from ._claims import Claim
from ._credential import Credential
from ._devices import Device, devices
from ._draft import Draft
from ._errors import PermissionDeniedError, RetomaError
from ._events import EventStream
from ._held import held
from ._lease import Lease
from ._links import token_and_nonce
from ._models import Preview
from ._opening import opened
from ._paging import items
from ._processes import Processes
from ._retry import Retry
from ._syncing import wish
from ._touchpoints import Touchpoint, tell
from ._transport import Sessions, Transport

ASK_AGAIN = 3.0
"""Seconds between two looks whether the digits of this device were picked."""


class Client:
    """Speaks to one Retoma server under one credential.

    `credential` is a secret key, publishable key, visitor token, customer token, grant or staff
    token; or a function that gets a fresh customer token, which is called again when the last one
    is over, once for all threads that wait for it; or None, to redeem or preview only. A customer token
    may be one of the shop's own identity provider (a JWT): then give the `publishable_key` too. `channel` is
    where its requests come from, `device` a label that the same customer sees elsewhere. `timeout`
    is (to connect, between bytes) in seconds, `retries` how often to try again.

    A client may be shared between threads: it holds one `requests.Session` a thread, since requests
    does not promise that one may be shared. A `session` that is given in is used on every thread as
    it is. `sleep` and `random` are the ways to wait (seconds) and to draw from [0, 1).
    """

    def __init__(
        self,
        url: str,
        credential: str | Callable[[], str] | None = None,
        *,
        publishable_key: str | None = None,
        channel: str = "api",
        device: str | None = None,
        timeout: tuple[float, float] = (3.05, 20),
        retries: int = 3,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = draw,
    ) -> None:
        """Make a client; nothing is sent yet.

        Raises ValueError for what is no http(s) address, or no credential.
        """
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"not an http(s) address: {url!r}")
        self._transport = Transport(
            url=url.rstrip("/").removesuffix("/v1"),
            credential=Credential(credential),
            sessions=Sessions(session),
            retry=Retry(retries, sleep, random),
            channel=channel,
            device=device,
            timeout=timeout,
            publishable_key=publishable_key or publishable(credential),
        )
        #: Who says what became of an order: a customer's client goes on speaking for its shop there.
        self._shop = self._transport
        #: Who has claimed what this visitor had: late changes of a merged cart go on through them.
        self._claimant: Client | None = None
        #: By which assist staff are in a draft, with their right to write in it.
        self._leases: dict[str, Lease] = {}

    def __enter__(self) -> Self:
        """Close it at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close its connections; a session that was given in is yours to close."""
        self._transport.sessions.close()

    # -- who speaks ------------------------------------------------------------------------------

    @property
    def token(self) -> str | None:
        """The credential in use: keep a visitor's to recognise them the next time."""
        return self._transport.credential.token()

    def visitor(self) -> "Client":
        """Open a customer who is not yet identified, and speak as them; needs a publishable key."""
        return self._speaking(self._transport.request("POST", "/v1/visitors", {}).body["token"])

    def customer(
        self,
        external_id: str | None = None,
        *,
        id: str | None = None,
        session: str | None = None,
        channel: str | None = None,
        device: str | None = None,
    ) -> "Client":
        """Speak as a customer, named by your own id of them or by Retoma's; needs a secret key.

        Customer tokens are minted and renewed as they are needed. `session` is your own id of their
        sign-in: that is a device, which they see and can sign out alone; then PermissionDeniedError
        `device-revoked`. Raises TypeError unless exactly one of the two ids is given.
        """
        if (external_id is None) == (id is None):
            raise TypeError("customer() takes an external_id or an id=, and only one of them")
        body = {"external_id": external_id} if id is None else {"customer": id}
        body |= {} if session is None else {"device": session}

        def mint() -> str:
            return str(self._transport.request("POST", "/v1/customer-tokens", body).body["token"])

        return self._speaking(mint, channel, device)

    # -- drafts ----------------------------------------------------------------------------------

    def draft(self, process: str, key: str = "default", *, customer: str | None = None) -> Draft:
        """Open the draft of a form, or create it; `customer` is an id, needed with a secret key."""
        reply = self._transport.request("POST", "/v1/drafts", wish(process, key, "form", customer))
        return Draft(self, reply.body, reply.epoch)

    def cart(self, process: str = "cart", key: str = "default", *, customer: str | None = None) -> Cart:
        """Open the customer's cart; where there is none, its first `save()` makes it.

        `customer` is an id, needed with a secret key; raises TypeError where it is left out then.
        """
        if customer is None and (self.token or "").startswith("sk_"):
            raise TypeError("with a secret key, cart() takes the customer= whose cart it is")
        asked = wish(process, key, "cart", customer)
        cart = Cart(self, {**NOTHING, **asked}, None, asked)
        cart.refresh()
        return cart

    def drafts(
        self,
        process: str | None = None,
        *,
        status: str | None = None,
        updated_since: datetime | None = None,
        customer: str | None = None,
    ) -> Iterator[Draft | Cart]:
        """Drafts and carts, newest first, page after page; `customer` narrows what a secret key lists.

        `updated_since` needs a time zone.
        """
        since = None if updated_since is None else updated_since.astimezone(UTC).isoformat()
        query = {"process": process, "status": status, "updated_since": since, "customer": customer}
        return (opened(self, each) for each in items(self._transport, "/v1/drafts", query))

    def get(self, id: str) -> Draft | Cart:
        """A draft or cart by its id; NotFoundError when there is none, or not for this credential."""
        reply = self._transport.request("GET", f"/v1/drafts/{quote(id, '')}")
        return opened(self, reply.body, reply.epoch)

    @property
    def processes(self) -> Processes:
        """The tenant's processes."""
        return Processes(self._transport)

    def sign_in(
        self,
        credential: str | Callable[[], str],
        *,
        intent: str = "browse",
        strategy: str | None = None,
        forms: str | None = None,
    ) -> tuple["Client", Claim | None]:
        """Go on as the customer with this token, who gets what this visitor has begun.

        `credential` is a customer token or a function that gets one. Returns the customer's client and the
        receipt, with the forms there are to choose from; None in its place where the claim did not come
        about (no network, or an order under way): the sign-in stands, what was begun is still the
        visitor's, and `customer.claim(visitor)` makes it good later. Needs a visitor's client.
        """
        customer = self._speaking(credential)
        try:
            return customer, customer.claim(self, intent=intent, strategy=strategy, forms=forms)
        except RetomaError as error:
            if not error.retryable:
                raise
            return customer, None

    def claim(
        self,
        visitor: "Client | str",
        *,
        intent: str = "browse",
        strategy: str | None = None,
        forms: str | None = None,
        draft: Cart | Draft | str | None = None,
    ) -> Claim:
        """Let the signed-in customer have a visitor's carts and forms, once, however often it is repeated.

        `visitor` is the visitor's client or token. A cart that the client has open goes on as the
        customer's with its next `save()` or `refresh()`, and nothing that waits in it is lost. `intent` is
        `browse` or `checkout`, which chooses a strategy for carts where none is given; `forms` is `ask`,
        `newest` or `merge`, what becomes of a form where the customer has one, by default what its process
        says: of `ask` the receipt's `forms` are to be chosen from. With a `draft`, or its id, just this one
        is claimed, the others go on under the token in the receipt. Raises CompletingError or ConflictError
        `dest-busy` while one of the carts is being ordered: nothing is lost then, and the sign-in is not
        touched by it. Raises ValueError for the strategy `ask`, which claims nothing.
        """
        if strategy == "ask":
            raise ValueError("claim() claims; what each strategy would make of it, POST /v1/claim tells")
        token = visitor if isinstance(visitor, str) else visitor.token
        named_draft = draft if draft is None or isinstance(draft, str) else draft.id
        chosen = {"strategy": strategy, "forms": forms, "draft": named_draft}
        named = {name: value for name, value in chosen.items() if value is not None}
        body = {"visitor": token, "intent": intent, **named}
        claim = Claim.read(self._transport.request("POST", "/v1/claim", body).body)
        if isinstance(visitor, Client):
            visitor._claimant = self
        return claim

    def undo(self, claim: Claim | str) -> None:
        """Take back what a claim did, by its receipt or its id, within 24 hours; once is as good as twice.

        A claim that found nothing is undone already. Raises ClosedError where the cart was ordered
        meanwhile (`draft-closed`), and when it is too late (`undo-expired`).
        """
        name = claim if isinstance(claim, str) else claim.id
        if name is not None:
            self._transport.request("POST", f"/v1/claims/{quote(name, '')}/undo", {})

    def activate(self, draft: Draft | Cart | str) -> Draft | Cart:
        """Make a parked draft the customer's active one, which is parked in its place; returns it.

        For one that is active this does nothing. Raises ConflictError `dest-busy` while the active one is
        being ordered, and ClosedError for one that has ended.
        """
        name = draft if isinstance(draft, str) else draft.id
        reply = self._transport.request("POST", f"/v1/drafts/{quote(name, '')}/activate", {})
        return opened(self, reply.body, reply.epoch)

    # -- devices ---------------------------------------------------------------------------------

    def devices(self, *, customer: str | None = None) -> list[Device]:
        """The devices that hold the customer's drafts, the one seen last first.

        `customer` is an id, needed with a secret key. A token that names no sign-in is on no list.
        """
        return devices(self._transport, customer)

    # -- help ------------------------------------------------------------------------------------

    def assist_requests(self) -> list[AssistRequest]:
        """Staff who have no code and ask this customer to be let in, whoever asked last first.

        The event `assist-requested` tells of a new one.
        """
        return assist_requests(self._transport)

    # -- handoffs --------------------------------------------------------------------------------

    def preview(self, token_or_url: str) -> Preview:
        """What a handoff leads to; this never uses it up."""
        token, _ = token_and_nonce(token_or_url)
        return Preview.read(self._transport.request("POST", "/v1/handoffs/preview", {"token": token}).body)

    def redeem(self, token_or_url: str, *, show: Callable[[str], None] | None = None) -> Draft | Cart:
        """Go on with a draft or cart that was handed to this device; it speaks under a grant of its own.

        One that staff began for nobody is theirs who opens it: the visitor's or customer's of this client, or
        else a new visitor's, whom the draft's `client` speaks for (keep its `token`, or claim it later: so it
        is too where it cannot be the customer's just now, as while they order).
        Where two digits must be picked on the other device first, `show` is called with them, and this
        returns once they are; without it that is PermissionDeniedError `match-required`. NotFoundError
        `handoff-invalid` when it was used, has expired, was ended or never was.
        """
        token, nonce = token_and_nonce(token_or_url)
        device = {} if self._transport.device is None else {"device": self._transport.device}
        body = {"token": token, "nonce": nonce, **device}
        redeemed = self._redeemed(body, show)
        if redeemed.get("visitor") is not None:
            return held(self, redeemed["visitor"]["token"], redeemed["draft"])
        return opened(self._speaking(redeemed["grant"]), redeemed["draft"])

    def _redeemed(self, body: Mapping[str, Any], show: Callable[[str], None] | None) -> Mapping[str, Any]:
        shown = ""
        while True:
            try:
                return self._transport.request("POST", "/v1/handoffs/redeem", body).body
            except PermissionDeniedError as refusal:
                if show is None or refusal.code != "match-required":
                    raise
                if shown != refusal.facts["digits"]:
                    shown = refusal.facts["digits"]
                    show(shown)
            self._transport.retry.sleep(ASK_AGAIN)

    @property
    def assist(self) -> Assisting:
        """What staff do in customers' drafts; needs a staff token."""
        return Assisting(self)

    def touchpoint(
        self, customer: str, name: str, channel: str, *, at: datetime | None = None, note: str | None = None
    ) -> Touchpoint:
        """Tell of a call, a visit or a comment in a customer's journey, once; needs a secret key.

        It was now, unless `at` says when (with a time zone, else ValueError). Staff and the customer read the
        `note`. Raises InvalidRequestError `payment-data-refused` for one with card data in it.
        """
        return tell(self._transport, customer, name, channel, at, note)

    # -- events ----------------------------------------------------------------------------------

    def events(
        self,
        *,
        process: str | None = None,
        type: str | None = None,
        draft: str | None = None,
        customer: str | None = None,
        after: str | None = None,
    ) -> EventStream:
        """What happens from now on (or `after` an earlier stream's `cursor`), as an endless iterator.

        All else narrows it. A secret key must name a `customer` or a `draft`, staff a `draft`.
        """
        asked = {"process": process, "type": type, "draft": draft, "customer": customer}
        query = {name: value for name, value in asked.items() if value is not None}
        return EventStream(self._transport, query, after)

    # -- within ----------------------------------------------------------------------------------

    def _speaking(
        self, source: str | Callable[[], str], channel: str | None = None, device: str | None = None
    ) -> "Client":
        """A client to the same server, over the same connections, under another credential."""
        other = copy.copy(self)
        changes: dict[str, Any] = {"credential": Credential(source)}
        changes |= {"channel": channel} if channel else {}
        changes |= {"device": device} if device else {}
        other._transport = replace(self._transport, **changes)
        other._claimant = None
        return other


def publishable(credential: object) -> str | None:
    """A credential that is a publishable key; None for any other."""
    return credential if isinstance(credential, str) and credential.startswith("pk_") else None
