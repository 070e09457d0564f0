"""How long drafts live: a change puts the end off, and of a cart so does a look, once an hour at most."""

from contextlib import suppress

from retoma_server.adapters.stores import Stale
from retoma_server.domain.drafts import Draft
from retoma_server.domain.errors import RetomaError
from retoma_server.domain.events import EventType

from . import records
from .customers import read_customer
from .deps import Deps
from .desk import Desk
from .tenants import Tenant


def ends_at(desk: Desk, draft: Draft) -> int:
    """When an open draft ends whose end is put off now."""
    is_customers_cart = draft.kind == "cart" and is_known(desk)
    return desk.process_of(draft).expires_at(desk.now, draft.created_at, is_customers_cart)


def is_known(desk: Desk) -> bool:
    """Whether the tenant knows the customer of the draft on a desk by an identifier, or made two one."""
    fields = read_customer(desk.find(records.customer(desk.tenant.id, desk.customer)))
    return bool(fields.get("identifiers") or fields.get("absorbed"))


def used(desk: Desk, draft: Draft) -> Draft:
    """The draft after a change that a person made now."""
    draft = draft._replace(updated_at=desk.now, expires_at=ends_at(desk, draft))
    return draft._replace(upkeep=draft.upkeep.used(desk.now)) if draft.kind == "cart" else draft


def renew(deps: Deps, tenant: Tenant, draft: str) -> None:
    """Put the end of a cart off that its customer looked at: no change, so nobody is told.

    Nobody is kept from reading because that could not be noted.
    """
    with suppress(Stale, RetomaError):
        desk = Desk(deps, tenant, draft, ())
        before = desk.draft
        if 0 < before.renew_at <= desk.now and not desk.over():
            upkeep = before.upkeep.renewed(desk.now)
            desk.save(before._replace(expires_at=ends_at(desk, before), upkeep=upkeep))
            desk.commit()


def remind(desk: Desk) -> None:
    """Tell what has become of the cart on a desk while nobody changed it, each thing once."""
    before = desk.draft
    upkeep = before.upkeep.told(desk.now, before.expires_at, bool(before.lines))
    desk.save(before._replace(upkeep=upkeep))
    if upkeep.abandoned and not before.upkeep.abandoned:
        desk.tell(EventType.DRAFT_ABANDONED, None, before.revision)
    if upkeep.expiring and not before.upkeep.expiring:
        desk.tell(EventType.DRAFT_EXPIRING, None, before.revision)
    desk.commit()
