"""Promises of the lease: one member of staff at a time, and no write by whoever has lost it."""

from dataclasses import dataclass

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from retoma_server.domain.errors import Locked
from retoma_server.domain.leases import (
    IDLE_LIFE,
    LEASE_LIFE,
    Holder,
    Lease,
    acquired,
    checked,
    ended,
    renewed,
    told_of,
    written,
)

ANA, LEO = Holder("as_ana", "Ana", "Sol"), Holder("as_leo", "Leo")
NAMES = ("as_ana", "as_leo")


def refused(code: str, lease: Lease, holder: Holder, now: int) -> None:
    """Check that somebody cannot take the lease, and is told who has it."""
    with pytest.raises(Locked) as refusal:
        acquired(lease, holder, now)
    assert (refusal.value.code, refusal.value.facts["name"]) == (code, "Ana")


def test_a_lease_frees_itself_after_a_minute_without_news() -> None:
    """To the millisecond; until then a colleague is told who is at work there (cart case 27)."""
    lease = acquired(Lease(), ANA, 0)
    refused("lease-held", lease, LEO, LEASE_LIFE - 1)
    assert acquired(lease, LEO, LEASE_LIFE).fence == 2


def test_who_only_keeps_it_loses_it_to_a_colleague_after_five_minutes() -> None:
    """Heartbeats hold it for so long; every write begins the five minutes anew."""
    lease = acquired(Lease(), ANA, 0)
    for now in range(0, IDLE_LIFE, 20_000):
        lease = renewed(lease, ANA.assist, 1, now)
    refused("lease-held", lease, LEO, IDLE_LIFE - 1)
    refused("lease-held", written(lease, IDLE_LIFE - 1), LEO, IDLE_LIFE + 1)
    assert acquired(lease, LEO, IDLE_LIFE).holder == LEO


def test_whoever_holds_it_has_it_for_the_asking() -> None:
    """Under the same fence, so that an answer that was lost does not cost it."""
    lease = acquired(Lease(), ANA, 0)
    assert acquired(lease, ANA, 1_000) == renewed(lease, ANA.assist, 1, 1_000)


def test_it_is_taken_over_from_somebody_at_work() -> None:
    """Whose fence is old from then on."""
    lease = acquired(acquired(Lease(), ANA, 0), LEO, 1, take_over=True)
    with pytest.raises(Locked):
        checked(lease, ANA.assist, 1, 1)
    assert checked(lease, LEO.assist, 2, 1) is lease


def test_nobody_is_named_where_nobody_has_it() -> None:
    """A refusal then says only that it is not yours."""
    lease = acquired(Lease(), ANA, 0)
    assert told_of(lease, 0).keys() == {"name", "store", "since"}
    assert told_of(lease, LEASE_LIFE) == told_of(ended(lease), 0) == {}


@dataclass
class Client:
    """What one member of staff believes: the last fence that they were given."""

    holder: Holder
    fence: int | None = None


class Leases(RuleBasedStateMachine):
    """Two members of staff, the owner and a clock; who is paused simply asks nothing for a while."""

    @initialize()
    def begin(self) -> None:
        """Nobody has it."""
        self.lease, self.now, self.highest = Lease(), 0, 0
        self.clients = {name: Client(Holder(name, name)) for name in NAMES}
        self.given: list[int] = []

    @rule(by=st.sampled_from((1, 19_999, 20_000, 59_999, 60_000, 299_999, 300_000, -30_000)))
    def pass_time(self, by: int) -> None:
        """Time passes, or the store's clock is set back."""
        self.now = max(0, self.now + by)

    @rule(who=st.sampled_from(NAMES), take_over=st.booleans())
    def take(self, who: str, take_over: bool) -> None:
        """Somebody gets it, or a colleague has it who was heard of lately."""
        client, before = self.clients[who], self.lease
        try:
            self.lease = acquired(before, client.holder, self.now, take_over=take_over)
        except Locked:
            assert before.holder is not None
            assert before.holder.assist != who
            assert self.now < before.renewed_at + LEASE_LIFE
            assert self.now < before.written_at + IDLE_LIFE
            return
        client.fence = self.lease.fence
        if self.lease.fence != before.fence:
            self.given.append(self.lease.fence)

    @rule(who=st.sampled_from(NAMES))
    def keep(self, who: str) -> None:
        """A heartbeat renews exactly the lease that it names."""
        client = self.clients[who]
        if client.fence is None:
            return
        try:
            self.lease = renewed(self.lease, who, client.fence, self.now)
        except Locked:
            assert not self.holds(client)

    @rule(who=st.sampled_from(NAMES))
    def write(self, who: str) -> None:
        """A write is taken from whoever holds it by its newest fence, and from nobody else."""
        client = self.clients[who]
        try:
            self.lease = written(checked(self.lease, who, client.fence, self.now), self.now)
        except Locked:
            assert not self.holds(client)
        else:
            assert client.fence == max(self.given)

    @rule()
    def take_back(self) -> None:
        """The owner ends it, whoever has it, and is not refused."""
        self.lease = ended(self.lease)
        for client in self.clients.values():
            with pytest.raises(Locked):
                checked(self.lease, client.holder.assist, client.fence, self.now)

    def holds(self, client: Client) -> bool:
        """Whether somebody's last fence is the lease's, and its time not over."""
        return (
            self.lease.holder == client.holder
            and self.lease.fence == client.fence
            and self.now < self.lease.expires_at
        )

    @invariant()
    def fences_only_grow(self) -> None:
        """And none is given out twice."""
        if hasattr(self, "lease"):
            assert self.lease.fence >= self.highest
            self.highest = self.lease.fence
            assert self.given == sorted(set(self.given))


TestLeases = Leases.TestCase
