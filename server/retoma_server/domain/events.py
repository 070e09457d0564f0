"""The closed list of what can happen, told without values."""

from dataclasses import dataclass
from enum import StrEnum

from .touchpoints import ClaimedFrom, Touchpoint


class EventType(StrEnum):
    """Every type of event; clients ignore ones that they do not know."""

    DRAFT_OPENED = "draft-opened"
    DRAFT_CHANGED = "draft-changed"
    DRAFT_CONFLICTED = "draft-conflicted"
    DRAFT_RESOLVED = "draft-resolved"
    COMPLETION_STARTED = "completion-started"
    COMPLETION_ABORTED = "completion-aborted"
    COMPLETION_UNKNOWN = "completion-unknown"
    DRAFT_COMPLETED = "draft-completed"
    DRAFT_DISCARDED = "draft-discarded"
    DRAFT_ABANDONED = "draft-abandoned"
    DRAFT_EXPIRING = "draft-expiring"
    DRAFT_EXPIRED = "draft-expired"
    HANDOFF_CREATED = "handoff-created"
    HANDOFF_WAITING = "handoff-waiting"
    HANDOFF_REDEEMED = "handoff-redeemed"
    HANDOFF_REVOKED = "handoff-revoked"
    ASSIST_REQUESTED = "assist-requested"
    ASSIST_OVERRIDDEN = "assist-overridden"
    ASSIST_STARTED = "assist-started"
    ASSIST_CHANGED = "assist-changed"
    ASSIST_ENDED = "assist-ended"
    LEASE_TAKEN = "lease-taken"
    LEASE_ENDED = "lease-ended"
    DRAFT_MERGED = "draft-merged"
    DRAFT_MERGE_UNDONE = "draft-merge-undone"
    DRAFT_MOVED = "draft-moved"
    DRAFT_PARKED = "draft-parked"
    DRAFT_ACTIVATED = "draft-activated"
    DRAFT_CLAIMED = "draft-claimed"
    DRAFT_CLAIM_UNDONE = "draft-claim-undone"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a draft; `since` is the draft's revision before it.

    `handoff` is the one that was made, redeemed or ended, so that the owner can take it back; `to` is
    the draft that a cart's lines went to, or came from when they were taken back. `claim` is the one that
    was made or undone, `past` what had happened to the guest's draft until it was made, for the journey.
    """

    type: EventType
    at: int
    customer: str
    draft: str
    process: str
    revision: int
    since: int
    actor: str
    channel: str
    step: str | None = None
    fields: int = 0
    handoff: str | None = None
    to: str | None = None
    claim: ClaimedFrom | None = None
    past: tuple[Touchpoint, ...] = ()
