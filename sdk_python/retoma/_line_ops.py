"""The ops of a cart: what each asks of its lines, and which of them stand for each other while unsent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ._errors import InvalidRequestError
from ._identity import MAX_INTEGER, Identity
from ._lines import Price
from ._ops import JSON, Op, plain

MAX_PIECES = 10_000
HIDING = frozenset({"remove", "clear", "set_quantity"})
"""After these nothing is seen of what a line held before; steps go on top of it."""

Wire = Mapping[str, Any]


@dataclass(frozen=True)
class LineOp(Op):
    """An op on a line: its path is a pointer to the line's key, that of `clear` to all of them.

    `about` is the line as it was on screen, for an add that names only its key.
    """

    about: Mapping[str, Any] | None = None

    def hides(self, other: Op) -> bool:
        """Whether, once this is done, nothing is seen of what was in the other's place before."""
        return self.wire["op"] in HIDING and self.meets(other)

    def onto(self, earlier: Op) -> tuple[Op, ...] | None:
        """What stands for an earlier unsent op and this one together; None where both must stay."""
        join = JOINS.get((kind_of(earlier.wire), kind_of(self.wire))) if self.path == earlier.path else None
        wires = None if join is None else join(earlier.wire, self.wire)
        if wires is None:
            return None
        about = self.about or (earlier.about if isinstance(earlier, LineOp) else None)
        return tuple(LineOp(wire, self.path, about=about) for wire in wires)


# -- made ------------------------------------------------------------------------------------------


def add_op(identity: Identity, quantity: int, info: Mapping[str, JSON] | None, price: Price | None) -> LineOp:
    """The op that puts pieces into a line, and makes the line."""
    more = {
        "info": None if info is None else plain(dict(info)),
        "price": None if price is None else price_wire(price),
    }
    given = {name: value for name, value in more.items() if value is not None}
    return line_op(identity.key, {"op": "add", **identity.wire, "quantity": pieces(quantity), **given})


def step_op(line: str, quantity: int) -> LineOp:
    """The op that puts so many pieces into a line that is there; a negative number takes them."""
    up = {"op": "add", "line": line} if quantity > 0 else {"op": "decrement", "line": line}
    return line_op(line, {**up, "quantity": pieces(abs(quantity))})


def quantity_op(line: str, quantity: int) -> LineOp:
    """The op that lets a line have exactly so many; none is to remove it."""
    if quantity == 0 and not isinstance(quantity, bool):
        return remove_op(line)
    return line_op(line, {"op": "set_quantity", "line": line, "quantity": pieces(quantity)})


def remove_op(line: str) -> LineOp:
    """The op that takes away what its author had seen of a line."""
    return line_op(line, {"op": "remove", "line": line})


def info_op(line: str, notes: Mapping[str, JSON]) -> LineOp:
    """The op that writes notes about a line."""
    return line_op(line, {"op": "info", "line": line, "info": plain(dict(notes))})


def clear_op() -> LineOp:
    """The op that takes away what its author had seen of every line."""
    return LineOp({"op": "clear"}, "")


def line_op(key: str, wire: Wire) -> LineOp:
    """An op on the line of this key."""
    return LineOp(wire, f"/{key}")


def pieces(quantity: object) -> int:
    """A whole number of pieces that one line may hold; raises InvalidRequestError for anything else."""
    if type(quantity) is not int or quantity < 1:
        raise InvalidRequestError("invalid-quantity", detail="a whole number of pieces, one or more")
    if quantity > MAX_PIECES:
        raise InvalidRequestError("limit-exceeded", detail=f"a line has {MAX_PIECES} pieces at most")
    return quantity


def price_wire(price: Price) -> dict[str, Any]:
    """A price as an op carries it; raises InvalidRequestError `invalid-op` for what is none."""
    amount, currency = price.amount, price.currency
    if type(amount) is not int or not 0 <= amount <= MAX_INTEGER:
        raise InvalidRequestError("invalid-op", detail="a price is a whole number of the smallest unit")
    if not (isinstance(currency, str) and currency.isascii() and currency.isupper() and len(currency) == 3):
        raise InvalidRequestError("invalid-op", detail="a currency has three capital letters (ISO 4217)")
    return {"amount": amount, "currency": currency}


# -- joined ----------------------------------------------------------------------------------------


def kind_of(wire: Wire) -> str:
    """The kind of an op: its name, or `step` for an add by key and a decrement."""
    name = str(wire["op"])
    return "step" if name == "decrement" or (name == "add" and "line" in wire) else name


def steps(wire: Wire) -> int:
    """How many pieces an op adds; a negative number is taken."""
    return -int(wire["quantity"]) if wire["op"] == "decrement" else int(wire["quantity"])


def net(earlier: Wire, later: Wire) -> tuple[Wire, ...] | None:
    """One step in the place of two; none at all where they undo each other."""
    total = steps(earlier) + steps(later)
    if abs(total) > MAX_PIECES:
        return None
    return ({**step_op(later["line"], total).wire, "seen": earlier["seen"]},) if total else ()


def grown(earlier: Wire, later: Wire) -> tuple[Wire, ...] | None:
    """An add of more or fewer, while it still adds something."""
    total = steps(earlier) + steps(later)
    return ({**earlier, "quantity": total},) if 0 < total <= MAX_PIECES else None


def added(earlier: Wire, later: Wire) -> tuple[Wire, ...] | None:
    """One add of both at the price that was shown last; other notes stay apart, lest both be refused."""
    bigger = grown(earlier, later)
    if bigger is None or ("info" in later and later["info"] != earlier.get("info")):
        return None
    return ({**bigger[0], "price": later["price"]},) if "price" in later else bigger


def replaced(_: Wire, later: Wire) -> tuple[Wire, ...]:
    """The number that was typed last, whatever was stepped or typed before."""
    return (later,)


def rewritten(earlier: Wire, later: Wire) -> tuple[Wire, ...] | None:
    """The notes that were written last, where they say all that the earlier ones did."""
    return (later,) if earlier["info"].keys() <= later["info"].keys() else None


JOINS: Mapping[tuple[str, str], Callable[[Wire, Wire], tuple[Wire, ...] | None]] = {
    ("step", "step"): net,
    ("add", "step"): grown,
    ("add", "add"): added,
    ("step", "set_quantity"): replaced,
    ("set_quantity", "set_quantity"): replaced,
    ("info", "info"): rewritten,
}
