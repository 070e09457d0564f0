"""The cart that follows the one being ordered: made by the first add, current once the order is made.

Both carts and the pointer of their customer lie in one partition, so each step is one commit.
"""

from dataclasses import replace
from typing import Any

from retoma_server.adapters.stores import Write
from retoma_server.domain.access import Principal, Target, reaches
from retoma_server.domain.authors import Author
from retoma_server.domain.cart_ops import CartChange
from retoma_server.domain.carts import Filled, Warned, merge_cart
from retoma_server.domain.drafts import Draft, Status, check_open, closed
from retoma_server.domain.events import EventType
from retoma_server.domain.successors import spillable, taken_back

from . import records
from .current import current_key
from .desk import Desk
from .lifetimes import used


def spills(desk: Desk) -> bool:
    """Whether what is added to the cart on a desk while it is being ordered goes into the next one."""
    return desk.draft.kind == "cart" and desk.process.spillover


def spill_over(desk: Desk, principal: Principal, change: CartChange, author: Author) -> tuple[Draft, Filled]:
    """Merge adds into the cart that follows the one on a desk; returns it, with a warning for each line.

    Raises Conflicting `completing` or `completion-unknown` for anything but adds, and to whoever may
    reach this one cart only.
    """
    adds = spillable(desk.draft, change)
    if adds is None:
        check_open(desk.draft)
    assert adds is not None, "a cart that is being ordered is not open"
    before = following(desk, principal)
    merged, filled = merge_cart(before, adds, author, desk.now, desk.process.line_quantity)
    merged = used(desk, merged)
    desk.save_beside(merged)
    desk.tell(EventType.DRAFT_CHANGED, principal, before.revision, len(adds.ops), about=merged)
    told = [Warned("spilled", line.identity.key, line.quantity) for line in changed_lines(merged)]
    return merged, replace(filled, warnings=(*filled.warnings, *told))


def changed_lines(draft: Draft) -> list[Any]:
    """The lines that the newest change touched."""
    return [line for line in draft.lines.values() if line.revision == draft.revision]


def following(desk: Desk, principal: Principal) -> Draft:
    """The cart that follows the one on a desk, made where there is none that takes changes."""
    known = open_successor(desk)
    name = known.id if known else desk.deps.ids.new("dr", desk.partition)
    if not reaches(principal, Target(name, desk.customer), desk.now):
        check_open(desk.draft)
    return known or begin_successor(desk, principal, name)


def open_successor(desk: Desk) -> Draft | None:
    """The cart that follows the one on a desk, where there is one that takes changes."""
    name = desk.draft.successor
    known = desk.beside(name) if name else None
    return known if known and known.open and desk.now < known.expires_at else None


def begin_successor(desk: Desk, principal: Principal, name: str) -> Draft:
    """An empty cart that follows the one on a desk, which says so from now on."""
    before, now = desk.draft, desk.now
    fresh = used(desk, Draft(name, before.process, before.kind, before.key, desk.customer, now, now, now))
    desk.save(before._replace(successor=name, revision=before.revision + 1, updated_at=now))
    desk.tell(EventType.DRAFT_CHANGED, principal, before.revision)
    desk.save_beside(fresh)
    desk.tell(EventType.DRAFT_OPENED, principal, 0, about=fresh)
    return fresh


def check_turn(desk: Desk) -> None:
    """Refuse to order a cart while the one before it is being ordered: an abort takes its pieces back."""
    record = desk.fetch(pointer_of(desk))
    current = record.body.decode() if record else desk.draft_id
    before = desk.beside(current) if current != desk.draft_id else None
    if before and before.successor == desk.draft_id and before.status in (Status.COMPLETING, Status.UNKNOWN):
        check_open(before)


def swing(desk: Desk, ordered: Draft) -> Draft:
    """The cart just ordered, its customer's pointer leading on to the cart that follows, where one does."""
    successor = open_successor(desk)
    if successor is None:
        return ordered._replace(successor=None)
    pointer = pointer_of(desk)
    desk.fetch(pointer)
    terms = (records.pointers_term(desk.tenant.id, desk.customer),)
    desk.write(Write(pointer, successor.id.encode(), terms, desk.now))
    return ordered


def take_back(desk: Desk, principal: Principal, reopened: Draft) -> Draft:
    """The cart that is open again, with what went into the one that was to follow it.

    That one is closed and leads back here: whatever is still sent to it is kept and answered `draft-closed`.
    """
    successor = open_successor(desk)
    if successor is not None:
        ended = closed(successor, Status.DISCARDED, desk.now, desk.process.purge_at(desk.now))
        desk.save_beside(ended._replace(successor=reopened.id))
        desk.tell(EventType.DRAFT_DISCARDED, principal, successor.revision, about=desk.beside(ended.id))
        reopened = taken_back(reopened, successor)
    return reopened._replace(successor=None)


def pointer_of(desk: Desk) -> str:
    """The key of the pointer to the current cart of the same process and key."""
    draft = desk.draft
    return current_key(desk.tenant, draft.customer, draft.process, draft.key)


def end_of(draft: Draft) -> dict[str, Any]:
    """Where a cart led to, as far as it did: the order that was made of it, and the cart that goes on."""
    order_ref = draft.completion.order_ref if draft.completion else None
    facts = {"order_ref": order_ref, "successor": draft.successor}
    return {name: fact for name, fact in facts.items() if fact is not None}
