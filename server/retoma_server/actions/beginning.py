"""Beginning in the store: staff start a draft for somebody who is not known, and who has it from its link on.

Until then nobody but the member of staff has anything that opens it.
"""

from dataclasses import replace

from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.assists import Assist, Consent, Method, Scope
from retoma_server.domain.errors import Gone, NotFound
from retoma_server.domain.events import EventType

from .assist import Assisted, assisting_as, begun, let_go
from .callers import Caller, principal_of
from .current import current_desk, current_key
from .customers import new_customer
from .deps import Deps
from .desk import Desk
from .drafts import Wish, begin, kind_of_draft, new_draft, show
from .holding import begun_by
from .identity import VISITOR_LIFE
from .passages import passage_write
from .retrying import retried
from .tenants import Tenant


def begin_for_nobody(
    deps: Deps, caller: Caller, process: str, key: str = "default", kind: str | None = None
) -> Assisted:
    """Begin a draft for a person who has nothing here yet; staff may complete it, and read what they type.

    Raises Invalid `kind-mismatch` where the process is of another kind than asked for.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.BEGIN_FOR_NOBODY)
    wish = Wish(process, key, kind_of_draft(deps, caller.home, process, kind))
    nobody = deps.ids.new("cu", deps.ids.partition())
    return retried(deps, lambda: _begin(deps, caller.home, principal, nobody, wish))


def _begin(deps: Deps, tenant: Tenant, principal: Principal, nobody: str, wish: Wish) -> Assisted:
    pointer = current_key(tenant, nobody, wish.process, wish.key)
    desk = current_desk(deps, tenant, nobody, pointer)
    until = desk.now + VISITOR_LIFE
    desk.write(new_customer(tenant, nobody, visitor_until=until, begun_by=principal.id))
    begin(desk, principal, pointer, new_draft(desk, wish))
    return _let_in(desk, principal, "draft-started")


def go_on_for_nobody(deps: Deps, caller: Caller, draft: str) -> Assisted:
    """Go on with what one began, as long as nobody has opened its link; raises NotFound for all else."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.BEGIN_FOR_NOBODY)
    return retried(deps, lambda: _go_on(deps, caller.home, principal, draft))


def _go_on(deps: Deps, tenant: Tenant, principal: Principal, draft: str) -> Assisted:
    desk = Desk(deps, tenant, draft, ())
    try:
        is_theirs = desk.sealed and begun_by(desk) == principal.id and desk.draft.open and not desk.over()
    except Gone:
        is_theirs = False
    if not is_theirs:
        raise NotFound
    let_go(desk, principal)
    return _let_in(desk, principal, "draft-viewed")


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
