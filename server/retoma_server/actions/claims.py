"""Claims: after sign-in, a visitor's carts and forms become the customer's; each once, with a receipt."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from retoma_server.adapters.codec import read_draft, read_head
from retoma_server.adapters.envelopes import IntegrityFailure, owner_of
from retoma_server.adapters.ids import id_from, partition_of
from retoma_server.domain.access import Kind, Principal, Target, Verb, authorize
from retoma_server.domain.claims import DEFAULTS, Fate, FormStrategy, Intent, Strategy
from retoma_server.domain.drafts import TIMED, UNSETTLED, Draft
from retoma_server.domain.errors import Conflicting, Forbidden, NotFound
from retoma_server.domain.form_claims import has_content
from retoma_server.domain.processes import Process
from retoma_server.domain.receipts import Receipt, receipt_json
from retoma_server.domain.takeovers import NOT_SHOWN, Shown, Takeover

from . import records
from .callers import Caller, principal_of
from .claiming import (
    OUTDATED,
    check_not_ordering,
    is_outdated,
    receipt_desk,
    receipt_on,
    seal,
    seal_of,
    take_over,
)
from .customers import fields_of, opened_keys, read_customer
from .deps import Deps
from .desk import Desk
from .erasure import draft_id
from .guests import Guest, erased_is_absent, proved_guest, replace_token
from .identity import Minted
from .previews import preview, what_was_shown
from .retrying import retried
from .tenants import Tenant
from .validating import validate_cart

LOOKED_AT = 100
"""How many of a visitor's drafts a claim looks at, the most recently changed first."""
TAKEN = 20
"""How many carts and forms one claim takes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer wants of a visitor's carts: a strategy, the one for an intent, or only to `ask`.

    `forms` is the strategy for forms, None for each one's own. With `seen`, only what the preview showed
    that it came with.
    """

    intent: Intent = Intent.BROWSE
    strategy: Strategy | None = None
    ask: bool = False
    forms: FormStrategy | None = None
    draft: str | None = None
    seen: str | None = None

    def chosen(self, draft: Draft, process: Process) -> str:
        """The strategy that counts for a draft."""
        if draft.kind == "form":
            return str(self.forms or process.claim)
        return str(self.strategy or DEFAULTS[self.intent])


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim gave: the receipt, or a preview, and the visitor's new token."""

    json: dict[str, Any]
    visitor: Minted | None = None


def claim(deps: Deps, caller: Caller, token: str, wish: Wish) -> Claimed:
    """Take the carts of the visitor with this token over for the customer who calls.

    The same again gives the same receipt. Raises NotFound for a token or a cart that is not there for
    this caller, Forbidden for a visitor who would have more than what staff began, Conflicting `dest-busy`,
    `completing` or `completion-unknown` while one of the two is being ordered: nothing was lost then, and
    the claim may be made again. Raises `preview-outdated`, with a new preview, where something is not as it
    was shown.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.CLAIM)
    tenant, customer = caller.home, principal.customer or ""
    guest = proved_guest(deps, tenant, token, customer)
    if principal.kind is Kind.VISITOR and not is_begun_by_staff(deps, tenant, guest.customer):
        raise Forbidden("insufficient-scope")
    if guest.customer == customer:
        return Claimed(receipt_json(None))
    takeover = takeover_of(tenant, guest, customer)
    carts = claimable(deps, tenant, guest, takeover, wish.draft)
    if wish.ask:
        return Claimed(preview(deps, tenant, carts, takeover))
    try:
        take_all(deps, tenant, carts, takeover, wish, principal)
    except Conflicting as refusal:
        if not is_outdated(refusal):
            raise
        carts = claimable(deps, tenant, guest, takeover, wish.draft)
        raise Conflicting(OUTDATED, preview=preview(deps, tenant, carts, takeover)) from None
    visitor = retried(deps, lambda: replace_token(deps, tenant, guest, customer))
    receipt = receipt_of(deps, tenant, takeover.claim, customer)
    ask_about(deps, tenant, receipt, frozenset(cart.id for cart in carts))
    return Claimed(receipt_json(receipt), visitor)


def is_begun_by_staff(deps: Deps, tenant: Tenant, visitor: str) -> bool:
    """Whether a visitor came to be by opening the link to what staff had begun."""
    return bool(fields_of(deps, tenant, visitor).get("begun_by"))


def ask_about(deps: Deps, tenant: Tenant, receipt: Receipt, taken: frozenset[str]) -> None:
    """Have the shop asked about the carts that something was just merged into."""
    merged = (each for each in receipt.carts.values() if each.fate is Fate.MERGED and each.draft in taken)
    for cart in dict.fromkeys(each.cart for each in merged if each.kind == "cart"):
        validate_cart(deps, tenant, cart, "merge")


def takeover_of(tenant: Tenant, guest: Guest, customer: str) -> Takeover:
    """The claim of a customer with a visitor token: the same id again whenever it is repeated."""
    mac = tenant.keys.mac("claim", f"{guest.secret}.{customer}".encode())
    return Takeover(id_from("cl", partition_of(customer), mac), customer, "", 0, 0)


def take_all(
    deps: Deps, tenant: Tenant, carts: list[Draft], takeover: Takeover, wish: Wish, by: Principal
) -> None:
    """Take all these over; raises Conflicting `preview-outdated` where one is not as `wish.seen` has it."""
    shown: Mapping[str, Shown] = {}
    if wish.seen is not None:
        shown = what_was_shown(deps, tenant, carts, takeover, wish.seen, wish.draft)
    other = None if wish.seen is None else NOT_SHOWN
    for cart in carts:
        strategy = wish.chosen(cart, deps.tenants.process(tenant.id, cart.process))
        seen = shown.get(cart.id, other)
        take(deps, tenant, cart, replace(takeover, strategy=strategy, shown=seen), by)


def take(deps: Deps, tenant: Tenant, cart: Draft, takeover: Takeover, by: Principal) -> None:
    """Take one cart over, unless there is nothing left to take."""
    with erased_is_absent():
        sealed = retried(deps, lambda: seal(deps, tenant, cart.id, takeover))
    if sealed is None:
        return
    try:
        take_over(deps, tenant, sealed, by)
    except Conflicting as refusal:
        if not is_outdated(refusal) or seal_of(sealed).shown == takeover.shown:
            raise
        take(deps, tenant, cart, takeover, by)  # that was the seal of somebody who had seen something else


def claimable(deps: Deps, tenant: Tenant, guest: Guest, takeover: Takeover, named: str | None) -> list[Draft]:
    """The drafts of a guest that a claim takes: those with something in them, or the one that is named.

    None for a token that only repeats. Raises NotFound for one that is not theirs, Conflicting while
    one of them is being ordered.
    """
    if guest.spent:
        return []
    with erased_is_absent():
        carts = (
            named_draft(deps, tenant, guest, takeover, named) if named else all_drafts(deps, tenant, guest)
        )
    for cart in carts:
        check_not_ordering(cart)
    return carts


def all_drafts(deps: Deps, tenant: Tenant, guest: Guest) -> list[Draft]:
    """The carts and forms of a guest that have something in them."""
    authorize(guest.principal, Verb.LIST_DRAFTS)
    found = unsettled_drafts(deps, tenant, guest)
    return [draft for draft in found if has_content(draft)][:TAKEN]


def named_draft(deps: Deps, tenant: Tenant, guest: Guest, takeover: Takeover, named: str) -> list[Draft]:
    """The one draft that a claim names, or none where the claim has it already."""
    desk = Desk(deps, tenant, named, ())
    authorize(guest.principal, Verb.READ_DRAFT, Target(named, desk.customer))
    if desk.sealed is None or desk.over():
        raise NotFound
    if desk.draft.status in UNSETTLED:
        return [desk.draft]
    known = desk.draft.takeover
    if known is None or known.claim != takeover.claim:
        raise NotFound
    return []


def unsettled_drafts(deps: Deps, tenant: Tenant, guest: Guest) -> Iterator[Draft]:
    """The drafts of a guest that are open, or about to be something else; raises NotFound for one erased."""
    owner, place = guest.customer, partition_of(guest.customer)
    record = records.customer(tenant.id, owner)
    snapshot = deps.store.read(place, [record])
    fields = read_customer(snapshot.get(record))
    if fields.get("erased"):
        raise NotFound
    key = opened_keys(deps, tenant, owner, fields)
    for found in deps.store.find([place], [records.customers_drafts_term(tenant.id, owner)], limit=LOOKED_AT):
        try:
            plaintext = key.open("draft", draft_id(found), found.record.revision, found.record.body)
        except IntegrityFailure:
            continue  # asked for by itself it says so; the others are claimed all the same
        head = read_head(plaintext)
        if head.status in UNSETTLED and not (head.status in TIMED and snapshot.now >= head.expires_at):
            yield read_draft(plaintext)


# -- receipts ----------------------------------------------------------------------------------


def receipt_of(deps: Deps, tenant: Tenant, claim: str, customer: str) -> Receipt:
    """The receipt of a claim as it now is."""
    return receipt_on(receipt_desk(deps, tenant, claim, customer), claim)


def read_claim(deps: Deps, caller: Caller, claim: str) -> dict[str, Any]:
    """The receipt of a claim; raises NotFound for somebody else's as for one that is not there."""
    customer = claimant(deps, caller, claim, Verb.READ_CLAIM)
    return receipt_json(receipt_of(deps, caller.home, claim, customer))


def claimant(deps: Deps, caller: Caller, claim: str, verb: Verb) -> str:
    """The customer whose claim it is, once the caller is known to be allowed this; raises NotFound."""
    principal = principal_of(deps, caller)
    key = records.claim(caller.home.id, claim)
    record = deps.store.read(partition_of(claim), [key]).get(key)
    customer = owner_of(record.body).name if record else ""
    authorize(principal, verb, Target(claim, customer))
    if record is None:
        raise NotFound
    return customer
