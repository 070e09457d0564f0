"""Short stories about one draft: who changes it how, and what becomes of that."""

from typing import Any

from retoma_server.domain.authors import Author
from retoma_server.domain.changes import read_change
from retoma_server.domain.drafts import (
    Cell,
    Conflict,
    ConflictStatus,
    Draft,
    Policy,
    cell_size,
    conflict_size,
)
from retoma_server.domain.merging import Outcome, merge
from retoma_server.domain.rules import Rules

Op = dict[str, Any]

OPEN, RESOLVED, SUPERSEDED = ConflictStatus.OPEN, ConflictStatus.RESOLVED, ConflictStatus.SUPERSEDED


def put(path: str, value: Any, seen: int, **also: int) -> Op:
    """Set a value, having seen a revision, and own unsent changes by writer."""
    return {"op": "set", "path": path, "value": value, "seen": seen, "also": also}


def unset(path: str, seen: int) -> Op:
    """Empty a field or a section."""
    return {"op": "unset", "path": path, "seen": seen}


def resolve(conflict: str, choice: str, seen: int, value: Any = None) -> Op:
    """Choose in a conflict."""
    return {"op": "resolve", "conflict": conflict, "choice": choice, "seen": seen, "value": value}


def move(step: str) -> Op:
    """Go on to a step."""
    return {"op": "position", "step": step}


class Story:
    """A draft, told one change a line."""

    def __init__(
        self, groups: tuple[str, ...] = (), never_store: frozenset[str] = frozenset(), **policies: str
    ) -> None:
        """Begin with an empty draft; policies are given by the first name of their path."""
        chosen = {f"/{name}": Policy(policy) for name, policy in policies.items()}
        self.rules = Rules(frozenset(groups), chosen, never_store)
        self.draft = Draft("dr_1", "loan", "form", "default", "cu_1", 0, 0, 0)
        self.numbers: dict[str, int] = {}

    def change(self, who: str | None, *ops: Op, installation: str | None = None) -> Outcome:
        """Merge a change of a writer, or of a plain caller (None)."""
        seq = None
        if who is not None:
            seq = self.numbers[who] = self.numbers.get(who, 0) + 1
        author = Author("customer", "web", who, installation)
        change = read_change({"seq": seq, "ops": list(ops)}, self.draft.revision)
        self.draft, outcome = merge(self.draft, change, author, self.rules)
        assert self.draft.size == recount(self.draft)
        return outcome

    @property
    def data(self) -> Any:
        """What the draft holds."""
        return self.draft.data

    @property
    def conflict(self) -> Conflict:
        """The one conflict there is."""
        (conflict,) = self.draft.conflicts.values()
        return conflict

    def open(self) -> list[str]:
        """The conflicts that wait for a choice."""
        return [conflict.id for conflict in self.draft.open_conflicts()]


def meeting(**policies: str) -> Story:
    """Phone and desktop have both named somebody, the desktop without having seen the phone's name."""
    story = Story(**policies)
    story.change("phone", put("/name", "Ann", 0))
    story.change("desktop", put("/name", "Anna", 0))
    return story


def moved_house(**policies: str) -> Story:
    """Desktop and phone change different halves of one address, unseen by each other."""
    story = Story(groups=("/home",), **policies)
    story.change("phone", put("/home", {"street": "Elm 1", "zip": "100"}, 0))
    story.change("phone", put("/home/zip", "101", 1))
    story.change("desktop", put("/home/street", "Oak 2", 1))
    return story


def sides(conflict: Conflict) -> tuple[Any, Any, list[Any]]:
    """The values of a conflict: stored, arriving and the earlier ones."""
    return conflict.stored.value, conflict.arriving.value, [each.value for each in conflict.earlier]


def recount(draft: Draft) -> int:
    """The size of a draft, counted afresh."""
    cells = sum(cell_size(path, cell) for path, cell in draft.cells.items())
    return cells + sum(conflict_size(conflict) for conflict in draft.conflicts.values())


def live(draft: Draft) -> dict[str, Cell]:
    """The cells that hold a value."""
    return {path: cell for path, cell in draft.cells.items() if cell.live}
