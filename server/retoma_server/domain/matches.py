"""Two digits that both devices show: who redeems a link must be where the one who offered it can see."""

from dataclasses import replace

from .drafts import ConflictStatus, Draft
from .errors import NotFound
from .handoffs import Handoff, HandoffStatus
from .processes import FieldClass, Process

FIRST, COUNT = 10, 90
"""The numbers that have two digits."""
CHOICES = 3


def holds_restricted(process: Process, draft: Draft) -> bool:
    """Whether there is a value in a draft, or in its open conflicts, that even staff never see."""
    live = (path for path, cell in draft.cells.items() if cell.live)
    met = (each.path for each in draft.conflicts.values() if each.status is ConflictStatus.OPEN)
    return any(process.strictest(path) is FieldClass.RESTRICTED for path in (*live, *met))


def wants_match(handoff: Handoff, process: Process, draft: Draft) -> bool:
    """Whether a link opens only once digits were picked: as its maker said, else by what the draft holds.

    A link that was sent asks for a code instead: whoever sent it may be far away by then.
    """
    if handoff.to != "device":
        return False
    return holds_restricted(process, draft) if handoff.confirm is None else handoff.confirm


def awaiting(handoff: Handoff, nonce_hash: str, device: str | None, now: int) -> Handoff:
    """The handoff once a device asks for it; raises NotFound `handoff-invalid` unless it was pending."""
    if not handoff.pending(now):
        raise NotFound("handoff-invalid")
    return replace(handoff, status=HandoffStatus.MATCHING, nonce_hash=nonce_hash, device=device)


def choices_of(mac: bytes) -> tuple[str, ...]:
    """Three different numbers of two digits, in order, drawn from a MAC."""
    number, drawn = int.from_bytes(mac, "big"), list[int]()
    left = list(range(FIRST, FIRST + COUNT))
    for _ in range(CHOICES):
        number, at = divmod(number, len(left))
        drawn.append(left.pop(at))
    return tuple(map(str, sorted(drawn)))


def shown_of(mac: bytes) -> str:
    """Which of the three the waiting device shows: by another part of the MAC than what draws them."""
    return choices_of(mac)[mac[0] % CHOICES]
