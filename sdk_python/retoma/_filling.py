"""What can be done with a cart's lines, all in the same words: in a cart, and in a transaction on it."""

from collections.abc import Mapping

from ._identity import Identity
from ._line_ops import add_op, clear_op, info_op, pieces, quantity_op, remove_op, step_op
from ._lines import Attribute, Line, Price
from ._ops import JSON, Gathering, Moving


class Filling(Moving):
    """The verbs of a cart. A line is named by itself or by its key.

    All but `add` and `remove` raise KeyError for a line that is not on screen. Each raises
    InvalidRequestError for what could never be saved (`invalid-identity`, `invalid-quantity`,
    `limit-exceeded`), before anything is sent; notes that are no JSON raise TypeError or ValueError.
    """

    def add(
        self,
        sku: str,
        quantity: int = 1,
        *,
        attributes: Mapping[str, Attribute] | None = None,
        price: Price | None = None,
        info: Mapping[str, JSON] | None = None,
        offer: str | None = None,
        fulfilment: str | None = None,
        parent: Line | str | None = None,
        split: str | None = None,
    ) -> str:
        """Put pieces into the line of this identity, and make the line; answers its key.

        The identity is all but `price` (of one piece, as it was shown) and `info` (notes): whoever
        adds the same meets on one line. `offer` names a negotiated price, `fulfilment` a way of
        delivery, `parent` the line that this one belongs to, `split` keeps it apart on purpose.
        """
        belongs = None if parent is None else key_of(parent)
        identity = Identity(sku, {} if attributes is None else attributes, offer, fulfilment, belongs, split)
        self._edit([add_op(identity, quantity, info, price)])
        return identity.key

    def increment(self, line: Line | str, by: int = 1) -> None:
        """Put more pieces into a line: the steps of two devices add up."""
        self._edit([step_op(key_of(line), pieces(by))])

    def decrement(self, line: Line | str, by: int = 1) -> None:
        """Take pieces from a line, down to none: the steps of two devices add up."""
        self._edit([step_op(key_of(line), -pieces(by))])

    def set_quantity(self, line: Line | str, quantity: int) -> None:
        """Let a line have exactly so many, as somebody typed it; none is to remove it."""
        self._edit([quantity_op(key_of(line), quantity)])

    def remove(self, line: Line | str) -> None:
        """Take a line away, as far as it was on screen; what is not there is removed already."""
        self._edit([remove_op(key_of(line))])

    def inform(self, line: Line | str, notes: Mapping[str, JSON] | None = None, /, **more: JSON) -> None:
        """Write notes about a line, each by itself; None takes one away."""
        self._edit([info_op(key_of(line), {**(notes or {}), **more})])

    def clear(self) -> None:
        """Take every line away, as far as it was on screen."""
        self._edit([clear_op()])


class CartTransaction(Gathering, Filling):
    """Edits of a cart that are saved as one change of their own: all of them, or none."""


def key_of(line: Line | str) -> str:
    """The key of a line, or the one that is given."""
    return line.key if isinstance(line, Line) else line
