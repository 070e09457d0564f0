"""Promises of finding records: by their terms, by their time, by how their names begin."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from retoma_server.adapters.stores import PARTITIONS, Record, Store
from tests.stores.calls import EVERYWHERE, ODD_NAMES, keys, put


class Finding:
    """Whatever is looked for is found, in order, once, over all partitions."""

    def test_find_orders_by_rank_then_key_over_all_partitions(self, store: Store) -> None:
        """Newest first; of equal rank the greatest key first; each with its place, rank and record."""
        for key, rank, partition in [("a", 10, 1), ("b", 30, 2), ("c", 20, 250), ("d", 20, 3), ("e", 0, 0)]:
            put(store, partition, key, key.encode(), terms=("t",), rank=rank)
        assert keys(store, "t") == ["b", "d", "c", "a", "e"]
        newest = store.find(EVERYWHERE, ["t"], limit=1)[0]
        assert (newest.partition, newest.rank, newest.record) == (2, 30, Record("b", 1, b"b"))
        assert [found.record.key for found in store.find([1, 3], ["t"])] == ["d", "a"]
        assert store.find([], ["t"]) == store.find(EVERYWHERE, []) == []

    def test_find_gives_a_record_under_several_terms_once(self, store: Store) -> None:
        """Terms are alternatives, told apart to the last letter."""
        put(store, 1, "both", terms=("t", "u", "t"), rank=2)
        put(store, 1, "one", terms=("u",), rank=1)
        put(store, 1, "longer", terms=("uu", "u0"), rank=3)
        assert keys(store, "t", "u", "u") == ["both", "one"]
        assert keys(store, "u", limit=1) == ["both"]

    def test_find_pages_without_loss_or_repetition(self, store: Store) -> None:
        """`before` continues exactly after the last one given, within equal ranks too."""
        expected = sorted(((n // 3, f"k{n:02}") for n in range(20)), reverse=True)
        for rank, key in expected:
            put(store, rank % 2, key, terms=("t", "u"), rank=rank)
        pages, before = [], None
        while page := store.find(EVERYWHERE, ["t", "u"], before=before, limit=3):
            pages += [(found.rank, found.record.key) for found in page]
            before = pages[-1]
        assert pages == expected

    def test_find_is_bounded_by_since_and_before(self, store: Store) -> None:
        """`since` is inclusive, `before` exclusive."""
        for rank in (1, 2, 3, 4):
            put(store, 1, f"k{rank}", terms=("t",), rank=rank)
        assert keys(store, "t", since=2) == ["k4", "k3", "k2"]
        assert keys(store, "t", since=2, before=(4, "k4")) == ["k3", "k2"]
        assert keys(store, "t", before=(2, "k1")) == ["k1"]

    def test_terms_and_rank_are_replaced_by_each_write(self, store: Store) -> None:
        """A rewritten record is found by its new terms and rank only."""
        put(store, 1, "k", terms=("old", "both"), rank=9)
        put(store, 1, "other", terms=("both",), rank=5)
        put(store, 1, "k", terms=("new", "both"), rank=1)
        assert (keys(store, "old"), keys(store, "new"), keys(store, "both")) == ([], ["k"], ["other", "k"])
        put(store, 1, "k")
        assert keys(store, "old", "new", "both") == ["other"]

    def test_find_never_gives_a_record_that_has_left_the_term(self, store: Store, other: Store) -> None:
        """A record that changes its term while others search is given as it was under that term, or not."""

        def change() -> None:
            for n in range(150):
                term = "ab"[n % 2]
                put(store, 1, "k", term.encode(), terms=(term,), rank=n)

        with ThreadPoolExecutor(1) as threads:
            changing = threads.submit(change)
            found = []
            while not changing.done():
                found += other.find([1], ["a"])
        changing.result()
        assert all(hit.record.body == b"a" for hit in found)

    def test_find_never_misses_a_record_that_only_rises(self, store: Store, other: Store) -> None:
        """One that is changed all the while is found by each search, once, in its place."""
        put(store, 1, "still", terms=("t",), rank=75)
        put(store, 1, "k", terms=("t",), rank=0)

        def change() -> None:
            for n in range(1, 150):
                put(store, 1, "k", terms=("t",), rank=n)

        with ThreadPoolExecutor(1) as threads:
            changing = threads.submit(change)
            found = []
            while not changing.done():
                found.append(other.find([1], ["t"]))
        changing.result()
        assert {frozenset(hit.record.key for hit in hits) for hits in found} == {frozenset({"k", "still"})}
        assert all(hits == sorted(hits, key=lambda hit: hit.rank, reverse=True) for hits in found)

    def test_due_lists_what_has_come_over_all_partitions(self, store: Store) -> None:
        """Oldest first, not before the store's own time, and never more than asked for."""
        now = store.now()
        for partition, key, due in [
            (9, "b", now - 2),
            (0, "a", now - 3),
            (255, "c", now),
            (1, "later", now + 10**6),
        ]:
            put(store, partition, key, due=due)
        assert store.due() == [(0, "a"), (9, "b"), (255, "c")]
        assert store.due(limit=2) == [(0, "a"), (9, "b")]

    def test_a_due_time_is_replaced_by_each_write(self, store: Store) -> None:
        """It can be moved, and taken off."""
        for due, listed in [(1, True), (2, True), (2**42, False), (1, True), (None, False)]:
            put(store, 3, "k", due=due)
            assert bool(store.due()) is listed

    def test_a_walk_gives_every_record_below_a_name(self, store: Store, other: Store) -> None:
        """Of all partitions, with revision and body, pages or not; what begins otherwise is left out."""
        wanted = {(n % PARTITIONS, f"te/customer/{n:04}") for n in range(1_200)}
        for partition, key in wanted:
            put(store, partition, key, key.encode())
        put(store, 3, "te/customer/0003", b"again")
        for key in ("te/customes", "te/custome", "te", "", "te/customer"):
            put(store, 3, key)
        walked = {(place, record.key): record for place, record in other.walk("te/customer/")}
        assert walked.keys() == wanted
        assert walked[3, "te/customer/0003"] == Record("te/customer/0003", 2, b"again")

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_a_walk_takes_any_name_as_it_is(self, store: Store, name: str) -> None:
        """Nothing in a name is a pattern."""
        put(store, 7, name + "/one")
        put(store, 7, "other/one")
        assert name + "/one" in {record.key for _, record in store.walk(name + "/")}
        assert "other/one" not in {record.key for _, record in store.walk(name + "/")}
