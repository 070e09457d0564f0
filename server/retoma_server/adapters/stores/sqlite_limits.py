"""Counters for limits in the store's SQLite file, in a table and over a connection of their own."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from limits.storage import MovingWindowSupport, Storage

from retoma_server.adapters.stores.sqlite_file import SqliteFile

Result = TypeVar("Result")

_TABLE = (
    "CREATE TABLE IF NOT EXISTS limit_hits (key TEXT NOT NULL, due REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS limit_hits_by_key ON limit_hits (key, due)",
    "CREATE INDEX IF NOT EXISTS limit_hits_by_due ON limit_hits (due)",
)


class SqliteLimits(Storage, MovingWindowSupport):
    """The storage that `limits` counts in: a row for each hit, gone with the first hit after it expired.

    Every count is one transaction, so running instances on one machine never count past a limit
    together. Nothing is synced to the disk: after a power cut people may try anew. Raises what the
    store raises: StoreBusy, StoreUnavailable, StoreFull.
    """

    STORAGE_SCHEME = None

    def __init__(self, path: str) -> None:
        super().__init__()
        self._file = SqliteFile(Path(path), relaxed=True)
        self._prepared = False

    @property
    def base_exceptions(self) -> type[Exception]:
        """What SQLite raises; `SqliteFile` has put it in the store's words before."""
        return sqlite3.Error

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` hits within the last `expiry` seconds; False, and none counted, beyond `limit`."""

        def work(connection: sqlite3.Connection) -> bool:
            now = time.time()
            _sweep(connection, now)
            if _live(connection, key, now)[0] + amount > limit:
                return False
            _insert(connection, key, now + expiry, amount)
            return True

        return self._write(work)

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest hit of the last `expiry` seconds was (now if there is none), and their number."""
        count, due = self._read(key)
        return due - expiry if count else time.time(), count

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` hits that expire together with those before; their number."""

        def work(connection: sqlite3.Connection) -> int:
            now = time.time()
            _sweep(connection, now)
            count, due = _live(connection, key, now)
            _insert(connection, key, due if count else now + expiry, amount)
            return count + amount

        return self._write(work)

    def get(self, key: str) -> int:
        """How many hits have not expired."""
        return self._read(key)[0]

    def get_expiry(self, key: str) -> float:
        """When the next hit expires, in seconds since 1970; now if there is none."""
        count, due = self._read(key)
        return due if count else time.time()

    def check(self) -> bool:
        """Whether the file can be used; raises what the store raises where not."""
        self.get("")
        return True

    def reset(self) -> int:
        """Forget all hits; how many they were."""
        return self._write(lambda connection: connection.execute("DELETE FROM limit_hits").rowcount)

    def clear(self, key: str) -> None:
        """Forget the hits of one key."""
        self._write(lambda connection: connection.execute("DELETE FROM limit_hits WHERE key = ?", (key,)))

    def _read(self, key: str) -> tuple[int, float]:
        self._prepare()
        return self._file.read(lambda connection: _live(connection, key, time.time()))

    def _write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        self._prepare()
        return self._file.write(work)

    def _prepare(self) -> None:
        if not self._prepared:
            self._file.write(_create)
            self._prepared = True


def _create(connection: sqlite3.Connection) -> None:
    for statement in _TABLE:
        connection.execute(statement)


def _live(connection: sqlite3.Connection, key: str, now: float) -> tuple[int, float]:
    """How many hits of a key have not expired, and when the next one does (0 if there is none)."""
    query = "SELECT count(*), coalesce(min(due), 0) FROM limit_hits WHERE key = ? AND due > ?"
    count, due = connection.execute(query, (key, now)).fetchone()
    return count, due


def _insert(connection: sqlite3.Connection, key: str, due: float, amount: int) -> None:
    connection.executemany("INSERT INTO limit_hits VALUES (?, ?)", [(key, due)] * amount)


def _sweep(connection: sqlite3.Connection, now: float) -> None:
    connection.execute("DELETE FROM limit_hits WHERE due <= ?", (now,))
