"""Touchpoints: what happened to a customer on one channel, folded from events; in order, the journey."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .events import Event, EventType

TOGETHER = 30 * 60_000
"""Milliseconds of rest after which further edits are another touchpoint."""

NAMES = {
    EventType.DRAFT_OPENED: "opened",
    EventType.DRAFT_CHANGED: "saved",
    EventType.DRAFT_CONFLICTED: "saved",
    EventType.DRAFT_RESOLVED: "saved",
    EventType.HANDOFF_CREATED: "handed-off",
    EventType.HANDOFF_REDEEMED: "continued",
    EventType.HANDOFF_REVOKED: "handoff-revoked",
    EventType.ASSIST_STARTED: "assisted",
    EventType.ASSIST_ENDED: "assist-ended",
    EventType.COMPLETION_STARTED: "ordering",
    EventType.COMPLETION_ABORTED: "order-given-up",
    EventType.COMPLETION_UNKNOWN: "order-unknown",
    EventType.DRAFT_COMPLETED: "completed",
    EventType.DRAFT_DISCARDED: "discarded",
    EventType.DRAFT_ABANDONED: "abandoned",
    EventType.DRAFT_EXPIRED: "expired",
    EventType.DRAFT_MERGED: "merged",
    EventType.DRAFT_MERGE_UNDONE: "merge-undone",
    EventType.DRAFT_MOVED: "moved",
    EventType.DRAFT_PARKED: "parked",
    EventType.DRAFT_ACTIVATED: "activated",
}
"""What each type of event is called here; what nobody did, and nobody need know, has no name."""


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """One thing that happened, from `at` to `until` (milliseconds), without values.

    `fields` counts those that were saved, one that was saved twice as two.
    """

    type: str
    at: int
    until: int
    draft: str
    process: str
    actor: str
    channel: str
    step: str | None
    fields: int

    def takes(self, other: "Touchpoint") -> bool:
        """Whether a later one is the same going on: edits of one draft, by the same, in the same place."""
        same = (self.type, self.draft, self.actor, self.channel)
        is_same = same == (other.type, other.draft, other.actor, other.channel)
        return is_same and self.type == "saved" and other.at - self.until < TOGETHER


def touchpoint_of(event: Event) -> Touchpoint | None:
    """What an event is on a customer's journey; None where it is nothing there."""
    name = NAMES.get(event.type)
    if name is None:
        return None
    about = (event.draft, event.process, event.actor, event.channel, event.step, event.fields)
    return Touchpoint(name, event.at, event.at, *about)


def journey(events: Iterable[Event]) -> list[Touchpoint]:
    """The touchpoints of events, both oldest first; edits that belong together are one."""
    found: list[Touchpoint] = []
    for event in events:
        point = touchpoint_of(event)
        if point is None:
            continue
        if found and found[-1].takes(point):
            last = found[-1]
            step, fields = point.step or last.step, last.fields + point.fields
            found[-1] = replace(last, until=point.at, step=step, fields=fields)
        else:
            found.append(point)
    return found
