"""What staff see of a draft: never more than the field's class allows, decided on the server."""

from .changes import Change, Rejected, Resolve
from .drafts import Cell, Conflict, Draft
from .pointers import Json
from .processes import FieldClass, Process


def masked(process: Process, path: str, value: Json) -> Json:
    """A value as staff see it: public ones whole, personal ones as a hint, others only as present."""
    match process.strictest(path):
        case FieldClass.PUBLIC:
            return value
        case FieldClass.PERSONAL:
            return {"$masked": True, "hint": hint(value)}
        case _:
            return {"$masked": True, "present": True}


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


def masked_cell(process: Process, path: str, cell: Cell) -> Json:
    """A live cell's value as staff see it; what staff typed they may read, unless it is restricted."""
    typed = cell.by.kind == "staff" and process.strictest(path) is FieldClass.PERSONAL
    return cell.value if typed else masked(process, path, cell.value)


def shows_conflict_values(process: Process, conflict: Conflict) -> bool:
    """Whether staff may read the values that met: only where every field in them is public."""
    return process.strictest(conflict.path) is FieldClass.PUBLIC


def check_choices(process: Process, draft: Draft, change: Change) -> None:
    """Refuse a choice by staff in a conflict whose values they may not read: nobody chooses unseen.

    It would also make the chosen value theirs, and so unmask it. Raises Rejected `masked-value-echo`.
    """
    for op in change.ops:
        conflict = draft.conflicts.get(op.conflict) if isinstance(op, Resolve) else None
        if conflict is not None and not shows_conflict_values(process, conflict):
            raise Rejected("masked-value-echo", conflict.path)
