"""What a conflict record means: whose it is, who was told of it, and what a choice in it names."""

from collections.abc import Iterable

from .changes import Seen
from .drafts import Cell, Conflict
from .pointers import same


def told(conflict: Conflict, seen: Iterable[Seen]) -> bool:
    """Whether a record was on screen with all that it keeps.

    One's own value counts as well: until then its author takes it for stored.
    """
    return all(loser.revision <= each.revision for loser in conflict.losers for each in seen)


def continues(fresh: Conflict, known: Conflict) -> bool:
    """Whether a new conflict belongs to an open record of its unit: one of the same device and policy."""
    return fresh.origin is not None and (known.policy, known.origin) == (fresh.policy, fresh.origin)


def named(choice: str, conflict: Conflict, seen: Seen) -> Cell | None:
    """The side that `stored` or `arriving` names: its newest value when the person saw the record.

    None when they cannot have seen it: what they named has been replaced in the draft since.
    """
    side = conflict.stored if choice == "stored" else conflict.arriving
    values = (side,) if choice == conflict.held else conflict.losers
    before = [value for value in values if value.revision <= seen.revision]
    return before[-1] if before else None


def same_value(one: Cell, other: Cell) -> bool:
    """Whether two cells hold the same value, or both none."""
    if one.live and other.live:
        return same(one.value, other.value)
    return one.live == other.live
