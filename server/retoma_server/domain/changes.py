"""Changes and their ops, read from JSON: what a client asks of a draft."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .payment_data import holds_payment_data, names_payment_data
from .pointers import Json, is_pointer, leaves, tokens
from .rules import Rules

MAX_OPS = 2_000
MAX_DEPTH = 32
MAX_TOKEN_BYTES = 256
MAX_STRING_BYTES = 65_536
MAX_CURSOR_BYTES = 2_048
FORBIDDEN = frozenset({"__proto__", "constructor", "prototype"})

UNRULED = Rules()
"""What a process that nobody registered says."""

WRITER = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Rejected(Exception):
    """A change cannot be taken, for ever; it is recorded so that it never blocks the queue.

    `keeps_payload` is False where even keeping it aside would store what must not be stored.
    """

    def __init__(self, code: str, path: str | None = None, *, keeps_payload: bool = True) -> None:
        """Say why by `code`, and where by `path` when that helps."""
        super().__init__(code)
        self.code = code
        self.path = path
        self.keeps_payload = keeps_payload


@dataclass(frozen=True, slots=True)
class Seen:
    """What the person had on screen: the draft's revision, and own unsent changes by writer."""

    revision: int
    also: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Set:
    """Put a value into one leaf."""

    path: str
    value: Json
    seen: Seen


@dataclass(frozen=True, slots=True)
class Unset:
    """Take the value from a leaf, or from every leaf below a path."""

    path: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Resolve:
    """Choose in a conflict: `stored`, `arriving`, or a `value` of one's own."""

    conflict: str
    choice: str
    value: Json
    seen: Seen


@dataclass(frozen=True, slots=True)
class Move:
    """Say where the customer is now (the op `position`)."""

    step: str
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Confirm:
    """Say that what staff entered at or below a path is right, as it was on screen."""

    path: str
    seen: Seen


Op = Set | Unset | Resolve | Move | Confirm


@dataclass(frozen=True, slots=True)
class Change:
    """One atomic list of ops; `seq` counts per draft and writer, None for callers without a writer."""

    ops: tuple[Op, ...]
    seq: int | None = None


def read_change(
    raw: Mapping[str, Any], revision: int, seen: int | None = None, rules: Rules = UNRULED
) -> Change:
    """Read a change as the wire carries it.

    `revision` is the draft's: a `seen` above it cannot be. `seen` is inherited by ops that have
    none of their own. `rules` say which values only look like card numbers. Raises Rejected
    for anything that is not a change this server knows.
    """
    ops = raw.get("ops")
    if not isinstance(ops, list):
        raise Rejected("invalid-op")
    if len(ops) > MAX_OPS:
        raise Rejected("limit-exceeded")
    read = tuple(op for item in ops for op in read_op(item, revision, seen, rules))
    if len(read) > MAX_OPS:
        raise Rejected("limit-exceeded")
    return Change(read, raw.get("seq"))


def read_op(raw: object, revision: int, inherited: int | None, rules: Rules = UNRULED) -> Iterator[Op]:
    """Read one op; setting an object yields one op a leaf."""
    if not isinstance(raw, dict):
        raise Rejected("invalid-op")
    match raw:
        case {"op": "set", "path": str(path), "value": value}:
            seen = read_seen(raw, revision, inherited)
            for leaf, member in leaves(path, value):
                yield Set(checked_leaf(leaf), checked_value(member, leaf, rules), seen)
        case {"op": "unset", "path": str(path)}:
            yield Unset(checked_path(path), read_seen(raw, revision, inherited))
        case {"op": "resolve", "conflict": str(conflict), "choice": "stored" | "arriving" as choice}:
            yield Resolve(conflict, choice, None, read_seen(raw, revision, inherited))
        case {"op": "resolve", "conflict": str(conflict), "choice": "value", "value": value}:
            yield Resolve(conflict, "value", value, read_seen(raw, revision, inherited))
        case {"op": "position", "step": str(step)}:
            yield Move(checked_short(step), read_cursor(raw.get("cursor")))
        case {"op": "confirm", "path": str(path)}:
            yield Confirm(checked_path(path), read_seen(raw, revision, inherited))
        case {"op": "set" | "unset" | "resolve" | "position" | "confirm"}:
            raise Rejected("invalid-op")
        case _:
            raise Rejected("unknown-op")


def read_seen(raw: Mapping[str, Any], revision: int, inherited: int | None) -> Seen:
    """What was on screen when the op was made; never above the draft's revision."""
    seen = raw.get("seen", inherited)
    also = raw.get("also") or {}
    if type(seen) is not int or not 0 <= seen <= revision or not isinstance(also, dict):
        raise Rejected("invalid-op")
    if not all(WRITER.fullmatch(name) and type(seq) is int and seq >= 0 for name, seq in also.items()):
        raise Rejected("invalid-op")
    return Seen(seen, also)


def read_cursor(cursor: object) -> str | None:
    """The client's own note of where it was, at most 2 KiB of text."""
    if cursor is None:
        return None
    if not isinstance(cursor, str) or len(cursor.encode()) > MAX_CURSOR_BYTES:
        raise Rejected("invalid-op")
    return free_of_card_data(cursor)


def checked_short(text: str) -> str:
    """A name of at most 256 bytes."""
    if not text or len(text.encode()) > MAX_TOKEN_BYTES:
        raise Rejected("invalid-op")
    return free_of_card_data(text)


def free_of_card_data(text: str) -> str:
    """A text without a card number; its refusal names no path, which may be the very text."""
    if holds_payment_data(text):
        raise Rejected("payment-data-refused", keeps_payload=False)
    return text


def checked_path(path: str) -> str:
    """A well-formed pointer with nothing in it that could harm a client's prototypes."""
    if not is_pointer(path) or path.count("/") > MAX_DEPTH:
        raise Rejected("invalid-path")
    for token in tokens(path):
        if len(token.encode()) > MAX_TOKEN_BYTES:
            raise Rejected("limit-exceeded")
        if token in FORBIDDEN:
            raise Rejected("forbidden-key")
        if token == "$masked":  # noqa: S105 the marker of a masked value, no secret
            raise Rejected("masked-value-echo")
        free_of_card_data(token)
    return path


def checked_leaf(path: str) -> str:
    """A leaf's pointer: not the whole draft, and not a field that only payments have."""
    if not path:
        raise Rejected("invalid-path")
    checked_path(path)
    if any(map(names_payment_data, tokens(path))):
        raise Rejected("payment-data-refused", path, keeps_payload=False)
    return path


def checked_value(value: Json, path: str, rules: Rules) -> Json:
    """A leaf's value within its limits and free of card data; a lookalike is one value, no list."""
    is_lookalike = isinstance(value, str | int | float) and rules.is_lookalike(path)
    if not is_lookalike and holds_payment_data(value):
        raise Rejected("payment-data-refused", path, keeps_payload=False)
    if any(
        len(text) * 4 > MAX_STRING_BYTES and len(text.encode()) > MAX_STRING_BYTES for text in texts(value)
    ):
        raise Rejected("limit-exceeded", path)
    return value


def texts(value: Json) -> Iterator[str]:
    """Every string within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for member in value.values():
            yield from texts(member)


def highest_seen(changes: Sequence[object]) -> int:
    """The greatest `seen` anywhere in raw changes: above the draft's revision it means a resync."""
    seen = (
        op.get("seen")
        for change in changes
        if isinstance(change, dict) and isinstance(change.get("ops"), list)
        for op in change["ops"]
        if isinstance(op, dict)
    )
    return max((number for number in seen if type(number) is int), default=0)
