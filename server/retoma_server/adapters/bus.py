"""The bus: one listener wakes everybody in this running instance who waits for news of a log."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

import structlog

from retoma_server.adapters.stores import Listener, Store

Log = tuple[int, str]
"""A log: its partition and its name."""

SLICE = 0.2
"""Seconds after which the listening thread looks whether it was told to stop."""

SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 15.0


class Subscription:
    """One waiter; news between two waits is remembered, so whoever reads after each wait misses none."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._news = threading.Event()

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; whether there may be news. To be called by one thread only."""
        woken = self._news.wait(timeout)
        if woken:
            self._news.clear()
        return woken

    def wake(self) -> None:
        """There may be news."""
        self._news.set()


class Bus:
    """Hears the nudges of every log on one thread, a greenlet under gevent, and wakes those concerned.

    The thread starts with the first subscription. A subscription costs an event and two entries, so
    thousands are cheap. A nudge is no promise: everybody is woken when some may have been missed.
    """

    def __init__(self, store: Store) -> None:
        """Listen to `store`, which must stay open until `close`."""
        self._store = store
        self._turn = threading.Lock()
        self._waiting: dict[Log, set[Subscription]] = {}
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    @contextmanager
    def subscribe(self, logs: Iterable[Log]) -> Iterator[Subscription]:
        """A subscription to some logs, from here to the end of the block."""
        subscription, wanted = Subscription(), tuple(logs)
        with self._turn:
            for log in wanted:
                self._waiting.setdefault(log, set()).add(subscription)
            self._begin()
        try:
            yield subscription
        finally:
            with self._turn:
                self._leave(subscription, wanted)

    def close(self) -> None:
        """Stop listening; whoever still waits is left to its timeout."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="bus", daemon=True)
            self._thread.start()

    def _leave(self, subscription: Subscription, logs: tuple[Log, ...]) -> None:
        for log in logs:
            waiting = self._waiting.get(log, set())
            waiting.discard(subscription)
            if not waiting:
                self._waiting.pop(log, None)

    def _run(self) -> None:
        """Listen until closed, and anew after any failure: a dead thread would silence every stream."""
        pause = SHORTEST_PAUSE
        while not self._closed.is_set():
            try:
                with closing(self._store.listen()) as listener:
                    pause = SHORTEST_PAUSE
                    self._hear(listener)
            except Exception as error:
                structlog.get_logger("bus").warning(
                    "listening failed", error=type(error).__name__, again_in=pause
                )
                self._closed.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _hear(self, listener: Listener) -> None:
        self._wake(None)  # nobody heard the nudges before this listener
        while not self._closed.is_set():
            self._wake(listener.wait(SLICE))

    def _wake(self, nudged: frozenset[Log] | None) -> None:
        """Wake the subscribers of some logs, or of all; nobody is woken, and so run, inside the lock."""
        with self._turn:
            logs = tuple(self._waiting) if nudged is None else nudged
            woken = [each for log in logs for each in self._waiting.get(log, ())]
        for subscription in woken:
            subscription.wake()
