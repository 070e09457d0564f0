"""Merging two customers who turn out to be one: by the service, with a receipt, undoable for 24 hours."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from retoma_server.adapters.ids import id_from, partition_of
from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.claims import FormStrategy, Strategy
from retoma_server.domain.drafts import ORDERING, Draft, Status, check_open
from retoma_server.domain.errors import Conflicting, Gone, Invalid, NotFound
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.merges import Brought, Merge, Stage, going_on, merge_json
from retoma_server.domain.receipts import UNDO_FOR

from .callers import Caller, principal_of
from .claiming import receipt_desk, receipt_on
from .customers import check_customer, people
from .deps import Deps
from .desk import Desk
from .joining import drafts_of, join
from .merge_notes import change_merge, known_merge, read_stage
from .parting import part
from .tenants import Tenant


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is to be merged into a customer, and how their carts and forms are."""

    source: str
    carts: Strategy = Strategy.MAX
    forms: FormStrategy | None = None


def merge_customers(deps: Deps, caller: Caller, customer: str, wish: Wish) -> dict[str, Any]:
    """Merge a customer into another; the same again gives the same receipt.

    Raises NotFound and Gone for either who is not there, Invalid `same-customer`; Conflicting
    `customer-merged`, with the `customer`, where one of them was merged into somebody else,
    `customer-merging` where one is being merged just now; and `dest-busy`, `completing`,
    `completion-unknown` or `claiming` while a draft is being ordered or taken over. What had begun by
    then is finished by the sweeper.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.MERGE_CUSTOMERS)
    merge = begin(deps, caller.home, customer, wish)
    if merge.under_way:
        join(deps, caller.home, merge, principal)
    return shown(deps, caller.home, merge.id)


def begin(deps: Deps, tenant: Tenant, customer: str, wish: Wish) -> Merge:
    """The merge that is wanted, noted, or as it was noted before."""
    if wish.source == customer:
        raise Invalid("same-customer")
    there, here = check_customer(deps, tenant, customer), check_customer(deps, tenant, wish.source)
    if here.get("merged_into") == customer:
        return read_stage(deps, tenant, here["merge"])
    if elsewhere := there.get("merged_into") or here.get("merged_into"):
        raise Conflicting("customer-merged", customer=elsewhere)
    mac = tenant.keys.mac("merge", f"{wish.source}.{customer}.{here.get('merges', 0)}".encode())
    name = id_from("mg", partition_of(customer), mac)

    def decide(known: Merge | None) -> Merge:
        if known is not None and known.stage is not Stage.DROPPED:
            return known
        check_not_busy(deps, tenant, wish.source, customer)
        brought = brought_by(deps, tenant, wish.source, customer)
        return Merge(name, wish.source, customer, 0, wish.carts, wish.forms, brought)

    return change_merge(deps, tenant, name, decide)


def brought_by(deps: Deps, tenant: Tenant, source: str, customer: str) -> tuple[Brought, ...]:
    """The kinds of identifier that lead to a customer by a merge."""
    theirs, both = known_by(deps, tenant, source), known_by(deps, tenant, customer)
    return tuple(Brought(kind, kind in both) for kind in IdentifierKind if kind in theirs)


def known_by(deps: Deps, tenant: Tenant, customer: str) -> frozenset[str]:
    """The kinds of identifier that lead to a customer, by others who were merged into them too."""
    fields = (check_customer(deps, tenant, each) for each in people(deps, tenant, customer))
    return frozenset(kind for each in fields for kind in each["identifiers"])


def check_not_busy(deps: Deps, tenant: Tenant, source: str, customer: str) -> None:
    """Raise Conflicting while a draft of one, or the other's that it would meet, is being ordered."""
    coming = list(drafts_of(deps, tenant, source))
    for draft in coming:
        if draft.status is not Status.PARKED:
            check_open(draft)
    places = {(draft.process, draft.key) for draft in coming}
    for draft in drafts_of(deps, tenant, customer):
        if draft.status in ORDERING and (draft.process, draft.key) in places:
            raise Conflicting("dest-busy")


def read_merge(deps: Deps, caller: Caller, customer: str, merge: str) -> dict[str, Any]:
    """The receipt of a merge; raises NotFound for one that is none of this customer's."""
    authorize(principal_of(deps, caller), Verb.MERGE_CUSTOMERS)
    merge_with(customer, known_merge(deps, caller.home, merge))
    return shown(deps, caller.home, merge)


def merge_with(customer: str, merge: Merge | None) -> Merge:
    """The merge, if this customer is one of those whom it made one; raises NotFound."""
    if merge is None or merge.stage is Stage.DROPPED or customer not in (merge.customer, *merge.moving):
        raise NotFound
    return merge


def shown(deps: Deps, tenant: Tenant, merge: str) -> dict[str, Any]:
    """The receipt of a merge as it now is."""
    found = read_stage(deps, tenant, merge)
    return merge_json(found, receipt_on(receipt_desk(deps, tenant, merge, found.customer), merge))


def undo_merge(deps: Deps, caller: Caller, customer: str, merge: str) -> dict[str, Any]:
    """Undo a merge: both are as they were, but for what was changed since; twice is once.

    Raises NotFound for one that is none of this customer's, Gone `undo-expired` after 24 hours and
    `customer-erased`, Conflicting `customer-merging` where one of them is being merged, `customer-merged`
    where the customer was merged into another since, and `dest-busy` while a draft is being ordered.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.MERGE_CUSTOMERS)
    undoing = change_merge(deps, caller.home, merge, partial(undoing_of, deps, caller.home, customer))
    if undoing.under_way:
        part(deps, caller.home, undoing, principal)
    return shown(deps, caller.home, merge)


def undoing_of(deps: Deps, tenant: Tenant, customer: str, known: Merge | None) -> Merge:
    """A merge as one that is being undone, or as it is where it was undone before."""
    merge = merge_with(customer, known)
    if merge.stage in (Stage.UNDOING, Stage.UNDONE):
        return merge
    if merge.stage is not Stage.MERGED:
        raise Conflicting("customer-merging")
    if deps.store.now() >= merge.at + UNDO_FOR:
        raise Gone("undo-expired")
    into = check_customer(deps, tenant, merge.source).get("merged_into")
    if into != merge.customer:
        raise Conflicting("customer-merged", customer=into)
    check_quiet(deps, tenant, merge)
    return replace(merge, stage=Stage.UNDOING)


def check_quiet(deps: Deps, tenant: Tenant, merge: Merge) -> None:
    """Raise Conflicting `dest-busy` while a draft that would go back is being ordered."""
    receipt = receipt_on(receipt_desk(deps, tenant, merge.id, merge.customer), merge.id)
    for brought in receipt.carts.values():
        now = draft_now(deps, tenant, going_on(brought))
        if now is not None and now.status in ORDERING:
            raise Conflicting("dest-busy")


def draft_now(deps: Deps, tenant: Tenant, name: str) -> Draft | None:
    """A draft as it now is, None where it is gone."""
    desk = Desk(deps, tenant, name, ())
    return desk.draft if desk.sealed else None
