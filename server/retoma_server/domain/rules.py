"""What a process says of the values in its drafts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .drafts import Policy
from .pointers import above, covers


@dataclass(frozen=True, slots=True)
class Rules:
    """What a process says of its drafts' values.

    Groups that count as one cell, policies where values meet, what is never stored, and lookalikes: fields
    whose values may look like card numbers and are none.
    """

    groups: frozenset[str] = frozenset()
    policies: Mapping[str, Policy] = field(default_factory=dict)
    never_store: frozenset[str] = frozenset()
    lookalikes: frozenset[str] = frozenset()

    def unit(self, path: str) -> str:
        """The group that a path belongs to, the outermost one, else the path itself."""
        if not self.groups:
            return path
        return next((at for at in reversed((path, *above(path))) if at in self.groups), path)

    def policy(self, path: str) -> Policy:
        """The policy of the nearest path above that has one; `incumbent` where none has."""
        if not self.policies:
            return Policy.INCUMBENT
        nearest = next((at for at in (path, *above(path), "") if at in self.policies), None)
        return Policy.INCUMBENT if nearest is None else self.policies[nearest]

    def storable(self, path: str) -> bool:
        """Whether nothing at, above or (within an array) below the path is of the class `never_store`."""
        if not self.never_store:
            return True
        within = any(covers(path, at) for at in self.never_store)
        return not within and self.never_store.isdisjoint((*above(path), ""))

    def is_lookalike(self, path: str) -> bool:
        """Whether a number at the path may look like a card number."""
        return any(covers(at, path) for at in self.lookalikes)
