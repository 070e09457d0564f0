"""Parked carts: the ones that a customer has beside the active one, and how one becomes it again."""

from typing import Any

from retoma_server.domain.access import Principal, Verb
from retoma_server.domain.drafts import UNSETTLED, Draft, Status, check_open, closed
from retoma_server.domain.errors import Conflicting, Invalid
from retoma_server.domain.events import EventType
from retoma_server.domain.form_claims import has_content
from retoma_server.domain.receipts import PARKED_FOR
from retoma_server.domain.rendering import draft_json

from .callers import Caller
from .current import current_key, point
from .deps import Deps
from .desk import Desk
from .jobs import Job, work
from .lifetimes import used


def moved(desk: Desk, guest: Draft, name: str) -> Draft:
    """A guest's cart as a new draft of the desk's customer, open, with its lots and conflicts."""
    open_again = guest._replace(
        id=name,
        customer=desk.customer,
        status=Status.OPEN,
        revision=guest.revision + 1,
        completion=None,
        takeover=None,
        successor=None,
    )
    return used(desk, open_again)


def parked(draft: Draft, now: int) -> Draft:
    """A cart put aside."""
    return draft._replace(
        status=Status.PARKED, revision=draft.revision + 1, updated_at=now, expires_at=now + PARKED_FOR
    )


def activated(desk: Desk, draft: Draft) -> Draft:
    """A parked cart, open again."""
    return used(desk, draft._replace(status=Status.OPEN, revision=draft.revision + 1))


def activate_draft(deps: Deps, caller: Caller, draft: str) -> dict[str, Any]:
    """Make a parked cart the customer's active one; the one that was is parked. Returns the cart.

    For one that is active this does nothing. Raises Conflicting `dest-busy` while the active one is
    being ordered, else what `check_open` raises; Invalid `kind-mismatch` for one of another kind.
    """

    def decide(desk: Desk, principal: Principal) -> dict[str, Any]:
        if desk.draft.status is not Status.PARKED:
            check_open(desk.draft)
        else:
            activate(desk, desk.draft, principal)
        return draft_json(desk.draft)

    reply: dict[str, Any] = work(deps, draft, Job(caller, Verb.ACTIVATE_DRAFT, decide))
    return reply


def activate(desk: Desk, draft: Draft, principal: Principal | None) -> None:
    """Make the parked cart on a desk the active one."""
    pointer = current_key(desk.tenant, desk.customer, draft.process, draft.key)
    record = desk.fetch(pointer)
    active = desk.beside(record.body.decode()) if record else None
    if active is not None and active.id != draft.id:
        make_way(desk, active, draft.kind, principal)
    desk.save(activated(desk, draft))
    point(desk, pointer, draft.id)
    desk.tell(EventType.DRAFT_ACTIVATED, principal, draft.revision)


def make_way(desk: Desk, active: Draft, kind: str, principal: Principal | None) -> None:
    """Put the active draft aside for another; an empty one is discarded. Raises as `activate_draft`."""
    if active.status not in UNSETTLED or (active.open and desk.now >= active.expires_at):
        return
    if not active.open:
        raise Conflicting("dest-busy")
    if active.kind != kind:
        raise Invalid("kind-mismatch")
    if has_content(active):
        aside, what = parked(active, desk.now), EventType.DRAFT_PARKED
    else:
        purge_at = desk.process.purge_at(desk.now)
        aside, what = closed(active, Status.DISCARDED, desk.now, purge_at), EventType.DRAFT_DISCARDED
    desk.save_beside(aside)
    desk.tell(what, principal, active.revision, about=aside)
