"""Who helps with a draft, as its customer sees it: listed, let do more or less, and stopped."""

from dataclasses import dataclass

from retoma_server.adapters.codec import read_assist
from retoma_server.domain.access import Kind, Principal, Verb
from retoma_server.domain.assists import Assist, Consent, Scope
from retoma_server.domain.confirming import StaffAnswer, staff_answers
from retoma_server.domain.errors import NotFound
from retoma_server.domain.events import EventType

from . import records
from .callers import Caller
from .deps import Deps
from .desk import Desk
from .fencing import end_lease
from .handing_back import end
from .jobs import Job, look, work
from .passages import passage_key, passage_write


@dataclass(frozen=True, slots=True)
class Help:
    """Who helps with a draft now, whoever came last first, and which answers staff left for its customer."""

    assists: list[Assist]
    answers: list[StaffAnswer]


def read_help(deps: Deps, caller: Caller, draft: str) -> Help:
    """What help there is, and was, with a draft."""
    desk, _ = look(deps, draft, caller, Verb.LIST_ASSISTS)
    live = [each for each in assists_of(desk) if each.live(desk.now)]
    return Help(live, staff_answers(desk.process, desk.draft))


def assists_of(desk: Desk) -> list[Assist]:
    """Every assist of the draft on a desk that is still on record."""
    term = records.assists_term(desk.tenant.id, desk.draft_id)
    found = desk.deps.store.find([desk.partition], [term], limit=100)
    return [read_assist(each.record.body) for each in found]


def change_assist(
    deps: Deps, caller: Caller, draft: str, assist: str, scope: Scope | None, shows_answers: bool | None
) -> Assist:
    """Let a member of staff do more or less from now on, and show them the answers or no longer.

    What is None stays. Raises NotFound for an assist that has ended.
    """

    def decide(desk: Desk, principal: Principal) -> Assist:
        known = live_assist(desk, assist)
        shows = known.consent.shows_answers if shows_answers is None else shows_answers
        consent = Consent(scope or known.consent.scope, shows)
        changed = known if consent == known.consent else known.agreed(consent)
        if changed is not known:
            desk.write(passage_write(desk.tenant.id, changed, known.used_at))
            desk.tell(EventType.ASSIST_CHANGED, principal, desk.draft.revision, handoff=known.handoff)
            desk.audit(helper_of(principal, changed), "consent-changed")
        if changed.consent.scope is Scope.VIEW:
            end_lease(desk, principal, known.id)
        return changed

    changed: Assist = work(deps, draft, Job(caller, Verb.CHANGE_ASSIST, decide))
    return changed


def stop_assist(deps: Deps, caller: Caller, draft: str, assist: str) -> None:
    """End an assist at once; raises NotFound for one that has ended."""

    def decide(desk: Desk, principal: Principal) -> None:
        end(desk, principal, live_assist(desk, assist))

    work(deps, draft, Job(caller, Verb.CHANGE_ASSIST, decide))


def helper_of(principal: Principal, assist: Assist) -> Principal:
    """Who helps, for the record of what their customer decided about it."""
    about = (assist.staff, assist.customer, assist.draft, assist, assist.name, principal.channel)
    return Principal(Kind.STAFF, principal.tenant, *about, store=assist.store)


def live_assist(desk: Desk, assist: str) -> Assist:
    """An assist of the draft on a desk, expected by the commit as it is; raises NotFound."""
    known = next((each for each in assists_of(desk) if each.id == assist), None)
    record = desk.fetch(passage_key(desk.tenant.id, known)) if known else None
    current = read_assist(record.body) if record else None
    if current is None or current.id != assist or not current.live(desk.now):
        raise NotFound
    return current
