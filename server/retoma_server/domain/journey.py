"""A customer's journey: their touchpoints in order, folded from events; what was claimed has its past."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from operator import attrgetter

from .events import Event, EventType
from .touchpoints import Touchpoint

NAMES = {
    EventType.DRAFT_OPENED: "opened",
    EventType.DRAFT_CHANGED: "saved",
    EventType.DRAFT_CONFLICTED: "saved",
    EventType.DRAFT_RESOLVED: "saved",
    EventType.HANDOFF_CREATED: "handed-off",
    EventType.HANDOFF_REDEEMED: "continued",
    EventType.HANDOFF_REVOKED: "handoff-revoked",
    EventType.ASSIST_REQUESTED: "assist-requested",
    EventType.ASSIST_OVERRIDDEN: "assist-overridden",
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
    EventType.DRAFT_CLAIMED: "claimed",
    EventType.DRAFT_CLAIM_UNDONE: "claim-undone",
}
"""What each type of event is called here; what nobody did, and nobody need know, has no name."""


def touchpoint_of(event: Event) -> Touchpoint | None:
    """What an event is on a customer's journey; None where it is nothing there."""
    name = NAMES.get(event.type)
    if name is None:
        return None
    about = (event.draft, event.process, event.actor, event.channel, event.step, event.fields)
    return Touchpoint(name, event.at, event.at, *about, claim=event.claim)


def journey(events: Iterable[Event]) -> list[Touchpoint]:
    """The touchpoints of events, both oldest first; edits that belong together are one.

    What had happened to a guest's draft before it was claimed is told in its place.
    """
    told = list(events)
    return sorted(chain(brought(told), folded(told)), key=attrgetter("at"))


def brought(events: Iterable[Event]) -> Iterator[Touchpoint]:
    """What claims brought along, told of the draft that each guest's is in, or is again once undone."""
    told = [(event.claim.id, event.claim.draft, event) for event in events if event.claim is not None]
    now = {(claim, guest): event.draft for claim, guest, event in told}
    for claim, guest, event in told:
        yield from (replace(point, draft=now[claim, guest]) for point in event.past)


def folded(events: Iterable[Event]) -> list[Touchpoint]:
    """The touchpoints of events alone."""
    runs: list[list[Touchpoint]] = []
    for point in filter(None, map(touchpoint_of, without_openings(events))):
        if runs and runs[-1][-1].takes(point):
            runs[-1].append(point)
        else:
            runs.append([point])
    return list(map(joined, runs))


def joined(run: Sequence[Touchpoint]) -> Touchpoint:
    """What belongs together as one, at the step of the last that names one."""
    step = next((point.step for point in reversed(run) if point.step), None)
    return replace(run[0], until=run[-1].until, step=step, fields=sum(point.fields for point in run))


def without_openings(events: Iterable[Event]) -> Iterator[Event]:
    """Events without those that open what a claim brings: it was begun before."""
    claimed = set()
    for event in events:
        if event.claim is not None:
            claimed.add((event.draft, event.at))
        if event.type is not EventType.DRAFT_OPENED or (event.draft, event.at) not in claimed:
            yield event
