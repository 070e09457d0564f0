"""What a claim carries over besides a guest's draft: what had happened to it, in one commit with the draft.

What is told here comes before all else that the commit tells: the delta stays with what came of it.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Append, Entry
from retoma_server.domain.access import Kind, Principal
from retoma_server.domain.authors import Author
from retoma_server.domain.claims import Fate
from retoma_server.domain.drafts import Draft
from retoma_server.domain.errors import Gone
from retoma_server.domain.events import EventType
from retoma_server.domain.journey import journey
from retoma_server.domain.receipts import CartReceipt, Receipt
from retoma_server.domain.rendering import author_json, claim_json, timestamp
from retoma_server.domain.takeovers import Takeover
from retoma_server.domain.touchpoints import ClaimedFrom, Touchpoint

from . import records
from .customers import fields_of, opened_keys
from .desk import Desk
from .history import opened_entry
from .own_data import events_of

PAST_KEPT = 100
"""How many touchpoints of a guest's draft are carried over, the newest."""
CARRIED_BYTES = 1_048_576
"""How much of a guest's history is carried over at most: it is sealed anew in the commit of a claim."""
PAGE = 50


def carry(
    desk: Desk, guest: Draft, seal: Takeover, done: CartReceipt, before: int, by: Principal | None
) -> CartReceipt:
    """Tell of a claim in the journey, and in the history of the draft that the guest's is in now.

    `before` is the revision that this one had. Where two customers become one the journey needs no word:
    what happened to both is read. Returns the receipt with where the guest's draft was begun.
    """
    into = lying(desk, done.moved_to)
    assert into is not None, "what a claim brings is written with it"
    past = () if seal.whole else past_of(desk, guest)
    done = replace(done, begun_on=past[0].channel if past and past[0].type == "opened" else None)
    claim = ClaimedFrom(seal.claim, guest.id, guest.created_at, done.begun_on)
    if done.fate is not Fate.MERGED:  # there the numbers of the guest's revisions would be another draft's
        desk.staged.carried += carried_history(desk, guest, into)
    status = "merged" if done.fate is Fate.MERGED else "moved" if seal.whole else "claimed"
    desk.note(item(desk, into, by, status, {"op": "claim", "claim": claim_json(claim)}), into)
    if not seal.whole:
        desk.tell(EventType.DRAFT_CLAIMED, by, before, about=into, claim=claim, past=past[-PAST_KEPT:])
        desk.staged.events.insert(0, desk.staged.events.pop())
    return done


def carry_back(desk: Desk, receipt: Receipt, cart: CartReceipt, aside: str | None, by: Principal) -> None:
    """Tell of an undoing in the history of each draft that it changed, and in the journey."""
    waiting = lying(desk, aside or cart.moved_to)
    if waiting is None:
        return
    claim = ClaimedFrom(receipt.id, cart.draft, waiting.created_at, cart.begun_on)
    for draft in desk.staged.drafts:
        desk.note(item(desk, draft, by, "undone", {"op": "undo", "claim": claim_json(claim)}), draft)
    if receipt.is_claim:
        desk.tell(EventType.DRAFT_CLAIM_UNDONE, by, waiting.revision, about=waiting, claim=claim)
        desk.staged.events.insert(0, desk.staged.events.pop())


def past_of(desk: Desk, guest: Draft) -> tuple[Touchpoint, ...]:
    """What had happened to a guest's draft, oldest first; nothing where the guest was erased meanwhile."""
    events = events_of(desk.deps, desk.tenant, guest.customer)
    return tuple(journey(event for event in events if event.draft == guest.id))


def carried_history(desk: Desk, guest: Draft, into: Draft) -> Iterator[Append]:
    """The newest of a guest's history, oldest first, for the draft that goes on with its revisions.

    What cannot be read is left out, and so is all of a guest who was erased meanwhile: a claim does not
    fail for want of a past.
    """
    fields = fields_of(desk.deps, desk.tenant, guest.customer)
    with suppress(Gone, IntegrityFailure):
        key = opened_keys(desk.deps, desk.tenant, guest.customer, fields)
        for entry in reversed(list(newest_entries(desk, guest))):
            with suppress(IntegrityFailure):
                revision, items = opened_entry(key, guest.id, entry)
                yield desk.history_append(into.id, revision, items)


def newest_entries(desk: Desk, guest: Draft) -> Iterator[Entry]:
    """The newest entries of a guest's history, newest first, as many as are carried over."""
    log, room, before = records.history_log(desk.tenant.id, guest.id), CARRIED_BYTES, None
    while True:
        page = desk.deps.store.read_log_back(partition_of(guest.id), log, before=before, limit=PAGE)
        for entry in page.entries:
            room -= len(entry.body)
            if room < 0:
                return
            yield entry
        if len(page.entries) < PAGE:
            return
        before = page.entries[-1].position


def lying(desk: Desk, name: str) -> Draft | None:
    """A draft that lies on a desk or beside it, as it now stands; None where it is gone."""
    written = next((draft for draft in desk.staged.drafts if draft.id == name), None)
    return written or desk.beside(name)


def item(
    desk: Desk, draft: Draft, by: Principal | None, status: str, op: Mapping[str, Any]
) -> Mapping[str, Any]:
    """An item of a draft's history that tells of one thing."""
    author = author_json(by.author() if by else Author(str(Kind.CUSTOMER)))
    what = {"revision": draft.revision, "at": timestamp(desk.now), "by": author}
    return {**what, "status": status, "ops": [op]}
