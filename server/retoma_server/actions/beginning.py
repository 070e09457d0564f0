"""Beginning in the store: staff start a draft for somebody who is not known, and who has it from its link on.

Until then nobody but the member of staff has anything that opens it.
"""

from dataclasses import replace

from retoma_server.adapters.codec import json_bytes, read_assist, read_json
from retoma_server.adapters.ids import home
from retoma_server.adapters.stores import Write
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.assists import Assist, Consent, Method, Scope
from retoma_server.domain.errors import Gone, Invalid, NotFound
from retoma_server.domain.events import EventType

from . import records
from .assist import Assisted, assisting_as, begun, let_go
from .callers import Caller, principal_of
from .current import current_desk, current_key
from .customers import new_customer
from .deps import Deps
from .desk import Desk
from .drafts import Wish, begin, kind_of_draft, new_draft, show, show_audited
from .holding import begun_by
from .identity import VISITOR_LIFE
from .once import KEPT, Once, fingerprint
from .passages import passage_write
from .retrying import retried
from .tenants import Tenant


def begin_for_nobody(
    deps: Deps,
    caller: Caller,
    process: str,
    key: str = "default",
    kind: str | None = None,
    once: Once | None = None,
) -> Assisted:
    """Begin a draft for a person who has nothing here yet; staff may complete it, and read what they type.

    Sent again with the same idempotency key it leads to the same draft, as `go_on_for_nobody` does.
    Raises Invalid `kind-mismatch` where the process is of another kind than asked for, and
    `idempotency-key-reused` when the key came with another request.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.BEGIN_FOR_NOBODY)
    wish = Wish(process, key, kind_of_draft(deps, caller.home, process, kind))
    if once is None:
        place = deps.ids.partition()
        return retried(deps, lambda: _begun(_begin(deps, caller.home, principal, place, wish), principal))
    return retried(deps, lambda: _begin_once(deps, caller, principal, wish, once))


def _begin_once(deps: Deps, caller: Caller, principal: Principal, wish: Wish, once: Once) -> Assisted:
    tenant, kept = caller.home, once.record(caller, "begun", "begin")
    place, mark = home(tenant.id, kept), fingerprint(tenant, once.fingerprint, "begin")
    known = deps.store.read(place, [kept]).get(kept)
    if known is None:
        desk = _begin(deps, tenant, principal, place, wish)
        # Not sealed: it is read before it is known whose draft it leads to, and holds nothing else.
        desk.write(Write(kept, json_bytes([mark, desk.draft_id]), due=desk.now + KEPT))
        return _begun(desk, principal)
    before, draft = read_json(known.body)
    if before != mark:
        raise Invalid("idempotency-key-reused")
    return replace(_come_again(deps, tenant, principal, draft), replayed=True)


def _begin(deps: Deps, tenant: Tenant, principal: Principal, place: int, wish: Wish) -> Desk:
    """A desk with a new draft of somebody new, in a partition."""
    nobody = deps.ids.new("cu", place)
    pointer = current_key(tenant, nobody, wish.process, wish.key)
    desk = current_desk(deps, tenant, nobody, pointer)
    until = desk.now + VISITOR_LIFE
    desk.write(new_customer(tenant, nobody, visitor_until=until, begun_by=principal.id))
    begin(desk, principal, pointer, new_draft(desk, wish))
    return desk


def _begun(desk: Desk, principal: Principal) -> Assisted:
    return _let_in(desk, principal, "draft-started")


def _come_again(deps: Deps, tenant: Tenant, principal: Principal, draft: str) -> Assisted:
    """By the same assist while it lasts: the first answer may have been lost, or not."""
    desk = _own_desk(deps, tenant, principal, draft)
    record = desk.fetch(records.assist(tenant.id, draft, principal.id))
    assist = read_assist(record.body) if record else None
    if assist is None or not assist.live(desk.now):
        return _let_in(desk, principal, "draft-viewed")
    shown = show_audited(desk, assisting_as(principal, assist))
    desk.commit()
    return Assisted(assist, shown)


def go_on_for_nobody(deps: Deps, caller: Caller, draft: str) -> Assisted:
    """Go on with what one began, as long as nobody has opened its link; raises NotFound for all else."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.BEGIN_FOR_NOBODY)
    return retried(deps, lambda: _go_on(deps, caller.home, principal, draft))


def _go_on(deps: Deps, tenant: Tenant, principal: Principal, draft: str) -> Assisted:
    desk = _own_desk(deps, tenant, principal, draft)
    let_go(desk, principal)
    return _let_in(desk, principal, "draft-viewed")


def _own_desk(deps: Deps, tenant: Tenant, principal: Principal, draft: str) -> Desk:
    """The desk with what a member of staff began and nobody has; raises NotFound."""
    desk = Desk(deps, tenant, draft, ())
    try:
        is_theirs = desk.sealed and begun_by(desk) == principal.id and desk.draft.open and not desk.over()
    except Gone:
        is_theirs = False
    if not is_theirs:
        raise NotFound
    return desk


def _let_in(desk: Desk, principal: Principal, action: str) -> Assisted:
    """Let whoever began a draft work in it; there is nobody yet who could agree to that."""
    assist: Assist = replace(begun(desk, principal), method=Method.STARTED, consent=Consent(Scope.COMPLETE))
    assisting = assisting_as(principal, assist)
    desk.write(passage_write(desk.tenant.id, assist, desk.now))
    desk.tell(EventType.ASSIST_STARTED, assisting, desk.draft.revision)
    desk.audit(assisting, action)
    shown = show(desk, assisting)
    desk.commit()
    return Assisted(assist, shown)
