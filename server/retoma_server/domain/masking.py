"""What staff see of a draft: never more than the field's class and the customer allow."""

from dataclasses import dataclass

from .authors import STAFF
from .changes import Change, Rejected, Resolve, Set
from .drafts import MISSING, Cell, Conflict, Draft
from .pointers import Json
from .processes import FieldClass, Process


@dataclass(frozen=True, slots=True)
class Sight:
    """What a member of staff may see of a process's values.

    With `shows_answers`, which the customer chose, personal ones are shown whole; restricted ones never.
    """

    process: Process
    shows_answers: bool = False

    def shows(self, path: str) -> bool:
        """Whether a value is shown whole."""
        kind = self.process.strictest(path)
        return kind is FieldClass.PUBLIC or (kind is FieldClass.PERSONAL and self.shows_answers)

    def masked(self, path: str, value: Json) -> Json:
        """A value as it may be seen: whole, a personal one as a hint, others only as present."""
        if self.shows(path):
            return value
        if self.process.strictest(path) is FieldClass.PERSONAL:
            return {"$masked": True, "hint": hint(value)}
        return {"$masked": True, "present": True}

    def masked_cell(self, path: str, cell: Cell) -> Json:
        """A live cell's value as it may be seen; what staff typed they may read, unless it is restricted."""
        typed = cell.by.kind == STAFF and self.process.strictest(path) is FieldClass.PERSONAL
        return cell.value if typed else self.masked(path, cell.value)

    def shows_conflict(self, conflict: Conflict) -> bool:
        """Whether the values that met may be read: only where every field in them may be."""
        return self.shows(conflict.path)


def hint(value: Json) -> str:
    """Enough of a personal value to recognise it by, never enough to learn it."""
    if not isinstance(value, str):
        return "•••"
    name, at, host = value.partition("@")
    if at and "." in host:
        return f"{first(name)}•••@{first(host)}•••{host[host.rindex('.') :]}"
    if len(value) >= 8 and sum(map(str.isdigit, value)) >= 6:
        return f"•••{value[-2:]}"
    return f"{first(value)}•••" if len(value) > 3 else "•••"


def first(text: str) -> str:
    """The first character, where there is one."""
    return text[:1]


def check_choices(sight: Sight, draft: Draft, change: Change) -> None:
    """Refuse a choice by staff in a conflict whose values they may not read: nobody chooses unseen.

    It would also make the chosen value theirs, and so unmask it. Raises Rejected `masked-value-echo`.
    """
    for op in change.ops:
        conflict = draft.conflicts.get(op.conflict) if isinstance(op, Resolve) else None
        if conflict is not None and not sight.shows_conflict(conflict):
            raise Rejected("masked-value-echo", conflict.path)


def check_echoes(sight: Sight, draft: Draft, change: Change) -> None:
    """Refuse a mask that comes back as a value: it would overwrite what it stands for.

    Raises Rejected `masked-value-echo`.
    """
    for op in change.ops:
        cell = draft.cells.get(op.path) if isinstance(op, Set) else None
        if cell is not None and cell.live and isinstance(op, Set) and echoes(sight, op, cell):
            raise Rejected("masked-value-echo", op.path)


def echoes(sight: Sight, op: Set, cell: Cell) -> bool:
    """Whether a value is the very hint that is shown in place of the one that is there."""
    shown = sight.masked_cell(op.path, cell)
    return isinstance(shown, dict) and "$masked" in shown and op.value == shown.get("hint", MISSING)
