"""A cart's lines: what makes two devices mean the same line, and how much of it there is.

A line's quantity is a small set of lots, one for each add that was accepted. Whoever removes a
line removes the lots that they had seen; an add that they had not seen stays. That is an
observed-remove set (Shapiro et al., "A comprehensive study of Convergent and Commutative
Replicated Data Types", §3.3.5), so nothing that was removed comes back and no add is lost.
"""

import base64
import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .authors import Author
from .pointers import Json

LOTS_KEPT = 32
"""More lots of one line than this are compacted, the two oldest first."""

Attribute = str | int | bool | None
"""What an identity attribute may be: nothing that two languages would write differently."""


@dataclass(frozen=True)
class Identity:
    """What makes a line the same line wherever it is added; notes and prices are no part of it.

    `offer` names a negotiated price, `fulfilment` a way of delivery, `parent` the line that this
    one belongs to (a warranty), `split` a line that the customer keeps apart on purpose.
    """

    sku: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    offer: str | None = None
    fulfilment: str | None = None
    parent: str | None = None
    split: str | None = None

    @cached_property
    def key(self) -> str:
        """The line's name: `ln_` and 26 letters and digits, the same in every language.

        The base32 (RFC 4648) of the SHA-256 of a JSON array of sku, offer, fulfilment, parent,
        split and the attributes sorted by name; strings in Unicode's form NFC.
        """
        attributes = sorted((composed(name), composed(value)) for name, value in self.attributes.items())
        parts = [self.sku, self.offer, self.fulfilment, self.parent, self.split]
        text = json.dumps(
            [*map(composed, parts), attributes], ensure_ascii=False, separators=(",", ":"), allow_nan=False
        )
        return "ln_" + base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:26]


def composed(value: Any) -> Any:
    """A string in its composed form (NFC), so that two ways to type an accent are one; others as they are."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Lot:
    """What one accepted add brought: by which writer, in which of its changes, at which revision."""

    writer: str | None
    seq: int
    revision: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Price:
    """A unit's price when the line was added: an amount in the currency's smallest unit (ISO 4217)."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a cart: `by` added it; `revision`, `writer` and `seq` tell what last changed it.

    By the shop's last word it cannot be had for the reason `unavailable`, or only `max_quantity` of it.
    """

    identity: Identity
    lots: tuple[Lot, ...]
    revision: int
    by: Author
    writer: str | None = None
    seq: int = 0
    info: Mapping[str, Json] = field(default_factory=dict)
    price: Price | None = None
    priced_at: int = 0
    unavailable: str | None = None
    max_quantity: int | None = None

    @property
    def quantity(self) -> int:
        """How many there are."""
        return sum(lot.quantity for lot in self.lots)


def compacted(lots: tuple[Lot, ...]) -> tuple[Lot, ...]:
    """The lots, the two oldest made one while there are too many.

    It takes the later revision and belongs to no writer: a very stale remove then leaves it, which
    is better than taking what its author never saw.
    """
    while len(lots) > LOTS_KEPT:
        first, second, *rest = sorted(lots, key=lambda lot: lot.revision)
        lots = (Lot(None, 0, second.revision, first.quantity + second.quantity), *rest)
    return lots
