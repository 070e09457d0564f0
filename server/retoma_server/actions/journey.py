"""A customer's journey: what happened to their drafts, in order, as far as a caller may know it.

Who calls is proved anew for every page: nothing is told once a credential or a passage has ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from retoma_server.adapters.bus import Log
from retoma_server.adapters.codec import read_event
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import LogPage
from retoma_server.domain.access import Kind, Principal, Verb, authorize, reaches
from retoma_server.domain.drafts import Status
from retoma_server.domain.errors import Invalid, NotFound
from retoma_server.domain.events import Event, EventType
from retoma_server.domain.rendering import event_json

from . import records
from .callers import Caller, identify, named_customer, principal_of
from .changing import shown_delta
from .customers import living
from .deps import Deps
from .desk import Desk
from .jobs import Job, lay_out


class Cursor(NamedTuple):
    """A place in a customer's events: all up to this position, in this epoch, were told."""

    epoch: str
    position: int

    def __str__(self) -> str:
        """As the wire carries it: `epoch.position`."""
        return f"{self.epoch}.{self.position}"


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events to read: what is None does not narrow them; without `after`, from the oldest kept."""

    customer: str | None = None
    draft: str | None = None
    process: str | None = None
    type: EventType | None = None
    after: Cursor | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Told:
    """An event as its reader gets it, and the cursor that goes on after it."""

    cursor: Cursor
    json: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, oldest first.

    `next` is where reading goes on, past events that the query left out too; `more` says that there
    are later ones already. `reset` says that events after the caller's cursor are lost, so that
    drafts must be read again. `reach` is what the reader had when the page was read.
    """

    items: tuple[Told, ...]
    next: Cursor
    reach: "Reach"
    more: bool = False
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose events a principal may follow, and of which draft, where it is only one.

    `revision` is the draft's, where the query named one.
    """

    principal: Principal
    customer: str
    draft: str | None = None
    revision: int | None = None

    @property
    def log(self) -> Log:
        """The customer's log: its partition and its name."""
        return partition_of(self.customer), records.events_log(self.principal.tenant, self.customer)

    @property
    def news(self) -> tuple[Log, ...]:
        """What wakes whoever follows: an event, and the end of somebody's access."""
        who, tenant = self.principal, self.principal.tenant
        ends = (partition_of(self.customer), records.sign_outs_log(tenant, self.customer))
        if who.kind is not Kind.STAFF:
            return self.log, ends
        return self.log, ends, (partition_of(who.id), records.dismissals_log(tenant, who.id))

    def holds(self, event: Event, query: EventQuery) -> bool:
        """Whether an event of that log is one to be told."""
        return (
            self.draft in (None, event.draft)
            and query.process in (None, event.process)
            and query.type in (None, event.type)
        )


def reach_of(deps: Deps, caller: Caller, query: EventQuery) -> Reach:
    """Prove who calls, and what of the query they may follow.

    Raises Unauthenticated and Forbidden, NotFound for a draft or customer out of reach, Gone for an
    erased customer, Invalid where staff name no draft, or the service neither customer nor draft.
    """
    if query.draft is not None:
        return _reach_draft(deps, caller, query.draft, query.customer)
    principal = principal_of(deps, caller)
    authorize(principal, Verb.READ_EVENTS)
    if principal.kind is Kind.STAFF:
        raise Invalid(errors=[{"pointer": "/draft", "code": "required"}])
    customer = named_customer(principal, query.customer)
    if principal.kind is Kind.SERVICE:
        customer = living(deps, caller.home, customer)
    return Reach(principal, customer, principal.draft)


def _reach_draft(deps: Deps, caller: Caller, draft: str, customer: str | None) -> Reach:
    """Admit to one draft as a desk does, but to an expired one too: that it expired must still be told."""
    job = Job(caller, Verb.READ_EVENTS, lambda *_: None)
    desk, proof = lay_out(deps, caller.home, draft, [job])
    principal = identify(caller, lambda key: desk.find(key) or proof.get(key), desk.now, draft)
    authorize(principal, Verb.READ_EVENTS, desk.target(principal), now=desk.now)
    if customer is not None and named_customer(principal, customer) not in (desk.customer, desk.merged_into):
        raise NotFound
    return Reach(principal, desk.customer, draft, desk.head.revision)


def read_events(deps: Deps, caller: Caller, query: EventQuery) -> EventPage:
    """Read events, at most `limit`; raises what `reach_of` raises.

    The newest draft event of each draft in the page carries a delta that covers all of them. A page
    may hold fewer than `limit`, even none, while there are more.
    """
    reach = reach_of(deps, caller, query)
    after = query.after.position if query.after else 0
    page = deps.store.read_log(*reach.log, after=after, limit=query.limit)
    newest = Cursor(deps.store.epoch, page.last)
    if query.after is not None and is_lost(query.after, newest, page):
        return EventPage((), newest, reach, reset=True)
    read = page.entries[-1].position if page.entries else after
    events = [(Cursor(newest.epoch, entry.position), read_event(entry.body)) for entry in page.entries]
    told = _told(deps, caller, reach, [each for each in events if reach.holds(each[1], query)])
    return EventPage(told, Cursor(newest.epoch, read), reach, more=read < page.last)


def is_lost(after: Cursor, newest: Cursor, page: LogPage) -> bool:
    """Whether a log cannot go on from a cursor: another history, or the events after it were trimmed."""
    return after.epoch != newest.epoch or after.position + 1 < page.first or after.position > newest.position


def newest_cursor(deps: Deps, reach: Reach) -> Cursor:
    """The cursor after everything that has happened by now."""
    return Cursor(deps.store.epoch, deps.store.read_log_back(*reach.log, limit=1).last)


def _told(
    deps: Deps, caller: Caller, reach: Reach, events: Sequence[tuple[Cursor, Event]]
) -> tuple[Told, ...]:
    """Events as the reader gets them; each draft is read once, after its events, so no delta is too old."""
    deltas = {
        cursor: _delta(deps, caller, reach.principal, draft, since)
        for draft, (cursor, since) in spans(events).items()
    }
    return tuple(Told(cursor, with_delta(event, deltas.get(cursor))) for cursor, event in events)


def spans(events: Sequence[tuple[Cursor, Event]]) -> dict[str, tuple[Cursor, int]]:
    """For each draft its newest draft event, and the revision before the earliest change among them."""
    found: dict[str, tuple[Cursor, int]] = {}
    for cursor, event in events:
        if event.type.startswith("draft-"):
            _, since = found.get(event.draft, (cursor, event.since))
            found[event.draft] = cursor, min(since, event.since)
    return found


def with_delta(event: Event, delta: Mapping[str, Any] | None) -> dict[str, Any]:
    """An event as JSON, with a delta where it carries one, and of an order what its cart led to."""
    shown = event_json(event)
    if delta is None:
        return shown
    if event.type is EventType.DRAFT_COMPLETED and "lines" in delta:
        shown |= {"order_ref": delta["completion"]["order_ref"], "successor": delta["successor"]}
    return {**shown, "delta": delta}


def _delta(
    deps: Deps, caller: Caller, principal: Principal, draft: str, since: int
) -> Mapping[str, Any] | None:
    """What is newer in a draft, as a principal may see it; None for one that holds nothing any more."""
    desk = Desk(deps, caller.home, draft, ())
    if desk.sealed is None or not reaches(principal, desk.target(principal), desk.now):
        return None
    if desk.over() or desk.head.status is Status.DISCARDED:
        return None
    return shown_delta(desk, principal, since)
