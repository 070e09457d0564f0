"""Reading a draft; a cart that its customer takes up again after a while is looked after first."""

from typing import Any

from retoma_server.domain.access import Kind, Principal, Verb

from .callers import STAFFS, Caller
from .deps import Deps
from .desk import Desk
from .hooks import VALIDATE
from .jobs import Decide, Job, look, work
from .lifetimes import renew
from .validating import validate_cart

CUSTOMERS = (Kind.VISITOR, Kind.CUSTOMER, Kind.GRANT)
"""Who takes a cart up again; for staff it is looked after when they redeem its code."""


def resumed(deps: Deps, caller: Caller, draft: str, decide: Decide) -> Any:
    """What `decide` makes of a draft, decided anew where the draft had to be looked after."""
    wanting = []

    def deciding(desk: Desk, principal: Principal) -> Any:
        wanting.append(wants_care(desk, principal))
        return decide(desk, principal)

    shown = read_once(deps, caller, draft, deciding)
    renews, asks = wanting[-1]
    if renews:
        renew(deps, caller.home, draft)
    if asks:
        validate_cart(deps, caller.home, draft, "resume")
    return read_once(deps, caller, draft, decide) if renews or asks else shown


def read_once(deps: Deps, caller: Caller, draft: str, decide: Decide) -> Any:
    """What `decide` makes of a draft; where it may have to be noted who looked, at a desk of their own."""
    if caller.kind in ("gr", *STAFFS):
        return work(deps, draft, Job(caller, Verb.READ_DRAFT, decide))
    return decide(*look(deps, draft, caller, Verb.READ_DRAFT))


def wants_care(desk: Desk, principal: Principal) -> tuple[bool, bool]:
    """Whether the draft on a desk is a cart whose end this look puts off; whether the shop is to be asked."""
    head = desk.head
    if principal.kind not in CUSTOMERS:
        return False, False
    asks = 0 < head.ask_at <= desk.now and desk.deps.tenants.hook(desk.tenant.id, VALIDATE) is not None
    return 0 < head.renew_at <= desk.now, asks
