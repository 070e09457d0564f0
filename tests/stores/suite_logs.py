"""Promises of logs, and of the nudges that tell of them."""

from concurrent.futures import ThreadPoolExecutor

from retoma_server.adapters.stores import Append, Commit, Entry, Listener, LogPage, Store
from tests.stores.calls import append, hear, nudge


class Logs:
    """Entries stay in their order, and whoever listens hears where there are new ones."""

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
