"""What a conflict record means: whose it is, who was told of it, and what a choice in it names."""

from collections.abc import Iterable

from .changes import Resolve, Seen
from .drafts import Cell, Conflict
from .pointers import Json, same


def told(conflict: Conflict, seen: Iterable[Seen]) -> bool:
    """Whether a record was on screen with all that it keeps.

    One's own value counts as well: until then its author takes it for stored.
    """
    return all(loser.revision <= each.revision for loser in conflict.losers for each in seen)


def continues(fresh: Conflict, known: Conflict) -> bool:
    """Whether a new conflict belongs to a record that the same device has open on the same path."""
    return (
        known.open
        and fresh.origin is not None
        and (known.path, known.policy, known.origin) == (fresh.path, fresh.policy, fresh.origin)
    )


def chosen(op: Resolve, conflict: Conflict) -> Json:
    """The value that a choice wants in the draft.

    Of the kept side it is the newest value that the record held when the person saw it. Once a record
    is closed either side may have to be put back: somebody has chosen before.
    """
    if op.choice == "value":
        return op.value
    side = conflict.stored if op.choice == "stored" else conflict.arriving
    if side is not conflict.kept:
        return side.value
    before = [loser for loser in conflict.losers if loser.revision <= op.seen.revision]
    return (before or [side])[-1].value


def same_value(one: Cell, other: Cell) -> bool:
    """Whether two cells hold the same value, or both none."""
    if one.live and other.live:
        return same(one.value, other.value)
    return one.live == other.live
