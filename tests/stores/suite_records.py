"""Promises of records, and of the commits that change them."""

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
from tests.stores.calls import ODD_NAMES, append, keys, put


class Records:
    """A commit happens wholly and on what it expected, or not at all."""

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
