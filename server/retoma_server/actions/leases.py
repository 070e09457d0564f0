"""Leases: one member of staff at a time writes in a draft; what its owner writes asks for none."""

from retoma_server.domain.access import Principal, Verb
from retoma_server.domain.errors import Invalid
from retoma_server.domain.leases import Holder, Lease, acquired, kept, renewed

from .callers import Caller
from .deps import Deps
from .desk import Desk
from .fencing import end_lease, holder, lease_of, put_lease, write_lease
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
        lease = acquired(before, holder_of(principal, assist), desk.now, take_over=take_over)
        return put_lease(desk, principal, before, lease)

    return done(deps, draft, Job(caller, verb, decide))


def keep_lease(deps: Deps, caller: Caller, assist: str) -> Lease:
    """Have the lease for another minute, or take it where nobody has it: what an open page does by itself.

    It is no use of the assist. Raises Locked `lease-held` while a colleague has it.
    """
    draft = assisted_draft(deps, caller, assist, Verb.HOLD_LEASE)

    def decide(desk: Desk, principal: Principal) -> Lease:
        before = lease_of(desk)
        return put_lease(desk, principal, before, kept(before, holder_of(principal, assist), desk.now))

    return done(deps, draft, Job(caller, Verb.HOLD_LEASE, decide, is_use=False))


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
    """Let a lease go by its fence; one that is somebody else's by now, or anew, stays as it is.

    Raises Invalid without a fence.
    """
    draft = assisted_draft(deps, caller, assist, Verb.HOLD_LEASE)

    def decide(desk: Desk, principal: Principal) -> None:
        own = own_assist(principal, assist)
        if caller.fence is None:
            raise Invalid(errors=[{"pointer": "Retoma-Fence", "code": "required"}])
        if lease_of(desk).fence == caller.fence:
            end_lease(desk, principal, own.id)

    work(deps, draft, Job(caller, Verb.HOLD_LEASE, decide))


def holder_of(principal: Principal, assist: str) -> Holder:
    """Who holds a lease by an assist of theirs; raises NotFound where it is another."""
    return holder(own_assist(principal, assist))


def done(deps: Deps, draft: str, job: Job) -> Lease:
    """The lease as it is after a job."""
    lease: Lease = work(deps, draft, job)
    return lease
