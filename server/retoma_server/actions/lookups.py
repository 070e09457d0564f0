"""Lookup: staff ask to be let in by somebody who has no code, and never learn whether there is anybody.

Whether an identifier leads to somebody or to nobody, the same is read and written, the same is answered,
and no sooner. A request to nobody is kept under an id that nobody has.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from retoma_server.adapters.codec import read_assist
from retoma_server.adapters.identifying import normalised
from retoma_server.adapters.ids import home, id_from, partition_of
from retoma_server.adapters.lookups import read_lookup, read_request, record_bytes
from retoma_server.adapters.stores import Commit, Write
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.assists import Assist
from retoma_server.domain.errors import Invalid, NotFound, TooMany
from retoma_server.domain.events import EventType
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.lookups import Answer, Lookup, Request, Standing
from retoma_server.domain.naming import Named

from . import records
from .assist import store_name
from .assist_requests import KEPT, request_key, request_write
from .auditing import accessed, staff_entry
from .callers import Caller, principal_of
from .deps import Deps
from .desk import Desk
from .following import renewed
from .identifiers import hashes_of, holder_of
from .letters import SENT
from .listing import newest_open
from .on_record import Order, recorded_commit
from .retrying import retried
from .tenants import Tenant

NO_SOONER = 0.2
"""Seconds after which a lookup is answered: longer than it takes, whomever it leads to."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom staff want to be let in by, for which process, and why; in which language a code is sent."""

    kind: IdentifierKind
    value: str = field(repr=False)
    reason: str = field(repr=False)
    process: str | None = None
    language: str = "en"


def begin_lookup(deps: Deps, caller: Caller, wanted: Wanted) -> Lookup:
    """Ask whomever an identifier leads to, if they have something open; on the record before it is done.

    Raises Invalid for what is no identifier of its kind.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.LOOK_UP)
    form = one_form(caller.home, wanted)
    return no_sooner(deps, lambda: look_up(deps, caller.home, principal, replace(wanted, value=form)))


def no_sooner(deps: Deps, act: Callable[[], T]) -> T:
    """Do something in a time that does not tell what was done."""
    until = time.monotonic() + NO_SOONER
    try:
        return act()
    finally:
        deps.sleep(max(0.0, until - time.monotonic()))


def one_form(tenant: Tenant, wanted: Wanted) -> str:
    """An identifier in the form that is looked for; raises Invalid."""
    try:
        return normalised(wanted.kind, wanted.value, tenant.region)
    except Invalid as refusal:
        codes = [each["code"] for each in refusal.facts["errors"]]
        raise Invalid(errors=[{"pointer": "/value", "code": code} for code in codes]) from None


def look_up(deps: Deps, tenant: Tenant, principal: Principal, wanted: Wanted) -> Lookup:
    """Put a lookup on record, and ask."""
    customer, draft = whom(deps, tenant, wanted)
    new = deps.ids.new("lk", deps.ids.partition())
    about = (new, principal.id, str(wanted.kind), customer)
    lookup = retried(deps, lambda: keep(deps, tenant, principal, Lookup(*about, deps.store.now())))
    place = store_name(deps, tenant, principal.store)
    who = (new, customer, principal.id, principal.name or "", lookup.began_at, principal.store, place)
    request = Request(*who, wanted.process, draft, language=wanted.language)
    retried(deps, lambda: ask(deps, tenant, principal, request, wanted))
    return lookup


def whom(deps: Deps, tenant: Tenant, wanted: Wanted) -> tuple[str, str | None]:
    """Who is asked, about which draft; an id that nobody has for nobody, and for who was asked often."""
    hashed = hashes_of(tenant, wanted.kind, wanted.value)[0]
    nobody = id_from("cu", home(tenant.id, hashed), tenant.keys.mac("nobody", hashed.encode()))
    customer = holder_of(deps, tenant, wanted.kind, wanted.value) or nobody
    draft = newest_open(deps, tenant, customer, wanted.process)
    try:
        deps.limits.hit("prompts", tenant.id, customer)
    except TooMany:
        return nobody, None
    return (customer, draft) if draft else (nobody, None)


def keep(deps: Deps, tenant: Tenant, principal: Principal, lookup: Lookup) -> Lookup:
    """Write a lookup, and that it was made, in one commit; raises Stale."""
    key = records.lookup(tenant.id, lookup.id)
    write = Write(key, record_bytes(lookup), due=lookup.expires_at + KEPT)
    order = Order(principal, "customer-looked-up")
    recorded_commit(deps.store, tenant, partition_of(lookup.id), Commit({key: 0}, [write]), lookup.id, order)
    return lookup


def ask(deps: Deps, tenant: Tenant, principal: Principal, request: Request, wanted: Wanted) -> None:
    """Ask a customer, who is told; to nobody the same is written, and nobody is told. Raises Stale."""
    key = request_key(tenant.id, request)
    if request.draft is None:
        write = request_write(tenant.id, request)
        deps.store.commit(partition_of(request.customer), Commit({key: 0}, [write]))
        return
    desk = Desk(deps, tenant, request.draft, (key,))
    if desk.sealed is None or desk.customer != request.customer:
        ask(deps, tenant, principal, replace(request, draft=None), wanted)
        return
    to = str(wanted.kind) if wanted.kind in SENT.values() else None
    sealed = desk.sealed_text("assist-request", request.id, wanted.reason)
    address = desk.sealed_text("address", request.id, wanted.value if to else None)
    desk.write(request_write(tenant.id, replace(request, reason=sealed, address=address, to=to)))
    desk.tell(EventType.ASSIST_REQUESTED, principal, desk.draft.revision)
    note_access(desk, principal, wanted.reason)
    desk.commit()


def note_access(desk: Desk, principal: Principal, reason: str) -> None:
    """Let the customer read later who asked; not in the tenant's log, whose readers may be who asks."""
    sealed = desk.sealed_text("reason", desk.draft_id, reason)
    about = (desk.now, desk.draft_id, desk.customer)
    entry = staff_entry(principal, "assist-requested", about, Named(), sealed)
    desk.staged.carried.append(accessed(desk.tenant, desk.customer, entry))


# -- what became of it -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """A lookup, and what its member of staff may know of it."""

    lookup: Lookup
    standing: Standing
    assist: Assist | None = None


def own_lookup(deps: Deps, caller: Caller, lookup: str) -> tuple[Principal, Lookup]:
    """A member of staff, and their own lookup; raises NotFound for any other."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.LOOK_UP)
    key = records.lookup(caller.home.id, lookup)
    record = deps.store.read(partition_of(lookup), [key]).get(key)
    known = read_lookup(record.body) if record else None
    if known is None or known.staff != principal.id:
        raise NotFound
    return principal, known


def wait_lookup(deps: Deps, caller: Caller, lookup: str, seconds: float) -> Told:
    """What became of a lookup; while it waits, wait up to `seconds` for that.

    It is no use of a session: a page waits whether or not somebody is there.
    """
    caller.at_work = False
    _, known = own_lookup(deps, caller, lookup)
    until = time.monotonic() + seconds
    log = (partition_of(known.asked), records.events_log(caller.home.id, known.asked))
    with deps.bus.subscribe([log]) as news:
        while True:
            told = told_of(deps, caller.home, known)
            left = until - time.monotonic()
            if told.standing is not Standing.WAITING or left <= 0:
                return told
            news.wait(left)
            own_lookup(deps, renewed(deps, caller), lookup)


def told_of(deps: Deps, tenant: Tenant, known: Lookup) -> Told:
    """What a member of staff may know of a lookup by now."""
    place, key = partition_of(known.asked), records.assist_request(tenant.id, known.asked, known.id)
    snapshot = deps.store.read(place, [key])
    record = snapshot.get(key)
    request = read_request(record.body) if record else None
    if request is not None and request.answer is Answer.APPROVED:
        assist = assist_of(deps, tenant, request)
        return Told(known, Standing.APPROVED if assist else Standing.OVER, assist)
    return Told(known, Standing.WAITING if snapshot.now < known.expires_at else Standing.OVER)


def assist_of(deps: Deps, tenant: Tenant, request: Request) -> Assist | None:
    """The assist that a request led to, as long as it opens something."""
    assert request.draft is not None, "a request is approved for a draft"
    key = records.assist(tenant.id, request.draft, request.staff)
    snapshot = deps.store.read(partition_of(request.draft), [key])
    record = snapshot.get(key)
    assist = read_assist(record.body) if record else None
    return assist if assist and assist.id == request.assist and assist.live(snapshot.now) else None
