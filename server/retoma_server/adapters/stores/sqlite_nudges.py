"""How nudges travel on SQLite: each nudging commit stamps the heads of its logs with a rising number."""

import sqlite3
import threading
import time

from retoma_server.adapters.stores.contract import StoreBusy, StoreUnavailable
from retoma_server.adapters.stores.sqlite_file import SqliteFile, connect

POLL = 0.02
"""Seconds between two looks for commits of other running instances: the most that a nudge is late."""


class SqliteListener:
    """A `Listener` that reads the stamps: woken by this instance, looking every 20 ms for the others.

    A look is `PRAGMA data_version`, on a connection of its own since it tells of other connections'
    commits only; it costs microseconds and takes no lock that a writer needs. Nothing is ever missed:
    the stamps stay in the file.
    """

    def __init__(self, file: SqliteFile, wakes: set[threading.Event]) -> None:
        self._file = file
        self._wakes = wakes
        self._wake = threading.Event()
        wakes.add(self._wake)
        self._seen = file.read(_last_stamp)
        self._watch = None if file.path is None else connect(file.path)
        self._watching = threading.Lock()
        self._version = -1
        self._closed = False

    def wait(self, timeout: float) -> frozenset[tuple[int, str]]:
        """Wait up to `timeout` seconds for nudges."""
        deadline = time.monotonic() + timeout
        while not self._closed:
            heard = self._hear() if self._may_have_news() else frozenset()
            left = deadline - time.monotonic()
            if heard or left <= 0:
                return heard
            self._wake.wait(min(left, POLL))
        return frozenset()

    def close(self) -> None:
        """Stop listening; a `wait` under way returns soon."""
        self._closed = True
        self._wakes.discard(self._wake)
        self._wake.set()
        with self._watching:
            if self._watch is not None:
                self._watch.close()

    def _may_have_news(self) -> bool:
        woken = self._wake.is_set()
        self._wake.clear()  # before the stamps are read, so that a nudge in between wakes again
        return self._changed_elsewhere() or woken

    def _changed_elsewhere(self) -> bool:
        if self._watch is None:
            return False
        before = self._version
        try:
            with self._watching:
                (self._version,) = self._watch.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            self._version = -1
        return self._version != before or self._version == -1

    def _hear(self) -> frozenset[tuple[int, str]]:
        """The logs stamped since the last time; none while the file does not answer."""
        try:
            rows = self._file.read(self._stamped)
        except (StoreBusy, StoreUnavailable):
            self._wake.set()
            return frozenset()
        self._seen = max((stamp for _, _, stamp in rows), default=self._seen)
        return frozenset((partition, log) for partition, log, _ in rows)

    def _stamped(self, db: sqlite3.Connection) -> list[tuple[int, str, int]]:
        query = "SELECT partition, log, stamp FROM heads WHERE stamp > ?"
        return db.execute(query, (self._seen,)).fetchall()


def _last_stamp(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT value FROM meta WHERE name = 'stamp'").fetchone()[0])
