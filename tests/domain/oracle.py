"""The judge of the promise: it remembers by itself what each person saw, and trusts nothing on the wire.

A *value* here is a leaf's path and what stands in it. Empty objects are left out: the first leaf below
one takes its place, and nothing that anybody typed is gone.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from retoma_server.domain.drafts import Draft, cell_size, conflict_size
from retoma_server.domain.pointers import Json, covers, leaves
from retoma_server.domain.rules import Rules

from .devices import Device, Edit, Pending, Wire, touches

Value = tuple[str, str]
Name = tuple[str, int]


@dataclass(frozen=True)
class Screen:
    """What a person saw: values in the fields, and values in the conflicts that were shown."""

    fields: frozenset[Value] = frozenset()
    told: frozenset[Value] = frozenset()

    def __or__(self, other: "Screen") -> "Screen":
        """All that was on either."""
        return Screen(self.fields | other.fields, self.told | other.told)


class PromiseBroken(AssertionError):
    """Raised when a value was lost, a change counted twice, or two devices ended apart."""


class Oracle:
    """Everything that people saw and typed, by the change that it went into."""

    def __init__(self, rules: Rules) -> None:
        """Judge a draft whose units are those of `rules`."""
        self.rules = rules
        self.screens: dict[Name, list[tuple[str, Screen]]] = {}
        self.typed: defaultdict[str, set[Value]] = defaultdict(set)
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

    def watch(self, device: Device) -> Screen:
        """What is on a device's screen at this moment; what was typed on it before was seen as well."""
        told: set[Value] = set()
        for conflict in device.asked():
            for side in (conflict["stored"], conflict["arriving"], *conflict["earlier"]):
                told |= side_values(conflict["path"], side)
        shown = values(device.view().items()) | self.typed[device.name]
        return Screen(frozenset(shown), frozenset(told))

    def edited(self, device: Device, pending: Pending, edits: Iterable[Edit], screen: Screen) -> None:
        """Somebody edited, with this on screen; what they have just typed over, they saw as well."""
        name = (pending.writer, pending.seq)
        before = [look for each in device.outbox for look in self.screens.get((each.writer, each.seq), ())]
        for edit in edits:
            covered = (shown for path, shown in before if touches(path, edit.path))
            self.screens.setdefault(name, []).append((edit.path, reduce(or_, covered, screen)))
        self.made[name] = pending.edits
        self.typed[device.name] |= wishes(edits)

    # -- what the server does ------------------------------------------------------------------

    def merged(self, name: Name, before: Draft, after: Draft, status: str) -> None:
        """Judge one merge."""
        self.settled[name] = status
        self.effects[name] += after.revision != before.revision
        self.judge(self.effects[name] <= 1, f"{name} took effect twice")
        self.judge(0 <= after.revision - before.revision <= 1, f"{name} raised the revision by more than one")
        self.judge(recount(after) == after.size, f"the size after {name} is not what a recount says")
        held = inside(after) | kept(after)
        for value in inside(before) - held:
            seen = self.seen(name, value[0])
            self.judge(value in seen.fields | seen.told, f"{name} replaced {value} unseen")
        for value in kept(before) - held:
            self.judge(value in self.seen(name, value[0]).told, f"{name} closed the record of {value} untold")
        if status != "rejected":
            lost = wishes(self.made[name]) - held
            self.judge(not lost, f"{name} was answered {status}, but {lost} is nowhere")

    def seen(self, name: Name, path: str) -> Screen:
        """What the author of a change had on screen as they edited the unit of a path, or typed there."""
        unit = self.rules.unit(path)
        looks = (screen for edited, screen in self.screens[name] if touches(edited, unit))
        return reduce(or_, looks, Screen(frozenset(wishes(self.made[name]))))

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


def inside(draft: Draft) -> set[Value]:
    """Every value in the draft."""
    return values((path, cell.value) for path, cell in draft.cells.items() if cell.live)


def kept(draft: Draft) -> set[Value]:
    """Every value that only an open conflict still keeps."""
    losers = [(each.path, loser) for each in draft.open_conflicts() for loser in each.losers]
    return values(leaf for path, loser in losers if loser.live for leaf in leaves(path, loser.value))


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
