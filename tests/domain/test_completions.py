"""Completion: one order a cart, whoever repeats, overtakes or falls silent."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from retoma_server.domain.authors import Author
from retoma_server.domain.completions import (
    LEASE,
    Completion,
    Progress,
    aborted,
    begun,
    committed,
    completion_id,
    lapsed,
    price_hash,
    renewed,
)
from retoma_server.domain.errors import Conflicting
from retoma_server.domain.lines import Identity, Line, Lot, Price


def fresh(by: str = "key-1", now: int = 0) -> Completion:
    """An attempt that somebody would like to begin."""
    return Completion(completion_id("dr_1"), 1, by, now + LEASE, "hash")


def refused(act: Callable[[], object]) -> str:
    """The code with which something is refused."""
    with pytest.raises(Conflicting) as refusal:
        act()
    return refusal.value.code


def test_a_repetition_gets_the_attempt_under_way_and_another_caller_is_told_of_it() -> None:
    """Two clicks, two devices: one attempt."""
    first = begun(None, fresh())
    assert begun(first, fresh(now=5)) == first
    assert refused(lambda: begun(first, fresh("key-2"))) == "completing"


def test_the_completion_has_the_same_name_in_every_attempt() -> None:
    """So the payment provider sees a repetition although the caller made a new key (incacook#36)."""
    first = begun(None, fresh())
    second = begun(aborted(first, 1), fresh("key-2"))
    assert (second.id, second.attempt) == (first.id, 2)


def test_an_order_is_set_once() -> None:
    """The same again is none; another one is refused with the one there is."""
    done = committed(begun(None, fresh()), 1, "order-1")
    assert committed(done, 1, "order-1") == done
    assert refused(lambda: committed(done, 1, "order-2")) == "already-committed"
    assert refused(lambda: aborted(done, 1)) == "already-committed"


def test_a_silent_shop_leaves_the_cart_unknown_until_it_speaks() -> None:
    """Neither ordered twice nor locked for ever."""
    attempt = begun(None, fresh())
    assert (attempt.overdue(LEASE - 1), attempt.overdue(LEASE)) == (False, True)
    silent = lapsed(attempt)
    assert refused(lambda: begun(silent, fresh())) == "completion-unknown"
    assert committed(silent, 1, "order-1").progress is Progress.COMMITTED
    assert aborted(silent, 1).progress is Progress.ABORTED


def test_a_word_of_an_older_attempt_counts_for_nothing() -> None:
    """It may come very late."""
    second = begun(aborted(begun(None, fresh()), 1), fresh("key-2"))
    assert refused(lambda: committed(second, 1, "order-1")) == "completion-stale"
    assert refused(lambda: aborted(second, 1)) == "completion-stale"
    assert refused(lambda: renewed(second, 1, 5)) == "completion-stale"
    assert renewed(second, 2, 5).lease_until == 5 + LEASE


def test_the_price_hash_tells_a_quantity_or_a_price_from_another() -> None:
    """And not the order in which lines came."""
    tee = Line(Identity("tee"), (Lot("w", 1, 1, 2),), 1, Author("visitor"), price=Price(1990, "EUR"))
    mug = Line(Identity("mug"), (Lot("w", 1, 1, 1),), 1, Author("visitor"))
    assert price_hash([tee, mug]) == price_hash([mug, tee])
    dearer = replace(tee, price=Price(2090, "EUR"))
    more = replace(tee, lots=(Lot("w", 1, 1, 3),))
    assert len({price_hash([line, mug]) for line in (tee, dearer, more)}) == 3


class Checkout(RuleBasedStateMachine):
    """A customer with two devices and a shop that repeats itself, forgets and falls silent."""

    def __init__(self) -> None:
        """Begin with an open cart."""
        super().__init__()
        self.now = 0
        self.known: Completion | None = None
        self.orders: set[str] = set()
        self.attempts: list[int] = []

    @rule(by=st.sampled_from(["phone", "desktop"]))
    def begin(self, by: str) -> None:
        """Somebody clicks."""
        try:
            self.known = begun(self.known, fresh(by, self.now))
            self.attempts.append(self.known.attempt)
        except Conflicting:
            pass

    @precondition(lambda self: self.attempts)
    @rule(
        data=st.data(),
        act=st.sampled_from(["commit", "abort", "renew"]),
        order=st.sampled_from(["o-1", "o-2"]),
    )
    def speak(self, data: st.DataObject, act: str, order: str) -> None:
        """The shop speaks of any attempt there ever was."""
        assert self.known is not None
        attempt = data.draw(st.sampled_from(self.attempts))
        try:
            if act == "commit":
                self.known = committed(self.known, attempt, order)
                self.orders.add(order)
            else:
                self.known = (
                    aborted(self.known, attempt) if act == "abort" else renewed(self.known, attempt, self.now)
                )
        except Conflicting:
            pass

    @rule(by=st.integers(1, LEASE))
    def wait(self, by: int) -> None:
        """Time passes, and the sweeper with it."""
        self.now += by
        if self.known is not None and self.known.overdue(self.now):
            self.known = lapsed(self.known)

    @invariant()
    def one_order(self) -> None:
        """There is never a second order, and an order is never forgotten."""
        assert len(self.orders) <= 1
        if self.orders:
            assert self.known is not None
            assert {self.known.order_ref} == self.orders


TestCheckout = Checkout.TestCase
TestCheckout.settings = settings(deadline=None, max_examples=60)
