"""The ops of a cart, read from JSON: what a client asks of its lines."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .changes import FORBIDDEN, Move, Rejected, Seen, free_of_card_data, read_seen
from .changes import read_op as read_form_op
from .lines import Attribute, Identity, Price, composed
from .payment_data import holds_payment_data
from .pointers import Json, weight

MAX_OPS = 100
MAX_LINE_QUANTITY = 999
"""How many pieces a line holds at most, unless its process says otherwise."""
MAX_QUANTITY = 10_000
"""How many pieces a cart holds at most."""
MAX_LINE_BYTES = 4_096
MAX_NAME_BYTES = 256
MAX_AMOUNT = 2**53 - 1

LINE_KEY = re.compile(r"ln_[a-z2-7]{26}", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Add:
    """Add so many of what an identity names; the only op that makes a line."""

    identity: Identity
    quantity: int
    info: Mapping[str, Json]
    price: Price | None
    seen: Seen


@dataclass(frozen=True, slots=True)
class Increment:
    """Add so many to a line that is there, by its key."""

    line: str
    quantity: int
    seen: Seen


@dataclass(frozen=True, slots=True)
class Decrement:
    """Take so many from a line; it never goes below none."""

    line: str
    quantity: int
    seen: Seen


@dataclass(frozen=True, slots=True)
class Remove:
    """Take away all that the author had seen of a line."""

    line: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class SetQuantity:
    """Let a line have exactly so many; one that is gone stays gone.

    With `if_revision` only if the line is still as it was at that revision of it.
    """

    line: str
    quantity: int
    seen: Seen
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class Inform:
    """Write notes about a line; a null takes one away."""

    line: str
    info: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Clear:
    """Take away all that the author had seen of every line."""

    seen: Seen


CartOp = Add | Increment | Decrement | Remove | SetQuantity | Inform | Clear | Move


@dataclass(frozen=True, slots=True)
class CartChange:
    """One atomic list of a cart's ops; `seq` counts per draft and writer, None for who has none."""

    ops: tuple[CartOp, ...]
    seq: int | None = None


def read_cart_change(raw: Mapping[str, Any], revision: int, seen: int | None = None) -> CartChange:
    """Read a change of a cart as the wire carries it; see `read_cart_ops`."""
    return CartChange(read_cart_ops(raw.get("ops"), revision, seen), raw.get("seq"))


def read_cart_ops(raw: object, revision: int, seen: int | None = None) -> tuple[CartOp, ...]:
    """Read the ops of a change of a cart as the wire carries them.

    `revision` is the draft's; `seen` is inherited by ops that have none of their own. Raises
    Rejected for anything that is not an op of a cart.
    """
    if not isinstance(raw, list):
        raise Rejected("invalid-op")
    if len(raw) > MAX_OPS:
        raise Rejected("limit-exceeded")
    return tuple(read_op(item, revision, seen) for item in raw)


def read_op(raw: object, revision: int, inherited: int | None) -> CartOp:
    """Read one op."""
    if not isinstance(raw, dict):
        raise Rejected("invalid-op")
    name = raw.get("op")
    if name == "position":
        return next(op for op in read_form_op(raw, revision, inherited) if isinstance(op, Move))
    read = READERS.get(name) if isinstance(name, str) else None
    if read is None:
        raise Rejected("unknown-op")
    return read(raw, read_seen(raw, revision, inherited))


def read_add(raw: Mapping[str, Any], seen: Seen) -> Add | Increment:
    """An add, by identity or by the key of a line that is there."""
    quantity = checked_quantity(raw.get("quantity", 1), 1)
    if "line" in raw:
        return Increment(checked_line(raw["line"]), quantity, seen)
    identity, info = read_identity(raw), checked_info(raw.get("info", {}))
    check_weight(identity, info)
    return Add(identity, quantity, info, read_price(raw.get("price")), seen)


def read_decrement(raw: Mapping[str, Any], seen: Seen) -> Decrement:
    """A step down."""
    return Decrement(checked_line(raw.get("line")), checked_quantity(raw.get("quantity", 1), 1), seen)


def read_remove(raw: Mapping[str, Any], seen: Seen) -> Remove:
    """A removal."""
    return Remove(checked_line(raw.get("line")), seen)


def read_set_quantity(raw: Mapping[str, Any], seen: Seen) -> Remove | SetQuantity:
    """A typed quantity; to type none is to remove."""
    line, quantity = checked_line(raw.get("line")), checked_quantity(raw.get("quantity"), 0)
    expected = raw.get("if_revision")
    if expected is not None and (type(expected) is not int or expected < 0):
        raise Rejected("invalid-op")
    if quantity == 0 and expected is None:
        return Remove(line, seen)
    return SetQuantity(line, quantity, seen, expected)


def read_info(raw: Mapping[str, Any], seen: Seen) -> Inform:
    """Notes about a line."""
    return Inform(checked_line(raw.get("line")), checked_info(raw.get("info")))


def read_clear(raw: Mapping[str, Any], seen: Seen) -> Clear:
    """A wish for an empty cart."""
    return Clear(seen)


READERS: Mapping[str, Callable[[Mapping[str, Any], Seen], CartOp]] = {
    "add": read_add,
    "decrement": read_decrement,
    "remove": read_remove,
    "set_quantity": read_set_quantity,
    "info": read_info,
    "clear": read_clear,
}


def read_identity(raw: Mapping[str, Any]) -> Identity:
    """What line an op means; raises Rejected `invalid-identity`."""
    names = ("offer", "fulfilment", "split")
    offer, fulfilment, split = (optional_name(raw.get(name)) for name in names)
    parent = raw.get("parent")
    return Identity(
        checked_name(raw.get("sku")),
        checked_attributes(raw.get("attributes", {})),
        offer,
        fulfilment,
        None if parent is None else checked_line(parent),
        split,
    )


def checked_name(name: object) -> str:
    """A text of 1 to 256 bytes that is no card number and harms no client's prototypes."""
    if not isinstance(name, str) or not name or len(name.encode()) > MAX_NAME_BYTES or name in FORBIDDEN:
        raise Rejected("invalid-identity")
    return free_of_card_data(name)


def optional_name(name: object) -> str | None:
    """A name, or None."""
    return None if name is None else checked_name(name)


def checked_attributes(raw: object) -> dict[str, Attribute]:
    """Attributes by name; one name in two ways to type it is refused, since they have no order."""
    if not isinstance(raw, dict):
        raise Rejected("invalid-identity")
    attributes = {checked_name(name): checked_attribute(value) for name, value in raw.items()}
    if len(set(map(composed, attributes))) < len(attributes):
        raise Rejected("invalid-identity")
    return attributes


def checked_attribute(value: object) -> Attribute:
    """A string, an integer that every language holds exactly, a boolean or None."""
    if isinstance(value, str):
        return free_of_card_data(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= MAX_AMOUNT and not holds_payment_data(value):
        return value
    raise Rejected("invalid-identity")


def checked_line(key: object) -> str:
    """A line's key."""
    if not isinstance(key, str) or not LINE_KEY.fullmatch(key):
        raise Rejected("invalid-op")
    return key


def checked_quantity(quantity: object, least: int) -> int:
    """A whole number of pieces, within what any cart may hold; how many a line may, its process says."""
    if type(quantity) is not int or quantity < least:
        raise Rejected("invalid-quantity")
    if quantity > MAX_QUANTITY:
        raise Rejected("limit-exceeded")
    return quantity


def checked_info(info: object) -> Mapping[str, Json]:
    """Notes: an object of any JSON, free of card data."""
    if not isinstance(info, dict) or any(name in FORBIDDEN for name in names_in(info)):
        raise Rejected("invalid-op")
    if holds_payment_data(info):
        raise Rejected("payment-data-refused", keeps_payload=False)
    return info


def names_in(value: Json) -> Iterator[str]:
    """Every member's name anywhere in a value."""
    if isinstance(value, list):
        for item in value:
            yield from names_in(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from names_in(member)


def check_weight(identity: Identity, info: Mapping[str, Json]) -> None:
    """Refuse a line whose identity and notes are too large together."""
    if weight(dict(identity.attributes)) + weight(dict(info)) > MAX_LINE_BYTES:
        raise Rejected("limit-exceeded")


def read_price(raw: object) -> Price | None:
    """The price of one that the customer was shown, as `{"amount", "currency"}`; not part of the identity."""
    if raw is None:
        return None
    match raw:
        case {"amount": int(amount), "currency": str(currency)} if (
            type(amount) is int and 0 <= amount <= MAX_AMOUNT and CURRENCY.fullmatch(currency)
        ):
            return Price(amount, currency)
    raise Rejected("invalid-op")
