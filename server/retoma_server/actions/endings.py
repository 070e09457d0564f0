"""How drafts end by themselves: their time is over, or a customer has more parked carts than are kept."""

from contextlib import suppress
from dataclasses import dataclass

from retoma_server.adapters.codec import read_draft, read_head
from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Found, Stale, StoreBusy
from retoma_server.adapters.vault import CustomerKeys
from retoma_server.domain.drafts import Draft, Status, closed
from retoma_server.domain.errors import Gone
from retoma_server.domain.events import EventType

from . import records
from .customers import opened_keys, read_customer
from .deps import Deps
from .desk import Desk
from .retrying import retried
from .successors import swing
from .tenants import Tenant

PARKED_AT_MOST = 20
"""How many carts of a customer, process and key wait at most."""
PAGE = 100


def expire(desk: Desk) -> None:
    """Close the draft on a desk because its time is over; its values go, its tombstone stays a while.

    What was added to the cart that follows one whose shop never spoke stays the customer's.
    """
    before = desk.draft
    desk.save(swing(desk, closed(before, Status.EXPIRED, desk.now, desk.process.purge_at(desk.now))))
    desk.staged.drops.append(records.history_log(desk.tenant.id, before.id))
    desk.tell(EventType.DRAFT_EXPIRED, None, before.revision)
    desk.commit()


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where carts of one customer, process and key are parked."""

    customer: str
    process: str
    key: str

    def holds(self, draft: Draft) -> bool:
        """Whether a parked draft is one of these."""
        return (draft.customer, draft.process, draft.key) == (self.customer, self.process, self.key)


def make_room(deps: Deps, tenant: Tenant, shelf: Shelf) -> None:
    """End those of too many parked carts that were parked longest ago, as if their time were over.

    Done again it does nothing more. What parked the last one is never refused for it: where others
    are faster too often, or the customer was erased, it is left to whoever parks the next one.
    """
    with suppress(StoreBusy, Gone, IntegrityFailure):
        while retried(deps, lambda: end_oldest(deps, tenant, shelf)):
            pass


def end_oldest(deps: Deps, tenant: Tenant, shelf: Shelf) -> bool:
    """End the cart that was parked longest ago where there are too many; whether there were.

    The commit expects all of them as they were counted, so that none ends beside one that goes.
    """
    waiting = sorted(parked_on(deps, tenant, shelf), key=lambda each: (each.updated_at, each.id))
    if len(waiting) <= PARKED_AT_MOST:
        return False
    desk = Desk(deps, tenant, waiting[0].id, {records.draft(tenant.id, each.id) for each in waiting})
    if any(desk.other(each.id) != each for each in waiting):
        raise Stale(waiting[0].id)
    expire(desk)
    return True


def parked_on(deps: Deps, tenant: Tenant, shelf: Shelf) -> list[Draft]:
    """A customer's parked carts of a process and key whose time is not over; raises Gone for one erased."""
    place, term = partition_of(shelf.customer), records.customers_drafts_term(tenant.id, shelf.customer)
    record = records.customer(tenant.id, shelf.customer)
    snapshot = deps.store.read(place, [record])
    key = opened_keys(deps, tenant, shelf.customer, read_customer(snapshot.get(record)))
    waiting: list[Draft] = []
    before = None
    while page := deps.store.find([place], [term], before=before, limit=PAGE):
        drafts = filter(None, (read_parked(key, found) for found in page))
        waiting += (draft for draft in drafts if shelf.holds(draft) and snapshot.now < draft.expires_at)
        before = (page[-1].rank, page[-1].record.key)
    return waiting


def read_parked(key: CustomerKeys, found: Found) -> Draft | None:
    """The draft that was found, if it is parked and can be read."""
    record = found.record
    with suppress(IntegrityFailure):  # asked for by itself it says so; the others count all the same
        plaintext = key.open("draft", record.key.rpartition("/")[2], record.revision, record.body)
        return read_draft(plaintext) if read_head(plaintext).status is Status.PARKED else None
    return None
