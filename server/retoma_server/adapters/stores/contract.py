"""What a store is: records, logs and one atomic commit, in 256 partitions; it knows nothing of drafts.

Every implementation passes `tests/stores/suite.py`; the suite is the contract, this file its table
of contents. Times are integer milliseconds since 1970 on the *store's* clock: no other clock is used
for leases, due times and expiry.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from retoma_server.domain.errors import RetomaError

PARTITIONS = 256
"""How many partitions there are; a partition is an integer below this, for ever."""


class Stale(Exception):
    """A record named by a commit no longer has the revision that the commit expected; nothing was written."""


class StoreBusy(RetomaError):
    """The store was held by others for longer than a caller should wait; nothing was written."""

    code = "busy"


class StoreUnavailable(RetomaError):
    """The store cannot be reached, does not answer in time, or refuses writes (a read-only replica).

    Raised by a commit it may still have been made (the answer was lost): repeat it under its own
    exactly-once rule, never blindly.
    """

    code = "store-unavailable"


class StoreFull(RetomaError):
    """The store has no room left for this write; nothing was written and nothing was evicted."""

    code = "storage-full"


class DurabilityUnconfirmed(RetomaError):
    """The write was made, but fewer replicas than required confirmed it in time; it may be lost."""

    code = "durability-unconfirmed"


class Record(NamedTuple):
    """One stored record: `revision` starts at 1 and rises by one with each write; `body` is opaque."""

    key: str
    revision: int
    body: bytes


class Snapshot(NamedTuple):
    """Records read together, by key (absent ones are missing), and the store's time at that moment."""

    now: int
    records: Mapping[str, Record]

    def get(self, key: str) -> Record | None:
        """The record, or None when there was none."""
        return self.records.get(key)

    def revision(self, key: str) -> int:
        """The record's revision, 0 when there was none: what a commit expects of it."""
        record = self.records.get(key)
        return record.revision if record else 0


class Write(NamedTuple):
    """A record to write. Its new revision is the expected one + 1, so a caller may bind it beforehand.

    `terms` are the index terms under which `Store.find` finds it, ordered by `rank` (milliseconds);
    they replace the record's earlier ones; a rank is never negative. `due` puts it on the partition's
    list of due records, None takes it off.
    """

    key: str
    body: bytes
    terms: tuple[str, ...] = ()
    rank: int = 0
    due: int | None = None


class Append(NamedTuple):
    """An entry for a log; the log keeps at least its newest `keep` entries. `nudge` wakes its listeners."""

    log: str
    body: bytes
    keep: int
    nudge: bool = False


@dataclass(frozen=True, slots=True)
class Commit:
    """One atomic step within a partition.

    `expects` names every record that was read or is written, with the revision it must still have
    (0: it must be absent). `deletes` and the keys of `writes` must be among them, each key once.
    `drops` are logs to delete whole, before anything is appended; a dropped log is forgotten, so one
    of the same name would count from 1 again. A commit of `expects` alone writes nothing, but
    confirms like every commit that what they saw is as durable as the store promises.
    """

    expects: Mapping[str, int]
    writes: Sequence[Write] = ()
    deletes: Sequence[str] = ()
    appends: Sequence[Append] = ()
    drops: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse with ValueError what no store could do in one defined way."""
        changed = [write.key for write in self.writes] + list(self.deletes)
        if len(set(changed)) < len(changed):
            raise ValueError("a commit changes a record once")
        if not self.expects.keys() >= set(changed):
            raise ValueError("a commit expects a revision of every record that it changes")


class Entry(NamedTuple):
    """An entry of a log; positions of a log count 1, 2, 3 … without gaps and are never reused."""

    position: int
    body: bytes


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some entries of a log, with the positions of the oldest one kept and the newest one ever (0: none)."""

    entries: tuple[Entry, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Found:
    """A record found by a term, with where it lies and its rank."""

    partition: int
    rank: int
    record: Record


@dataclass(frozen=True, slots=True)
class Health:
    """How durable the store is: `problems` (each one sentence) keep the server from being ready."""

    engine: str
    problems: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


class Listener(Protocol):
    """Hears which logs were appended to, in this running instance and all others on the store."""

    def wait(self, timeout: float) -> frozenset[tuple[int, str]] | None:
        """Wait up to `timeout` seconds for nudges.

        Returns the (partition, log) pairs that were nudged, possibly none; or None when nudges may
        have been missed (a lost connection), so that whoever listens must look for itself. Raises
        nothing: while the store is away it waits, and answers None once it is back.
        """
        ...

    def close(self) -> None:
        """Stop listening; a `wait` under way returns soon."""
        ...


class Store(Protocol):
    """A transactional record store. Every method may raise StoreUnavailable or StoreBusy."""

    @property
    def epoch(self) -> str:
        """Short name of this store's unbroken history; `new_epoch` changes it after a restore."""
        ...

    def new_epoch(self) -> str:
        """Begin a new epoch (after a restore from backup) and return its name."""
        ...

    def now(self) -> int:
        """The store's time in milliseconds."""
        ...

    def read(self, partition: int, keys: Iterable[str]) -> Snapshot:
        """Read records of one partition and the store's time in one round trip."""
        ...

    def commit(self, partition: int, commit: Commit) -> tuple[int, ...]:
        """Do all of it or nothing; returns the positions given to `appends`, in order.

        Raises Stale when a record does not have its expected revision, StoreFull when there is no
        room, DurabilityUnconfirmed when too few replicas confirmed.
        """
        ...

    def find(
        self,
        partitions: Iterable[int],
        terms: Sequence[str],
        *,
        before: tuple[int, str] | None = None,
        since: int = 0,
        limit: int = 20,
    ) -> list[Found]:
        """Records under any of `terms`, newest rank first (ties: greatest key first), each once.

        Only those below `before` (rank, key), exclusive, and with a rank of at least `since`. Fewer
        than `limit` means that there are no more. Keys under one term must differ over all partitions.
        """
        ...

    def walk(self, prefix: str) -> Iterator[tuple[int, Record]]:
        """(partition, record) of every record whose key begins with `prefix`, read in pages, in no order.

        One that is there all the while is given, now and then twice; one that is written or deleted
        meanwhile may be given or not. For whoever has time: it costs as much as the store is large.
        """
        ...

    def read_log(self, partition: int, log: str, *, after: int = 0, limit: int = 100) -> LogPage:
        """Entries with positions above `after`, oldest first."""
        ...

    def read_log_back(
        self, partition: int, log: str, *, before: int | None = None, limit: int = 100
    ) -> LogPage:
        """Entries with positions below `before` (None: from the newest), newest first."""
        ...

    def due(self, limit: int = 100) -> list[tuple[int, str]]:
        """(partition, key) of records whose due time has come, over all partitions, oldest first."""
        ...

    def listen(self) -> Listener:
        """Start hearing nudges, from now on."""
        ...

    def health(self) -> Health:
        """Check that the store answers and that its settings keep what they promise."""
        ...

    def close(self) -> None:
        """Give back every connection and file."""
        ...
