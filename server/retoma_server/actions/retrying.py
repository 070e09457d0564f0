"""Trying again what others were faster at."""

from collections.abc import Callable
from random import uniform
from typing import TypeVar

from retoma_server.adapters.stores import Stale, StoreBusy

from .deps import Deps

T = TypeVar("T")

TRIES = 12


def retried(deps: Deps, attempt: Callable[[], T]) -> T:
    """Try again, with jitter, while others are faster; raises StoreBusy after a bounded number of times."""
    for number in range(TRIES):
        try:
            return attempt()
        except Stale:
            deps.sleep(jitter(number))
    raise StoreBusy


def jitter(number: int) -> float:
    """Seconds to wait after the try of this number, the first being 0: longer and longer, never alike."""
    return uniform(0, 0.005 * 2 ** min(number, 5))  # noqa: S311 jitter, no secret
