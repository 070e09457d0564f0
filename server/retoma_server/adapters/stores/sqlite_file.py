"""One SQLite database file: how it is opened, how its transactions run, and what its errors mean."""

import os
import random
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

from retoma_server.adapters.stores.contract import StoreBusy, StoreFull, StoreUnavailable
from retoma_server.domain.errors import RetomaError

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]

PATIENCE = 5.0
"""Seconds that a caller waits for other running instances before StoreBusy."""

SCHEMA_VERSION = 1

_SCHEMA = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE records (id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, key TEXT NOT NULL,"
    " revision INTEGER NOT NULL, due INTEGER, body BLOB NOT NULL, UNIQUE (partition, key))",
    "CREATE INDEX records_by_due ON records (due) WHERE due IS NOT NULL",
    # In the order of `find`: one term is walked newest first over all partitions without sorting.
    "CREATE TABLE terms (term TEXT, rank INTEGER, key TEXT, partition INTEGER, record INTEGER NOT NULL,"
    " PRIMARY KEY (term, rank, key, partition)) WITHOUT ROWID",
    "CREATE INDEX terms_by_record ON terms (record)",
    "CREATE TABLE heads (id INTEGER PRIMARY KEY, partition INTEGER NOT NULL, log TEXT NOT NULL,"
    " last INTEGER NOT NULL, stamp INTEGER NOT NULL DEFAULT 0, UNIQUE (partition, log))",
    "CREATE INDEX heads_by_stamp ON heads (stamp)",
    "CREATE TABLE logs (head INTEGER, position INTEGER, body BLOB NOT NULL,"
    " PRIMARY KEY (head, position)) WITHOUT ROWID",
    "INSERT INTO meta VALUES ('stamp', 0)",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
# A full disk is FULL; a quota or a limit on the file's size is a refused write like any other.
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
_AWAY = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}


def translated(error: sqlite3.Error) -> RetomaError | None:
    """The store's word for an error of SQLite; None where it can only be a fault of ours."""
    code = getattr(error, "sqlite_errorcode", 0)
    kinds = {code, code & 0xFF}  # an extended result code carries its primary one in the low byte
    if kinds & _BUSY:
        return StoreBusy()
    if kinds & _FULL:
        return StoreFull()
    return StoreUnavailable() if kinds & _AWAY else None


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str) -> Iterator[None]:
    """Run the body in one transaction, `DEFERRED` or `IMMEDIATE`; any exception rolls it back."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def connect(path: Path | None) -> sqlite3.Connection:
    """A bare connection, to memory when there is no path; a new file is readable by its owner only.

    SQLite's own busy handler is off: it would sleep inside the library and with it a whole event loop.
    """
    if path is not None:
        make_private(path)
    return sqlite3.connect(path or ":memory:", timeout=0, isolation_level=None, check_same_thread=False)


def make_private(path: Path) -> None:
    """Make a file that only its owner can read, where a link leads to if it is one.

    One that is there already is not even opened.

    To close any descriptor of a file drops every lock that this process holds on it (POSIX, fcntl). Another
    process would then take itself for the last user, and delete the log that this one writes into.
    """
    with suppress(FileExistsError):
        os.close(os.open(os.path.realpath(path), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


class SqliteFile:
    """A database file and this running instance's one connection to it, opened when first used.

    Threads take turns. Waiting for other running instances happens here, with neither the turn nor
    a transaction held, so under gevent it stops nobody else.
    """

    def __init__(self, path: Path | None, *, relaxed: bool) -> None:
        self.path = path
        self._synchronous = "NORMAL" if relaxed else "FULL"
        self._turn = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._inherited: list[sqlite3.Connection] = []

    def read(self, work: Work[Result]) -> Result:
        """Do `work` on one consistent state."""
        return self._patiently("DEFERRED", work)

    def look(self, work: Work[Result]) -> Result:
        """Do `work` that is a single query: one state without a transaction around it."""
        return self._patiently(None, work)

    def write(self, work: Work[Result]) -> Result:
        """Do `work` wholly or, when it raises, not at all."""
        return self._patiently("IMMEDIATE", work)

    def close(self) -> None:
        """Close the connection; the next use opens a new one."""
        with self._turn:
            self._let_go()

    def _patiently(self, kind: str | None, work: Work[Result]) -> Result:
        deadline = time.monotonic() + PATIENCE
        pause = 0.001
        while True:
            try:
                return self._in_turn(kind, work)
            except StoreBusy:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(random.uniform(pause / 2, pause))  # noqa: S311  (jitter, no secret)
            pause = min(pause * 2, 0.03)

    def _in_turn(self, kind: str | None, work: Work[Result]) -> Result:
        with self._turn:
            try:
                connection = self._opened()
                with transaction(connection, kind) if kind else nullcontext():
                    return work(connection)
            except sqlite3.Error as error:
                failure = translated(error)
                if failure is None:
                    raise
                if isinstance(failure, StoreUnavailable):
                    self._let_go()
                raise failure from error
            except OSError as error:
                raise StoreUnavailable from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and self._process != os.getpid():
            # Closing a connection from before a fork would release the parent's locks: keep it, unused.
            self._inherited.append(self._connection)
            self._connection = None
        if self._connection is None:
            self._connection, self._process = self._open(), os.getpid()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        connection = connect(self.path)
        try:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _let_go(self) -> None:
        if self._connection is not None and self._process == os.getpid():
            self._connection.close()
        self._connection = None


def _prepare(connection: sqlite3.Connection) -> None:
    """Create the tables where there are none; refuse a file that a newer release has written."""
    if _schema_version(connection) == SCHEMA_VERSION:
        return
    with transaction(connection, "IMMEDIATE"):
        found = _schema_version(connection)
        if found > SCHEMA_VERSION:
            raise StoreUnavailable(schema=found, supported=SCHEMA_VERSION)
        if found == 0:
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES ('epoch', ?)", (secrets.token_hex(4),))


def _schema_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
