"""Undoing a claim: the customer's cart is as it would be without it, and the guest's cart waits, parked."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from retoma_server.adapters.codec import read_draft
from retoma_server.domain.access import Principal, Verb
from retoma_server.domain.claims import Fate, Mark, undone
from retoma_server.domain.drafts import UNSETTLED, Draft, Status
from retoma_server.domain.errors import Conflicting, Gone
from retoma_server.domain.events import EventType
from retoma_server.domain.form_claims import undone_form
from retoma_server.domain.receipts import UNDO_FOR, CartReceipt, Receipt, cart_size, receipt_json

from . import records
from .callers import Caller, principal_of
from .carrying import carry_back
from .claiming import receipt_on, write_receipt
from .claims import claimant, receipt_of
from .current import current_key, point
from .deps import Deps
from .desk import Desk
from .endings import Shelf, make_room
from .parking import activated, moved, parked
from .retrying import retried
from .tenants import Tenant


def undo_claim(deps: Deps, caller: Caller, claim: str) -> dict[str, Any]:
    """Undo what a claim did, cart by cart; twice is once. Returns the receipt.

    Raises NotFound for somebody else's, Gone `undo-expired` after 24 hours, Conflicting `dest-busy`
    while a cart is being ordered, and `draft-closed` once it was ordered or thrown away.
    """
    customer = claimant(deps, caller, claim, Verb.UNDO_CLAIM)
    principal = principal_of(deps, caller)
    receipt = receipt_of(deps, caller.home, claim, customer)
    for cart in receipt.carts.values():
        retried(deps, partial(undo, deps, caller.home, receipt, cart, principal))
        make_room(deps, caller.home, Shelf(customer, cart.process, cart.key))
    return receipt_json(receipt_of(deps, caller.home, claim, customer))


def undo(deps: Deps, tenant: Tenant, read: Receipt, cart: CartReceipt, by: Principal) -> None:
    """Undo what was done with one cart, in one commit with its receipt."""
    snapshot = records.snapshot(tenant.id, read.id, cart.draft)
    keys = (records.claim(tenant.id, read.id), snapshot, records.customer(tenant.id, read.customer))
    desk = Desk(deps, tenant, cart.cart, keys)
    desk.customer = read.customer
    receipt = receipt_on(desk, read.id)
    if receipt.carts[cart.draft].undone:
        return
    if desk.now >= cart.at + UNDO_FOR:
        raise Gone("undo-expired")
    aside = UNDO[cart.fate](desk, cart, snapshot, by)
    carry_back(desk, receipt, cart, aside, by)
    write_receipt(desk, receipt.having(replace(cart, undone=True, parked=aside)))
    desk.commit()


def still_there(desk: Desk) -> Draft:
    """The cart on a desk, which must not have been ordered or thrown away."""
    if desk.sealed is None:
        raise Conflicting("draft-closed")
    draft = desk.draft
    if draft.status in UNSETTLED - {Status.OPEN}:
        raise Conflicting("dest-busy")
    if draft.status not in (Status.OPEN, Status.PARKED) or desk.over():
        raise Conflicting("draft-closed")
    return draft


def take_back(desk: Desk, cart: CartReceipt, snapshot: str, by: Principal) -> str | None:
    """What was brought goes, as far as it is still there; the guest's cart comes back, parked."""
    before = still_there(desk)
    desk.save(without(desk, before, cart, by)._replace(updated_at=desk.now))
    record = desk.find(snapshot)
    if record is None:
        raise Gone("undo-expired")
    guest = read_draft(desk.key.open("snapshot", snapshot, record.revision, record.body))
    aside = parked(moved(desk, guest, desk.deps.ids.new("dr", desk.partition)), desk.now)
    desk.save_beside(aside)
    desk.tell(EventType.DRAFT_MERGE_UNDONE, by, before.revision, to=aside.id)
    desk.tell(EventType.DRAFT_PARKED, by, 0, about=aside)
    return aside.id


def without(desk: Desk, before: Draft, cart: CartReceipt, by: Principal) -> Draft:
    """A cart or form without what a merge brought."""
    if cart.kind == "form":
        author = by.author(f"undo:{cart.draft}")
        return undone_form(before, cart.draft, author, desk.process_of(before).rules)
    mark = Mark(f"undo:{cart.draft}", before.revision + 1)
    lines = undone(before.lines, cart.settlement, f"merge:{cart.draft}", mark)
    return before._replace(revision=mark.revision, lines=lines, size=cart_size(lines))


def put_aside(desk: Desk, cart: CartReceipt, snapshot: str, by: Principal) -> str | None:
    """The adopted cart is parked: the customer had none."""
    before = still_there(desk)
    if before.open:
        desk.save(parked(before, desk.now))
        desk.tell(EventType.DRAFT_PARKED, by, before.revision)
    return before.id


def change_places(desk: Desk, cart: CartReceipt, snapshot: str, by: Principal) -> str | None:
    """The saved cart is the active one again, unless it is gone; the guest's is parked."""
    before = still_there(desk)
    saved = desk.beside(cart.parked) if cart.parked else None
    if before.open and saved is not None and saved.status is Status.PARKED and desk.now < saved.expires_at:
        active = activated(desk, saved)
        desk.save_beside(active)
        point(desk, current_key(desk.tenant, desk.customer, cart.process, cart.key), active.id)
        desk.tell(EventType.DRAFT_ACTIVATED, by, saved.revision, about=active)
    return put_aside(desk, cart, snapshot, by)


def leave(desk: Desk, cart: CartReceipt, snapshot: str, by: Principal) -> str | None:
    """The guest's cart is parked already, and the saved one was not touched."""
    return cart.parked


UNDO: dict[Fate, Callable[[Desk, CartReceipt, str, Principal], str | None]] = {
    Fate.ADOPTED: put_aside,
    Fate.MERGED: take_back,
    Fate.GUEST_PARKED: leave,
    Fate.SAVED_PARKED: change_places,
}
