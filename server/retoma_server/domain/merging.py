"""Merging a change into a draft: the heart of Retoma.

The promise: every value that was ever accepted is in the draft, or was seen by whoever replaced
it, or is in a conflict record. It rests on one comparison. A cell knows the draft's revision that
last changed it; an op knows the revision that its author had on screen (`seen`). A cell that is
newer than that, by another writer, with another value, was overwritten unseen: that is a conflict,
and both values are kept.

The draft is settled unit by unit. A unit is a leaf, or a group that the process registered (an
address) whose leaves stand or fall together.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from .authors import STAFF, Author
from .changes import (
    Change,
    Confirm,
    Move,
    Op,
    Rejected,
    Resolve,
    Seen,
    Set,
    Unset,
    checked_leaf,
    checked_value,
)
from .conflicts import continues, named, same_value, told
from .drafts import MISSING, Cell, Conflict, ConflictStatus, Draft, Policy, Position, cell_size, conflict_size
from .pointers import Json, Places, above, covers, leaves, same
from .rules import Rules
from .units import fitted, value_of

MAX_SIZE = 262_144
MAX_LIVE_CELLS = 2_000
MAX_CELLS = 10_000
CLOSED_CONFLICTS_KEPT = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change: `applied`, `noop` or `conflict`, with the conflicts it met."""

    status: str
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intent:
    """The value a change wants in a leaf (MISSING: none), and all that its author had seen."""

    value: Json
    seen: tuple[Seen, ...]


def merge(draft: Draft, change: Change, author: Author, rules: Rules) -> tuple[Draft, Outcome]:
    """Merge one change into a draft and say what became of it.

    The draft's revision rises by one if anything was altered, recorded or resolved. Raises
    Rejected, with the draft untouched, when the change as a whole cannot be taken.
    """
    return Merge(draft, author, rules, change.seq or 0).run(change)


class Merge:
    """One merge under way: the draft's cells and conflicts, copied, and what has become of them."""

    def __init__(self, draft: Draft, author: Author, rules: Rules, seq: int) -> None:
        """Begin a merge of `author`'s change number `seq`; `draft` itself is never altered."""
        self.draft = draft
        self.author = author
        self.rules = rules
        self.seq = seq
        self.revision = draft.revision + 1
        self.cells = dict(draft.cells)
        self.conflicts = dict(draft.conflicts)
        self.position = draft.position
        self.size = draft.size
        self.changed = False
        self.met: dict[str, None] = {}
        self._containers: Counter[str] | None = None
        self.names: dict[str, dict[str, None]] = {}
        for conflict in self.conflicts.values():
            self.names.setdefault(conflict.path, {})[conflict.id] = None

    def run(self, change: Change) -> tuple[Draft, Outcome]:
        """Do every op in order; edits between two others are settled together, unit by unit."""
        if not self.draft.open:
            raise Rejected("draft-closed")
        edits: list[Set | Unset] = []
        for op in change.ops:
            if isinstance(op, Set | Unset):
                edits.append(op)
            else:
                self.settle_all(edits)
                edits = []
                self.do(op)
        self.settle_all(edits)
        self.drop_closed()
        self.check_limits()
        return self.outcome()

    def do(self, op: Op) -> None:
        """Do an op that is not an edit of a leaf."""
        match op:
            case Resolve():
                self.resolve(op)
            case Confirm():
                self.confirm(op)
            case Move(step, cursor) if self.position != Position(step, cursor):
                self.position = Position(step, cursor)
                self.changed = True

    def outcome(self) -> tuple[Draft, Outcome]:
        """The new draft, or the old one where nothing changed, and what became of the change."""
        status = "conflict" if self.met else "applied" if self.changed else "noop"
        if not self.changed:
            return self.draft, Outcome(status, tuple(self.met))
        merged = self.draft._replace(
            revision=self.revision,
            cells=self.cells,
            conflicts=self.conflicts,
            position=self.position,
            size=self.size,
        )
        return merged, Outcome(status, tuple(self.met))

    def check_limits(self) -> None:
        """Refuse a change that would make the draft larger than it may be."""
        if self.size > MAX_SIZE and self.size > self.draft.size:
            raise Rejected("draft-full")
        if len(self.cells) <= MAX_LIVE_CELLS:
            return
        if len(self.cells) > MAX_CELLS or sum(cell.live for cell in self.cells.values()) > MAX_LIVE_CELLS:
            raise Rejected("draft-full")

    def check_storable(self, path: str) -> None:
        """Refuse a value for a field that the process never stores."""
        if not self.rules.storable(path):
            raise Rejected("field-not-storable", path, keeps_payload=False)

    # -- what the author had seen ------------------------------------------------------------

    def unseen(self, cell: Cell, seen: Iterable[Seen]) -> bool:
        """Whether a value came from somebody else after what the author had on screen.

        A writer has seen its own writes, the ones of this very change, and those unsent ones of
        an earlier page load that were folded into its view (`also`).
        """
        if cell.revision == self.revision:
            return False
        writer = cell.by.writer
        if writer is not None and writer == self.author.writer:
            return False
        return any(
            cell.revision > each.revision and not (writer and 0 < cell.seq <= each.also.get(writer, 0))
            for each in seen
        )

    def unseen_in(self, cells: Mapping[str, Cell], seen: Iterable[Seen]) -> dict[str, Cell]:
        """Those of some cells that came from somebody else unseen."""
        return {path: cell for path, cell in cells.items() if self.unseen(cell, seen)}

    # -- edits ---------------------------------------------------------------------------------

    def settle_all(self, edits: list[Set | Unset]) -> None:
        """Settle a run of edits: the last intent for a leaf counts, with all that was seen for it."""
        units: dict[str, dict[str, Intent]] = {}
        for path, intent in self.intents(edits).items():
            units.setdefault(self.rules.unit(path), {})[path] = intent
        for unit, intents in units.items():
            self.settle(unit, intents)

    def intents(self, edits: list[Set | Unset]) -> dict[str, Intent]:
        """What a run of edits wants of each leaf; unsetting a subtree means each leaf in it."""
        wanted: dict[str, Intent] = {}

        def want(path: str, value: Json, seen: Seen) -> None:
            earlier = wanted[path].seen if path in wanted else ()
            wanted[path] = Intent(value, (*earlier, seen))

        unsets = any(isinstance(edit, Unset) for edit in edits)
        places = Places(path for path, cell in self.cells.items() if unsets and cell.live)
        for edit in edits:
            if isinstance(edit, Set):
                self.check_storable(edit.path)
                want(edit.path, edit.value, edit.seen)
                places.add(edit.path)
            else:
                for path in places.take(edit.path):
                    want(path, MISSING, edit.seen)
        return wanted

    def settle(self, unit: str, intents: Mapping[str, Intent]) -> None:
        """Bring one unit to what the change wants, or keep both values where it cannot be had.

        For a group the arriving value is what its author meant the whole group to be: the leaves
        it had seen, overlaid with its edits.
        """
        current = self.unit_cells(unit)
        stored = {path: cell.value for path, cell in current.items() if cell.live}
        seen = tuple(each for intent in intents.values() for each in intent.seen)
        unseen = self.unseen_in(current, seen)
        arriving = {path: value for path, value in stored.items() if path not in unseen}
        arriving |= {path: intent.value for path, intent in intents.items()}
        arriving = fitted({path: value for path, value in arriving.items() if value is not MISSING})
        if same(arriving, stored):
            return
        if unseen:
            self.collide(unit, stored, arriving, list(unseen.values()), seen)
        else:
            self.write(unit, arriving, seen)

    def unit_cells(self, unit: str) -> dict[str, Cell]:
        """The cells of a unit: one for a leaf, any number for a group."""
        if unit in self.rules.groups:
            return {path: cell for path, cell in self.cells.items() if covers(unit, path)}
        return {unit: self.cells[unit]} if unit in self.cells else {}

    def write(self, unit: str, target: Mapping[str, Json], seen: tuple[Seen, ...]) -> None:
        """Make the unit hold exactly `target`, and let its open conflicts follow."""
        for path, cell in self.unit_cells(unit).items():
            if cell.live and path not in target:
                self.put(path, MISSING)
        for path, value in target.items():
            held = self.cells.get(path)
            if held is None or not held.live or not same(held.value, value):
                self.make_room(path, value)
        self.follow(unit, target, seen)

    def make_room(self, path: str, value: Json) -> None:
        """Put a value where no live leaf lies above or below it; an empty object gives way."""
        for parent in above(path):
            cell = self.cells.get(parent)
            if cell is not None and cell.live:
                if cell.value != {}:
                    raise Rejected("path-collision", path)
                self.put(parent, MISSING)
        existing = self.cells.get(path)
        if (existing is None or not existing.live) and self.containers[path]:
            if value != {}:
                raise Rejected("path-collision", path)
            return
        self.put(path, value)

    def put(self, path: str, value: Json) -> None:
        """Put a value into one cell, and keep the counts that go with it."""
        before = self.cells.get(path)
        cell = Cell(value, self.revision, self.author, self.seq)
        self.size += cell_size(path, cell) - (cell_size(path, before) if before else 0)
        self.cells[path] = cell
        self.changed = True
        if self._containers is not None:
            step = cell.live - (before is not None and before.live)
            for parent in above(path):
                self._containers[parent] += step

    @property
    def containers(self) -> Counter[str]:
        """How many live leaves lie below each pointer; counted only when a new leaf appears."""
        if self._containers is None:
            live = (path for path, cell in self.cells.items() if cell.live)
            self._containers = Counter(parent for path in live for parent in above(path))
        return self._containers

    # -- conflicts -----------------------------------------------------------------------------

    def collide(
        self,
        unit: str,
        stored: Mapping[str, Json],
        arriving: Mapping[str, Json],
        unseen: list[Cell],
        seen: tuple[Seen, ...],
    ) -> None:
        """Two values met unseen: the policy says which one the draft holds, the record keeps both."""
        policy = self.rules.policy(unit)
        newest = max(unseen, key=lambda cell: cell.revision)
        displaced = Cell(value_of(stored, unit), self.revision, newest.by, newest.seq)
        mine = Cell(value_of(arriving, unit), self.revision, self.author, self.seq)
        if policy is Policy.INCOMING:
            self.write(unit, arriving, seen)
        self.keep(unit, policy, displaced, mine)

    def keep(self, unit: str, policy: Policy, stored: Cell, arriving: Cell) -> None:
        """Record the values that met; a device that goes on typing adds to its one open record."""
        fresh = Conflict(
            f"cf_{self.revision}_{len(self.met)}",
            unit,
            policy,
            stored,
            arriving,
            self.revision,
            self.author.origin,
        )
        known = next((each for each in self.open_at(unit) if continues(fresh, each)), None)
        if known is None:
            self.record(fresh)
        elif same_value(known.kept, fresh.kept):
            self.met[known.id] = None
        else:
            self.record(replace(fresh, id=known.id, earlier=known.losers))

    def record(self, conflict: Conflict) -> None:
        """Put a conflict on record as one that this change met."""
        self.alter(conflict)
        self.met[conflict.id] = None

    def alter(self, conflict: Conflict) -> None:
        """Write a conflict record, and keep the count that goes with it."""
        before = self.conflicts.get(conflict.id)
        self.size += conflict_size(conflict) - (conflict_size(before) if before else 0)
        self.conflicts[conflict.id] = conflict
        self.names.setdefault(conflict.path, {})[conflict.id] = None
        self.changed = True

    def open_at(self, unit: str) -> list[Conflict]:
        """The conflicts of a unit in which somebody still has to choose."""
        named = (self.conflicts[name] for name in self.names.get(unit, ()))
        return [conflict for conflict in named if conflict.open]

    def close(self, conflict: Conflict, status: ConflictStatus) -> None:
        """Close a record with both sides as they were when somebody chose."""
        self.alter(replace(conflict, status=status, revision=self.revision))

    def drop_closed(self) -> None:
        """Drop the records that were closed longest ago: somebody had seen what they kept."""
        closed = sorted(
            (each for each in self.conflicts.values() if not each.open), key=lambda each: each.revision
        )
        for each in closed[: max(0, len(closed) - CLOSED_CONFLICTS_KEPT)]:
            self.size -= conflict_size(self.conflicts.pop(each.id))

    def follow(self, unit: str, target: Mapping[str, Json], seen: tuple[Seen, ...]) -> None:
        """Let the open conflicts of a unit follow a write to it.

        Whoever was told of everything that a record of their own device keeps, and typed on, has
        chosen: the record is superseded. Any other record mirrors the new value and stays open.
        """
        current = Cell(value_of(target, unit), self.revision, self.author, self.seq)
        for conflict in self.open_at(unit):
            own = conflict.origin is not None and conflict.origin == self.author.origin
            if own and told(conflict, seen):
                self.close(conflict, ConflictStatus.SUPERSEDED)
            else:
                self.alter(replace(conflict.mirroring(current), revision=self.revision))

    def resolve(self, op: Resolve) -> None:
        """Carry out a person's choice.

        The record stays open if it holds a value that they were not told of, or has just got their own.
        """
        conflict = self.conflicts.get(op.conflict)
        if conflict is None:
            raise Rejected("unknown-conflict")
        self.settle_all(list(self.choice(op, conflict)))
        if not conflict.open:
            return
        if told(conflict, (op.seen,)) and conflict.id not in self.met:
            self.close(conflict, ConflictStatus.RESOLVED)
        else:
            self.met[conflict.id] = None

    def confirm(self, op: Confirm) -> None:
        """Make what staff entered the author's own: as they saw it, and where nothing waits to be chosen."""
        entered = {
            path: cell
            for path, cell in self.cells.items()
            if covers(op.path, path) and cell.live and cell.by.kind == STAFF
        }
        unseen = self.unseen_in(entered, (op.seen,))
        for path in entered.keys() - unseen.keys():
            if not self.open_at(self.rules.unit(path)):
                self.put(path, entered[path].value)

    def choice(self, op: Resolve, conflict: Conflict) -> Iterator[Set | Unset]:
        """A choice as edits like any others, under what was seen.

        To choose what the draft holds is none, unless somebody has meanwhile chosen otherwise.
        """
        value = op.value
        if op.choice != "value":
            side = named(op.choice, conflict, op.seen)
            moved = self.unseen_in(self.unit_cells(conflict.path), (op.seen,))
            if side is None or (op.choice == conflict.held and not moved):
                return
            value = side.value
        yield Unset(conflict.path, op.seen)
        if value is not MISSING:
            for path, leaf in leaves(conflict.path, value):
                yield Set(checked_leaf(path), checked_value(leaf, path, self.rules), op.seen)
