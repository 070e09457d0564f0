"""The judge of the promise: it remembers by itself what each person saw, and trusts nothing on the wire.

A *value* here is a leaf's path and what stands in it. Empty objects are left out: the first leaf below
one takes its place, and nothing that anybody typed is gone.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator

from retoma_server.domain.drafts import Draft, cell_size, conflict_size
from retoma_server.domain.pointers import Json, covers, leaves
from retoma_server.domain.rules import Rules

from .devices import Device, Edit, Pending, Wire, touches

Value = tuple[str, str]
Name = tuple[str, int]


class PromiseBroken(AssertionError):
    """Raised when a value was lost, a change counted twice, or two devices ended apart."""


class Oracle:
    """Everything that people saw and typed, by the change that it went into."""

    def __init__(self, rules: Rules) -> None:
        """Judge a draft whose units are those of `rules`."""
        self.rules = rules
        self.screens: dict[Name, list[tuple[str, set[Value]]]] = {}
        self.made: dict[Name, list[Edit]] = {}
        self.effects: Counter[Name] = Counter()
        self.settled: dict[Name, str] = {}
        self.broken = False

    def judge(self, holds: bool, verdict: str) -> None:
        """Raise PromiseBroken with the verdict unless the promise holds."""
        if not holds:
            self.broken = True
            raise PromiseBroken(verdict)

    # -- what people do ------------------------------------------------------------------------

    def watch(self, device: Device) -> set[Value]:
        """What is on a device's screen at this moment: its fields, and the conflicts that it shows."""
        shown = values(device.view().items())
        for conflict in device.asked():
            for side in (conflict["stored"], conflict["arriving"], *conflict["earlier"]):
                shown |= side_values(conflict["path"], side)
        return shown

    def edited(self, device: Device, pending: Pending, edits: Iterable[Edit], screen: set[Value]) -> None:
        """Somebody edited, with this on screen; what they typed over before, they saw as well."""
        name = (pending.writer, pending.seq)
        before = [look for each in device.outbox for look in self.screens.get((each.writer, each.seq), ())]
        for edit in edits:
            covered = (shown for path, shown in before if touches(path, edit.path))
            self.screens.setdefault(name, []).append((edit.path, screen.union(*covered)))
        self.made[name] = pending.edits

    # -- what the server does ------------------------------------------------------------------

    def merged(self, name: Name, before: Draft, after: Draft, status: str) -> None:
        """Judge one merge."""
        self.settled[name] = status
        self.effects[name] += after.revision != before.revision
        self.judge(self.effects[name] <= 1, f"{name} took effect twice")
        self.judge(0 <= after.revision - before.revision <= 1, f"{name} raised the revision by more than one")
        self.judge(recount(after) == after.size, f"the size after {name} is not what a recount says")
        held = holds(after)
        for value in holds(before) - held:
            self.judge(value in self.seen(name, value[0]), f"{name} replaced {value} unseen")
        if status != "rejected":
            lost = wishes(self.made[name]) - held
            self.judge(not lost, f"{name} was answered {status}, but {lost} is nowhere")

    def seen(self, name: Name, path: str) -> set[Value]:
        """What the author of a change had on screen as they edited the unit of a path, or typed there."""
        unit = self.rules.unit(path)
        shown = wishes(self.made[name])
        for edited, screen in self.screens[name]:
            if touches(edited, unit):
                shown |= screen
        return shown

    # -- what is left in the end ---------------------------------------------------------------

    def converged(self, draft: Draft, devices: Iterable[Device]) -> None:
        """Judge the end: each change settled, and everybody sees what the server has."""
        for name in self.made:
            self.judge(name in self.settled, f"{name} never arrived")
        data = {path: cell.value for path, cell in draft.cells.items() if cell.live}
        waiting = {conflict.id for conflict in draft.open_conflicts()}
        for device in devices:
            self.judge(device.view() == data, f"{device.name} sees {device.view()} instead of {data}")
            self.judge(device.conflicts.keys() == waiting, f"{device.name} shows other conflicts")


def values(items: Iterable[tuple[str, Json]]) -> set[Value]:
    """Leaves as values to be followed."""
    return {(path, json.dumps(value)) for path, value in items if value != {}}


def side_values(path: str, side: Wire) -> set[Value]:
    """The values in one side of a conflict on the wire."""
    return set() if side.get("unset") else values(leaves(path, side["value"]))


def holds(draft: Draft) -> set[Value]:
    """Every value that the server still holds: in the draft, or kept by an open conflict."""
    held = values((path, cell.value) for path, cell in draft.cells.items() if cell.live)
    return held.union(*(values(kept(draft, conflict.id)) for conflict in draft.open_conflicts()))


def kept(draft: Draft, conflict: str) -> Iterator[tuple[str, Json]]:
    """The leaves of all that a conflict record keeps out of the draft."""
    record = draft.conflicts[conflict]
    for loser in record.losers:
        if loser.live:
            yield from leaves(record.path, loser.value)


def wishes(edits: Iterable[Edit]) -> set[Value]:
    """The values that a change ends up asking for."""
    wanted: dict[str, Json] = {}
    for edit in edits:
        if edit.clears:
            wanted = {path: value for path, value in wanted.items() if not covers(edit.path, path)}
        wanted |= edit.puts
    return values(wanted.items())


def recount(draft: Draft) -> int:
    """The size of a draft, counted afresh."""
    cells = sum(cell_size(path, cell) for path, cell in draft.cells.items())
    return cells + sum(conflict_size(conflict) for conflict in draft.conflicts.values())
