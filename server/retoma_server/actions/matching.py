"""Matching: a device that asks for a link shows two digits, and the owner picks them among three."""

from dataclasses import replace
from hmac import compare_digest

from retoma_server.adapters.codec import read_handoff
from retoma_server.domain.access import Kind, Principal, Verb
from retoma_server.domain.errors import Conflicting, Forbidden, NotFound
from retoma_server.domain.events import EventType
from retoma_server.domain.handoffs import LIVES, Handoff, HandoffStatus
from retoma_server.domain.matches import awaiting, choices_of, shown_of, wants_match
from retoma_server.domain.rendering import timestamp

from . import records
from .callers import Caller
from .deps import Deps
from .desk import Desk
from .jobs import Job, look, work
from .passages import handoff_write
from .revoking import draft_of, revoke
from .tenants import Tenant


def require_match(
    desk: Desk, handoff: Handoff, principal: Principal, nonce_hash: str, device: str | None
) -> None:
    """Raise Forbidden `match-required`, with the digits to show, until the owner has picked them.

    The first to ask is the one who waits; for others the link is used. No grant exists meanwhile.
    """
    if handoff.status is HandoffStatus.PENDING:
        if is_owner(principal, handoff) or not wants_match(handoff, desk.process, desk.draft):
            return
        sealed = desk.sealed_text("device", handoff.id, device)
        handoff = awaiting(handoff, nonce_hash, sealed, desk.now)
        desk.write(handoff_write(desk.tenant, handoff, desk.now))
        desk.tell(EventType.HANDOFF_WAITING, principal, desk.draft.revision, handoff=handoff.id)
        desk.commit()
    elif handoff.status is not HandoffStatus.MATCHING:
        return
    if not handoff.waits(desk.now) or handoff.nonce_hash != nonce_hash:
        raise NotFound("handoff-invalid")
    digits = shown_of(match_mac(desk.tenant, handoff))
    raise Forbidden("match-required", digits=digits, until=timestamp(handoff.expires_at))


def is_owner(principal: Principal, handoff: Handoff) -> bool:
    """Whether this is the customer whose draft it is, who may open it anyway."""
    return principal.kind in (Kind.VISITOR, Kind.CUSTOMER) and principal.customer == handoff.customer


def match_mac(tenant: Tenant, handoff: Handoff) -> bytes:
    """What the digits are drawn from: nothing of them is stored, and every other attempt has others."""
    return tenant.keys.mac("match", f"{handoff.id}.{handoff.nonce_hash}".encode())


def confirm_handoff(deps: Deps, caller: Caller, handoff: str, digits: str) -> None:
    """Let the device have the draft that shows these digits; other digits end the handoff for good.

    Raises Forbidden `match-wrong` for those, Conflicting `handoff-not-waiting` when no device waits.
    """
    tenant = caller.home
    draft = draft_of(deps, caller, handoff, Verb.CONFIRM_HANDOFF)
    key = records.handoff(tenant.id, handoff)

    def decide(desk: Desk, principal: Principal) -> bool:
        record = desk.find(key)
        if record is None:
            raise NotFound
        return _picked(desk, principal, read_handoff(record.body), digits)

    if not work(deps, draft, Job(caller, Verb.CONFIRM_HANDOFF, decide, (key,))):
        raise Forbidden("match-wrong")


def _picked(desk: Desk, principal: Principal, handoff: Handoff, digits: str) -> bool:
    right = compare_digest(shown_of(match_mac(desk.tenant, handoff)).encode(), digits.encode())
    if handoff.matched and right:
        return True  # picked already: the answer to it was lost
    if not handoff.waits(desk.now):
        raise Conflicting("handoff-not-waiting")
    if right:
        confirmed = replace(handoff, status=HandoffStatus.CONFIRMED)
        desk.write(handoff_write(desk.tenant, confirmed, desk.now))
    else:
        revoke(desk, principal, handoff)
    return right


def list_handoffs(
    deps: Deps, caller: Caller, draft: str
) -> list[tuple[Handoff, str | None, tuple[str, ...]]]:
    """The handoffs of a draft that are on offer; where a device waits, with its label and the choices."""
    desk, _ = look(deps, draft, caller, Verb.READ_HANDOFFS)
    found = (desk.fetch(records.offer(desk.tenant.id, draft, to)) for to in LIVES)
    names = [pointer.body.decode() for pointer in found if pointer]
    kept = (desk.fetch(records.handoff(desk.tenant.id, name)) for name in names)
    live = (read_handoff(record.body) for record in kept if record)
    return [_told(desk, each) for each in live if each.live(desk.now)]


def _told(desk: Desk, handoff: Handoff) -> tuple[Handoff, str | None, tuple[str, ...]]:
    if handoff.status is not HandoffStatus.MATCHING:
        return handoff, None, ()
    device = desk.opened_text("device", handoff.id, handoff.device)
    return handoff, device, choices_of(match_mac(desk.tenant, handoff))
