"""Override: a supervisor looks into a customer's draft without consent, in an emergency, and answers for it.

They may look and no more, personal answers stay masked, the customer is told at once, and it is on record.
"""

from dataclasses import dataclass, field, replace

from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.assists import Assist, Consent, Method, Scope
from retoma_server.domain.errors import Gone, NotFound
from retoma_server.domain.events import EventType

from .assist import assisting_as, begun, let_go
from .callers import Caller, principal_of
from .deps import Deps
from .desk import Desk
from .identifiers import holder_of
from .listing import newest_open
from .lookups import Wanted, one_form
from .notices import owe
from .on_record import Order, recorded_commit
from .passages import passage_write
from .retrying import retried
from .tenants import Tenant


@dataclass(frozen=True, slots=True)
class Emergency:
    """Into which draft a supervisor looks, or into whose, why, and where that is written down."""

    reason: str = field(repr=False)
    ticket: str
    draft: str | None = None
    whose: Wanted | None = None


def override(deps: Deps, caller: Caller, wanted: Emergency) -> Assist:
    """Look into a draft without consent; nobody does unless the commit of its record was made.

    Raises NotFound where there is nothing open, which is on record too; Invalid for what is no identifier.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.OVERRIDE_CONSENT)
    tenant, whose = caller.home, wanted.whose
    if whose is not None:
        whose = replace(whose, value=one_form(tenant, whose))
    draft = wanted.draft or (found(deps, tenant, whose) if whose else None)
    try:
        return retried(deps, lambda: look_in(deps, tenant, principal, draft, replace(wanted, whose=whose)))
    except NotFound:
        retried(deps, lambda: note_failed(deps, tenant, principal))
        raise


def found(deps: Deps, tenant: Tenant, whose: Wanted) -> str | None:
    """The open draft that was changed last of whomever an identifier leads to."""
    customer = holder_of(deps, tenant, whose.kind, whose.value)
    return newest_open(deps, tenant, customer, whose.process) if customer else None


def look_in(deps: Deps, tenant: Tenant, principal: Principal, draft: str | None, wanted: Emergency) -> Assist:
    """Begin the assist, tell the customer, and put it on record, in one commit; raises NotFound, Stale."""
    if draft is None:
        raise NotFound
    desk = Desk(deps, tenant, draft, ())
    try:
        if not desk.sealed or not desk.draft.open or desk.over():
            raise NotFound
    except Gone:
        raise NotFound from None
    assist = replace(begun(desk, principal), method=Method.OVERRIDE, consent=Consent(Scope.VIEW))
    let_go(desk, principal)
    desk.write(passage_write(tenant.id, assist, assist.used_at))
    assisting = assisting_as(principal, assist)
    desk.tell(EventType.ASSIST_OVERRIDDEN, assisting, desk.draft.revision)
    desk.tell(EventType.ASSIST_STARTED, assisting, desk.draft.revision)
    desk.audit(assisting, str(EventType.ASSIST_OVERRIDDEN), reason=f"{wanted.reason} ({wanted.ticket})")
    if wanted.whose is not None:
        owe(desk, assist, wanted.whose)
    desk.commit()
    return assist


def note_failed(deps: Deps, tenant: Tenant, principal: Principal) -> None:
    """Put on record that a supervisor looked for somebody who has nothing open; raises Stale."""
    name = deps.ids.new("lk", deps.ids.partition())
    order = Order(principal, "override-failed")
    recorded_commit(deps.store, tenant, partition_of(name), Commit({}), name, order)
