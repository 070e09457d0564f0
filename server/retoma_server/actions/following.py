"""Following events as they happen: waiting for a page, and streams.

A look by staff is audited before it is shown: each page that carries values is one, and so is a
stream as a whole. Beginning to follow is a use of a passage; going on is none, so that a page left
open keeps no grant or assist alive.
"""

import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from retoma_server.adapters.bus import Log
from retoma_server.adapters.stores import StoreBusy, StoreUnavailable
from retoma_server.domain.access import Principal, Verb
from retoma_server.domain.errors import Gone, NotFound, Unauthenticated

from .callers import Caller, caller_of
from .deps import Deps
from .desk import Desk
from .jobs import Job, work
from .journey import Cursor, EventPage, EventQuery, newest_cursor, reach_of, read_events
from .noting import note_device

HEARTBEAT = 15.0

ENDED = (Unauthenticated, NotFound, Gone)
"""How a read fails once the caller may not follow any longer."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a stream; `cursor` is where a caller that lost the stream after it goes on."""

    event: str
    data: Mapping[str, Any]
    cursor: Cursor | None = None


def wait_events(deps: Deps, caller: Caller, query: EventQuery, seconds: float) -> EventPage:
    """A page of events; where there are none yet, wait up to `seconds` for one.

    Raises what `read_events` raises, also when the credential ends meanwhile.
    """
    page = read_events(deps, caller, query)
    if seconds and not (page.items or page.reset):
        page = _wait(deps, caller, replace(query, after=page.next), page.reach.news, seconds)
    if page.reach.principal.masked and any("delta" in told.json for told in page.items):
        audit_look(deps, caller, query, "draft-viewed")
    return page


def _wait(deps: Deps, caller: Caller, query: EventQuery, news: Iterable[Log], seconds: float) -> EventPage:
    until = time.monotonic() + seconds
    with deps.bus.subscribe(news) as subscription:
        while True:
            page = read_events(deps, renewed(deps, caller), query)
            left = until - time.monotonic()
            if page.items or page.reset or left <= 0:
                return page
            query = replace(query, after=page.next)
            if not page.more:
                subscription.wait(left)


def follow(deps: Deps, caller: Caller, query: EventQuery, heartbeat: float = HEARTBEAT) -> Generator[Message]:
    """The messages of a stream: `ready`, then events as they happen, from `after` or from now on.

    Every `heartbeat` seconds one says how far the stream is. `reset`: events are lost. `auth`: the
    caller may not follow any longer, and the stream ends. It also ends, without a word, while the
    store is away: the caller comes back with its cursor. Raises at once what `reach_of` raises.
    """
    reach = reach_of(deps, caller, query)
    if reach.principal.masked:
        audit_look(deps, caller, query, "draft-followed")
    after = query.after or newest_cursor(deps, reach)
    return _stream(deps, caller, replace(query, after=after), reach.news, heartbeat)


def _stream(
    deps: Deps, caller: Caller, query: EventQuery, news: Iterable[Log], heartbeat: float
) -> Generator[Message]:
    yield Message("ready", {"cursor": str(query.after)}, query.after)
    due = time.monotonic() + heartbeat
    with deps.bus.subscribe(news) as subscription:
        while True:
            try:
                page = read_events(deps, renewed(deps, caller), query)
            except ENDED as refusal:
                yield Message("auth", {"code": refusal.code})
                return
            except (StoreBusy, StoreUnavailable):
                return
            yield from messages(page)
            query = replace(query, after=page.next)
            if time.monotonic() >= due:
                due = time.monotonic() + heartbeat
                note_device(deps, caller)
                beat = {"cursor": str(page.next), "revision": page.reach.revision}
                yield Message("heartbeat", beat, page.next)
            if not page.more:
                subscription.wait(max(due - time.monotonic(), 0))


def messages(page: EventPage) -> Iterator[Message]:
    """A page as messages."""
    if page.reset:
        yield Message("reset", {"cursor": str(page.next)}, page.next)
    for told in page.items:
        yield Message(told.json["type"], told.json, told.cursor)


def renewed(deps: Deps, caller: Caller) -> Caller:
    """The caller read anew from the same credential, which may have expired or been replaced since."""
    return caller_of(deps, caller.credential, caller.channel, caller.device)


def audit_look(deps: Deps, caller: Caller, query: EventQuery, action: str) -> None:
    """Put on record that a member of staff looks at the draft of a query."""

    def decide(desk: Desk, principal: Principal) -> None:
        desk.audit(principal, action)

    if query.draft is not None:
        work(deps, query.draft, Job(caller, Verb.READ_EVENTS, decide))
