"""What staff entered for a customer: what of it the customer must confirm, and what they may not enter."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .authors import STAFF
from .changes import Change, Confirm, Rejected, Resolve, Set, Unset
from .drafts import Cell, Draft
from .processes import Process


@dataclass(frozen=True, slots=True)
class StaffAnswer:
    """An answer that staff entered: who, where, at which revision; `confirm` if it must be confirmed.

    There is no value in it: whoever may read the draft has that already.
    """

    path: str
    name: str | None
    channel: str
    revision: int
    confirm: bool


def staff_answers(process: Process, draft: Draft) -> list[StaffAnswer]:
    """What staff entered and the customer has neither confirmed nor changed since, by path."""
    return [
        StaffAnswer(path, cell.by.name, cell.by.channel, cell.revision, process.wants_confirmation(path))
        for path, cell in sorted(entered_by_staff(draft).items())
    ]


def entered_by_staff(draft: Draft) -> Mapping[str, Cell]:
    """The values that staff entered and nobody has since confirmed or changed, by path."""
    return {path: cell for path, cell in draft.cells.items() if cell.live and cell.by.kind == STAFF}


def unconfirmed(process: Process, draft: Draft) -> list[str]:
    """The paths that the customer must confirm before the draft can be completed."""
    return sorted(path for path in entered_by_staff(draft) if process.wants_confirmation(path))


def check_staff_change(process: Process, draft: Draft, change: Change) -> None:
    """Refuse a change by staff of what is the customer's alone: a signature, consent to terms, confirming.

    Raises Rejected `not-allowed-in-assist`.
    """
    for path in touched(draft, change):
        if process.is_customers_alone(path):
            raise Rejected("not-allowed-in-assist", path)
    if any(isinstance(op, Confirm) for op in change.ops):
        raise Rejected("not-allowed-in-assist")


def touched(draft: Draft, change: Change) -> Iterator[str]:
    """The paths at and below which the ops of a change may write."""
    for op in change.ops:
        match op:
            case Set(path) | Unset(path) | Confirm(path):
                yield path
            case Resolve(conflict=name) if name in draft.conflicts:
                yield draft.conflicts[name].path
