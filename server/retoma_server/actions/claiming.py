"""Taking a guest's cart over, in three commits: seal it, apply it to the customer's, finish it.

Guest and customer lie in different partitions. Each commit may be done again, by whoever repeats the
claim and by the sweeper, and is then done once: the receipt, written with what was applied, tells.
Where the customer's cart cannot take anything now, the seal is crossed out in the receipt before it
is broken, so that somebody slow cannot apply it any more.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from retoma_server.adapters.codec import draft_bytes, read_receipt, receipt_bytes
from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.stores import StoreBusy, Write
from retoma_server.domain.access import Principal
from retoma_server.domain.claims import Fate, FormStrategy, Strategy
from retoma_server.domain.drafts import Draft, Status, check_open, closed
from retoma_server.domain.errors import Conflicting, Gone
from retoma_server.domain.events import EventType
from retoma_server.domain.form_claims import FormPlan, has_content, plan_form
from retoma_server.domain.receipts import (
    RECEIPT_KEPT,
    UNDO_FOR,
    CartReceipt,
    Plan,
    Receipt,
    beside_json,
    cart_size,
    plan,
    plan_aside,
    still_saved,
)
from retoma_server.domain.takeovers import SEALED_FOR, Takeover

from . import records
from .carrying import carry
from .current import current_desk, current_key, point
from .deps import Deps
from .desk import Desk, customers_own
from .endings import Shelf, make_room
from .lifetimes import used
from .parking import moved, parked
from .retrying import retried
from .tenants import Tenant

OUTDATED = "preview-outdated"
"""The code where a cart is not as it was shown."""


def seal(deps: Deps, tenant: Tenant, draft: str, wish: Takeover) -> Draft | None:
    """Seal a guest's cart for a claim; the one that it sealed before, None where there is nothing to take.

    Raises Conflicting `completing` or `completion-unknown` where the guest is ordering it, and
    `preview-outdated` where it is not as it was shown.
    """
    desk = Desk(deps, tenant, draft, ())
    known = desk.draft if desk.sealed and not desk.over() else None
    if known and known.takeover and known.takeover.claim == wish.claim:
        return known if known.status is Status.CLAIMING else None
    if known:
        check_not_ordering(known)
    if wish.shown and (known is None or not known.open or known.revision != wish.shown.guest):
        raise Conflicting(OUTDATED)
    if known is None or desk.sealed is None or not takes(wish, known):
        return None
    waits = known.status is Status.PARKED
    takeover = replace(wish, number=desk.sealed.revision, until=desk.now + SEALED_FOR, parked=waits)
    desk.save(known._replace(status=Status.CLAIMING, takeover=takeover, revision=known.revision + 1))
    desk.commit()
    return desk.draft


def takes(wish: Takeover, draft: Draft) -> bool:
    """Whether there is anything to take: what is empty or parked only where the whole is."""
    if wish.whole:
        return draft.status in (Status.OPEN, Status.PARKED)
    return draft.open and has_content(draft)


def check_not_ordering(cart: Draft) -> None:
    """Raise Conflicting `completing` or `completion-unknown` for a cart that is being ordered."""
    if cart.status in (Status.COMPLETING, Status.UNKNOWN):
        check_open(cart)


def take_over(deps: Deps, tenant: Tenant, guest: Draft, by: Principal | None = None) -> None:
    """Bring a sealed cart to its end: applied and finished, or as it was before.

    Raises Conflicting `dest-busy` when the customer's cart is being ordered, changed too often or
    cannot be read, `preview-outdated` when it is not as it was shown, and Gone when the customer was
    erased; the guest's cart is open again then.
    """
    try:
        done = retried(deps, lambda: apply(deps, tenant, guest, by))
    except (Conflicting, StoreBusy, IntegrityFailure) as refusal:
        late = retried(deps, lambda: cross_out(deps, tenant, guest))
        if late is None:
            retried(deps, lambda: break_seal(deps, tenant, guest))
            raise Conflicting(OUTDATED if is_outdated(refusal) else "dest-busy") from refusal
        done = late
    except Gone:
        retried(deps, lambda: break_seal(deps, tenant, guest))
        raise
    if done.parked:
        make_room(deps, tenant, Shelf(seal_of(guest).customer, done.process, done.key))
    retried(deps, lambda: finish(deps, tenant, guest, done, by))


def is_outdated(refusal: Exception) -> bool:
    """Whether a claim was refused because a cart is not as it was shown."""
    return isinstance(refusal, Conflicting) and refusal.code == OUTDATED


def seal_of(guest: Draft) -> Takeover:
    """The takeover of a sealed cart."""
    assert guest.takeover is not None, "a cart that is claiming has a takeover"
    return guest.takeover


# -- the customer's side -----------------------------------------------------------------------


def apply(deps: Deps, tenant: Tenant, guest: Draft, by: Principal | None) -> CartReceipt:
    """Let the customer have a guest's cart, once, in one commit with the receipt.

    Raises Conflicting `dest-busy` when their cart takes nothing now, they were merged into somebody else,
    or the seal was crossed out, and `preview-outdated` when it is not as it was shown.
    """
    desk, pointer = customers_desk(deps, tenant, guest)
    receipt = receipt_on(desk, seal_of(guest).claim)
    if guest.id in receipt.carts:
        return receipt.carts[guest.id]
    saved = desk.draft if desk.sealed else None
    if desk.merged_into is not None and not seal_of(guest).whole:
        raise Conflicting("dest-busy")
    crossed_out = receipt.crossed_out.get(guest.id, 0) >= seal_of(guest).number
    if crossed_out or (saved is not None and not saved.open and not seal_of(guest).aside):
        raise Conflicting("dest-busy")
    shown = seal_of(guest).shown
    if shown and not still_saved(shown, saved):
        raise Conflicting(OUTDATED)
    intended = planned(desk, guest, saved)
    done = CARRY_OUT[intended.fate](desk, pointer, guest, intended, by)
    done = having_both(desk, done, guest, saved)
    before = saved.revision if saved is not None and done.fate is Fate.MERGED else 0
    done = carry(desk, guest, seal_of(guest), done, before, by)
    write_receipt(desk, receipt.having(done))
    desk.commit()
    return done


def planned(desk: Desk, guest: Draft, saved: Draft | None) -> Plan | FormPlan:
    """What becomes of a guest's draft, by the strategy of its claim."""
    process, strategy = desk.process_of(guest), seal_of(guest).strategy
    if seal_of(guest).aside:
        return plan_aside(guest, strategy)
    if guest.kind == "form":
        return plan_form(guest, saved, FormStrategy(strategy), process.rules)
    return plan(guest, saved, Strategy(strategy), process.line_quantity)


def customers_desk(deps: Deps, tenant: Tenant, guest: Draft) -> tuple[Desk, str]:
    """The desk with the customer's cart, or with the id of one to be, and the pointer to it."""
    takeover = seal_of(guest)
    pointer = current_key(tenant, takeover.customer, guest.process, guest.key)
    key = records.claim(tenant.id, takeover.claim)
    return current_desk(deps, tenant, takeover.customer, pointer, key), pointer


def receipt_desk(deps: Deps, tenant: Tenant, claim: str, customer: str) -> Desk:
    """A desk with a claim's receipt alone, and no draft."""
    return customers_own(deps, tenant, customer, records.claim(tenant.id, claim))


def receipt_on(desk: Desk, claim: str) -> Receipt:
    """The receipt of a claim as it was read with a desk; an empty one where there is none yet."""
    key = records.claim(desk.tenant.id, claim)
    record = desk.find(key)
    if record is None:
        return Receipt(claim, desk.customer)
    return read_receipt(desk.key.open("claim", key, record.revision, record.body))


def write_receipt(desk: Desk, receipt: Receipt) -> None:
    """Write a receipt with what the desk commits."""
    key = records.claim(desk.tenant.id, receipt.id)
    body = desk.key.seal("claim", key, desk.revision(key) + 1, receipt_bytes(receipt))
    term = records.claims_term(desk.tenant.id, desk.customer)
    desk.write(Write(key, body, (term,), desk.now, desk.now + RECEIPT_KEPT))


def receipt_of(
    desk: Desk, guest: Draft, intended: Plan | FormPlan, cart: str, put_aside: str | None = None
) -> CartReceipt:
    """What was done with a guest's cart or form."""
    about = (guest.id, guest.process, guest.key, intended.strategy, intended.fate, intended.reason)
    receipt = CartReceipt(*about, cart, put_aside, desk.now, kind=guest.kind, revision=guest.revision)
    if isinstance(intended, Plan):
        return replace(receipt, decisions=intended.decisions, overflow=intended.overflow)
    return receipt


def having_both(desk: Desk, done: CartReceipt, guest: Draft, saved: Draft | None) -> CartReceipt:
    """The receipt of a form, with what there is to choose from, by paths and not by values."""
    if guest.kind != "form":
        return done
    return replace(done, beside=beside_json(guest, saved, desk.process_of(guest), with_values=False))


def adopt(
    desk: Desk, pointer: str, guest: Draft, intended: Plan | FormPlan, by: Principal | None
) -> CartReceipt:
    """The customer had no cart: the guest's is theirs."""
    desk.save(moved(desk, guest, desk.draft_id))
    point(desk, pointer, desk.draft_id)
    desk.tell(EventType.DRAFT_OPENED, by, 0)
    return receipt_of(desk, guest, intended, desk.draft_id)


def merge(
    desk: Desk, pointer: str, guest: Draft, intended: Plan | FormPlan, by: Principal | None
) -> CartReceipt:
    """What the guest has comes into the saved cart or form; what undoing needs is kept."""
    before = desk.draft
    desk.save(used(desk, mixed(before, intended)))
    desk.tell(EventType.DRAFT_MERGED, by, before.revision, how_many(guest), to=before.id)
    key = records.snapshot(desk.tenant.id, seal_of(guest).claim, guest.id)
    term = records.claims_term(desk.tenant.id, desk.customer)
    body = desk.key.seal("snapshot", key, 1, draft_bytes(guest))
    desk.write(Write(key, body, (term,), desk.now, desk.now + UNDO_FOR))
    return receipt_of(desk, guest, intended, before.id)


def mixed(saved: Draft, intended: Plan | FormPlan) -> Draft:
    """The saved draft as the merge makes it."""
    if isinstance(intended, Plan):
        size = cart_size(intended.lines)
        return saved._replace(revision=saved.revision + 1, lines=intended.lines, size=size)
    assert intended.form is not None, "a merge of forms has made one"
    return intended.form


def how_many(guest: Draft) -> int:
    """How many lines or fields a draft has."""
    return len(guest.lines) or sum(cell.live for cell in guest.cells.values())


def park_guests(
    desk: Desk, pointer: str, guest: Draft, intended: Plan | FormPlan, by: Principal | None
) -> CartReceipt:
    """The saved cart goes on; the guest's is the customer's too, parked."""
    aside = parked(moved(desk, guest, desk.deps.ids.new("dr", desk.partition)), desk.now)
    desk.save_beside(aside)
    desk.tell(EventType.DRAFT_PARKED, by, 0, about=aside)
    return receipt_of(desk, guest, intended, desk.draft_id if desk.sealed else aside.id, aside.id)


def park_saved(
    desk: Desk, pointer: str, guest: Draft, intended: Plan | FormPlan, by: Principal | None
) -> CartReceipt:
    """The guest's cart goes on as the customer's; the saved one is parked."""
    saved = desk.draft
    desk.save(parked(saved, desk.now))
    desk.tell(EventType.DRAFT_PARKED, by, saved.revision)
    going = moved(desk, guest, desk.deps.ids.new("dr", desk.partition))
    desk.save_beside(going)
    point(desk, pointer, going.id)
    desk.tell(EventType.DRAFT_OPENED, by, 0, about=going)
    return receipt_of(desk, guest, intended, going.id, saved.id)


CARRY_OUT: dict[Fate, Callable[[Desk, str, Draft, Plan | FormPlan, Principal | None], CartReceipt]] = {
    Fate.ADOPTED: adopt,
    Fate.MERGED: merge,
    Fate.GUEST_PARKED: park_guests,
    Fate.SAVED_PARKED: park_saved,
}


def cross_out(deps: Deps, tenant: Tenant, guest: Draft) -> CartReceipt | None:
    """Cross a seal out, so that it can never be applied; what was done with it, if it was after all."""
    desk = receipt_desk(deps, tenant, seal_of(guest).claim, seal_of(guest).customer)
    receipt = receipt_on(desk, seal_of(guest).claim)
    if guest.id in receipt.carts:
        return receipt.carts[guest.id]
    write_receipt(desk, receipt.without(guest.id, seal_of(guest).number))
    desk.commit()
    return None


# -- the guest's side --------------------------------------------------------------------------


def finish(deps: Deps, tenant: Tenant, guest: Draft, done: CartReceipt, by: Principal | None) -> None:
    """Leave a tombstone that says where the cart went; whoever has the browser next finds no line in it."""
    desk = Desk(deps, tenant, guest.id, ())
    if not still_sealed(desk, guest):
        return
    before = desk.draft
    tombstone = closed(before, Status.MERGED, desk.now, desk.process.purge_at(desk.now))
    desk.save(tombstone._replace(takeover=replace(seal_of(guest), into=done.cart)))
    desk.staged.drops.append(records.history_log(tenant.id, guest.id))
    kind = EventType.DRAFT_MERGED if done.fate is Fate.MERGED else EventType.DRAFT_MOVED
    desk.tell(kind, by, before.revision, to=done.moved_to)
    desk.commit()


def break_seal(deps: Deps, tenant: Tenant, guest: Draft) -> None:
    """Let a guest's cart be as it was before it was sealed; whoever saw it sealed hears of it."""
    desk = Desk(deps, tenant, guest.id, ())
    if still_sealed(desk, guest):
        before, status = desk.draft, Status.PARKED if seal_of(guest).parked else Status.OPEN
        desk.save(before._replace(status=status, takeover=None, revision=before.revision + 1))
        desk.tell(EventType.DRAFT_CHANGED, None, before.revision)
        desk.commit()


def still_sealed(desk: Desk, guest: Draft) -> bool:
    """Whether the cart on a desk is under the very seal that it had; somebody else may have been faster."""
    with suppress(Gone):  # the guest was erased
        return desk.sealed is not None and desk.draft.takeover == guest.takeover
    return False
