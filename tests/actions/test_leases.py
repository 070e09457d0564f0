"""Staff and the owner in one draft, in any order, by the real actions on a store: nobody writes too late."""

import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from retoma_server.actions.assist import redeem_code
from retoma_server.actions.assists import change_assist
from retoma_server.actions.callers import Caller
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.drafts import get_draft
from retoma_server.actions.handing_back import end_assist
from retoma_server.actions.handoffs import Wish, create_handoff
from retoma_server.actions.leases import release_lease, renew_lease, take_lease
from retoma_server.actions.revoking import revoke_handoff
from retoma_server.adapters.codec import read_json
from retoma_server.domain.assists import Scope
from retoma_server.domain.errors import Forbidden, Invalid, Locked, NotFound
from retoma_server.domain.leases import IDLE_LIFE as IDLE
from retoma_server.domain.leases import LEASE_LIFE as LIFE
from retoma_server.domain.staff import Role

from .business import Business, open_business

STAFF = st.integers(0, 1)
PAUSES = st.one_of(st.integers(0, LIFE), st.sampled_from([LIFE - 1, LIFE, IDLE - 1, IDLE]))


class Counter(RuleBasedStateMachine):
    """Two members of staff at one draft, who pause and come back, and its owner, who types and takes back.

    The second is a supervisor, who may take over from the first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.shop: Business = open_business(Path(self.folder.name))

    def teardown(self) -> None:
        """Close the shop."""
        self.shop.deps.store.close()
        self.folder.cleanup()

    @initialize()
    def begin(self) -> None:
        """A customer calls two members of staff."""
        self.owner = self.shop.visitor()
        self.draft = self.shop.draft(self.owner, name="Ana")
        self.staff = [self.shop.staff("Marta"), self.shop.staff("Leo", Role.SUPERVISOR)]
        self.only_looks = [False, False]
        self.holder: tuple[int, int] | None = None
        self.handoffs, self.assists = ["", ""], ["", ""]
        self.given: list[int | None] = [None, None]
        self.numbers_of: list[list[int]] = [[], []]
        self.numbers, self.seqs = [0], [count(1), count(1), count(2)]
        self.accepted: dict[str, int] = {"name": 0}
        for who in (0, 1):
            self.call(who)

    @rule(who=STAFF)
    def call(self, who: int) -> None:
        """The customer reads a code to somebody, whose earlier way in ends with that."""
        self.lost(who)
        offer = create_handoff(self.shop.deps, self.owner, self.draft, Wish("staff"))
        assisted = redeem_code(self.shop.deps, self.staff[who], offer.code or "")
        assert assisted.assist is not None
        self.handoffs[who], self.assists[who] = offer.handoff.id, assisted.assist.id
        self.only_looks[who] = False

    @rule(ms=PAUSES)
    def pause(self, ms: int) -> None:
        """Time passes; whoever is in the draft stays in it."""
        self.shop.clock.now += ms
        for who in (0, 1):
            self.read(who)

    @rule(ms=PAUSES)
    def set_back(self, ms: int) -> None:
        """Somebody corrects the clock of the store."""
        self.shop.clock.now -= ms

    @rule(who=STAFF)
    def acquire(self, who: int) -> None:
        """Somebody would like to write."""
        self.take(who, take_over=False)

    @rule()
    def take_over(self) -> None:
        """The supervisor takes it from whoever has it."""
        self.take(1, take_over=True)

    def take(self, who: int, *, take_over: bool) -> None:
        """Somebody takes the lease, if they may."""
        held = self.holds(who)
        try:
            lease = take_lease(self.shop.deps, self.staff[who], self.assists[who], take_over=take_over)
        except NotFound:
            self.call(who)
            return
        except Forbidden:
            assert self.only_looks[who]
            return
        except Locked:
            assert not held
            assert not take_over
            assert self.holds(1 - who)
            return
        assert not self.only_looks[who]
        assert (lease.fence == self.numbers[-1]) == held
        self.numbers.append(lease.fence)
        self.numbers_of[who].append(lease.fence)
        self.given[who], self.holder = lease.fence, (who, self.now + LIFE)

    @rule(who=STAFF)
    def beat(self, who: int) -> None:
        """Somebody's page keeps the last lease that it was given."""
        fence = self.given[who] or 1
        if self.let(who, lambda: renew_lease(self.shop.deps, self.staff[who], self.assists[who], fence)):
            self.holder = (who, self.now + LIFE)

    @rule(who=STAFF)
    def write(self, who: int) -> None:
        """Somebody writes under the last number that they were given, which may be long ago."""
        self.staff[who].fence = self.given[who]
        name = f"staff{who}"
        if self.let(who, lambda: self.save(self.staff[who], name, who)):
            self.holder = (who, self.now + LIFE)

    @rule(who=STAFF, back=st.integers(1, 3))
    def write_late(self, who: int, back: int) -> None:
        """A program of somebody's that slept since an earlier number of theirs writes under that one."""
        earlier = [number for number in self.numbers_of[who] if number != self.given[who]]
        if not earlier:
            return
        self.staff[who].fence = earlier[-min(back, len(earlier))]
        with pytest.raises((Locked, NotFound, Forbidden)):
            self.save(self.staff[who], f"staff{who}", who)

    @rule()
    def type(self) -> None:
        """The owner types, whoever has the lease: nobody refuses them."""
        self.save(self.owner, "name", 2)

    @rule(who=STAFF)
    def leave(self, who: int) -> None:
        """Somebody leaves the draft, and with it their lease."""
        try:
            end_assist(self.shop.deps, self.staff[who], self.assists[who])
        except NotFound:
            return
        self.lost(who)

    @rule(who=STAFF)
    def release(self, who: int) -> None:
        """Somebody gives back what they think that they have."""
        held = self.holds(who)
        self.staff[who].fence = self.given[who]
        try:
            release_lease(self.shop.deps, self.staff[who], self.assists[who])
        except (NotFound, Forbidden):
            return
        except Invalid:
            assert self.given[who] is None, "only who was never given a fence has none to send"
            return
        if held:
            self.holder = None

    @rule(who=STAFF)
    def take_back(self, who: int) -> None:
        """The owner ends somebody's right to be in the draft."""
        revoke_handoff(self.shop.deps, self.owner, self.handoffs[who])
        self.lost(who)

    @rule(who=STAFF, scopes=st.sampled_from([(Scope.VIEW,), (Scope.EDIT,), (Scope.VIEW, Scope.EDIT)]))
    def decide(self, who: int, scopes: tuple[Scope, ...]) -> None:
        """The owner lets somebody look only from now on, or write again, or the one right after the other."""
        for scope in scopes:
            try:
                change_assist(self.shop.deps, self.owner, self.draft, self.assists[who], scope, None)
            except NotFound:
                return
            self.only_looks[who] = scope is Scope.VIEW
            if scope is Scope.VIEW:
                self.lost(who)
        self.write(who)  # it was on its way

    @property
    def now(self) -> int:
        """The time."""
        return self.shop.clock.now

    def holds(self, who: int) -> bool:
        """Whether somebody has the lease, as everybody was told."""
        return self.holder is not None and self.holder[0] == who and self.now < self.holder[1]

    def lost(self, who: int) -> None:
        """Somebody has it no more, where they had it."""
        if self.holder is not None and self.holder[0] == who:
            self.holder = None

    def let(self, who: int, act: Any) -> bool:
        """Whether somebody was let do what only the holder may; fails where anybody else was."""
        held = self.holds(who)
        try:
            act()
        except NotFound:
            return False  # out of the draft
        except Forbidden:
            assert self.only_looks[who]
            return False
        except Locked:
            assert not held
            return False
        assert held, "a write under an old number was taken"
        return True

    def save(self, caller: Caller, name: str, who: int) -> None:
        """Save a value of somebody's own; one that is accepted is in the draft from then on."""
        seq = next(self.seqs[who])
        op = {"op": "set", "path": f"/{name}", "value": seq, "seen": 0}
        writer = "w_1" if who == 2 else f"w_staff{who}"
        try:
            change_draft(self.shop.deps, caller, self.draft, Batch(writer, [{"seq": seq, "ops": [op]}]))
        except (Locked, NotFound, Forbidden):
            self.seqs[who] = count(seq)  # nothing was done: the same number goes on
            raise
        self.accepted[name] = seq

    def read(self, who: int) -> None:
        """Somebody looks, which keeps them in the draft."""
        try:
            get_draft(self.shop.deps, self.staff[who], self.draft)
        except NotFound:
            return

    @invariant()
    def nothing_else_is_in_the_draft(self) -> None:
        """What was accepted, and nothing that was refused; numbers have only grown."""
        if not hasattr(self, "draft"):
            return
        data = read_json(get_draft(self.shop.deps, self.owner, self.draft).json)["data"]
        assert {**data, "name": 0} == {**self.accepted, "name": 0}
        assert self.numbers == sorted(self.numbers)


def test_no_late_write_of_staff_is_ever_taken() -> None:
    """Paused clients, a clock that jumps on and back, a clerk, a supervisor who takes over, an owner who
    types, narrows and takes back: the store agrees with what everybody was told, at every step (cases 18, 19
    of forms; 25 to 27 of carts).
    """
    Counter.TestCase.settings = settings(
        max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    Counter.TestCase().runTest()
