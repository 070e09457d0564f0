"""Completing a cart: begun by the customer, settled by the shop, exactly once."""

from dataclasses import dataclass
from typing import Any

from retoma_server.domain.access import Principal, Verb
from retoma_server.domain.completions import (
    LEASE,
    Completion,
    aborted,
    begun,
    committed,
    completion_id,
    price_hash,
    renewed,
)
from retoma_server.domain.drafts import Draft, Status, check_open, with_completion
from retoma_server.domain.errors import Conflicting, Invalid, NotFound
from retoma_server.domain.events import EventType
from retoma_server.domain.rendering import draft_json, revalued_json, totals_json
from retoma_server.domain.validating import Revalued, too_many

from .callers import Caller
from .changing import stale_problem
from .deps import Deps
from .desk import Desk
from .jobs import Job, work
from .lifetimes import used
from .successors import check_turn, end_of, swing, take_back
from .validating import UNASKED, Word


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish to complete: what was seen, the prices that were accepted, and the name of this one click."""

    seen: int
    by: str
    price_hash: str | None = None
    word: Word = UNASKED


def begin_completion(desk: Desk, principal: Principal, wish: Wish) -> None:
    """Begin to order the cart on a desk, or find the attempt that the same click began.

    Raises Outdated when it was changed since `seen`, Conflicting `price-changed` with what it comes
    to now, `completing`, `completion-unknown` or `draft-closed`, Invalid for a cart without lines.
    """
    draft = desk.draft
    known = draft.completion
    if draft.status is Status.OPEN:
        check_cart(desk, principal, wish)
    elif known is None or draft.status is not Status.COMPLETING:
        refuse_completion(draft)
    hashed = price_hash(draft.orderable)
    fresh = Completion(completion_id(draft.id), 1, wish.by, desk.now + LEASE, hashed)
    attempt = begun(known, fresh)
    if attempt != known:
        desk.save(with_completion(after_word(draft, wish.word, desk.now), attempt, desk.now))
        desk.tell(EventType.COMPLETION_STARTED, principal, draft.revision)
        desk.audit(principal, str(EventType.COMPLETION_STARTED))


def refuse_completion(draft: Draft) -> None:
    """Say why a cart cannot be ordered: it was, nobody knows whether it was, or it is not the active one."""
    completion = draft.completion
    if draft.status in (Status.CLAIMING, Status.MERGED, Status.PARKED):
        check_open(draft)
    if draft.status is Status.UNKNOWN and completion is not None:
        raise Conflicting("completion-unknown", completion=completion.id)
    raise Conflicting("draft-closed", **end_of(draft))


def check_cart(desk: Desk, principal: Principal, wish: Wish) -> None:
    """Refuse a cart that is not what the customer saw."""
    draft = desk.draft
    if wish.word.changes:
        desk.audit(principal, "draft-viewed")
        raise price_problem(draft, wish.word.changes)
    if wish.seen != draft.revision or wish.word.revision not in (None, draft.revision):
        raise stale_problem(desk, principal, min(wish.seen, draft.revision))
    check_turn(desk)
    if not draft.orderable:
        raise Invalid(errors=[{"pointer": "/lines", "code": "required"}])
    if wish.price_hash not in (None, price_hash(draft.orderable)):
        raise price_problem(draft, ())
    if lines := too_many(draft):
        raise Conflicting("quantity-unavailable", lines=[line.identity.key for line in lines])


def price_problem(draft: Draft, changes: tuple[Revalued, ...]) -> Conflicting:
    """The answer to an order of what the customer did not see: what it comes to now, and what changed."""
    changed = [revalued_json(each) for each in changes]
    totals = totals_json(draft.orderable)
    return Conflicting("price-changed", revision=draft.revision, totals=totals, changes=changed)


def after_word(draft: Draft, word: Word, now: int) -> Draft:
    """The cart with a note of the shop's word, which changed nothing else of it."""
    if word.validation is None:
        return draft
    return draft._replace(upkeep=draft.upkeep._replace(asked_at=now, validation=word.validation))


def commit_completion(
    deps: Deps, caller: Caller, draft: str, name: str, attempt: int, order_ref: str
) -> dict[str, Any]:
    """Note the order that the shop made of a cart, once; the same again is no error.

    Raises Conflicting `already-committed` for another order, `completion-stale` for an attempt
    that is over, NotFound for a completion that never was.
    """

    def decide(desk: Desk, principal: Principal) -> dict[str, Any]:
        done = committed(completion_of(desk, name), attempt, order_ref)
        return settle(desk, principal, done, EventType.DRAFT_COMPLETED)

    return settled(deps, caller, draft, decide)


def abort_completion(deps: Deps, caller: Caller, draft: str, name: str, attempt: int) -> dict[str, Any]:
    """Give an attempt up: the cart is open again. Raises as `commit_completion`."""

    def decide(desk: Desk, principal: Principal) -> dict[str, Any]:
        done = aborted(completion_of(desk, name), attempt)
        return settle(desk, principal, done, EventType.COMPLETION_ABORTED)

    return settled(deps, caller, draft, decide)


def renew_completion(deps: Deps, caller: Caller, draft: str, name: str, attempt: int) -> dict[str, Any]:
    """Give the shop more time for an attempt. Raises as `commit_completion`."""

    def decide(desk: Desk, principal: Principal) -> dict[str, Any]:
        return settle(desk, principal, renewed(completion_of(desk, name), attempt, desk.now), None)

    return settled(deps, caller, draft, decide)


def settled(deps: Deps, caller: Caller, draft: str, decide: Any) -> dict[str, Any]:
    """The cart as it is after the shop's word."""
    reply: dict[str, Any] = work(deps, draft, Job(caller, Verb.SETTLE_COMPLETION, decide))
    return reply


def completion_of(desk: Desk, name: str) -> Completion:
    """The completion of the cart on a desk, by its name."""
    known = desk.draft.completion
    if known is None or known.id != name:
        raise NotFound
    return known


def settle(desk: Desk, principal: Principal, done: Completion, kind: EventType | None) -> dict[str, Any]:
    """Let the cart on a desk be where its completion now is."""
    before = desk.draft
    if done != before.completion:
        after = with_completion(before, done, desk.now)
        if after.status is Status.COMPLETED:
            after = swing(desk, after)._replace(expires_at=desk.process.purge_at(desk.now))
        elif after.status is Status.OPEN:
            after = used(desk, take_back(desk, principal, after))
        desk.save(after)
        if kind is not None:
            desk.tell(kind, principal, before.revision)
    return draft_json(desk.draft)
