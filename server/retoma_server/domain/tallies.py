"""What staff did, counted by store, from what is on record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

COMPLETED = frozenset(("completion-started", "draft-completed"))
HANDED_BACK = "draft-handed-back"


@dataclass(slots=True)
class Tally:
    """What a store's staff helped with, completed and handed back; each counts once."""

    helped_in: set[str] = field(default_factory=set)
    completed_in: set[str] = field(default_factory=set)
    handed_back_in: set[str] = field(default_factory=set)

    @property
    def helped(self) -> int:
        """How often a customer was helped."""
        return len(self.helped_in)

    @property
    def completed(self) -> int:
        """How many processes staff completed."""
        return len(self.completed_in)

    @property
    def handed_back(self) -> int:
        """How often a process was handed back to its customer."""
        return len(self.handed_back_in)

    def count(self, action: str, assist: str, draft: str) -> None:
        """Count an entry."""
        self.helped_in.add(assist)
        if action in COMPLETED:
            self.completed_in.add(draft)
        if action == HANDED_BACK:
            self.handed_back_in.add(assist)


def tallied(entries: Iterable[Mapping[str, Any]]) -> dict[str | None, Tally]:
    """By the id of the store where staff were, None for those who have none."""
    found: dict[str | None, Tally] = {}
    for entry in entries:
        assist = entry.get("assist")
        if assist is not None:
            found.setdefault(entry.get("store"), Tally()).count(entry["action"], assist, entry["about"])
    return found
