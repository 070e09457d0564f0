"""The sweeper: goes over what is due again and again, until it is told to stop."""

import threading
from random import uniform

from structlog.stdlib import BoundLogger

from retoma_server.domain.errors import RetomaError

from .deps import Deps
from .sweeping import PAGE, Swept, sweep

INTERVAL = 2.0
LONGEST_PAUSE = 60.0


class Sweeper:
    """One sweeper; any number may run at once on a store."""

    def __init__(
        self, deps: Deps, stop: threading.Event, log: BoundLogger, interval: float = INTERVAL
    ) -> None:
        """Sweep every `interval` seconds until `stop` is set."""
        self._deps = deps
        self._stop = stop
        self._log = log
        self._interval = interval
        self._pause = interval
        self._left = 0

    def run(self) -> None:
        """Sweep until told to stop; while the store is away, wait longer and longer for it."""
        while not self._stop.is_set():
            try:
                swept = self.sweep()
                self._pause = 0.0 if sum(swept.counts.values()) >= PAGE else self._interval
            except RetomaError as error:
                self._pause = min(max(2 * self._pause, self._interval), LONGEST_PAUSE)
                self._log.warning("sweeping failed", code=error.code, again_in=self._pause)
            self._stop.wait(uniform(0.5, 1.0) * self._pause)  # noqa: S311 jitter, no secret

    def sweep(self) -> Swept:
        """One pass; it asks for more than a page, so that what must be left alone blocks nothing."""
        swept = sweep(self._deps, PAGE + self._left)
        if swept.counts:
            self._log.info("swept", **swept.counts)
        if swept.left > self._left:
            self._log.warning("due records left alone", count=swept.left)
        self._left = swept.left
        return swept
