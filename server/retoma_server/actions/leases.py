"""Leases: one member of staff at a time writes in a draft; what its owner writes asks for none."""

from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.staff import read_account
from retoma_server.domain.access import Principal, Verb
from retoma_server.domain.events import EventType
from retoma_server.domain.leases import Holder, Lease, acquired, renewed

from . import records
from .callers import Caller, principal_of
from .deps import Deps
from .desk import Desk
from .fencing import end_lease, lease_of, write_lease
from .handing_back import assisted_draft, own_passage
from .jobs import Job, work
from .staff_sessions import store_keys, store_of


def take_lease(deps: Deps, caller: Caller, assist: str, *, take_over: bool = False) -> Lease:
    """Take the lease of the draft that an assist opens; who holds it already has it for longer.

    Raises Locked `lease-held` while a colleague has it who has written lately. A supervisor takes it over
    all the same, which is put on record.
    """
    verb = Verb.TAKE_OVER_LEASE if take_over else Verb.HOLD_LEASE
    draft = assisted_draft(deps, caller, assist, verb)
    store = store_name(deps, caller)

    def decide(desk: Desk, principal: Principal) -> Lease:
        before = lease_of(desk)
        holder = Holder(own_passage(principal, assist).id, principal.name, store)
        lease = acquired(before, holder, desk.now, take_over=take_over)
        write_lease(desk, lease)
        if lease.fence != before.fence:
            desk.tell(EventType.LEASE_TAKEN, principal, desk.draft.revision)
            if before.held(desk.now):
                desk.audit(principal, "lease-taken-over")
        return lease

    return done(deps, draft, Job(caller, verb, decide))


def renew_lease(deps: Deps, caller: Caller, assist: str, fence: int) -> Lease:
    """Keep exactly this lease for a minute, which is no use of the assist; raises Locked `lease-lost`."""
    draft = assisted_draft(deps, caller, assist, Verb.HOLD_LEASE)

    def decide(desk: Desk, principal: Principal) -> Lease:
        lease = renewed(lease_of(desk), own_passage(principal, assist).id, fence, desk.now)
        write_lease(desk, lease)
        return lease

    return done(deps, draft, Job(caller, Verb.HOLD_LEASE, decide, is_use=False))


def release_lease(deps: Deps, caller: Caller, assist: str) -> None:
    """Let a lease go by its fence; one that is somebody else's by now, or anew, stays as it is."""
    draft = assisted_draft(deps, caller, assist, Verb.HOLD_LEASE)

    def decide(desk: Desk, principal: Principal) -> None:
        if lease_of(desk).fence == caller.fence:
            end_lease(desk, principal, own_passage(principal, assist).id)

    work(deps, draft, Job(caller, Verb.HOLD_LEASE, decide))


def done(deps: Deps, draft: str, job: Job) -> Lease:
    """The lease as it is after a job."""
    lease: Lease = work(deps, draft, job)
    return lease


def store_name(deps: Deps, caller: Caller) -> str | None:
    """The name of the store that a member of staff works in, where they work in one."""
    tenant, staff = caller.home.id, principal_of(deps, caller).id
    key = records.staff(tenant, staff)
    record = deps.store.read(partition_of(staff), [key]).get(key)
    account = read_account(staff, record.body) if record else None
    if account is None:
        return None
    store = store_of(tenant, account, deps.store.read(partition_of(staff), store_keys(tenant, account)))
    return store.name if store else None
