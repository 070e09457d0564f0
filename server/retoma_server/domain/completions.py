"""Completing a cart exactly once, although the order is made elsewhere and either side may die.

A completion is begun under a lease, and committed or aborted by the shop. When the lease ends
first nobody knows whether an order was made: the cart is then `unknown`, neither open, lest it be
ordered twice, nor locked for ever: the shop says what happened.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from .errors import Conflicting
from .lines import Line

LEASE = 120_000
"""How long a shop has to make the order before somebody must ask, in milliseconds."""


class Progress(StrEnum):
    """How far a completion has come."""

    COMPLETING = "completing"
    UNKNOWN = "unknown"
    COMMITTED = "committed"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Completion:
    """One attempt to order a cart.

    `id` is the same for every attempt at the same cart, so that the shop's order system and its
    payment provider can tell a repetition; `attempt` tells attempts apart. Times are milliseconds
    on the store's clock.
    """

    id: str
    attempt: int
    began_by: str
    lease_until: int
    price_hash: str
    progress: Progress = Progress.COMPLETING
    order_ref: str | None = None

    def overdue(self, now: int) -> bool:
        """Whether the lease has ended without a word."""
        return self.progress is Progress.COMPLETING and now >= self.lease_until


def completion_id(draft: str) -> str:
    """The name of a cart's completion: derived, so that nobody can make a second one by accident."""
    return "co_" + draft.removeprefix("dr_")


def price_hash(lines: Iterable[Line]) -> str:
    """What the customer is about to accept: 64 hexadecimal digits over each line's key, quantity and price.

    The SHA-256 of a JSON array of `[key, quantity, amount, currency]` sorted by key.
    """
    rows = sorted(
        [
            line.identity.key,
            line.quantity,
            *((line.price.amount, line.price.currency) if line.price else (None, None)),
        ]
        for line in lines
    )
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def begun(known: Completion | None, fresh: Completion) -> Completion:
    """The attempt that somebody gets who wants to complete.

    The same caller's repetition gets the attempt that is under way; whoever comes second is told
    of it. Raises Conflicting `completing`, or `completion-unknown` where the shop must speak first.
    """
    if known is None or known.progress is Progress.ABORTED:
        return replace(fresh, attempt=known.attempt + 1 if known else 1)
    if known.progress is Progress.UNKNOWN:
        raise Conflicting("completion-unknown", completion=known.id)
    if known.began_by != fresh.began_by:
        raise Conflicting("completing", completion=known.id, attempt=known.attempt)
    return known


def committed(known: Completion, attempt: int, order_ref: str) -> Completion:
    """The completion with its order, once and for all.

    A repetition with the same order is none; the order may come after the lease ended. Raises
    Conflicting `already-committed` with the order there is, or `completion-stale` for an attempt
    that is not the newest or was aborted.
    """
    if known.progress is Progress.COMMITTED:
        if known.order_ref != order_ref:
            raise Conflicting("already-committed", order_ref=known.order_ref)
        return known
    check_attempt(known, attempt)
    return replace(known, progress=Progress.COMMITTED, order_ref=order_ref)


def aborted(known: Completion, attempt: int) -> Completion:
    """The completion given up: the cart is open again; to abort twice is once.

    Raises Conflicting `already-committed`, or `completion-stale` for an older attempt.
    """
    if known.progress is Progress.COMMITTED:
        raise Conflicting("already-committed", order_ref=known.order_ref)
    if known.progress is Progress.ABORTED and known.attempt == attempt:
        return known
    check_attempt(known, attempt)
    return replace(known, progress=Progress.ABORTED)


def check_attempt(known: Completion, attempt: int) -> None:
    """Refuse the word of an attempt that is over, or never was."""
    if known.attempt != attempt or known.progress is Progress.ABORTED:
        raise Conflicting("completion-stale", attempt=known.attempt)


def renewed(known: Completion, attempt: int, now: int) -> Completion:
    """The completion with a fresh lease; one that is unknown by now stays so."""
    check_attempt(known, attempt)
    return replace(known, lease_until=now + LEASE) if known.progress is Progress.COMPLETING else known


def lapsed(known: Completion) -> Completion:
    """The completion whose lease ended without a word."""
    return replace(known, progress=Progress.UNKNOWN)
