"""A cart: fill it and read it."""

import hashlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from ._filling import CartTransaction, Filling
from ._lines import Line, Totals
from ._local_cart import LocalCart
from ._opened import Opened
from ._stored import Base
from ._syncing import new_writer

NO_PRICES = hashlib.sha256(b"[]").hexdigest()
NOTHING: Mapping[str, Any] = {
    "id": "",
    "customer": "",
    "status": "open",
    "revision": 0,
    "lines": (),
    "totals": {"lines": 0, "quantity": 0, "unpriced": 0, "amounts": (), "price_hash": NO_PRICES},
    "position": None,
    "conflicts": (),
}
"""What a cart is before anybody puts something into it."""


class Cart(Opened[LocalCart], Filling):
    """A customer's cart; made by a client.

    What is done to it is kept here, and shown, until `save()`; it is not kept anywhere else. A cart
    that is not on the server yet has no `id`, and the first `save()` makes it. It belongs to one thread.
    """

    # -- reading ---------------------------------------------------------------------------------

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line, with what is not saved yet."""
        return tuple(map(Line.read, self._local.view.values()))

    @property
    def count(self) -> int:
        """How many pieces there are, with what is not saved yet."""
        return sum(line["quantity"] for line in self._local.view.values())

    @property
    def totals(self) -> Totals:
        """What the saved cart comes to, as the server last said: nobody else adds up prices."""
        return Totals.read(self._stored["totals"])

    def __getitem__(self, line: str) -> Line:
        """The line of this key; raises KeyError where there is none."""
        return Line.read(self._local.view[line])

    # -- editing ---------------------------------------------------------------------------------

    def transaction(self) -> AbstractContextManager[CartTransaction]:
        """Edits that are saved all together or not at all; none are kept when the block raises."""
        return self._gathering(CartTransaction())

    # -- within ----------------------------------------------------------------------------------

    def _held(self, base: Base) -> LocalCart:
        return LocalCart(new_writer(), base)
