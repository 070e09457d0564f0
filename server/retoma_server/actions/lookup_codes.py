"""The code of a lookup: sent to the customer who was looked up, and read out to staff who stand before them.

It is sent by the sweeper, so that the answer to whoever asks for it takes as long where there is nobody to
send it to.
"""

from contextlib import suppress
from dataclasses import replace
from hmac import compare_digest

import structlog

from retoma_server.adapters.letters import letter
from retoma_server.adapters.lookups import read_request
from retoma_server.adapters.mailing import CannotSend, NoMailer
from retoma_server.adapters.stores import Record, Stale
from retoma_server.domain.access import Principal
from retoma_server.domain.assists import Assist, Consent
from retoma_server.domain.drafts import check_open
from retoma_server.domain.errors import Forbidden, Gone, NotFound, TooMany
from retoma_server.domain.lookups import Lookup, Request

from . import records
from .assist_requests import let_in, request_write
from .callers import Caller
from .deps import Deps
from .desk import Desk, customers_own
from .letters import LIMITS, SENT, mailer_of, worded
from .lookups import no_sooner, own_lookup
from .retrying import retried
from .tenants import Tenant


def want_code(deps: Deps, caller: Caller, lookup: str) -> Lookup:
    """Have a code sent to where a customer was looked up by; one a minute, three of them.

    Raises NotFound for a lookup that is over or another's, CannotSend where nothing is sent that way.
    """
    _, known = own_lookup(deps, caller, lookup)
    if known.kind not in SENT or isinstance(mailer_of(deps, caller.home, known.kind), NoMailer):
        raise CannotSend("sending-unavailable")
    no_sooner(deps, lambda: retried(deps, lambda: note_wanted(deps, caller.home, known)))
    return known


def note_wanted(deps: Deps, tenant: Tenant, known: Lookup) -> None:
    """Note that a code is to be sent, which is due at once."""
    desk, request = asked(deps, tenant, known)
    if not request.code_wanted and request.wants_code(desk.now):
        desk.write(request_write(tenant.id, replace(request, code_wanted=True), desk.now))
        desk.commit()


def asked(deps: Deps, tenant: Tenant, known: Lookup) -> tuple[Desk, Request]:
    """What was asked by a lookup that is not over, with the draft on a desk where there is one."""
    key = records.assist_request(tenant.id, known.asked, known.id)
    desk = customers_own(deps, tenant, known.asked, key)
    record = desk.find(key)
    if record is None or desk.now >= known.expires_at:
        raise NotFound
    request = read_request(record.body)
    if request.draft is not None:
        desk = Desk(deps, tenant, request.draft, (key,))
        if desk.revision(key) != record.revision:
            raise Stale(key)
    return desk, request


def send_code(deps: Deps, tenant: Tenant, record: Record) -> None:
    """Make the code of a request and send it, noted before it is sent; for nobody it is made alike."""
    request = read_request(record.body)
    desk = customers_own(deps, tenant, request.customer, record.key)
    if desk.revision(record.key) != record.revision:
        raise Stale(record.key)
    code = deps.ids.digits()
    sent = request.sent(code_hash(tenant, request, code), desk.now)
    desk.write(request_write(tenant.id, sent))
    desk.commit()
    with suppress(Gone):
        address = desk.opened_text("address", request.id, request.address)
        if address is not None and request.waits(desk.now):
            deliver(deps, tenant, request, address, code)


def deliver(deps: Deps, tenant: Tenant, request: Request, address: str, code: str) -> None:
    """Send a code; who waits for it in vain asks for another, as for one that was lost on its way."""
    to = request.to or ""
    place = request.store_name or tenant.name
    words = letter(worded("lookup", to), request.language, code=code, store=place, staff=request.name)
    try:
        deps.limits.hit_sending(LIMITS[to], tenant.id)
        deps.limits.hit("letters", tenant.id, tenant.keys.keyed_hash("letters", address))
        mailer_of(deps, tenant, to).send(address, words)
    except (TooMany, CannotSend) as refusal:
        structlog.get_logger().warning("code-not-sent", tenant=tenant.id, code=refusal.code)


def code_hash(tenant: Tenant, request: Request, code: str) -> str:
    """How a code is stored: keyed, because a million could be guessed from a plain hash."""
    return tenant.keys.keyed_hash("lookup-code", request.id, "".join(code.split()))


def try_code(deps: Deps, caller: Caller, lookup: str, code: str) -> Assist:
    """Come in by the code that a customer reads out, to look and change.

    Raises Forbidden `code-wrong` with `tries_left`, whether or not there is anybody who could have one;
    NotFound for a lookup that is over or another's; TooMany after a few wrong ones.
    """
    principal, known = own_lookup(deps, caller, lookup)
    deps.limits.check_codes(caller.home.id, principal.id)
    try:
        return no_sooner(
            deps, lambda: retried(deps, lambda: tried(deps, caller.home, principal, known, code))
        )
    except Forbidden:
        deps.limits.count_wrong_code(caller.home.id, principal.id)
        raise


def tried(deps: Deps, tenant: Tenant, principal: Principal, known: Lookup, code: str) -> Assist:
    """One try of a code; a wrong one is counted, also where none can be right."""
    desk, request = asked(deps, tenant, known)
    kept = request.code.code_hash if request.code else ""
    right = compare_digest(kept, code_hash(tenant, request, code)) and request.takes_code(desk.now)
    if not right or desk.sealed is None:
        if request.tries_left:
            desk.write(request_write(tenant.id, request.wrong(), desk.now if request.code_wanted else None))
            desk.commit()
        raise Forbidden("code-wrong", tries_left=request.wrong().tries_left)
    check_open(desk.draft)
    assist = let_in(desk, principal, request, Consent())
    desk.commit()
    return assist
