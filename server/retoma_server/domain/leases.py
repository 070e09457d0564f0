"""The lease: the right of one member of staff at a time to write in a draft; its owner needs none.

It lasts a minute, and is renewed by a heartbeat and by every write. Its fence is a number that only
grows, so that a write by whoever held it once is known for what it is, however late it comes.
"""

from dataclasses import dataclass, replace
from typing import Any

from .errors import Locked
from .rendering import timestamp

LEASE_LIFE = 60_000
"""Milliseconds without a heartbeat or a write after which it is free again."""
IDLE_LIFE = 5 * 60_000
"""Milliseconds without a write, heartbeats or not, after which a colleague may take it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease: by which assist, and what a colleague is told of them."""

    assist: str
    name: str | None = None
    store: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease of one draft; `holder` is None where nobody has it. Times are milliseconds, the store's."""

    fence: int = 0
    holder: Holder | None = None
    taken_at: int = 0
    renewed_at: int = 0
    written_at: int = 0

    @property
    def expires_at(self) -> int:
        """When it is free again if its holder is not heard of."""
        return self.renewed_at + LEASE_LIFE

    def held(self, now: int) -> Holder | None:
        """Whoever holds it now."""
        return self.holder if now < self.expires_at else None

    def idle(self, now: int) -> bool:
        """Whether its holder has written nothing for so long that a colleague may take it."""
        return now >= self.written_at + IDLE_LIFE


def acquired(lease: Lease, holder: Holder, now: int, *, take_over: bool = False) -> Lease:
    """The lease in somebody's hands: the same where it is theirs, else under a new fence.

    Raises Locked `lease-held` while a colleague holds it who has written lately, unless it is taken over.
    """
    current = lease.held(now)
    if current is not None and current.assist == holder.assist:
        return replace(lease, renewed_at=now)
    if current is not None and not take_over and not lease.idle(now):
        raise Locked("lease-held", **told_of(lease, now))
    return Lease(lease.fence + 1, holder, now, now, now)


def kept(lease: Lease, holder: Holder, now: int) -> Lease:
    """The lease in the hands of whoever has a page open, as long as nobody else has it.

    What a page does by itself takes it from no colleague, however long ago they wrote: Locked `lease-held`.
    """
    check_free(lease, holder.assist, now)
    return acquired(lease, holder, now)


def check_free(lease: Lease, assist: str, now: int) -> None:
    """Raise Locked `lease-held` while a colleague holds the lease."""
    current = lease.held(now)
    if current is not None and current.assist != assist:
        raise Locked("lease-held", **told_of(lease, now))


def checked(lease: Lease, assist: str, fence: int | None, now: int) -> Lease:
    """The lease, where this assist holds it by this fence; raises Locked `lease-lost`."""
    current = lease.held(now)
    if current is None or current.assist != assist or fence != lease.fence:
        raise Locked("lease-lost", **told_of(lease, now))
    return lease


def renewed(lease: Lease, assist: str, fence: int, now: int) -> Lease:
    """The lease after a heartbeat of its holder; raises Locked `lease-lost`."""
    return replace(checked(lease, assist, fence, now), renewed_at=now)


def written(lease: Lease, now: int) -> Lease:
    """The lease after a write of its holder."""
    return replace(lease, renewed_at=now, written_at=now)


def ended(lease: Lease) -> Lease:
    """The lease in nobody's hands, its fence past all that were ever given out."""
    return Lease(lease.fence + 1)


def told_of(lease: Lease, now: int) -> dict[str, Any]:
    """What others are told of whoever holds a lease: nothing where nobody does."""
    holder = lease.held(now)
    if holder is None:
        return {}
    return {"name": holder.name, "store": holder.store, "since": timestamp(lease.taken_at)}
