"""Counting what somebody did within the last so many seconds: shared in the store, or here in memory."""

import math
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from limits import RateLimitItem
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from retoma_server.adapters.stores.redis_wire import raise_translated

Answer = TypeVar("Answer")
Who = tuple[str, ...]
"""Whom a counter is of: a tenant, a principal, an address."""

SECOND = 1_000_000_000


class Standing(NamedTuple):
    """Where somebody stands: how many times are left, and in how many seconds there is one more."""

    remaining: int
    reset: int


class Counter(Protocol):
    """Counts one thing for anybody."""

    def take(self, who: Who) -> bool:
        """Count once; False, and nothing counted, when none is left."""

    def standing(self, who: Who) -> Standing:
        """Where somebody stands, without counting."""


class Shared:
    """Counts in the store's server, for all running instances together, each hit for its own window.

    While the store is away it raises what the store raises.
    """

    def __init__(self, limiter: MovingWindowRateLimiter, item: RateLimitItem) -> None:
        self._limiter = limiter
        self._item = item

    def take(self, who: Who) -> bool:
        """Count once; one trip to the store."""
        return _in_the_stores_words(lambda: self._limiter.hit(self._item, *who))

    def standing(self, who: Who) -> Standing:
        """Where somebody stands; one trip to the store."""
        return _in_the_stores_words(lambda: self._standing(who))

    def _standing(self, who: Who) -> Standing:
        stats = self._limiter.get_window_stats(self._item, *who)
        return Standing(max(0, stats.remaining), max(0, math.ceil(stats.reset_time - time.time())))


def _in_the_stores_words(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except RedisError as error:
        raise_translated(error)


class Meter:
    """Counts in this running instance's memory, in about two microseconds.

    A sliding window from two counts: the last whole window's, weighed by how much of it the window
    that ends now still covers, and the present one's. What nobody used for two windows is forgotten
    with its window, so nothing has to be swept. `clock` gives nanoseconds; all is whole numbers, so
    that a wait is exact.
    """

    def __init__(self, amount: int, seconds: int, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._amount = amount
        self._length = seconds * SECOND
        self._clock = clock
        self._turn = threading.Lock()
        self._window = 0
        self._earlier: dict[Who, int] = {}
        self._latest: dict[Who, int] = {}

    def take(self, who: Who) -> bool:
        """Count once."""
        with self._turn:
            left = self._advance()
            latest = self._latest.get(who, 0)
            if self._earlier.get(who, 0) * left > (self._amount - latest - 1) * self._length:
                return False
            self._latest[who] = latest + 1
            return True

    def standing(self, who: Who) -> Standing:
        """Where somebody stands."""
        with self._turn:
            left = self._advance()
            earlier, latest = self._earlier.get(who, 0), self._latest.get(who, 0)
        used = latest + _ceiling(earlier * left, self._length)
        wait = left - self._left_when(used - 1, earlier, latest) if used else 0
        return Standing(self._amount - used, _ceiling(wait, SECOND))

    def _advance(self) -> int:
        """Begin a new window when its time has come; how much of the present one is left."""
        present, passed = divmod(self._clock(), self._length)
        if present != self._window:
            self._earlier = self._latest if present == self._window + 1 else {}
            self._latest, self._window = {}, present
        return self._length - passed

    def _left_when(self, used: int, earlier: int, latest: int) -> int:
        """How much of the present window is left once no more than `used` count; below 0 in the next."""
        if latest <= used:
            return (used - latest) * self._length // earlier
        return used * self._length // latest - self._length


def _ceiling(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
