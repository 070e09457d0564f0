"""A draft: the saved state of one process for one customer, cell by cell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from .authors import Author
from .completions import Completion, Progress
from .errors import Conflicting
from .lines import Line
from .pointers import Json, nest, weight
from .takeovers import Takeover
from .upkeep import RENEWED, Upkeep


class Status(StrEnum):
    """Where a draft stands.

    A cart is `completing` while the shop makes the order, `unknown` when the shop fell silent,
    `claiming` while a customer who signed in takes it over, and `parked` while another one is the
    active one. All but these and `open` are final.
    """

    OPEN = "open"
    COMPLETED = "completed"
    DISCARDED = "discarded"
    EXPIRED = "expired"
    COMPLETING = "completing"
    UNKNOWN = "unknown"
    CLAIMING = "claiming"
    MERGED = "merged"
    PARKED = "parked"


UNSETTLED = frozenset((Status.OPEN, Status.COMPLETING, Status.UNKNOWN, Status.CLAIMING))
"""A customer has one draft of a process and key that is any of these."""
WAITING = frozenset((Status.COMPLETING, Status.UNKNOWN, Status.CLAIMING, Status.PARKED))
"""A cart that is one of these takes no change now, and may well take it later."""
ORDERING = frozenset((Status.COMPLETING, Status.UNKNOWN))
"""A cart that is one of these is being ordered, or may have been."""
TIMED = frozenset((Status.OPEN, Status.PARKED))
"""A draft that is one of these ends when its time is over."""


class Policy(StrEnum):
    """Which value stays in the draft when two met unseen; the other one is always kept beside it."""

    INCUMBENT = "incumbent"
    INCOMING = "incoming"


class ConflictStatus(StrEnum):
    """Whether somebody still has to choose."""

    OPEN = "open"
    RESOLVED = "resolved"
    SUPERSEDED = "superseded"


class _Missing:
    """The value of a cell that was unset."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""Stands where a value was unset; never leaves the server as a value."""


class Cell(NamedTuple):
    """One value (or MISSING), the draft's revision that put it there, and by whom.

    In a conflict record the revision is the one at which the value entered the record. A tuple,
    because every save makes all the cells of a draft anew.
    """

    value: Json
    revision: int
    by: Author
    seq: int = 0

    @property
    def live(self) -> bool:
        """Whether the cell holds a value."""
        return self.value is not MISSING


@dataclass(frozen=True, slots=True)
class Conflict:
    """A kept record of a value that met another that its author had not seen.

    By policy `incumbent` the `stored` side is in the draft and `arriving` is kept here; by
    `incoming` the other way round. The side in the draft follows the draft while the conflict is
    open. `earlier` holds the values that this record kept before the present one, oldest first.
    """

    id: str
    path: str
    policy: Policy
    stored: Cell
    arriving: Cell
    revision: int
    origin: str | None
    earlier: tuple[Cell, ...] = ()
    status: ConflictStatus = ConflictStatus.OPEN

    @property
    def open(self) -> bool:
        """Whether somebody still has to choose."""
        return self.status is ConflictStatus.OPEN

    @property
    def held(self) -> str:
        """The name of the side that is in the draft."""
        return "stored" if self.policy is Policy.INCUMBENT else "arriving"

    @property
    def kept(self) -> Cell:
        """The side that is not in the draft."""
        return self.arriving if self.held == "stored" else self.stored

    def mirroring(self, current: Cell) -> "Conflict":
        """The record with the draft's new value as the side that is in the draft."""
        if self.policy is Policy.INCUMBENT:
            return replace(self, stored=current)
        return replace(self, arriving=current)

    @property
    def losers(self) -> tuple[Cell, ...]:
        """Every value that only this record still holds."""
        return (*self.earlier, self.kept)


@dataclass(frozen=True, slots=True)
class Position:
    """Where the customer was: a step's id, and a cursor that only the client understands."""

    step: str
    cursor: str | None = None


class Draft(NamedTuple):
    """The whole state of a draft: cells where it is a form, lines by key where it is a cart.

    Times are milliseconds since 1970 on the store's clock. `size` is roughly its bytes of JSON,
    the kept values of conflicts included; it is carried along because counting it is not cheap.
    `successor` is the cart that goes on in this one's place, or will once its order is made.
    `touched_by` made the last change, be it only of the position.
    """

    id: str
    process: str
    kind: str
    key: str
    customer: str
    created_at: int
    updated_at: int
    expires_at: int
    status: Status = Status.OPEN
    revision: int = 0
    cells: Mapping[str, Cell] = MappingProxyType({})
    conflicts: Mapping[str, Conflict] = MappingProxyType({})
    position: Position | None = None
    size: int = 0
    lines: Mapping[str, Line] = MappingProxyType({})
    completion: Completion | None = None
    takeover: Takeover | None = None
    successor: str | None = None
    upkeep: Upkeep = Upkeep()
    touched_by: Author | None = None

    @property
    def open(self) -> bool:
        """Whether the draft takes changes."""
        return self.status is Status.OPEN

    @property
    def orderable(self) -> tuple[Line, ...]:
        """The lines that can be had, as far as the shop said."""
        return tuple(line for line in self.lines.values() if line.unavailable is None)

    @property
    def unavailable(self) -> tuple[Line, ...]:
        """The lines that the shop said cannot be had."""
        return tuple(line for line in self.lines.values() if line.unavailable is not None)

    @property
    def ask_at(self) -> int:
        """When whoever looks at the draft has the shop asked about it; 0 for never."""
        return self.upkeep.ask_at(self.created_at) if self.open and self.lines else 0

    @property
    def renew_at(self) -> int:
        """From when on a look puts the draft's end off; 0 for never."""
        return self.upkeep.renewed_at + RENEWED if self.kind == "cart" and self.open else 0

    @property
    def due_at(self) -> int:
        """When the sweeper looks at it: a lease or seal is over, something is to be told, or it ends."""
        completion = self.completion
        if self.takeover and self.status is Status.CLAIMING:
            return self.takeover.until
        if completion and self.status is Status.COMPLETING:
            return completion.lease_until
        if self.kind == "cart" and self.open:
            return self.upkeep.due_at(self.expires_at, bool(self.lines))
        return self.expires_at

    @property
    def data(self) -> Json:
        """The values as one JSON object."""
        return nest({path: cell.value for path, cell in self.cells.items() if cell.value is not MISSING})

    @property
    def last_author(self) -> Author | None:
        """Who made the last change; of a draft of an earlier release, who wrote its newest value."""
        newest = max(self.cells.values(), key=lambda cell: cell.revision, default=None)
        return self.touched_by or (newest and newest.by)

    def open_conflicts(self) -> Iterator[Conflict]:
        """The conflicts that wait for somebody's choice, oldest first."""
        return (conflict for conflict in self.conflicts.values() if conflict.open)


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed in a draft after a revision: cells, unset ones too, lines, conflicts of any status."""

    draft: Draft
    since: int
    cells: Mapping[str, Cell]
    conflicts: tuple[Conflict, ...]
    lines: Mapping[str, Line]


def delta(draft: Draft, since: int) -> Delta:
    """All that is newer than `since`; cells know their revision, so no log is needed."""
    return Delta(
        draft,
        since,
        {path: cell for path, cell in draft.cells.items() if cell.revision > since},
        tuple(conflict for conflict in draft.conflicts.values() if conflict.revision > since),
        {key: line for key, line in draft.lines.items() if line.revision > since},
    )


def cell_size(path: str, cell: Cell) -> int:
    """Roughly how many bytes of JSON a cell takes; what was unset still takes its path."""
    return len(path) + 40 + (weight(cell.value) if cell.live else 0)


def conflict_size(conflict: Conflict) -> int:
    """Roughly how many bytes of JSON a conflict record takes."""
    sides = (conflict.stored, conflict.arriving, *conflict.earlier)
    return sum(cell_size(conflict.path, side) for side in sides)


def closed(draft: Draft, status: Status, now: int, purge_at: int) -> Draft:
    """The draft in a final status; a discarded or expired one keeps no value, only its tombstone.

    `purge_at` is when the rest of it goes.
    """
    ended = draft._replace(status=status, revision=draft.revision + 1, updated_at=now, expires_at=purge_at)
    if status is Status.COMPLETED:
        return ended
    return ended._replace(cells={}, conflicts={}, position=None, size=0, lines={})


def check_open(draft: Draft) -> None:
    """Raise Conflicting unless the draft takes changes: `draft-closed`, or what a cart waits for."""
    if draft.status is Status.CLAIMING:
        raise Conflicting("claiming")
    if draft.status is Status.MERGED:
        raise Conflicting("draft-merged", merged_into=draft.takeover and draft.takeover.into)
    if draft.status is Status.PARKED:
        raise Conflicting("draft-parked")
    if draft.status is Status.COMPLETING:
        raise Conflicting("completing", completion=draft.completion and draft.completion.id)
    if draft.status is Status.UNKNOWN:
        raise Conflicting("completion-unknown", completion=draft.completion and draft.completion.id)
    if not draft.open:
        raise Conflicting("draft-closed")


PROGRESS_STATUS = {
    Progress.COMPLETING: Status.COMPLETING,
    Progress.UNKNOWN: Status.UNKNOWN,
    Progress.COMMITTED: Status.COMPLETED,
    Progress.ABORTED: Status.OPEN,
}


def with_completion(draft: Draft, completion: Completion, now: int) -> Draft:
    """The cart at the point that its completion has come to."""
    status = PROGRESS_STATUS[completion.progress]
    return draft._replace(completion=completion, status=status, revision=draft.revision + 1, updated_at=now)
