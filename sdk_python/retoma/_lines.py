"""What a cart holds, as small immutable values; members that the SDK does not know are ignored."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ._models import By

Attribute: TypeAlias = str | int | bool | None
"""What an identity attribute may be: nothing that two languages would write differently."""


@dataclass(frozen=True)
class Price:
    """An amount in the currency's smallest unit (1990 is 19.90 €), and the currency (ISO 4217)."""

    amount: int
    currency: str

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Price":
        """Read it from the wire."""
        return cls(wire["amount"], wire["currency"])


@dataclass(frozen=True)
class Line:
    """One line of a cart, as it was on screen; every verb of a cart knows it by its `key`.

    `price` is that of one piece, None where nobody said. `info` are notes, `by` is who added it,
    None until that is saved. By the shop's word `max_quantity` is how many there are, None where it
    set no limit, and `reason` why the line cannot be had, None where it can.
    """

    key: str
    sku: str
    quantity: int
    attributes: Mapping[str, Attribute]
    offer: str | None
    fulfilment: str | None
    parent: str | None
    split: str | None
    info: Mapping[str, Any]
    price: Price | None
    by: By | None
    max_quantity: int | None = None
    reason: str | None = None

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Line":
        """Read it from the wire."""
        price, by = wire.get("price"), wire.get("by")
        names = {name: wire.get(name) for name in ("offer", "fulfilment", "parent", "split")}
        return cls(
            key=wire["key"],
            sku=wire["sku"],
            quantity=wire["quantity"],
            attributes=dict(wire["attributes"]),
            info=copy.deepcopy(dict(wire["info"])),
            price=None if price is None else Price.read(price),
            by=None if by is None else By.read(by),
            max_quantity=wire.get("max_quantity"),
            reason=wire.get("reason"),
            **names,
        )


@dataclass(frozen=True)
class Totals:
    """What a cart comes to: lines and pieces, and an amount for each currency, added up by the server.

    `unpriced` lines are in no amount. `price_hash` stands for exactly these lines at these prices.
    """

    lines: int
    quantity: int
    unpriced: int
    amounts: tuple[Price, ...]
    price_hash: str

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Totals":
        """Read it from the wire."""
        amounts = tuple(map(Price.read, wire["amounts"]))
        return cls(wire["lines"], wire["quantity"], wire["unpriced"], amounts, wire["price_hash"])


@dataclass(frozen=True)
class Valued:
    """What the shop says of a line: the price of one piece, why it cannot be had, how many there are."""

    price: Price | None
    unavailable: str | None
    max_quantity: int | None

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Valued":
        """Read it from the wire."""
        price = wire.get("price")
        return cls(price and Price.read(price), wire.get("unavailable"), wire.get("max_quantity"))


@dataclass(frozen=True)
class Revalued:
    """A line (`line` is its key) that the shop's word changed: what was known of it, and what is."""

    line: str
    before: Valued
    after: Valued

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "Revalued":
        """Read it from the wire."""
        return cls(wire["line"], Valued.read(wire["before"]), Valued.read(wire["after"]))
