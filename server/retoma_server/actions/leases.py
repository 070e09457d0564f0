"""Leases: one member of staff at a time writes in a draft; what its owner writes asks for none."""

from retoma_server.domain.access import Principal, Verb
from retoma_server.domain.events import EventType
from retoma_server.domain.leases import Holder, Lease, acquired, renewed

from .callers import Caller
from .deps import Deps
from .desk import Desk
from .fencing import end_lease, lease_of, write_lease
from .handing_back import assisted_draft, own_assist
from .jobs import Job, work


def take_lease(deps: Deps, caller: Caller, assist: str, *, take_over: bool = False) -> Lease:
    """Take the lease of the draft that an assist opens; who holds it already has it for longer.

    Raises Locked `lease-held` while a colleague has it who has written lately. A supervisor takes it over
    all the same, which is put on record. Forbidden where the customer lets staff only look.
    """
    verb = Verb.TAKE_OVER_LEASE if take_over else Verb.HOLD_LEASE
    draft = assisted_draft(deps, caller, assist, verb)

    def decide(desk: Desk, principal: Principal) -> Lease:
        before = lease_of(desk)
        own = own_assist(principal, assist)
        holder = Holder(own.id, own.name, own.store_name)
        lease = acquired(before, holder, desk.now, take_over=take_over)
        write_lease(desk, lease)
        if lease.fence != before.fence:
            desk.tell(EventType.LEASE_TAKEN, principal, desk.draft.revision)
            if before.held(desk.now):
                desk.audit(principal, "lease-taken-over")
        return lease

    return done(deps, draft, Job(caller, verb, decide))


def renew_lease(deps: Deps, caller: Caller, assist: str, fence: int) -> Lease:
    """Keep exactly this lease for a minute; raises Locked `lease-lost`.

    It is no use of the assist, nor of a session: a page keeps it whether or not somebody is there.
    """
    caller.at_work = False
    draft = assisted_draft(deps, caller, assist, Verb.HOLD_LEASE)

    def decide(desk: Desk, principal: Principal) -> Lease:
        lease = renewed(lease_of(desk), own_assist(principal, assist).id, fence, desk.now)
        write_lease(desk, lease)
        return lease

    return done(deps, draft, Job(caller, Verb.HOLD_LEASE, decide, is_use=False))


def release_lease(deps: Deps, caller: Caller, assist: str) -> None:
    """Let a lease go by its fence; one that is somebody else's by now, or anew, stays as it is."""
    draft = assisted_draft(deps, caller, assist, Verb.HOLD_LEASE)

    def decide(desk: Desk, principal: Principal) -> None:
        if lease_of(desk).fence == caller.fence:
            end_lease(desk, principal, own_assist(principal, assist).id)

    work(deps, draft, Job(caller, Verb.HOLD_LEASE, decide))


def done(deps: Deps, draft: str, job: Job) -> Lease:
    """The lease as it is after a job."""
    lease: Lease = work(deps, draft, job)
    return lease
