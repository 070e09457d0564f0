"""Assist: staff pick up a customer's draft, by the code that the customer reads to them."""

from dataclasses import dataclass, replace

from retoma_server.adapters.codec import read_assist, read_handoff
from retoma_server.adapters.ids import home, normalise_code, partition_of
from retoma_server.adapters.staff import read_retail_store
from retoma_server.domain.access import Kind, Principal, Verb, authorize
from retoma_server.domain.assists import Assist
from retoma_server.domain.errors import NotFound
from retoma_server.domain.events import EventType
from retoma_server.domain.handoffs import Handoff, redeemed

from . import records
from .callers import Caller, principal_of
from .deps import Deps
from .desk import Desk
from .drafts import Shown, get_draft, show_audited
from .fencing import end_lease
from .handoffs import admit, code_hash, on_offer
from .passages import handoff_write, passage_key
from .retrying import retried
from .tenants import Tenant
from .validating import validate_cart


@dataclass(frozen=True, slots=True)
class Assisted:
    """What redeeming a code gave: an assist (none for the customer's own device) and the draft.

    It was `replayed` when the same was done before, under the same idempotency key.
    """

    assist: Assist | None
    shown: Shown
    replayed: bool = False


def redeem_code(deps: Deps, caller: Caller, code: str) -> Assisted:
    """Redeem a short code once: by staff, or by the very customer whose draft it is.

    Raises NotFound `handoff-invalid` alike for unknown, used, revoked and expired codes and those
    of others, and TooMany after a few wrong ones.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.REDEEM_CODE)
    tenant = caller.home
    deps.limits.check_codes(tenant.id, principal.id)
    try:
        assisted = retried(deps, lambda: _redeem(deps, tenant, principal, normalise_code(code)))
        return revalued(deps, caller, assisted)
    except NotFound:
        # A customer can only find their own code, so their tries say nothing about an attack.
        if principal.kind is Kind.STAFF:
            deps.limits.count_wrong_code(tenant.id, principal.id)
        raise


def revalued(deps: Deps, caller: Caller, assisted: Assisted) -> Assisted:
    """What staff see of a cart after the shop was asked about it."""
    assist = assisted.assist
    if assist is None or not validate_cart(deps, caller.home, assist.draft, "assist"):
        return assisted
    return replace(assisted, shown=get_draft(deps, caller, assist.draft))


def _redeem(deps: Deps, tenant: Tenant, principal: Principal, code: str | None) -> Assisted:
    known = known_by_code(deps, tenant, code)
    desk = Desk(deps, tenant, known.draft, (records.handoff(tenant.id, known.id),))
    handoff = on_offer(desk, known.id)
    if principal.kind is Kind.CUSTOMER:
        return _by_customer(desk, principal, handoff)
    return _by_staff(desk, principal, handoff)


def known_by_code(deps: Deps, tenant: Tenant, code: str | None) -> Handoff:
    """The handoff that a code points to; raises NotFound `handoff-invalid`."""
    hashed = code_hash(tenant, code or "")
    key = records.code(tenant.id, hashed)
    pointer = deps.store.read(home(tenant.id, hashed), [key]).get(key)
    name = pointer.body.decode() if pointer else None
    if name is None:
        raise NotFound("handoff-invalid")
    target = records.handoff(tenant.id, name)
    record = deps.store.read(partition_of(name), [target]).get(target)
    if record is None:
        raise NotFound("handoff-invalid")
    handoff = read_handoff(record.body)
    if handoff.to != "staff" or handoff.secret_hash != hashed:
        raise NotFound("handoff-invalid")
    return handoff


def _by_staff(desk: Desk, principal: Principal, handoff: Handoff) -> Assisted:
    again = repeated(desk, principal, handoff)
    if again is not None:
        return again
    let_go(desk, principal)
    assist = replace(begun(desk, principal), consent=handoff.consent, handoff=handoff.id)
    admit(desk, redeemed(handoff, passage_key(desk.tenant.id, assist), None, desk.now), assist)
    return opened(desk, principal, assist)


def let_go(desk: Desk, principal: Principal) -> None:
    """End the lease that a member of staff has by an earlier assist: nobody is to wait for themselves."""
    record = desk.fetch(records.assist(desk.tenant.id, desk.draft_id, principal.id))
    if record is not None:
        end_lease(desk, principal, read_assist(record.body).id)


def begun(desk: Desk, principal: Principal) -> Assist:
    """An assist that a member of staff begins now in the draft on a desk."""
    name, place = principal.name or "", store_name(desk.deps, desk.tenant, principal.store)
    new = desk.deps.ids.new("as", desk.partition)
    about = (new, desk.draft_id, desk.customer, principal.id, name, desk.now, desk.now)
    return Assist(*about, store=principal.store, store_name=place)


def store_name(deps: Deps, tenant: Tenant, store: str | None) -> str | None:
    """What customers call the store that a member of staff works in."""
    if store is None:
        return None
    key = records.retail_store(tenant.id, store)
    record = deps.store.read(tenant.partition, [key]).get(key)
    return read_retail_store(record.body).name if record else None


def opened(desk: Desk, principal: Principal, assist: Assist) -> Assisted:
    """What a member of staff sees who has just come in; it is told and put on record in the same commit."""
    assisting = assisting_as(principal, assist)
    desk.tell(EventType.ASSIST_STARTED, assisting, desk.draft.revision, handoff=assist.handoff)
    if assist.consent.shows_answers:
        desk.audit(assisting, "answers-shown")
    shown = show_audited(desk, assisting)
    desk.commit()
    return Assisted(assist, shown)


def assisting_as(principal: Principal, assist: Assist) -> Principal:
    """A member of staff in a draft."""
    return replace(principal, customer=assist.customer, draft=assist.draft, passage=assist)


def repeated(desk: Desk, principal: Principal, handoff: Handoff) -> Assisted | None:
    """The same assist again, for the same clerk within a minute: the first answer may have been lost."""
    key = records.assist(desk.tenant.id, desk.draft_id, principal.id)
    record = desk.fetch(key) if handoff.passage == key and handoff.repeats(None, desk.now) else None
    assist = read_assist(record.body) if record else None
    if assist is None or assist.handoff != handoff.id or not assist.live(desk.now):
        return None
    shown = show_audited(desk, assisting_as(principal, assist))
    desk.commit()
    return Assisted(assist, shown)


def _by_customer(desk: Desk, principal: Principal, handoff: Handoff) -> Assisted:
    """The customer's own device needs no assist: the code only led it to the draft."""
    if handoff.customer != principal.customer:
        raise NotFound("handoff-invalid")
    desk.write(handoff_write(desk.tenant, redeemed(handoff, None, None, desk.now), desk.now))
    desk.tell(EventType.HANDOFF_REDEEMED, principal, desk.draft.revision, handoff=handoff.id)
    shown = show_audited(desk, principal)
    desk.commit()
    return Assisted(None, shown)
