"""What can be told of a process at a glance, to staff too: how far it is, and no value but a public name."""

from dataclasses import dataclass

from .drafts import Draft, Status
from .processes import FieldClass, Process

NAMES = ("/name", "/full_name", "/first_name")
"""Where forms keep what their customer is called; it is shown where the process registered it as public."""


@dataclass(frozen=True, slots=True)
class Glance:
    """A draft's process, whose it is, and how far it has come; `step` counts from 1, 0 before the first.

    `answered` are the fields of a form that hold something, or the pieces in a cart. Nobody changes any
    more what `is_completed`.
    """

    draft: str
    process: Process
    kind: str
    begun_at: int
    changed_at: int
    answered: int
    customer: str | None = None
    step: int = 0
    is_completed: bool = False

    @property
    def steps(self) -> int:
        """How many steps there are; 0 where nobody registered any."""
        return len(self.process.steps)

    def step_title(self, language: str) -> str | None:
        """What the step is called in a language, else in any that it has a title in."""
        return self.process.steps[self.step - 1].title(language) if self.step else None


def glance(draft: Draft, process: Process) -> Glance:
    """A draft at a glance."""
    return Glance(
        draft.id,
        process,
        draft.kind,
        draft.created_at,
        draft.updated_at,
        answered(draft),
        public_name(draft, process),
        step_of(draft, process),
        draft.status is Status.COMPLETED,
    )


def step_of(draft: Draft, process: Process) -> int:
    """The number of the step where the customer is."""
    if draft.position is None:
        return 0
    names = [step.id for step in process.steps]
    return names.index(draft.position.step) + 1 if draft.position.step in names else 0


def answered(draft: Draft) -> int:
    """How much there is in a draft."""
    if draft.kind == "cart":
        return sum(line.quantity for line in draft.orderable)
    return sum(cell.live and cell.value not in (None, "") for cell in draft.cells.values())


def public_name(draft: Draft, process: Process) -> str | None:
    """What a customer calls themself, where everybody may read it."""
    for path in NAMES:
        cell = draft.cells.get(path)
        shown = process.strictest(path) is FieldClass.PUBLIC
        if shown and cell is not None and cell.live and isinstance(cell.value, str) and cell.value.strip():
            return cell.value.strip()
    return None
