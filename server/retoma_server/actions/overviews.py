"""What staff see at a glance of a customer's process that they help with, and what they are at work on."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from retoma_server.adapters.codec import read_event
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.assists import Assist
from retoma_server.domain.errors import RetomaError
from retoma_server.domain.events import EventType
from retoma_server.domain.overviews import Glance, glance

from . import records
from .callers import Caller, principal_of
from .deps import Deps
from .desk import EVENTS_KEPT, Desk
from .handing_back import assisted_draft, own_assist
from .holding import begun_by
from .jobs import Job, work
from .looking import audit_opening
from .passages import assists_of_staff

LATEST = 20


@dataclass(frozen=True, slots=True)
class Overview:
    """An assist with what it opens; `begun_in` is the channel, where that is still known.

    It `goes_on` where whoever helped began it themselves, and nobody has opened its link.
    """

    assist: Assist
    glance: Glance
    begun_in: str | None = None
    goes_on: bool = False

    def at_work(self, now: int) -> bool:
        """Whether there is still something to be done."""
        return self.assist.live(now) and not self.glance.is_completed


def get_overview(deps: Deps, caller: Caller, assist: str) -> Overview:
    """A process as a member of staff sees it who is in it; raises NotFound for any other. It is audited."""

    def decide(desk: Desk, principal: Principal) -> Overview:
        own = own_assist(principal, assist)
        audit_opening(desk, principal)
        return Overview(own, glance(desk.draft, desk.process), begun_in(desk))

    draft = assisted_draft(deps, caller, assist, Verb.READ_ASSIST)
    found: Overview = work(deps, draft, Job(caller, Verb.READ_ASSIST, decide))
    return found


def begun_in(desk: Desk) -> str | None:
    """The channel in which a draft was begun, as long as its customer's log tells."""
    log = records.events_log(desk.tenant.id, desk.customer)
    entries = desk.deps.store.read_log(desk.partition, log, limit=EVENTS_KEPT).entries
    told = (read_event(entry.body) for entry in entries)
    opened = (each for each in told if (each.type, each.draft) == (EventType.DRAFT_OPENED, desk.draft_id))
    first = next(opened, None)
    return first.channel if first else None


def own_work(deps: Deps, caller: Caller) -> tuple[list[Overview], list[Overview]]:
    """What somebody is at work on, what ends first at its head, and what they were in lately."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.READ_ASSIST)
    own = assists_of_staff(deps.store, caller.home.id, principal.id, LATEST)
    seen = [each for assist in own for each in seen_by(deps, caller, assist)]
    now = deps.store.now()
    live = [each for each in seen if each.at_work(now)]
    live.sort(key=lambda each: each.assist.expires_at)
    past = [each for each in seen if not each.at_work(now)]
    return live, sorted(past, key=lambda each: -each.assist.used_at)


def seen_by(deps: Deps, caller: Caller, assist: Assist) -> Iterator[Overview]:
    """One assist with what can be told of it: nothing where its customer or draft is gone."""
    with suppress(RetomaError):
        desk = Desk(deps, caller.home, assist.draft, ())
        if desk.sealed is not None and not desk.over():
            goes_on = desk.draft.open and begun_by(desk) == assist.staff
            yield Overview(assist, glance(desk.draft, desk.process), goes_on=goes_on)
