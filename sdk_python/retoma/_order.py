"""An order of a cart: one attempt to make it, and the shop's word on what became of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._lines import Line, Totals
from ._models import moment

if TYPE_CHECKING:
    from ._cart import Cart


class Order:
    """One attempt to order a cart; made by its `complete()`, or found as its `order`.

    The shop hands `id` to its order system and its payment provider as their idempotency key, makes
    the order, and says so. Its word needs the secret key: that of the client which gave the customer,
    or the cart itself.
    """

    def __init__(self, cart: "Cart", completion: Mapping[str, Any]) -> None:
        """Hold an attempt as the server told it, with what the cart then held."""
        self._cart = cart
        self._draft = cart.id  # the cart may be the next one by the time that the shop speaks
        self._completion = completion
        #: What is ordered, and what it comes to: nobody can change it meanwhile.
        self.lines: tuple[Line, ...] = tuple(map(Line.read, cart._stored["lines"]))
        self.totals: Totals = cart.totals

    @property
    def id(self) -> str:
        """The same in every attempt to order this cart: the idempotency key for whoever makes the order."""
        return str(self._completion["id"])

    @property
    def attempt(self) -> int:
        """Which attempt it is, from 1."""
        return int(self._completion["attempt"])

    @property
    def status(self) -> str:
        """`completing`, `unknown` (nobody said in time what became of it), `committed` or `aborted`."""
        return str(self._completion["status"])

    @property
    def order_ref(self) -> str | None:
        """The shop's own name of the order, once it is committed."""
        return self._completion.get("order_ref")

    @property
    def lease_expires_at(self) -> datetime | None:
        """Until when the shop has to say what became of it, or to `renew()`."""
        return moment(self._completion.get("lease_expires_at"))

    def __repr__(self) -> str:
        """Its name and how far it has come."""
        return f"<Order {self.id} attempt {self.attempt} {self.status}>"

    def commit(self, order_ref: str) -> None:
        """Say that the order was made; to say the same again does no harm, even after the lease.

        Raises AlreadyCommittedError when the cart was ordered as another one, and ConflictError
        `completion-stale` when this attempt is over.
        """
        self._say("commit", order_ref=order_ref)

    def abort(self) -> None:
        """Say that no order was made: the cart is open again. Raises as `commit`."""
        self._say("abort")

    def renew(self) -> None:
        """Ask for more time. Raises ConflictError `completion-stale` when this attempt is over."""
        self._say("renew")

    def _say(self, word: str, **more: str) -> None:
        cart = self._cart
        path = f"/v1/drafts/{self._draft}/completions/{self.id}/{word}"
        reply = cart.client._shop.request("POST", path, {"attempt": self.attempt, **more})
        if cart.id == self._draft:
            cart._take(reply)
        self._completion = reply.body["completion"]
