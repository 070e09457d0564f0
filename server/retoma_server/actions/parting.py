"""Undoing a merge of two customers, wherever it stands: each has again what they had.

What came by the merge is taken out and goes back draft by draft, like a guest's cart to a customer, only
the other way. A draft that was changed since stays where it is: whoever changed it would miss that.
Identifiers and closed drafts never left, and lead back by themselves.
"""

from contextlib import suppress
from functools import partial

from retoma_server.adapters.ids import id_from, partition_of
from retoma_server.domain.access import Principal
from retoma_server.domain.claims import FormStrategy, Strategy
from retoma_server.domain.drafts import ORDERING
from retoma_server.domain.errors import Conflicting, Gone, NotFound
from retoma_server.domain.merges import Merge, Returned, Stage, Stayed, going_on, stays, was_parked
from retoma_server.domain.receipts import CartReceipt
from retoma_server.domain.takeovers import Takeover

from .claiming import receipt_desk, receipt_on
from .claims import receipt_of, take
from .deps import Deps
from .desk import Desk
from .merge_notes import (
    Entry,
    Fields,
    change,
    change_merge,
    finish,
    leading_back,
    lock,
    read_stage,
    retreating,
    still_noted,
)
from .retrying import retried
from .tenants import Tenant
from .undoing import undo


def part(deps: Deps, tenant: Tenant, merge: Merge, by: Principal) -> None:
    """Bring the undoing of a merge to its end; done again, or by two at once, it is done once.

    Raises Conflicting `customer-merging` or `customer-merged`, and the merge stands; `dest-busy` while a
    draft is being ordered: whoever repeats it then, or the sweeper, goes on.
    """
    try:
        change_merge(deps, tenant, merge.id, still_noted)
        lock(deps, tenant, merge)
    except Conflicting:
        change_merge(deps, tenant, merge.id, partial(retreating, Stage.UNDOING, Stage.MERGED))
        raise
    receipt = receipt_of(deps, tenant, merge.id, merge.customer)
    for brought in receipt.carts.values():
        give_back(deps, tenant, merge, brought.draft, by)
    for each in merge.moving:
        with suppress(Gone, NotFound):
            change(deps, tenant, each, partial(leading_back, merge))
    change(deps, tenant, merge.customer, partial(letting_go, merge, deps.store.now()))
    deps.sign_ins.forget((merge.customer,))
    finish(deps, tenant, merge, Stage.UNDONE, Entry(by, "customer-merge-undone"))


def letting_go(merge: Merge, now: int, fields: Fields) -> Fields:
    """The fields of the customer who had the others too; whoever signed in by one of them does so anew."""
    absorbed = fields.get("absorbed", ())
    if not set(merge.moving) & set(absorbed):
        return {}
    return {"absorbed": [each for each in absorbed if each not in merge.moving], "min_iat": now + 1}


def give_back(deps: Deps, tenant: Tenant, merge: Merge, name: str, by: Principal) -> None:
    """Let one draft go back, or note why it stays; once."""
    if name in read_stage(deps, tenant, merge.id).returned:
        return
    brought = receipt_of(deps, tenant, merge.id, merge.customer).carts[name]
    stayed = None if brought.undone else taken_out(deps, tenant, merge, brought, by)
    returned = Returned(stayed=stayed) if stayed else taken_back(deps, tenant, merge, name, by)
    change_merge(deps, tenant, merge.id, partial(having, name, returned))


def having(name: str, returned: Returned, merge: Merge | None) -> Merge:
    """The merge with what became of one draft, unless it is over by now."""
    known = still_noted(merge)
    return known if known.stage is not Stage.UNDOING else known.having(name, returned)


def taken_out(deps: Deps, tenant: Tenant, merge: Merge, brought: CartReceipt, by: Principal) -> Stayed | None:
    """Take what was brought out of the customer's drafts, to be parked beside them; or why it stays."""
    desk = Desk(deps, tenant, going_on(brought), ())
    now = desk.draft if desk.sealed and not desk.over() else None
    if now is not None and now.status in ORDERING:
        raise Conflicting("dest-busy")
    stayed = stays(brought, now)
    if stayed is not None:
        return stayed
    receipt = receipt_of(deps, tenant, merge.id, merge.customer)
    try:
        retried(deps, lambda: undo(deps, tenant, receipt, brought, by))
    except (Conflicting, Gone) as refusal:
        reasons = {"draft-closed": Stayed.CLOSED, "undo-expired": Stayed.EXPIRED}
        if refusal.code not in reasons:
            raise
        return reasons[refusal.code]
    return None


def taken_back(deps: Deps, tenant: Tenant, merge: Merge, name: str, by: Principal) -> Returned:
    """Let the other customer have a draft again, open or parked as it was."""
    brought = receipt_of(deps, tenant, merge.id, merge.customer).carts[name]
    back = takeover_back(tenant, merge, brought)
    waiting = brought.parked or ""
    desk = Desk(deps, tenant, waiting, ())
    if desk.sealed is not None:
        take(deps, tenant, desk.draft, back, by)
    done = receipt_on(receipt_desk(deps, tenant, back.claim, merge.source), back.claim).carts.get(waiting)
    return Returned(done.moved_to) if done else Returned(stayed=Stayed.CLOSED)


def takeover_back(tenant: Tenant, merge: Merge, brought: CartReceipt) -> Takeover:
    """How a draft goes back: whatever is there by then goes on."""
    name = id_from("mg", partition_of(merge.source), tenant.keys.mac("merge", f"undo.{merge.id}".encode()))
    strategy = FormStrategy.ASK if brought.kind == "form" else Strategy.USE_SAVED
    return Takeover(name, merge.source, strategy, 0, 0, whole=True, aside=was_parked(brought))
