"""Ops: the steps of a change, as they are sent and as the person sees them meanwhile."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

from ._pointer import ABSENT, join, leaves, pointer, touches

JSON: TypeAlias = bool | int | float | str | Sequence["JSON"] | Mapping[str, "JSON"] | None
"""What a field may hold."""


@dataclass(frozen=True)
class Op:
    """One step: `wire` is what is sent; `path` and `value` are where and what the person sees.

    `path` is None for what shows in no field. `value` is ABSENT where the step takes one away.
    """

    wire: Mapping[str, Any]
    path: str | None = None
    value: Any = ABSENT

    def seen_at(self, revision: int) -> Self:
        """This op with the revision that was on screen when it was made."""
        return replace(self, wire={**self.wire, "seen": revision})

    def meets(self, other: "Op") -> bool:
        """Whether two ops act in the same place: where they touch, or both on the position."""
        if self.path is None or other.path is None:
            return self.path == other.path
        return touches(self.path, other.path)

    def hides(self, other: "Op") -> bool:
        """Whether, once this is done, nothing is seen of what was in the other's place before."""
        return self.meets(other)

    def onto(self, earlier: "Op") -> "tuple[Op, ...] | None":
        """What stands for an earlier unsent op and this one together; None where both must stay.

        A value never replaces an `unset`, which may have made room for it.
        """
        made_room = (earlier.wire["op"], self.wire["op"]) == ("unset", "set")
        return (self,) if self.path == earlier.path and not made_room else None


def set_ops(path: str, value: JSON) -> Iterator[Op]:
    """Ops that put a value at a path: one for a plain value, one a leaf for an object."""
    for leaf, member in leaves(pointer(path), plain(value)):
        yield Op({"op": "set", "path": leaf, "value": member}, leaf, member)


def unset_op(path: str) -> Op:
    """The op that takes away whatever is at or below a path."""
    return Op({"op": "unset", "path": pointer(path)}, pointer(path))


def patch_ops(patch: Mapping[str, JSON]) -> Iterator[Op]:
    """Ops for a JSON Merge Patch: objects merge, None takes away, all else is set (RFC 7396)."""
    for key, member in plain(patch).items():
        for leaf, value in leaves(join("", key), member):
            if value is None:
                yield Op({"op": "unset", "path": leaf}, leaf)
            else:
                yield Op({"op": "set", "path": leaf, "value": value}, leaf, value)


def resolve_op(conflict: Mapping[str, Any], choice: str, value: Any = ABSENT) -> Op:
    """The op that settles a conflict: `stored`, `arriving`, or `value` with a value of one's own."""
    wire = {"op": "resolve", "conflict": conflict["id"], "choice": choice}
    if choice == "value":
        return Op({**wire, "value": plain(value)}, conflict["path"], plain(value))
    side = conflict[choice]
    if side.get("masked"):
        return Op(wire)  # nobody here knows what it will show
    return Op(wire, conflict["path"], side.get("value", ABSENT))


def confirm_op(path: str) -> Op:
    """The op that makes what staff entered at and below a path the customer's own; it shows nowhere."""
    return Op({"op": "confirm", "path": path})


def position_op(step: str, cursor: str | None) -> Op:
    """The op that says where the customer is now."""
    return Op({"op": "position", "step": step} | ({} if cursor is None else {"cursor": cursor}))


def plain(value: Any) -> Any:
    """A copy of a value in JSON's own types, so that what is kept can be sent, byte for byte, for ever.

    Raises TypeError or ValueError for what JSON cannot hold: other types, NaN, half a surrogate pair.
    """
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    return json.loads(text.encode())


class Moving:
    """What can be done with a draft of either kind, and in a transaction on it."""

    def go_to(self, step: str, cursor: str | None = None) -> None:
        """Say at which step the customer is; `cursor` is a note of your own, up to 2 KiB."""
        self._edit([position_op(step, cursor)])

    def _edit(self, ops: Iterable[Op]) -> None:
        """Take the ops in; every kind of editing says how."""
        raise NotImplementedError


class Gathering(Moving):
    """Edits that are saved as one change of their own: all of them, or none."""

    def __init__(self) -> None:
        """Begin with no edits; made by `transaction()`."""
        self._ops: list[Op] = []

    def _edit(self, ops: Iterable[Op]) -> None:
        self._ops.extend(ops)


class Editing(Moving):
    """What can be edited in a form, all in the same words: a draft, and a transaction on it.

    A path is written with dots (`applicant.email`) or as a JSON Pointer (`/applicant/email`).
    """

    def set(self, path: str, value: JSON) -> None:
        """Put a value at a path; an object sets its leaves and leaves its other members alone."""
        self._edit(set_ops(path, value))

    def patch(self, patch: Mapping[str, JSON]) -> None:
        """Set many fields at once, as a JSON Merge Patch: None takes a field away (RFC 7396)."""
        self._edit(patch_ops(patch))

    def unset(self, path: str) -> None:
        """Take away whatever is at or below a path."""
        self._edit([unset_op(path)])


class Transaction(Gathering, Editing):
    """Edits of a form that are saved as one change of their own: all of them, or none."""
