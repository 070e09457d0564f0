"""What the person sees: what the server last said, with the edits that it has not acknowledged on top."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ._ops import Op
from ._pointer import ABSENT, assign, branches, leaves, read, remove, same

#: Members of a draft that a delta carries whole.
FOLLOWED = ("status", "position", "updated_at", "expires_at")


@dataclass(frozen=True)
class Base:
    """A draft as the server last told it: its JSON, and the epoch in which its revisions count.

    The epoch is None until the server has named it.
    """

    draft: Mapping[str, Any]
    epoch: str | None = None

    @property
    def revision(self) -> int:
        """The revision that this is."""
        return int(self.draft["revision"])

    @property
    def cursor(self) -> str | int:
        """Where a delta should start: `epoch.revision`, or the bare revision while the epoch is unknown."""
        return self.revision if self.epoch is None else f"{self.epoch}.{self.revision}"

    def in_epoch(self, epoch: str | None) -> bool:
        """Whether revisions of that epoch can be compared with this one; an unnamed one can."""
        return epoch is None or self.epoch in (None, epoch)

    def meets(self, delta: Mapping[str, Any]) -> bool:
        """Whether a delta goes on from here: it starts at or before this revision and ends after it."""
        return self.in_epoch(delta.get("epoch")) and delta["from"] <= self.revision < delta["revision"]

    def after(self, delta: Mapping[str, Any]) -> "Base":
        """This base with a delta applied; unchanged when the delta does not go on from here."""
        if not self.meets(delta):
            return self
        followed = {name: delta[name] for name in FOLLOWED if name in delta}
        draft = {
            **self.draft,
            **followed,
            "revision": delta["revision"],
            "data": with_cells(self.draft.get("data", {}), delta.get("cells", {})),
            "conflicts": with_conflicts(self.draft["conflicts"], delta.get("conflicts", ())),
        }
        return Base(draft, delta.get("epoch") or self.epoch)


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


def with_conflicts(known: Iterable[Mapping[str, Any]], told: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The conflicts that are open once those of a delta, of any status, are counted in."""
    merged = {conflict["id"]: conflict for conflict in (*known, *told)}
    return [conflict for conflict in merged.values() if conflict["status"] == "open"]


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
