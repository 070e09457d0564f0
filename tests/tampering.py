"""The audit log of a real store as somebody with the disk reaches it: the SQLite file, or Redis itself."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Protocol

import redis

from retoma_server.adapters.stores import redis_keys


class State(NamedTuple):
    """All of an audit chain as it lies there: entries by position, the last one ever, and the head's body."""

    entries: dict[int, bytes]
    last: int
    head: bytes


class Disk(Protocol):
    """Reads and writes a chain past the server."""

    def read(self) -> State:
        """The chain as it lies there."""
        ...

    def write(self, state: State) -> None:
        """Let it be another one."""
        ...


class SqliteDisk:
    """The chain of a log and its head in a partition of a database's file."""

    def __init__(self, file: Path, partition: int, log: str, head: str) -> None:
        self._file = file
        self._place = (partition, log)
        self._head = (partition, head)

    def read(self) -> State:
        """The chain as it lies there."""
        with closing(sqlite3.connect(self._file)) as db:
            number, last = self._log(db)
            rows = db.execute("SELECT position, body FROM logs WHERE head = ?", (number,)).fetchall()
            query = "SELECT body FROM records WHERE partition = ? AND key = ?"
            return State(dict(rows), last, db.execute(query, self._head).fetchone()[0])

    def write(self, state: State) -> None:
        """Let it be another one."""
        with closing(sqlite3.connect(self._file)) as db, db:
            number, _ = self._log(db)
            db.execute("DELETE FROM logs WHERE head = ?", (number,))
            rows = [(number, *entry) for entry in state.entries.items()]
            db.executemany("INSERT INTO logs VALUES (?, ?, ?)", rows)
            db.execute("UPDATE heads SET last = ? WHERE id = ?", (state.last, number))
            change = "UPDATE records SET body = ? WHERE partition = ? AND key = ?"
            db.execute(change, (state.head, *self._head))

    def _log(self, db: sqlite3.Connection) -> tuple[int, int]:
        query = "SELECT id, last FROM heads WHERE partition = ? AND log = ?"
        number, last = db.execute(query, self._place).fetchone()
        return number, last


class RedisDisk:
    """The same in a Redis."""

    def __init__(self, url: str, partition: int, log: str, head: str) -> None:
        self._redis = redis.Redis.from_url(url)
        self._log = log
        self._stream = redis_keys.logs(partition) + log
        self._heads = redis_keys.heads(partition)
        self._head = redis_keys.records(partition) + head

    def read(self) -> State:
        """The chain as it lies there."""
        found = self._redis.xrange(self._stream)
        entries = {int(place.partition(b"-")[0]): fields[b"b"] for place, fields in found}
        last = int(self._redis.hget(self._heads, self._log) or 0)
        return State(entries, last, bytes(self._redis.hget(self._head, "b") or b""))

    def write(self, state: State) -> None:
        """Let it be another one."""
        self._redis.delete(self._stream)
        for place, body in sorted(state.entries.items()):
            self._redis.xadd(self._stream, {"b": body}, id=f"{place}-0")
        self._redis.hset(self._heads, self._log, str(state.last))
        self._redis.hset(self._head, "b", state.head)
