"""What of a change the history may keep: never what would not have been stored."""

from collections.abc import Mapping
from typing import Any

from .cart_ops import CartOp, read_cart_ops
from .changes import Op, Rejected, Resolve, Set, Unset, read_change
from .drafts import Draft
from .payment_data import holds_payment_data, names_payment_data
from .pointers import Json, leaves, tokens
from .rules import Rules

SEEN = frozenset({"op", "seen", "also"})
MEMBERS: Mapping[str, frozenset[str]] = {
    "set": SEEN | {"path", "value"},
    "unset": SEEN | {"path"},
    "resolve": SEEN | {"conflict", "choice"},
    "confirm": SEEN | {"path"},
    "position": frozenset({"op", "step", "cursor"}),
    "add": SEEN
    | {"line", "sku", "attributes", "offer", "fulfilment", "split", "parent", "quantity", "info", "price"},
    "decrement": SEEN | {"line", "quantity"},
    "remove": SEEN | {"line"},
    "set_quantity": SEEN | {"line", "quantity", "if_revision"},
    "info": SEEN | {"line", "info"},
    "clear": SEEN,
}
"""The members of each op that this server reads."""


def known(op: Mapping[str, Any]) -> dict[str, Any]:
    """An op without members that nobody read: what stands in them was never checked."""
    names = MEMBERS[op["op"]] | ({"value"} if op.get("choice") == "value" else set())
    return {name: value for name, value in op.items() if name in names}


def may_keep(ops: Json, seen: int | None, draft: Draft, rules: Rules) -> bool:
    """Whether refused ops, as they came, can be read, and hold nothing that is never stored.

    The op that was refused need not be the one that holds it, so every op is looked at. Of ops that
    cannot be read nobody can tell which fields they were meant for. Lookalikes of card numbers go too.
    """
    try:
        read = read_ops(ops, seen, draft, rules)
    except Rejected:
        return False
    return not holds_payment_data(ops) and all(storable(op, draft, rules) for op in read)


def read_ops(ops: Json, seen: int | None, draft: Draft, rules: Rules) -> tuple[Op, ...] | tuple[CartOp, ...]:
    """The ops of a change of this draft; raises Rejected."""
    if draft.kind == "cart":
        return read_cart_ops(ops, draft.revision, seen)
    return read_change({"ops": ops}, draft.revision, seen, rules).ops


def storable(op: Op | CartOp, draft: Draft, rules: Rules) -> bool:
    """Whether every field that an op names could be stored."""
    if isinstance(op, Set | Unset):
        return storable_at(op.path, None, rules)
    if isinstance(op, Resolve) and op.choice == "value":
        conflict = draft.conflicts.get(op.conflict)
        return conflict is not None and storable_at(conflict.path, op.value, rules)
    return True


def storable_at(path: str, value: Json, rules: Rules) -> bool:
    """Whether every leaf of a value put at a path could be stored."""
    named = [leaf for leaf, _ in leaves(path, value)]
    return all(rules.storable(leaf) and not any(map(names_payment_data, tokens(leaf))) for leaf in named)
