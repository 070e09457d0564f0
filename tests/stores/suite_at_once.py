"""Promises of a store that several use in the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from retoma_server.adapters.stores import Commit, Record, Stale, Store, Write
from tests.stores.calls import append, increment


class AtOnce:
    """Nobody overwrites what they have not seen, and nobody sees half of anything."""

    def test_increments_from_eight_threads_lose_nothing(self, store: Store, other: Store) -> None:
        """Each commit happens on what it expected, so that a number counts exactly."""
        with ThreadPoolExecutor(8) as threads:
            for n in range(120):
                threads.submit(increment, (store, other)[n % 2], 7, "count")
        assert store.read(7, ["count"]).get("count") == Record("count", 120, b"120")
        assert other.read_log(7, "n").last == 120

    def test_of_two_with_the_same_expectation_exactly_one_wins(self, store: Store, other: Store) -> None:
        """The other is told Stale, every time."""
        start = threading.Barrier(2)

        def attempt(instance: Store, revision: int, name: bytes) -> bytes | None:
            start.wait(10)
            try:
                instance.commit(0, Commit({"k": revision}, [Write("k", name)]))
            except Stale:
                return None
            return name

        with ThreadPoolExecutor(2) as threads:
            for revision in range(25):
                first = threads.submit(attempt, store, revision, b"first")
                second = threads.submit(attempt, other, revision, b"second")
                winners = {first.result(), second.result()} - {None}
                assert winners == {store.read(0, ["k"]).records["k"].body}

    def test_a_reader_never_sees_half_a_commit(self, store: Store, other: Store) -> None:
        """Entries of one commit in a log appear together."""

        def write() -> None:
            for _ in range(60):
                append(store, 1, "log", b"1", b"2", b"3")

        with ThreadPoolExecutor(1) as threads:
            writing = threads.submit(write)
            seen = [0]
            while not writing.done():
                seen.append(len(other.read_log(1, "log", limit=1000).entries))
        writing.result()
        assert all(count % 3 == 0 for count in seen)
        assert all(earlier <= later for earlier, later in pairwise(seen))
