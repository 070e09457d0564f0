"""Claims: what became of a guest's carts and forms when they signed in."""

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
class Touched:
    """Where and when somebody was last at work in a form: step `step_number` of `steps`, so many `fields`."""

    draft: str
    updated_at: datetime | None
    channel: str | None
    device: str | None
    step: str | None
    step_number: int | None
    steps: int
    fields: int

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Touched":
        """Read it from the wire."""
        names = ("draft", "channel", "device", "step", "step_number", "steps", "fields")
        return cls(updated_at=moment(wire["updated_at"]), **{name: wire[name] for name in names})


@dataclass(frozen=True)
class ClaimedForm:
    """What became of one form of the guest's (`draft`): `form` is the customer's active one now.

    `fate` is `adopted`, `merged`, `saved-parked` or `guest-parked`. With the strategy `ask` the one in
    `parked` waits to be chosen: `guest` and `saved` say where each was last touched, `differs` at which
    paths they differ, at none where nothing was saved. `reason` is why a form was parked that could not
    be merged.
    """

    draft: str
    form: str
    fate: str
    strategy: str
    reason: str | None
    parked: str | None
    guest: Touched
    saved: Touched | None
    differs: tuple[str, ...]
    undo_until: datetime | None = None
    undone: bool = False

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "ClaimedForm":
        """Read it from the wire."""
        names = ("draft", "form", "fate", "strategy", "reason", "parked")
        return cls(
            **{name: wire[name] for name in names},
            guest=Touched.read(wire["guest"]),
            saved=wire["saved"] and Touched.read(wire["saved"]),
            differs=tuple(wire["differs"]),
            undo_until=moment(wire.get("undo_until")),
            undone=bool(wire.get("undone")),
        )


@dataclass(frozen=True)
class Claim:
    """The receipt of a claim, the same each time that it is repeated; `visitor` is the guest's new token."""

    id: str | None
    carts: tuple[ClaimedCart, ...]
    visitor: str | None
    forms: tuple[ClaimedForm, ...] = ()

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Claim":
        """Read it from the wire."""
        visitor = wire.get("visitor")
        forms = tuple(map(ClaimedForm.read, wire.get("forms", ())))
        carts = tuple(map(ClaimedCart.read, wire["carts"]))
        return cls(wire["id"], carts, visitor and visitor["token"], forms)
