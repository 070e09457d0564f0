"""The contract of a store, executable: every store passes all of it, or is none."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from retoma_server.adapters.stores import (
    PARTITIONS,
    Append,
    Commit,
    Entry,
    Listener,
    LogPage,
    Record,
    Stale,
    Store,
    Write,
)

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


class StoreSuite:
    """Subclasses have a fixture `open_instance`: it opens one more running instance on one empty store."""

    @pytest.fixture
    def store(self, open_instance: Open) -> Store:
        return open_instance()

    @pytest.fixture
    def other(self, open_instance: Open, store: Store) -> Store:
        return open_instance()

    @pytest.fixture
    def listener(self, other: Store) -> Iterator[Listener]:
        listener = other.listen()
        yield listener
        listener.close()

    # records

    def test_an_absent_record_has_revision_zero(self, store: Store) -> None:
        """What was never written is missing from a snapshot and expected with 0."""
        snapshot = store.read(7, ["nothing"])
        assert (snapshot.get("nothing"), snapshot.revision("nothing")) == (None, 0)

    def test_a_revision_starts_at_one_and_rises_by_one(self, store: Store, other: Store) -> None:
        """Every instance sees the same revisions, which a writer can foretell."""
        for revision in range(3):
            store.commit(0, Commit({"k": revision}, [Write("k", b"%d" % revision)]))
            assert other.read(0, ["k"]).get("k") == Record("k", revision + 1, b"%d" % revision)

    @pytest.mark.parametrize("body", [b"", bytes(range(256)), b"\r\n$-1\r\n", b"x" * 300_000])
    def test_a_body_is_opaque_bytes(self, store: Store, body: bytes) -> None:
        """Bodies and log entries come back as they were given, whatever is in them."""
        put(store, 1, "k", body)
        append(store, 1, "log", body)
        assert store.read(1, ["k"]).records["k"].body == body
        assert store.read_log(1, "log").entries == (Entry(1, body),)

    def test_names_are_any_text(self, store: Store) -> None:
        """Keys, terms and logs may hold any characters, and are told apart by all of them."""
        for name in ODD_NAMES:
            put(store, 2, name, name.encode(), terms=(name,), due=1)
            append(store, 2, name, name.encode())
        found = store.read(2, ODD_NAMES)
        assert {key: record.body.decode() for key, record in found.records.items()} == {
            n: n for n in ODD_NAMES
        }
        assert [keys(store, name) for name in ODD_NAMES] == [[name] for name in ODD_NAMES]
        assert all(store.read_log(2, n).entries == (Entry(1, n.encode()),) for n in ODD_NAMES)
        assert sorted(key for _, key in store.due()) == sorted(ODD_NAMES)

    def test_a_snapshot_carries_the_stores_time(self, store: Store, other: Store) -> None:
        """All instances share one clock, and a snapshot is of the moment of its reading."""
        before = store.now()
        during = other.read(0, []).now
        assert before <= during <= store.now()

    def test_partitions_are_separate(self, store: Store) -> None:
        """The same key and log in two partitions are two records and two logs."""
        for partition in (0, PARTITIONS - 1):
            put(store, partition, "k", b"%d" % partition)
            append(store, partition, "log", b"%d" % partition)
        store.commit(0, Commit({"k": 1}, deletes=["k"], drops=["log"]))
        assert store.read(0, ["k"]).records == {}
        assert store.read(PARTITIONS - 1, ["k"]).records["k"].body == b"255"
        assert store.read_log(PARTITIONS - 1, "log").entries == (Entry(1, b"255"),)

    # commits

    def test_a_commit_does_everything_at_once(self, store: Store, other: Store) -> None:
        """Writes, deletes, appends and drops of one commit are all seen after it."""
        put(store, 3, "old", b"old", terms=("t",), due=1)
        append(store, 3, "dropped", b"gone")
        expects = {"old": 1, "a": 0, "b": 0, "only-read": 0}
        writes = [Write("a", b"A", ("t",), 1), Write("b", b"B", ("t",), 2)]
        commit = Commit(
            expects, writes, ["old"], [Append("log", b"1", 9), Append("log", b"2", 9)], ["dropped"]
        )
        assert store.commit(3, commit) == (1, 2)
        assert set(other.read(3, expects).records) == {"a", "b"}
        assert keys(other, "t") == ["b", "a"]
        assert (other.due(), other.read_log(3, "dropped")) == ([], LogPage((), 0, 0))

    @pytest.mark.parametrize(
        "expects",
        [{"k": 0, "new": 0}, {"k": 2, "new": 0}, {"k": 1, "new": 1}, {"k": 1, "new": 0, "gone": 1}],
    )
    def test_stale_leaves_nothing_behind(
        self, store: Store, listener: Listener, expects: dict[str, int]
    ) -> None:
        """One wrong expectation, too low, too high or of an absent record, and no part of it happens."""
        put(store, 4, "k", b"kept", terms=("t",), rank=5, due=1)
        append(store, 4, "log", b"kept")
        writes = [Write("new", b"", ("t",), due=1), Write("k", b"changed", ("other",))]
        with pytest.raises(Stale):
            store.commit(
                4, Commit(expects, writes, appends=[Append("log", b"", 1, nudge=True)], drops=["log"])
            )
        assert dict(store.read(4, ["k", "new"]).records) == {"k": Record("k", 1, b"kept")}
        assert (keys(store, "t", "other"), store.due()) == (["k"], [(4, "k")])
        assert store.read_log(4, "log") == LogPage((Entry(1, b"kept"),), 1, 1)
        assert listener.wait(0.05) == frozenset()

    def test_a_commit_may_only_check(self, store: Store) -> None:
        """Expectations alone write nothing, and still raise Stale."""
        put(store, 5, "k", b"body")
        assert store.commit(5, Commit({"k": 1, "absent": 0})) == ()
        assert store.read(5, ["k", "absent"]).records == {"k": Record("k", 1, b"body")}
        with pytest.raises(Stale):
            store.commit(5, Commit({"k": 2}))

    def test_a_deleted_record_is_gone_and_may_come_back(self, store: Store) -> None:
        """Deleting removes it from every list; deleting what is absent is nothing; a new one starts at 1."""
        put(store, 6, "k", b"1", terms=("t", "u"), due=1)
        store.commit(6, Commit({"k": 1, "absent": 0}, deletes=["k", "absent"]))
        assert (store.read(6, ["k"]).records, keys(store, "t", "u"), store.due()) == ({}, [], [])
        put(store, 6, "k", b"2")
        assert store.read(6, ["k"]).get("k") == Record("k", 1, b"2")

    # logs

    def test_positions_count_from_one_without_gaps(self, store: Store, other: Store) -> None:
        """Each log counts for itself, over commits and instances, in the order of the appends."""
        assert append(store, 8, "a", b"1", b"2") == (1, 2)
        assert append(other, 8, "b", b"1") == (1,)
        both = [Append("b", b"2", 9), Append("a", b"3", 9), Append("b", b"3", 9)]
        assert store.commit(8, Commit({}, appends=both)) == (2, 3, 3)
        assert [entry.position for entry in other.read_log(8, "a").entries] == [1, 2, 3]

    def test_a_log_keeps_its_newest_entries(self, store: Store) -> None:
        """At least `keep` stay, far older ones go, and the page says which are the first and the last."""
        for start in range(0, 600, 50):
            append(store, 9, "log", *(b"%d" % n for n in range(start, start + 50)), keep=20)
        page = store.read_log(9, "log", limit=1000)
        assert page.last == 600
        assert 1 < page.first <= 581
        assert page.entries == tuple(Entry(n, b"%d" % (n - 1)) for n in range(page.first, 601))

    def test_a_log_is_read_forwards_in_pages(self, store: Store) -> None:
        """`after` is exclusive and `limit` cuts; beyond the end there is nothing but the ends' positions."""
        append(store, 10, "log", *(b"%d" % n for n in range(1, 8)))
        pages = [store.read_log(10, "log", after=after, limit=3) for after in (0, 3, 6, 7, 99)]
        assert [[e.position for e in page.entries] for page in pages] == [[1, 2, 3], [4, 5, 6], [7], [], []]
        assert {(page.first, page.last) for page in pages} == {(1, 7)}

    def test_a_log_is_read_backwards_in_pages(self, store: Store) -> None:
        """`before` is exclusive, nothing means from the newest, and the newest comes first."""
        append(store, 11, "log", *(b"%d" % n for n in range(1, 8)))
        pages = [store.read_log_back(11, "log", before=before, limit=3) for before in (None, 5, 2, 1, 0)]
        assert [[e.position for e in page.entries] for page in pages] == [[7, 6, 5], [4, 3, 2], [1], [], []]
        assert {(page.first, page.last) for page in pages} == {(1, 7)}

    def test_a_dropped_log_is_forgotten(self, store: Store) -> None:
        """Dropping comes before appending, and a new log of the name counts from 1."""
        append(store, 12, "log", b"1", b"2", b"3")
        assert store.commit(12, Commit({}, appends=[Append("log", b"new", 9)], drops=["log", "never"])) == (
            1,
        )
        assert store.read_log(12, "log") == LogPage((Entry(1, b"new"),), 1, 1)
        store.commit(12, Commit({}, drops=["log"]))
        assert store.read_log(12, "log") == store.read_log_back(12, "log") == LogPage((), 0, 0)

    # finding

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

    # due

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

    # nudges

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

    def test_nudges_are_heard_by_every_instance(self, store: Store, other: Store) -> None:
        """The one that appended and the others hear which logs of which partitions."""
        ears = [store.listen(), other.listen()]
        nudge(store, 0, "a")
        nudge(store, 255, "b")
        nudge(other, 16, "c")
        for listener in ears:
            hear(listener, {(0, "a"), (255, "b"), (16, "c")})
            listener.close()

    def test_only_nudging_appends_are_heard(self, store: Store, listener: Listener) -> None:
        """Not those that do not nudge, in the same commit or another."""
        append(store, 1, "silent", b"")
        both = [Append("silent", b"", 9), Append("loud", b"", 9, nudge=True)]
        store.commit(1, Commit({}, appends=both))
        assert listener.wait(5) == frozenset({(1, "loud")})
        assert listener.wait(0) == frozenset()

    def test_a_listener_hears_from_now_on(self, store: Store, other: Store) -> None:
        """What was appended before it listened is not news."""
        nudge(store, 1, "before")
        listener = other.listen()
        assert listener.wait(0.05) == frozenset()
        nudge(store, 1, "after")
        assert listener.wait(5) == frozenset({(1, "after")})
        listener.close()

    def test_nudges_wait_for_who_does_not_listen_just_now(self, store: Store, listener: Listener) -> None:
        """Between two waits nothing is lost."""
        for log in "abc":
            nudge(store, 2, log)
        hear(listener, {(2, "a"), (2, "b"), (2, "c")})
        nudge(store, 2, "a")
        assert listener.wait(5) == frozenset({(2, "a")})

    def test_closing_ends_a_wait(self, other: Store) -> None:
        """A wait under way in another thread returns, and so does a later one."""
        listener = other.listen()
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(listener.wait, 60)
            listener.close()
            assert waiting.result(10) == frozenset()
        assert listener.wait(60) == frozenset()

    # at once

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

    # epoch and health

    def test_the_epoch_is_one_until_a_new_one_begins(self, store: Store, other: Store) -> None:
        """Every instance names the same, and learns of a new one at the latest with its next read."""
        first = store.epoch
        assert first == other.epoch == store.epoch
        second = other.new_epoch()
        store.read(0, [])
        assert first != second == other.epoch == store.epoch
        assert "." not in first + second

    def test_a_well_kept_store_has_no_problems(self, store: Store) -> None:
        """It says what it is and what it promises."""
        health = store.health()
        assert health.problems == ()
        assert {"version", "durability"} <= set(health.facts)
