"""Beginning in the store: staff start a draft for somebody who is not known, and who has it from its link on.

Until then nobody but the member of staff has anything that opens it.
"""

from dataclasses import replace

from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.assists import Assist, Consent, Method, Scope
from retoma_server.domain.events import EventType

from .assist import Assisted, assisting_as, begun
from .callers import Caller, principal_of
from .current import current_desk, current_key
from .customers import new_customer
from .deps import Deps
from .desk import Desk
from .drafts import Wish, begin, kind_of_draft, new_draft, show
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
    return _let_in(desk, principal)


def _let_in(desk: Desk, principal: Principal) -> Assisted:
    """Let whoever began a draft work in it; there is nobody yet who could agree to that."""
    assist: Assist = replace(begun(desk, principal), method=Method.STARTED, consent=Consent(Scope.COMPLETE))
    assisting = assisting_as(principal, assist)
    desk.write(passage_write(desk.tenant.id, assist, desk.now))
    desk.tell(EventType.ASSIST_STARTED, assisting, 0)
    desk.audit(assisting, "draft-started")
    shown = show(desk, assisting)
    desk.commit()
    return Assisted(assist, shown)
