"""Ending handoffs, with the access that they gave: by the owner, or by whoever did not ask for the link."""

from dataclasses import replace

from retoma_server.adapters.codec import read_handoff
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Record
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.assists import Assist
from retoma_server.domain.errors import NotFound
from retoma_server.domain.events import EventType
from retoma_server.domain.handoffs import Handoff, HandoffStatus

from . import records
from .callers import Caller, principal_of
from .deps import Deps
from .desk import Desk
from .fencing import end_lease
from .jobs import Job, work
from .passages import handoff_write, passage_write, read_access


def draft_of(deps: Deps, caller: Caller, handoff: str, verb: Verb) -> str:
    """The draft that a handoff passes on; raises NotFound, and what `authorize` does where there is none."""
    key = records.handoff(caller.home.id, handoff)
    record = deps.store.read(partition_of(handoff), [key]).get(key)
    if record is None:
        authorize(principal_of(deps, caller), verb)
        raise NotFound
    return read_handoff(record.body).draft


def revoke_handoff(deps: Deps, caller: Caller, handoff: str) -> None:
    """Take a handoff back: it can no longer be redeemed, and the access it gave ends at once."""
    draft = draft_of(deps, caller, handoff, Verb.REVOKE_HANDOFF)
    key = records.handoff(caller.home.id, handoff)

    def decide(desk: Desk, principal: Principal) -> None:
        current = desk.find(key)
        if current is None:
            raise NotFound
        revoke(desk, principal, read_handoff(current.body))

    work(deps, draft, Job(caller, Verb.REVOKE_HANDOFF, decide, (key,)))


def withdraw(desk: Desk, to: str) -> None:
    """Revoke the offer of a draft that is open for one side, if there is one."""
    earlier = desk.fetch(records.offer(desk.tenant.id, desk.draft_id, to))
    record = desk.fetch(records.handoff(desk.tenant.id, earlier.body.decode())) if earlier else None
    handoff = read_handoff(record.body) if record else None
    if handoff is not None and handoff.live(desk.now):
        revoked = replace(handoff, status=HandoffStatus.REVOKED)
        desk.write(handoff_write(desk.tenant, revoked, desk.now))


def revoke(desk: Desk, principal: Principal, handoff: Handoff) -> None:
    """End a handoff on a desk, with the access that it gave; one that was ended stays as it is."""
    if handoff.status is HandoffStatus.REVOKED:
        return
    desk.write(handoff_write(desk.tenant, replace(handoff, status=HandoffStatus.REVOKED), desk.now))
    desk.tell(EventType.HANDOFF_REVOKED, principal, desk.draft.revision, handoff=handoff.id)
    record = passage_of(desk, handoff)
    if record is not None:
        access = read_access(record)
        desk.write(passage_write(desk.tenant.id, replace(access, ended=True), access.used_at))
        if isinstance(access, Assist):
            end_lease(desk, principal, access.id)
            desk.tell(EventType.ASSIST_ENDED, principal, desk.draft.revision, handoff=handoff.id)


def passage_of(desk: Desk, handoff: Handoff) -> Record | None:
    """The record of the access that a handoff gave, unless a later handoff has replaced it."""
    if handoff.passage is None:
        return None
    record = desk.fetch(handoff.passage)
    if record is None or read_access(record).handoff != handoff.id:
        return None
    return record
