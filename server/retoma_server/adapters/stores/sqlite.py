"""The embedded store: one SQLite file, shared by any number of running instances on one machine."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path

from retoma_server.adapters.stores.contract import (
    PARTITIONS,
    Append,
    Commit,
    Entry,
    Found,
    Health,
    LogPage,
    Record,
    Snapshot,
    Stale,
    Write,
)
from retoma_server.adapters.stores.sqlite_file import SqliteFile
from retoma_server.adapters.stores.sqlite_nudges import SqliteListener

_NEWEST = (2**63 - 1, "")
_LAST = "\U0010ffff"
"""Above every character that a key has."""
_WALKED = 500
"""Records that a walk reads at a time."""


def milliseconds() -> int:
    """The machine's time: every running instance on a file shares the machine, and so the clock."""
    return time.time_ns() // 1_000_000


class SqliteStore:
    """A `Store` in an SQLite file, or in memory when `path` is None (gone when closed).

    WAL, so that readers never wait; `synchronous=FULL`, so that a commit survives a power loss, or
    `NORMAL` when `relaxed` (a power loss may then take the last commits, never tear one).
    `clock` gives milliseconds.
    """

    def __init__(
        self,
        path: str | PathLike[str] | None,
        *,
        relaxed: bool = False,
        clock: Callable[[], int] = milliseconds,
    ) -> None:
        self._file = SqliteFile(None if path is None else Path(path), relaxed=relaxed)
        self._relaxed = relaxed
        self._clock = clock
        self._wakes: set[threading.Event] = set()

    @property
    def epoch(self) -> str:
        """Short name of this store's unbroken history."""
        return self._file.look(_epoch)

    def new_epoch(self) -> str:
        """Begin a new epoch and return its name."""
        name = secrets.token_hex(4)
        self._file.write(lambda db: db.execute("UPDATE meta SET value = ? WHERE name = 'epoch'", (name,)))
        return name

    def now(self) -> int:
        """The machine's time in milliseconds."""
        return self._clock()

    def read(self, partition: int, keys: Iterable[str]) -> Snapshot:
        """Read records of one partition and the store's time."""
        records = self._file.read(partial(_records, partition, tuple(keys)))
        return Snapshot(self._clock(), records)

    def commit(self, partition: int, commit: Commit) -> tuple[int, ...]:
        """Do all of it or nothing; returns the positions given to `appends`, in order."""
        positions = self._file.write(partial(_commit, partition, commit))
        if any(append.nudge for append in commit.appends):
            for wake in tuple(self._wakes):
                wake.set()
        return positions

    def find(
        self,
        partitions: Iterable[int],
        terms: Sequence[str],
        *,
        before: tuple[int, str] | None = None,
        since: int = 0,
        limit: int = 20,
    ) -> list[Found]:
        """Records under any of `terms`, newest rank first, each once."""
        scope = (json.dumps(sorted(set(partitions))), since, *(before or _NEWEST), limit)
        found = self._file.read(lambda db: [hit for term in set(terms) for hit in _under(db, term, scope)])
        distinct = {(hit.partition, hit.record.key): hit for hit in found}
        return sorted(distinct.values(), key=_newest_first, reverse=True)[:limit]

    def walk(self, prefix: str) -> Iterator[tuple[int, Record]]:
        """Every record whose key begins with `prefix`, a partition after the other."""
        for partition in range(PARTITIONS):
            begin = prefix
            while page := self._file.read(partial(_beginning, partition, prefix, begin)):
                yield from ((partition, record) for record in page)
                begin = page[-1].key + "\0"  # the next of all texts

    def read_log(self, partition: int, log: str, *, after: int = 0, limit: int = 100) -> LogPage:
        """Entries with positions above `after`, oldest first."""
        entries = "SELECT position, body FROM logs WHERE head = ? AND position > ? ORDER BY position LIMIT ?"
        return self._file.read(partial(_page, (partition, log), entries, (after, limit)))

    def read_log_back(
        self, partition: int, log: str, *, before: int | None = None, limit: int = 100
    ) -> LogPage:
        """Entries with positions below `before`, newest first."""
        entries = (
            "SELECT position, body FROM logs WHERE head = ? AND position < ? ORDER BY position DESC LIMIT ?"
        )
        ceiling = _NEWEST[0] if before is None else before
        return self._file.read(partial(_page, (partition, log), entries, (ceiling, limit)))

    def due(self, limit: int = 100) -> list[tuple[int, str]]:
        """(partition, key) of records whose due time has come, oldest first."""
        query = "SELECT partition, key FROM records WHERE due <= ? ORDER BY due LIMIT ?"
        return self._file.read(lambda db: db.execute(query, (self._clock(), limit)).fetchall())

    def listen(self) -> SqliteListener:
        """Start hearing nudges, from now on."""
        return SqliteListener(self._file, self._wakes)

    def health(self) -> Health:
        """Check that the file can be written, by beginning to."""
        mode, synchronous = self._file.write(_settings)
        facts = {
            "version": sqlite3.sqlite_version,
            "journal_mode": mode,
            "synchronous": synchronous,
            "durability": self._durability(),
        }
        return Health("sqlite", facts=facts)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _durability(self) -> str:
        if self._file.path is None:
            return "none: kept in memory"
        return "relaxed: a power loss may take the last commits" if self._relaxed else "strict"


def _epoch(db: sqlite3.Connection) -> str:
    return str(db.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0])


def _settings(db: sqlite3.Connection) -> tuple[str, str]:
    mode = db.execute("PRAGMA journal_mode").fetchone()[0]
    return str(mode), str(db.execute("PRAGMA synchronous").fetchone()[0])


def _records(partition: int, keys: Iterable[str], db: sqlite3.Connection) -> Mapping[str, Record]:
    query = "SELECT key, revision, body FROM records WHERE partition = ? AND key = ?"
    rows = (db.execute(query, (partition, key)).fetchone() for key in keys)
    return {row[0]: Record(*row) for row in rows if row is not None}


def _beginning(partition: int, prefix: str, least: str, db: sqlite3.Connection) -> Sequence[Record]:
    """The next records of a partition, from a key on, whose keys begin with `prefix`."""
    query = """
        SELECT key, revision, body FROM records
        WHERE partition = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"""
    rows = db.execute(query, (partition, least, prefix + _LAST, _WALKED))
    return [Record(*row) for row in rows]


def _newest_first(found: Found) -> tuple[int, str]:
    return found.rank, found.record.key


def _under(db: sqlite3.Connection, term: str, scope: tuple[str, int, int, str, int]) -> Iterable[Found]:
    """The newest records under one term; CROSS JOIN holds SQLite to the walk that needs no sorting."""
    query = """
        SELECT t.partition, t.rank, t.key, r.revision, r.body
        FROM terms t CROSS JOIN records r ON r.id = t.record
        WHERE t.term = ? AND t.partition IN (SELECT value FROM json_each(?))
          AND t.rank >= ? AND (t.rank, t.key) < (?, ?)
        ORDER BY t.rank DESC, t.key DESC LIMIT ?"""
    rows = db.execute(query, (term, *scope))
    return (Found(place, rank, Record(key, revision, body)) for place, rank, key, revision, body in rows)


def _page(log: tuple[int, str], entries: str, bounds: tuple[int, int], db: sqlite3.Connection) -> LogPage:
    head = db.execute("SELECT id, last FROM heads WHERE partition = ? AND log = ?", log).fetchone()
    if head is None:
        return LogPage((), 0, 0)
    (first,) = db.execute("SELECT min(position) FROM logs WHERE head = ?", head[:1]).fetchone()
    rows = db.execute(entries, (head[0], *bounds))
    return LogPage(tuple(Entry(*row) for row in rows), first or 0, head[1])


def _commit(partition: int, commit: Commit, db: sqlite3.Connection) -> tuple[int, ...]:
    ids = _as_expected(db, partition, commit.expects)
    for key in commit.deletes:
        _delete(db, ids[key])
    for log in commit.drops:
        _drop(db, partition, log)
    for write in commit.writes:
        _write(db, partition, write, ids[write.key], commit.expects[write.key] + 1)
    stamp = _next_stamp(db) if any(append.nudge for append in commit.appends) else 0
    return tuple(_append(db, partition, append, stamp) for append in commit.appends)


def _as_expected(
    db: sqlite3.Connection, partition: int, expects: Mapping[str, int]
) -> Mapping[str, int | None]:
    """The row of each expected record, None for an absent one; raises Stale when one has moved on."""
    query = "SELECT id, revision FROM records WHERE partition = ? AND key = ?"
    ids: dict[str, int | None] = {}
    for key, revision in expects.items():
        row = db.execute(query, (partition, key)).fetchone() or (None, 0)
        if row[1] != revision:
            raise Stale
        ids[key] = row[0]
    return ids


def _delete(db: sqlite3.Connection, row: int | None) -> None:
    db.execute("DELETE FROM terms WHERE record = ?", (row,))
    db.execute("DELETE FROM records WHERE id = ?", (row,))


def _drop(db: sqlite3.Connection, partition: int, log: str) -> None:
    query = "DELETE FROM heads WHERE partition = ? AND log = ? RETURNING id"
    for head in db.execute(query, (partition, log)).fetchall():
        db.execute("DELETE FROM logs WHERE head = ?", head)


def _write(db: sqlite3.Connection, partition: int, write: Write, row: int | None, revision: int) -> None:
    if row is None:
        insert = "INSERT INTO records (partition, key, revision, due, body) VALUES (?, ?, ?, ?, ?)"
        row = db.execute(insert, (partition, write.key, revision, write.due, write.body)).lastrowid
    else:
        update = "UPDATE records SET revision = ?, due = ?, body = ? WHERE id = ?"
        db.execute(update, (revision, write.due, write.body, row))
        db.execute("DELETE FROM terms WHERE record = ?", (row,))
    for term in set(write.terms):
        place = (term, write.rank, write.key, partition, row)
        db.execute("INSERT INTO terms (term, rank, key, partition, record) VALUES (?, ?, ?, ?, ?)", place)


def _next_stamp(db: sqlite3.Connection) -> int:
    query = "UPDATE meta SET value = value + 1 WHERE name = 'stamp' RETURNING value"
    ((stamp,),) = db.execute(query).fetchall()
    return int(stamp)


def _append(db: sqlite3.Connection, partition: int, append: Append, stamp: int) -> int:
    advance = """
        INSERT INTO heads (partition, log, last) VALUES (?, ?, 1)
        ON CONFLICT (partition, log) DO UPDATE SET last = last + 1 RETURNING id, last"""
    ((head, position),) = db.execute(advance, (partition, append.log)).fetchall()
    db.execute("INSERT INTO logs VALUES (?, ?, ?)", (head, position, append.body))
    db.execute("DELETE FROM logs WHERE head = ? AND position <= ?", (head, position - append.keep))
    if append.nudge:
        db.execute("UPDATE heads SET stamp = ? WHERE id = ?", (stamp, head))
    return int(position)
