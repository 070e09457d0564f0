"""What the person sees of a form: what the server last said, with the unacknowledged edits on top."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ._ops import Op
from ._pointer import ABSENT, assign, branches, join, leaves, masked, read, remove, same


def with_cells(data: Mapping[str, Any], cells: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A copy of the data with a delta's cells in it.

    Values go before they come: a field that became an object is unset at its own path and set below it.
    """
    changed = copy.deepcopy(dict(data))
    for path, cell in cells.items():
        if "unset" in cell:
            remove(changed, path)
    for path, cell in cells.items():
        if "unset" not in cell:
            assign(changed, path, cell["value"])
    return changed


def fold(data: Mapping[str, Any], ops: Iterable[Op]) -> dict[str, Any]:
    """A copy of the data as it will be once the ops are in it, if nobody else changes anything."""
    view = copy.deepcopy(dict(data))
    for op in ops:
        show(view, op)
    return view


def show(view: dict[str, Any], op: Op) -> None:
    """Apply one op to a view, in place."""
    if op.path is None:
        return
    if op.wire["op"] != "set":
        remove(view, op.path)
    if op.value is not ABSENT:
        for leaf, value in leaves(op.path, op.value):
            assign(view, leaf, value)


def altering(view: Mapping[str, Any], ops: Iterable[Op]) -> Iterator[Op]:
    """Of ops made one after the other on a view, those that change something in it."""
    changing = copy.deepcopy(dict(view))
    for op in ops:
        if alters(changing, op):
            show(changing, op)
            yield op


def alters(view: Mapping[str, Any], op: Op) -> bool:
    """Whether an op changes what is seen; a move always counts."""
    if op.path is None:
        return True
    there = read(view, op.path, ABSENT)
    if op.value == {} and branches(there):
        return False
    return not same(there, op.value)


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """The leaves that are other than they were; what comes masked is not seen."""
    one, other = dict(fields(before)), dict(fields(after))
    for path in {**one, **other}:
        now = other.get(path, ABSENT)
        if not masked(now) and not same(one.get(path, ABSENT), now):
            yield path


def fields(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every leaf of the data, by its pointer."""
    return (leaf for key, value in data.items() for leaf in leaves(join("", key), value))
