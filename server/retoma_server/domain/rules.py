"""What a process says of merging."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .drafts import Policy
from .pointers import above, covers


@dataclass(frozen=True, slots=True)
class Rules:
    """What a process says of merging: groups that count as one cell, policies, what is never stored."""

    groups: tuple[str, ...] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict)
    never_store: frozenset[str] = frozenset()

    def unit(self, path: str) -> str:
        """The group that a path belongs to, else the path itself."""
        return next((group for group in self.groups if covers(group, path)), path)

    def policy(self, path: str) -> Policy:
        """The policy of the nearest path above that has one; `incumbent` where none has."""
        if not self.policies:
            return Policy.INCUMBENT
        nearest = next((at for at in (path, *above(path), "") if at in self.policies), None)
        return Policy.INCUMBENT if nearest is None else self.policies[nearest]

    def storable(self, path: str) -> bool:
        """Whether nothing at or above the path is of the class `never_store`."""
        return not self.never_store or self.never_store.isdisjoint((path, *above(path), ""))
