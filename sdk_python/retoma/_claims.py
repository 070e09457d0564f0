"""Claims: what became of a guest's carts when they signed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ._models import moment


@dataclass(frozen=True)
class Decision:
    """One line of two carts that met: how many the guest had, were saved, and there are now."""

    line: str
    sku: str
    guest: int
    saved: int
    result: int


@dataclass(frozen=True)
class Overflow:
    """Pieces of a line that a limit kept out of the cart."""

    line: str
    sku: str
    quantity: int


@dataclass(frozen=True)
class ClaimedCart:
    """What became of one cart of the guest's (`draft`): `cart` is the customer's active one now.

    `fate` is `adopted`, `merged`, `saved-parked` or `guest-parked`, `reason` why a cart was parked that
    nobody asked to park, `parked` the cart that was put aside. It can be `undone` until `undo_until`.
    """

    draft: str
    cart: str
    fate: str
    reason: str | None
    parked: str | None
    lines: tuple[Decision, ...]
    overflow: tuple[Overflow, ...] = ()
    undo_until: datetime | None = None
    undone: bool = False

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "ClaimedCart":
        """Read it from the wire."""
        numbers = ("guest", "saved", "result")
        lines = tuple(
            Decision(each["key"], each["sku"], *(each[name] for name in numbers)) for each in wire["lines"]
        )
        over = tuple(
            Overflow(each["key"], each["sku"], each["quantity"]) for each in wire.get("overflow", ())
        )
        names = {name: wire[name] for name in ("draft", "cart", "fate", "reason", "parked")}
        until = moment(wire.get("undo_until"))
        return cls(**names, lines=lines, overflow=over, undo_until=until, undone=bool(wire.get("undone")))


@dataclass(frozen=True)
class Claim:
    """The receipt of a claim, the same each time that it is repeated; `visitor` is the guest's new token."""

    id: str | None
    carts: tuple[ClaimedCart, ...]
    visitor: str | None

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Claim":
        """Read it from the wire."""
        visitor = wire.get("visitor")
        return cls(wire["id"], tuple(map(ClaimedCart.read, wire["carts"])), visitor and visitor["token"])
