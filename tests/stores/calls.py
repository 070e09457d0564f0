"""What tests ask of stores, in a word each."""

from collections.abc import Callable

from retoma_server.adapters.stores import PARTITIONS, Append, Commit, Listener, Stale, Store, Write

Open = Callable[[], Store]
EVERYWHERE = range(PARTITIONS)
ODD_NAMES = ("ünïcode 漢字 🙂", "a:b{c}*[d]?", "'; --", 'quote"', "line\nbreak", "tab\t", "", "x" * 900)


def put(store: Store, partition: int, key: str, body: bytes = b"", **write: object) -> None:
    """Write one record, whatever its revision is now."""
    revision = store.read(partition, [key]).revision(key)
    store.commit(partition, Commit({key: revision}, [Write(key, body, **write)]))  # type: ignore[arg-type]


def append(store: Store, partition: int, log: str, *bodies: bytes, keep: int = 1000) -> tuple[int, ...]:
    """Append entries in one commit."""
    return store.commit(partition, Commit({}, appends=[Append(log, body, keep) for body in bodies]))


def nudge(store: Store, partition: int, log: str) -> None:
    """Append one entry that wakes listeners."""
    store.commit(partition, Commit({}, appends=[Append(log, b"", 10, nudge=True)]))


def increment(store: Store, partition: int, key: str) -> None:
    """Add one to the number in a record, again and again until nobody else was faster."""
    while True:
        snapshot = store.read(partition, [key])
        record = snapshot.get(key)
        count = int(record.body) if record else 0
        write = Write(key, str(count + 1).encode())
        try:
            store.commit(
                partition, Commit({key: snapshot.revision(key)}, [write], appends=[Append("n", b"", 9)])
            )
        except Stale:
            continue
        return


def keys(store: Store, *terms: str, **bounds: object) -> list[str]:
    """The keys found under terms, over all partitions."""
    return [found.record.key for found in store.find(EVERYWHERE, terms, **bounds)]  # type: ignore[arg-type]


def hear(listener: Listener, wanted: set[tuple[int, str]]) -> None:
    """Return once every wanted log was heard of; the test's own timeout ends a vain wait."""
    while wanted:
        wanted -= listener.wait(5) or set()
