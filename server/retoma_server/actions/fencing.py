"""The lease of a draft in a commit: staff write only while they hold it, and the owner may end that."""

from dataclasses import replace
from typing import Any

from retoma_server.adapters.codec import plain_bytes, read_lease
from retoma_server.adapters.stores import Write
from retoma_server.domain.access import Principal
from retoma_server.domain.assists import Assist
from retoma_server.domain.errors import NotFound
from retoma_server.domain.events import EventType
from retoma_server.domain.handoffs import MINUTE
from retoma_server.domain.leases import Holder, Lease, acquired, checked, ended, written

from . import records
from .callers import STAFFS, Caller
from .desk import Desk
from .jobs import Job


def fenced(draft: str, job: Job) -> Job:
    """The same job; of staff it is refused with Locked `lease-lost` unless they hold the draft's lease.

    The lease is read with all else that the job needs, so the commit expects it as it was read: whoever
    lost it meanwhile is told, and nothing of theirs is written. Nobody else's job looks at it. Who takes it
    as they write is refused with Locked `lease-held` while a colleague is at it.
    """
    caller, decide = job.caller, job.decide
    if caller.kind not in STAFFS:
        return job

    def decide_fenced(desk: Desk, principal: Principal) -> Any:
        if principal.assist is None:
            raise NotFound
        before = lease_of(desk)
        lease = held_by(before, caller, principal.assist, desk.now)
        result = decide(desk, principal)
        put_lease(desk, principal, before, written(lease, desk.now))
        return result

    return replace(job, decide=decide_fenced, keys=(*job.keys, records.lease(caller.home.id, draft)))


def check_held(desk: Desk, caller: Caller, principal: Principal) -> None:
    """Raise Locked for staff who may not write in the draft on a desk; `fenced` says when that is."""
    if principal.assist is not None:
        held_by(lease_of(desk), caller, principal.assist, desk.now)


def held_by(lease: Lease, caller: Caller, own: Assist, now: int) -> Lease:
    """The lease in the hands of who writes: by the fence that they know, or taken as they write."""
    if caller.takes_lease:
        return acquired(lease, holder(own), now)
    return checked(lease, own.id, caller.fence, now)


def end_lease(desk: Desk, principal: Principal | None, assist: str) -> None:
    """End the right to write that somebody has by an assist, where they have it: at once, whoever says so.

    What they send from now on is refused, also what was on its way.
    """
    lease = lease_of(desk)
    if lease.holder is None or lease.holder.assist != assist:
        return
    write_lease(desk, ended(lease))
    desk.tell(EventType.LEASE_ENDED, principal, desk.draft.revision)


def put_lease(desk: Desk, principal: Principal, before: Lease, lease: Lease) -> Lease:
    """Put a lease on a desk; that it passed on is told, and on record where it was taken from somebody."""
    write_lease(desk, lease)
    if lease.fence != before.fence:
        desk.tell(EventType.LEASE_TAKEN, principal, desk.draft.revision)
        if before.held(desk.now):
            desk.audit(principal, "lease-taken-over")
    return lease


def holder(assist: Assist) -> Holder:
    """Who holds a lease by an assist."""
    return Holder(assist.id, assist.name, assist.store_name)


def lease_of(desk: Desk) -> Lease:
    """The lease of the draft on a desk, which nobody may ever have had."""
    record = desk.fetch(records.lease(desk.tenant.id, desk.draft_id))
    return read_lease(record.body) if record else Lease()


def write_lease(desk: Desk, lease: Lease) -> None:
    """Let the lease of the draft on a desk be this; the record stays as long as the draft, for its fence."""
    later = max(desk.draft.expires_at, desk.now + MINUTE)
    due = lease.expires_at if lease.holder else later
    terms = (records.passages_term(desk.tenant.id, desk.draft_id),)
    desk.write(Write(records.lease(desk.tenant.id, desk.draft_id), plain_bytes(lease), terms, desk.now, due))
