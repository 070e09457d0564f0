"""Trying again: when, after how long, and how often."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import random
from typing import TypeVar

from ._errors import RetomaError

Answer = TypeVar("Answer")

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0
LONGEST_RETRY_AFTER = 60.0


@dataclass(frozen=True)
class Retry:
    """How often to try again (`times`), with the ways to sleep (seconds) and to draw from [0, 1)."""

    times: int = 3
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random

    def run(self, attempt: Callable[[], Answer]) -> Answer:
        """Call `attempt` until it answers, fails for good, or has failed `times` + 1 times."""
        for turn in range(self.times):
            try:
                return attempt()
            except RetomaError as error:
                self.pause(error, turn)
        return attempt()

    def pause(self, error: RetomaError, turn: int) -> None:
        """Sleep before the next attempt; raise the error again where trying again is pointless.

        Full jitter, so that a thousand tills that fail together do not come back together. The
        server's `Retry-After` wins; one of more than a minute is for the caller to wait out.
        """
        if not error.retryable or (error.retry_after or 0) > LONGEST_RETRY_AFTER:
            raise error
        ceiling = min(LONGEST_PAUSE, FIRST_PAUSE * 2**turn)
        self.sleep(self.random() * ceiling if error.retry_after is None else error.retry_after)
