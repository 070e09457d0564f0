"""Reading a draft; a cart that its customer takes up again after a while is looked after first."""

from typing import Any

from retoma_server.domain.access import Kind, Principal, Verb

from .callers import Caller
from .deps import Deps
from .desk import Decide, Desk, Job, look, work
from .hooks import VALIDATE
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
    if not wanting[-1]:
        return shown
    validate_cart(deps, caller.home, draft, "resume")
    return read_once(deps, caller, draft, decide)


def read_once(deps: Deps, caller: Caller, draft: str, decide: Decide) -> Any:
    """What `decide` makes of a draft; where it may have to be noted who looked, at a desk of their own."""
    if caller.kind in ("gr", "sf"):
        return work(deps, draft, Job(caller, Verb.READ_DRAFT, decide))
    return decide(*look(deps, draft, caller, Verb.READ_DRAFT))


def wants_care(desk: Desk, principal: Principal) -> bool:
    """Whether the draft on a desk is a cart that its shop should be asked about now."""
    if principal.kind not in CUSTOMERS or not 0 < desk.head.ask_at <= desk.now:
        return False
    return desk.deps.tenants.hook(desk.tenant.id, VALIDATE) is not None
