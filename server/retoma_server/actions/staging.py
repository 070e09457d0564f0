"""What is decided at a desk and not committed yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from retoma_server.adapters.stores import Append, Write
from retoma_server.domain.drafts import Draft
from retoma_server.domain.events import Event

from .auditing import AuditEntry


@dataclass(slots=True)
class Staged:
    """What the commit at the end will carry; copied before each decision, so that a refusal leaves none.

    `beside` are other drafts of the same customer, and `history` is by draft; what a claim has `carried`
    comes before it.
    """

    draft: Draft | None = None
    beside: dict[str, Draft] = field(default_factory=dict)
    writes: dict[str, Write] = field(default_factory=dict)
    deletes: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    history: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    drops: list[str] = field(default_factory=list)
    carried: list[Append] = field(default_factory=list)

    @property
    def drafts(self) -> Iterator[Draft]:
        """Every draft that is to be written."""
        if self.draft is not None:
            yield self.draft
        yield from self.beside.values()

    def copy(self) -> "Staged":
        """A copy that can be gone back to."""
        return Staged(
            self.draft,
            dict(self.beside),
            dict(self.writes),
            list(self.deletes),
            list(self.events),
            {draft: list(items) for draft, items in self.history.items()},
            list(self.audit),
            list(self.drops),
            list(self.carried),
        )
