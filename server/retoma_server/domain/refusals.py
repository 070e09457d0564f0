"""What of a refused change may be kept: never what would not have been stored."""

from collections.abc import Mapping
from typing import Any

from .payment_data import holds_payment_data, names_payment_data
from .pointers import Json, leaves, tokens
from .rules import Rules


def may_keep(ops: Json, rules: Rules) -> bool:
    """Whether refused ops, as they came, hold neither card data nor a field that is never stored.

    The op that was refused need not be the one that holds them, so every op is looked at.
    """
    if holds_payment_data(ops):
        return False
    return not isinstance(ops, list) or all(storable(op, rules) for op in ops if isinstance(op, Mapping))


def storable(op: Mapping[str, Any], rules: Rules) -> bool:
    """Whether every field that an op names could be stored."""
    path = op.get("path")
    if not isinstance(path, str):
        return True
    named = [leaf for leaf, _ in leaves(path, op.get("value"))]
    return all(rules.storable(leaf) and not any(map(names_payment_data, tokens(leaf))) for leaf in named)
