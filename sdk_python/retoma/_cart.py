"""A cart: fill it, read it, order it once."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

from ._cart_view import can_be_had
from ._errors import ClosedError, RetomaError
from ._filling import CartTransaction, Filling, key_of
from ._lines import Line, Totals
from ._local_cart import LocalCart
from ._models import SaveResult
from ._opened import Opened
from ._ops import Op
from ._order import Order
from ._stored import Base
from ._syncing import new_writer, wish

#: The server's `price_hash` of no lines.
NO_PRICES = hashlib.sha256(b"[]").hexdigest()
NOTHING: Mapping[str, Any] = {
    "id": "",
    "customer": "",
    "status": "open",
    "revision": 0,
    "lines": (),
    "unavailable": (),
    "totals": {"lines": 0, "quantity": 0, "unpriced": 0, "amounts": (), "price_hash": NO_PRICES},
    "validation": None,
    "merged_into": None,
    "successor": None,
    "position": None,
    "conflicts": (),
}
"""What a cart is before anybody puts something into it."""


class Cart(Opened[LocalCart], Filling):
    """A customer's cart; made by a client.

    What is done to it is kept here, and shown, until `save()`; it is not kept anywhere else. A cart
    that is not on the server yet has no `id`, and the first `save()` makes it. One that was ordered stays
    as it was until the next `add`, which begins the next cart. It belongs to one thread.
    """

    # -- reading ---------------------------------------------------------------------------------

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line that can be had, with what is not saved yet."""
        return tuple(Line.read(line) for line in self._local.view.values() if can_be_had(line))

    @property
    def unavailable(self) -> tuple[Line, ...]:
        """The lines that cannot be had, each with the shop's `reason`: in no total, and not ordered.

        They are lines like others to every verb. The shop's next `ok` brings them back; `remove` takes
        one away for good.
        """
        return tuple(Line.read(line) for line in self._local.view.values() if not can_be_had(line))

    @property
    def count(self) -> int:
        """How many pieces that can be had there are, with what is not saved yet."""
        return sum(line.quantity for line in self.lines)

    @property
    def totals(self) -> Totals:
        """What the saved cart comes to, as the server last said: nobody else adds up prices."""
        return Totals.read(self._stored["totals"])

    @property
    def order(self) -> Order | None:
        """The order that was begun or made of this cart, None where there is none or it was aborted."""
        known = self._stored.get("completion")
        return None if known is None or known["status"] == "aborted" else Order(self, known)

    @property
    def validation(self) -> str | None:
        """`ok` or `stale`: whether the shop gave its word when it was last asked; None where it never was."""
        return self._stored.get("validation")

    @property
    def successor(self) -> str | None:
        """The id of the cart that goes on in this one's place, or will once its order is made; or None."""
        return self._stored.get("successor")

    def __getitem__(self, line: Line | str) -> Line:
        """The line of this key as it is now, though it cannot be had; raises KeyError where there is none."""
        return Line.read(self._local.view[key_of(line)])

    def __contains__(self, line: Line | str) -> bool:
        """Whether there is a line of this key, though it cannot be had."""
        return key_of(line) in self._local.view

    def __iter__(self) -> Iterator[Line]:
        """The lines that can be had."""
        return iter(self.lines)

    # -- editing ---------------------------------------------------------------------------------

    def transaction(self) -> AbstractContextManager[CartTransaction]:
        """Edits that are saved all together or not at all; none are kept when the block raises."""
        return self._gathering(CartTransaction())

    # -- saving ----------------------------------------------------------------------------------

    def save(self) -> SaveResult:
        """Send what is not saved, exactly once, and take in what others have changed.

        Warnings and rejections are in the answer, they do not raise. Raises CompletingError or
        CompletionUnknownError while the cart is being ordered, and ClosedError, with its `order_ref`,
        once it was. Whatever is raised leaves every unacknowledged edit here, to be saved again.

        A guest's cart that was claimed meanwhile goes on as the customer's: adds go there, anything else
        is rejected as `draft-merged`. Raises MergedError where no credential at hand may reach that cart.
        """
        try:
            return super().save()
        except ClosedError as error:
            with suppress(RetomaError):
                self.refresh()
                error.facts = {"order_ref": self.order and self.order.order_ref, **error.facts}
            raise

    def complete(self, *, price_hash: str | None = None) -> Order:
        """Save, and begin to order the cart: once, however many ask; the shop's word ends it.

        `price_hash` is the `totals.price_hash` of what the customer accepted elsewhere, such as on a
        page; what this cart shows unless said. Raises RejectedError when a change that had to be saved
        first was refused, ConflictError `revision-conflict` when others changed the cart since you
        last looked, PriceChangedError, QuantityUnavailableError, CompletingError, CompletionUnknownError,
        ClosedError where it was ordered already, ServerError `validation-unavailable` where the shop gives
        no word on its prices, InvalidRequestError for a cart without lines that can be had.
        """
        seen = self._saved_as_seen()
        accepted = self.totals.price_hash if price_hash is None else price_hash
        self._complete({"seen": seen, "price_hash": accepted}, "order")
        return Order(self, self._stored["completion"])

    # -- within ----------------------------------------------------------------------------------

    def _ready_for(self, ops: Iterable[Op]) -> None:
        """Be the next cart where something is added to one that was ordered.

        While an answer is missing nobody knows what the ordered one has, and it is asked first. What was
        handed to this device, or to staff, has no next one.
        """
        adds = any(op.wire["op"] == "add" and "sku" in op.wire for op in ops)
        if not adds or self.status != "completed" or self._local.holds_news_back:
            return
        token = self.client.token or ""
        if not token.startswith(("gr_", "sf_")):
            asked = wish(self.process, self.key, "cart", self.customer if token.startswith("sk_") else None)
            self._local = self._local.begun_anew({**NOTHING, **asked}, new_writer())
            self._syncing.wish = asked

    def _held(self, base: Base) -> LocalCart:
        return LocalCart(new_writer(), base)
