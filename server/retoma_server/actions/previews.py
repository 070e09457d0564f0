"""Previews of a claim: what every strategy would make of a guest's carts, and claims of just that."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from retoma_server.domain.drafts import Draft
from retoma_server.domain.errors import Conflicting
from retoma_server.domain.handoffs import MINUTE
from retoma_server.domain.receipts import preview_json, shown_of, still_saved
from retoma_server.domain.takeovers import Shown, Takeover

from .claiming import OUTDATED, customers_desk, receipt_desk, receipt_on
from .deps import Deps
from .desk import Desk
from .retrying import retried
from .tenants import Tenant

SHOWN_FOR = 10 * MINUTE
"""How long a customer may look at a preview before the claim."""


def preview(deps: Deps, tenant: Tenant, carts: Sequence[Draft], takeover: Takeover) -> dict[str, Any]:
    """What every strategy would make of each cart; `seen` lets a claim be of just that."""
    found, shown = [], {}
    for cart in carts:
        desk = beside(deps, tenant, cart, takeover)
        saved = desk.draft if desk.sealed else None
        found.append(preview_json(cart, saved, desk.process_of(cart).line_quantity))
        shown[cart.id] = astuple(shown_of(cart, saved))
    until = deps.store.now() + SHOWN_FOR
    return {"id": None, "carts": found, "seen": deps.previews.sign(takeover.claim, until, shown)}


def beside(deps: Deps, tenant: Tenant, cart: Draft, takeover: Takeover) -> Desk:
    """The desk with the customer's cart that a guest's would meet, and with the receipt."""
    desk, _ = retried(deps, lambda: customers_desk(deps, tenant, cart._replace(takeover=takeover)))
    return desk


def what_was_shown(
    deps: Deps, tenant: Tenant, carts: Sequence[Draft], takeover: Takeover, seen: str, named: str | None
) -> Mapping[str, Shown]:
    """What a preview showed of the carts that a claim takes, or of the one that it names.

    Raises Conflicting `preview-outdated` where anything is not so any more. What moves after this
    look is found by the commits of the claim.
    """
    signed = deps.previews.verify(takeover.claim, deps.store.now(), seen)
    if signed is None and not carts:
        return {}  # a repetition, maybe long after
    shown = {name: Shown(*each) for name, each in (signed or {}).items()}
    if not all(is_shown(deps, tenant, cart, takeover, shown.get(cart.id)) for cart in carts if cart.open):
        raise Conflicting(OUTDATED)
    gone = ({named} if named else shown.keys()) - {cart.id for cart in carts}
    desk = receipt_desk(deps, tenant, takeover.claim, takeover.customer)
    if gone - receipt_on(desk, takeover.claim).carts.keys():
        raise Conflicting(OUTDATED)
    return shown


def is_shown(deps: Deps, tenant: Tenant, cart: Draft, takeover: Takeover, shown: Shown | None) -> bool:
    """Whether an open cart and the customer's are as they were shown, or the claim has been through here."""
    desk = beside(deps, tenant, cart, takeover)
    if cart.id in receipt_on(desk, takeover.claim).carts:
        return True
    saved = desk.draft if desk.sealed else None
    busy = saved is not None and not saved.open  # the claim says so itself
    return shown is not None and shown.guest == cart.revision and (busy or still_saved(shown, saved))
