"""Sweeping: ends what is over, deletes what nobody needs any more, finishes what a crash interrupted.

Every step is one commit that expects what it read. Two sweepers at once never do a thing twice: the
slower one's commit is stale, and a step that a crash cut short is due again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from retoma_server.adapters.codec import read_assist, read_lease, read_merge
from retoma_server.adapters.lookups import read_request
from retoma_server.adapters.stores import Commit, Record, Stale, StoreBusy, StoreFull, StoreUnavailable, Write
from retoma_server.domain.access import Kind, Principal
from retoma_server.domain.completions import lapsed
from retoma_server.domain.drafts import TIMED, Status, with_completion
from retoma_server.domain.errors import Conflicting, Gone, NotFound
from retoma_server.domain.events import EventType
from retoma_server.domain.handoffs import MINUTE
from retoma_server.domain.merges import Stage
from retoma_server.domain.processes import DAY

from . import records
from .checkpointing import make_checkpoint
from .claiming import take_over
from .current import current_key
from .customers import read_customer
from .deps import Deps
from .desk import Desk
from .endings import expire
from .erasure import finish_erasure
from .fencing import end_lease, write_lease
from .identifiers import finish_identifier, pointed
from .joining import join
from .lifetimes import ends_at, remind
from .lookup_codes import send_code
from .notices import send_notice
from .parting import part
from .tenants import Tenant

PAGE = 100


@dataclass(frozen=True, slots=True)
class Swept:
    """How many records of each kind were handled, and how many nobody could handle and were `left`."""

    counts: Mapping[str, int]
    left: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A record whose time has come, as it was read, and the store's time at that moment."""

    tenant: Tenant
    partition: int
    record: Record
    now: int

    @property
    def key(self) -> str:
        """The record's key."""
        return self.record.key

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]


def sweep(deps: Deps, limit: int = PAGE) -> Swept:
    """Handle what is due now, the oldest `limit` records of it.

    Left alone and counted: kinds of a newer release, and what cannot be read.
    """
    counts: Counter[str] = Counter()
    left = 0
    for partition, record, now in due_records(deps, limit):
        kind = records.kind_of(record.key)
        rule = RULES.get(kind, unknown)
        try:
            tenant = deps.tenants.get(record.key.partition("/")[0])
            rule(deps, Due(tenant, partition, record, now))
            counts[kind] += 1
        except Stale:
            continue  # somebody else was faster
        except (StoreUnavailable, StoreBusy, StoreFull):
            raise
        except Exception:  # whatever is wrong with one record, the others of all tenants go on
            left += 1
    return Swept(counts, left)


def due_records(deps: Deps, limit: int) -> Iterator[tuple[int, Record, int]]:
    """(partition, record, store's time) of what is due, still so at the revision that was read.

    The list of what is due names no revisions, so it is asked for again after the reading: what was
    rewritten in between is no longer on it, and what is rewritten later makes the commit stale.
    """
    found = []
    for partition, places in groupby(sorted(deps.store.due(limit)), itemgetter(0)):
        snapshot = deps.store.read(partition, [key for _, key in places])
        found += [(partition, record, snapshot.now) for record in snapshot.records.values()]
    still = frozenset(deps.store.due(limit)) if found else frozenset()
    return (each for each in found if (each[0], each[1].key) in still)


def sweep_draft(deps: Deps, due: Due) -> None:
    """Expire a draft, remind of it, finish a claim; delete a closed draft, and one of an erased customer."""
    desk = laid_out(deps, due, due.name)
    if readable(desk):
        if desk.draft.open and not desk.over():
            remind(desk)
            return
        if desk.draft.status in TIMED or desk.draft.status is Status.UNKNOWN:
            expire(desk)
            return
        if desk.draft.status is Status.CLAIMING:
            with suppress(Conflicting, Gone):  # the guest's cart is open again
                take_over(deps, due.tenant, desk.draft)
            return
        if desk.draft.status is Status.COMPLETING:
            lapse(desk)
            return
        drop_pointer(desk)
    desk.staged.drops.append(records.history_log(due.tenant.id, due.name))
    delete(desk, due)


def lapse(desk: Desk) -> None:
    """The shop fell silent over an order: say that nobody knows, and let nobody order again meanwhile.

    It has as long to speak as a customer has to come back.
    """
    before = desk.draft
    assert before.completion is not None, "a cart that is completing has a completion"
    unknown = with_completion(before, lapsed(before.completion), desk.now)
    desk.save(unknown._replace(expires_at=ends_at(desk, unknown)))
    desk.tell(EventType.COMPLETION_UNKNOWN, None, before.revision)
    desk.commit()


def drop_pointer(desk: Desk) -> None:
    """Let the customer's pointer to the draft on a desk go, unless it points to a later draft."""
    draft = desk.draft
    pointer = current_key(desk.tenant, draft.customer, draft.process, draft.key)
    record = desk.fetch(pointer)
    if record is not None and record.body.decode() == draft.id:
        desk.staged.deletes.append(pointer)


def sweep_writer(deps: Deps, due: Due) -> None:
    """Delete a writer whose draft is gone; else look again when the draft's time has come."""
    desk = laid_out(deps, due, due.key.split("/")[2])
    if not readable(desk):
        delete(desk, due)
        return
    # A draft whose own time has come is swept first, so its writers must not be due all the while.
    again = max(desk.head.expires_at, due.now + MINUTE)
    desk.write(Write(due.key, due.record.body, due=again))
    desk.commit()


def sweep_assist(deps: Deps, due: Due) -> None:
    """Delete an assist, and tell that it ended unless somebody had ended it before."""
    assist = read_assist(due.record.body)
    desk = laid_out(deps, due, assist.draft)
    if readable(desk) and not assist.ended:
        desk.tell(EventType.ASSIST_ENDED, None, desk.draft.revision)
    delete(desk, due)


def sweep_lease(deps: Deps, due: Due) -> None:
    """Say that a lease has run out; delete its record once the draft is gone, and look again until then."""
    lease = read_lease(due.record.body)
    desk = laid_out(deps, due, due.name)
    if not readable(desk):
        delete(desk, due)
        return
    if lease.holder is not None:
        end_lease(desk, None, lease.holder.assist)
    else:
        write_lease(desk, lease)
    desk.commit()


def sweep_request(deps: Deps, due: Due) -> None:
    """Send the code that a member of staff asked for; forget a request that is long over."""
    if read_request(due.record.body).code_wanted:
        send_code(deps, due.tenant, due.record)
    else:
        forget(deps, due)


def sweep_notice(deps: Deps, due: Due) -> None:
    """Send a letter that is owed to a customer."""
    send_notice(deps, due.tenant, due.record)


def sweep_identifier(deps: Deps, due: Due) -> None:
    """Finish an identification that was reserved and never confirmed; forget one released long ago."""
    if pointed(due.record) is None:
        forget(deps, due)
    else:
        finish_identifier(deps, due.tenant, due.record)


def sweep_customer(deps: Deps, due: Due) -> None:
    """Finish an erasure; forget a visitor known by a token that is over, once the last draft is gone."""
    if read_customer(due.record).get("erased"):
        finish_erasure(deps, due.tenant, due.name)
        return
    drafts = records.customers_drafts_term(due.tenant.id, due.name)
    expects = {due.key: due.record.revision}
    if is_known(due.record) or deps.store.find([due.partition], [drafts], limit=1):
        again = Write(due.key, due.record.body, due=due.now + DAY)
        deps.store.commit(due.partition, Commit(expects, [again]))
        return
    logs = (records.events_log, records.access_log, records.touchpoints_log)
    drops = [log(due.tenant.id, due.name) for log in logs]
    deps.store.commit(due.partition, Commit(expects, deletes=[due.key], drops=drops))


def sweep_merge(deps: Deps, due: Due) -> None:
    """Go on with a merge of two customers, or with its undoing; while a draft is busy, again later."""
    merge = read_merge(due.record.body)
    by = Principal(Kind.SERVICE, due.tenant.id, due.tenant.id)
    with suppress(Conflicting, Gone, NotFound):
        if merge.stage is Stage.MERGING:
            join(deps, due.tenant, merge, by)
        elif merge.stage is Stage.UNDOING:
            part(deps, due.tenant, merge, by)


def sweep_audit_head(deps: Deps, due: Due) -> None:
    """Make a checkpoint of an audit chain."""
    make_checkpoint(deps, due.tenant.id, due.partition, due.record, due.now)


def is_known(customer: Record) -> bool:
    """Whether something leads to a customer besides a visitor token, or they lead to somebody."""
    fields = read_customer(customer)
    return any(fields.get(name) for name in ("identifiers", "absorbed", "merged_into"))


def forget(deps: Deps, due: Due) -> None:
    """Delete a record that has served its time."""
    deps.store.commit(due.partition, Commit({due.key: due.record.revision}, deletes=[due.key]))


def unknown(deps: Deps, due: Due) -> None:
    """Refuse a kind of record that only a newer release knows."""
    raise NotFound


def laid_out(deps: Deps, due: Due, draft: str) -> Desk:
    """The draft that a due record belongs to, on a desk; raises Stale when the record has moved on."""
    desk = Desk(deps, due.tenant, draft, (due.key,))
    if desk.revision(due.key) != due.record.revision:
        raise Stale(due.key)
    return desk


def readable(desk: Desk) -> bool:
    """Whether the draft on a desk is there and its customer was not erased."""
    try:
        return desk.sealed is not None and bool(desk.plaintext)
    except Gone:
        return False


def delete(desk: Desk, due: Due) -> None:
    """Delete the due record, together with what else was decided."""
    desk.staged.deletes.append(due.key)
    desk.commit()


RULES: Mapping[str, Callable[[Deps, Due], None]] = {
    "draft": sweep_draft,
    "writer": sweep_writer,
    "assist": sweep_assist,
    "lease": sweep_lease,
    "lookup": forget,
    "assist-request": sweep_request,
    "notice": sweep_notice,
    "identifier": sweep_identifier,
    "customer": sweep_customer,
    "once": forget,
    "import": forget,
    "handoff": forget,
    "offer": forget,
    "code": forget,
    "grant": forget,
    "claim": forget,
    "merge": sweep_merge,
    "snapshot": forget,
    "export": forget,
    "session": forget,
    "audit-head": sweep_audit_head,
}
"""What is done with a due record of each kind."""
