"""Touchpoints: what happened to a customer on one channel, without values."""

from dataclasses import dataclass

TOGETHER = 30 * 60_000
"""Milliseconds of rest after which further edits are another touchpoint."""


@dataclass(frozen=True, slots=True)
class ClaimedFrom:
    """The claim (`id`, its receipt's) that is told of, and where its guest's draft was begun.

    `channel` is None where that happened too long ago to be known.
    """

    id: str
    draft: str
    begun_at: int
    channel: str | None


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """One thing that happened, from `at` to `until` (milliseconds), without values.

    `fields` counts those that were saved, one that was saved twice as two. `claim` is the one that was
    made or undone. One that a tenant told of is about no draft, and may have a `note`: words, not values.
    """

    type: str
    at: int
    until: int
    draft: str | None
    process: str | None
    actor: str
    channel: str
    step: str | None
    fields: int
    claim: ClaimedFrom | None = None
    note: str | None = None

    def takes(self, other: "Touchpoint") -> bool:
        """Whether a later one is the same going on: edits of one draft, by the same, in the same place."""
        same = (self.type, self.draft, self.actor, self.channel)
        is_same = same == (other.type, other.draft, other.actor, other.channel)
        return is_same and self.type == "saved" and other.at - self.until < TOGETHER
