"""The store for many machines: one Redis (or Valkey), a commit in one script call."""

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from redis import exceptions

from retoma_server.adapters.stores import redis_commit, redis_health, redis_keys
from retoma_server.adapters.stores.contract import (
    PARTITIONS,
    Commit,
    DurabilityUnconfirmed,
    Entry,
    Found,
    Health,
    LogPage,
    Record,
    Snapshot,
    Stale,
    StoreUnavailable,
)
from retoma_server.adapters.stores.redis_nudges import RedisListener
from retoma_server.adapters.stores.redis_wire import Command, Wire

_CONFIRM_MS = 1000
"""How long replicas have to confirm a commit."""
_WALKED = 500
"""Keys that a walk looks at at a time."""

# One script, so that nothing is trimmed between its parts; MULTI is refused where memory is short.
_PAGE = """
local log, walk, start, finish, limit = unpack(ARGV)
return {
  redis.call(walk, KEYS[1], start, finish, 'COUNT', limit),
  redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1),
  redis.call('HGET', KEYS[2], log),
}
"""


class RedisStore:
    """A `Store` in Redis 7 or newer, or Valkey, named by a `redis://` or `rediss://` URL.

    `replicas` is how many must confirm each commit. `relaxed` lets `health` accept `appendfsync
    everysec`. The time is Redis' own.
    """

    def __init__(self, url: str, *, relaxed: bool = False, replicas: int = 0) -> None:
        self._url = url
        self._relaxed = relaxed
        self._replicas = replicas
        self._wire = Wire(url)
        self._epoch: str | None = None
        self._confirmation: tuple[Command, ...] = (("WAIT", replicas, _CONFIRM_MS),) if replicas else ()

    @property
    def epoch(self) -> str:
        """Short name of this store's unbroken history, as the latest read found it."""
        return self._epoch or self._begin_epoch(only_first=True)

    def new_epoch(self) -> str:
        """Begin a new epoch and return its name."""
        return self._begin_epoch(only_first=False)

    def now(self) -> int:
        """Redis' time in milliseconds."""
        return _milliseconds(self._wire.ask(("TIME",))[0])

    def read(self, partition: int, keys: Iterable[str]) -> Snapshot:
        """Read records of one partition and Redis' time in one round trip."""
        names, prefix = tuple(keys), redis_keys.records(partition)
        wanted: list[Command] = [("HMGET", prefix + name, "r", "b") for name in names]
        *found, time, epoch = self._wire.ask(*wanted, ("TIME",), ("GET", redis_keys.EPOCH))
        self._epoch = epoch.decode() if epoch else None
        records = {
            name: Record(name, int(revision), body)
            for name, (revision, body) in zip(names, found, strict=True)
            if revision is not None
        }
        return Snapshot(_milliseconds(time), records)

    def commit(self, partition: int, commit: Commit) -> tuple[int, ...]:
        """Do all of it or nothing; returns the positions given to `appends`, in order."""
        positions, *confirmed = self._run(redis_commit.arguments(partition, commit))
        if positions is None:
            raise Stale
        if self._replicas and confirmed[0] < self._replicas:
            raise DurabilityUnconfirmed(confirmed=confirmed[0], required=self._replicas)
        return tuple(map(int, positions))

    def find(
        self,
        partitions: Iterable[int],
        terms: Sequence[str],
        *,
        before: tuple[int, str] | None = None,
        since: int = 0,
        limit: int = 20,
    ) -> list[Found]:
        """Records under any of `terms`, newest rank first, each once.

        Two round trips, one more whenever a record left the terms between them. One that only rose in
        rank between them, as whatever is changed does, is found where it is now.
        """
        places = [(partition, term) for partition in set(partitions) for term in set(terms)]
        found: list[Found] = []
        below = before
        while len(found) < limit:
            wanted = limit - len(found)
            pointing = self._entries(places, below, since, wanted)
            there = self._still_there(pointing, frozenset(terms))
            found += (hit for hit in there if hit.rank >= since and (not before or _place(hit) < before))
            if len(pointing) < wanted:
                break
            below = pointing[-1][0][:2]
        return sorted(found, key=_place, reverse=True)

    def walk(self, prefix: str) -> Iterator[tuple[int, Record]]:
        """Every record whose key begins with `prefix`, as SCAN gives them."""
        cursor: int | bytes = 0
        while True:
            command = ("SCAN", cursor, "MATCH", redis_keys.anywhere(prefix), "COUNT", _WALKED)
            cursor, names = self._wire.ask(command)[0]
            yield from self._records_named(names)
            if int(cursor) == 0:
                return

    def read_log(self, partition: int, log: str, *, after: int = 0, limit: int = 100) -> LogPage:
        """Entries with positions above `after`, oldest first."""
        return self._page(partition, log, "XRANGE", after + 1, "+", limit)

    def read_log_back(
        self, partition: int, log: str, *, before: int | None = None, limit: int = 100
    ) -> LogPage:
        """Entries with positions below `before`, newest first."""
        newest = "+" if before is None else max(before - 1, 0)
        return self._page(partition, log, "XREVRANGE", newest, "-", limit)

    def due(self, limit: int = 100) -> list[tuple[int, str]]:
        """(partition, key) of records whose due time has come, over all partitions, oldest first."""
        window: Command = ("-inf", self.now(), "WITHSCORES", "LIMIT", 0, limit)
        replies = self._wire.ask(
            *(("ZRANGEBYSCORE", redis_keys.due(partition), *window) for partition in range(PARTITIONS))
        )
        found = (
            (float(due), partition, key.decode())
            for partition, reply in enumerate(replies)
            for key, due in zip(reply[::2], reply[1::2], strict=True)
        )
        return [(partition, key) for _, partition, key in sorted(found)[:limit]]

    def listen(self) -> RedisListener:
        """Start hearing nudges, from now on."""
        return RedisListener(self._url)

    def health(self) -> Health:
        """Check that Redis answers and that its settings keep what they promise."""
        self.now()
        info = _facts(b"".join(self._told(("INFO",))))
        replies = self._told(*(("CONFIG", "GET", name) for name in redis_health.SETTINGS))
        settings = {name.decode(): value.decode() for reply in replies for name, value in [reply] if reply}
        judged = redis_health.problems(settings, info, relaxed=self._relaxed, replicas=self._replicas)
        facts = {
            "version": info.get("valkey_version") or info.get("redis_version", "not told"),
            "durability": redis_health.durability(settings, relaxed=self._relaxed, replicas=self._replicas),
            **{name: settings.get(name, "not told") for name in redis_health.SETTINGS},
        }
        return Health("redis", tuple(judged), facts)

    def close(self) -> None:
        """Close every connection."""
        self._wire.close()

    def _begin_epoch(self, *, only_first: bool) -> str:
        condition: Command = ("NX",) if only_first else ()
        name = secrets.token_hex(4)
        stored = self._wire.ask(("SET", redis_keys.EPOCH, name, *condition), ("GET", redis_keys.EPOCH))[1]
        self._epoch = stored.decode()
        return self._epoch

    def _run(self, arguments: Sequence[str | bytes | int]) -> list[Any]:
        """Call the script, and let the replicas confirm on the same connection."""
        try:
            return self._wire.tell(("EVALSHA", redis_commit.DIGEST, *arguments), *self._confirmation)
        except exceptions.NoScriptError:
            return self._wire.tell(("EVAL", redis_commit.SCRIPT, *arguments), *self._confirmation)

    def _entries(
        self,
        places: Collection[tuple[int, str]],
        before: tuple[int, str] | None,
        since: int,
        limit: int,
    ) -> list[tuple[tuple[int, str, int], list[bytes]]]:
        """The newest (rank, key, partition) under the terms, each with the index entries that say so."""
        replies = self._wire.ask(
            *(_newest(partition, term, before, since, limit) for partition, term in places)
        )
        pointing: dict[tuple[int, str, int], list[bytes]] = {}
        for (partition, term), entries in zip(places, replies, strict=True):
            for entry in entries:
                pointing.setdefault((*redis_keys.rank_and_key(term, entry), partition), []).append(entry)
        return sorted(pointing.items(), reverse=True)[:limit]

    def _still_there(
        self, pointing: Collection[tuple[tuple[int, str, int], list[bytes]]], terms: Collection[str]
    ) -> list[Found]:
        """The records pointed at, each with the rank that it has by now, but those that left the terms."""
        replies = self._wire.ask(
            *(
                ("HMGET", redis_keys.records(partition) + key, "r", "b", "t")
                for (_, key, partition), _ in pointing
            )
        )
        found = []
        for ((rank, key, partition), entries), (revision, body, packed) in zip(
            pointing, replies, strict=True
        ):
            now = None if revision is None else _rank_now(rank, entries, redis_keys.unpack(packed), terms)
            if now is not None:
                found.append(Found(partition, now, Record(key, int(revision), body)))
        return found

    def _records_named(self, names: Sequence[bytes]) -> Iterator[tuple[int, Record]]:
        replies = self._wire.ask(*(("HMGET", name, "r", "b") for name in names))
        for name, (revision, body) in zip(names, replies, strict=True):
            if revision is not None:
                yield redis_keys.partition_of(name), Record(redis_keys.key_in(name), int(revision), body)

    def _page(self, partition: int, log: str, walk: str, start: int | str, end: str, limit: int) -> LogPage:
        keys = (redis_keys.logs(partition) + log, redis_keys.heads(partition))
        (page,) = self._wire.ask(("EVAL_RO", _PAGE, len(keys), *keys, log, walk, start, end, limit))
        found, oldest, last = page
        first = _entry(oldest[0]).position if oldest else 0
        return LogPage(tuple(map(_entry, found)), first, int(last or 0))

    def _told(self, *commands: Command) -> list[Any]:
        """What Redis answers about itself; nothing where it is forbidden to ask."""
        try:
            return self._wire.ask(*commands)
        except (StoreUnavailable, exceptions.ResponseError):
            return []


def _milliseconds(time: Sequence[bytes]) -> int:
    seconds, microseconds = time
    return int(seconds) * 1000 + int(microseconds) // 1000


def _entry(item: tuple[bytes, Sequence[bytes]]) -> Entry:
    position, (_, body) = item
    return Entry(int(position.partition(b"-")[0]), body)


def _newest(partition: int, term: str, before: tuple[int, str] | None, since: int, limit: int) -> Command:
    """The command for the newest index entries of a term; `g` comes after every digit of a rank."""
    top = redis_keys.entry(term, *before) if before else redis_keys.under(term) + b"g"
    bottom = redis_keys.entry(term, since, "")
    key = redis_keys.terms(partition)
    return ("ZRANGE", key, b"(" + top, b"[" + bottom, "BYLEX", "REV", "LIMIT", 0, limit)


def _place(hit: Found) -> tuple[int, str]:
    """Where a record is in the order of what is found."""
    return hit.rank, hit.record.key


def _rank_now(
    rank: int, pointing: Collection[bytes], entries: Collection[bytes], terms: Collection[str]
) -> int | None:
    """The rank of a record with these entries that was found by others, None where it has left the terms."""
    if not set(pointing).isdisjoint(entries):
        return rank
    ranks = (
        redis_keys.rank_and_key(term, entry)[0]
        for term in terms
        for entry in entries
        if entry.startswith(redis_keys.under(term))
    )
    return max(ranks, default=None)


def _facts(info: bytes) -> dict[str, str]:
    """The answer of INFO: lines of `name:value` between comments."""
    lines = (line.partition(":") for line in info.decode().splitlines() if ":" in line)
    return {name: value for name, _, value in lines}
