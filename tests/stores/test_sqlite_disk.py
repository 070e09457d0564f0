"""SQLite on disk: several running instances on one file, and the faults that a disk and a kill bring."""

import signal
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from retoma_server.adapters.stores import (
    Commit,
    SqliteStore,
    Store,
    StoreBusy,
    StoreUnavailable,
    open_store,
)
from tests.stores import programs
from tests.stores.calls import Open, hear, increment, put
from tests.stores.suite import StoreSuite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "retoma.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def open_instance(path: Path) -> Iterator[Open]:
    opened: list[Store] = []

    def open_one() -> Store:
        opened.append(SqliteStore(path))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_instance: Open) -> Store:
    return open_instance()


class TestSqliteDisk(StoreSuite):
    """The contract, with every instance on a connection of its own to one file."""


def test_processes_share_a_file_and_lose_nothing(store: Store, url: str) -> None:
    """Two other processes and this one count to the sum."""
    others = [programs.start(programs.count, url) for _ in range(2)]
    for _ in range(40):
        increment(store, 0, "count")
    for process in others:
        process.communicate(timeout=240)
    assert store.read(0, ["count"]).records["count"].body == b"120"


def test_a_process_that_comes_and_goes_takes_nothing_along(store: Store, url: str) -> None:
    """A command beside a running server, which holds two connections, ends as one user among several."""
    increment(store, 0, "count")
    with closing(store.listen()):
        increment(store, 0, "count")
        programs.run(programs.count, url)
        for _ in range(2):
            increment(store, 0, "count")
            assert (
                programs.run(programs.tell_count, url).strip()
                == store.read(0, ["count"]).records["count"].body.decode()
            )


def test_nudges_cross_processes(store: Store, url: str) -> None:
    """What another process appended is heard here."""
    listener = store.listen()
    programs.run(programs.nudge_once, url)
    hear(listener, {(77, "elsewhere")})
    listener.close()


def test_a_store_used_before_a_fork_works_on_both_sides(store: Store, url: str) -> None:
    """Parent and child each open their own connection and lose nothing."""
    programs.run(programs.count_forked, url)
    assert store.read(0, ["count"]).records["count"].body == b"81"


def test_waiting_leaves_other_greenlets_running(url: str) -> None:
    """Under gevent neither a listener nor a busy file stops the event loop."""
    programs.run("greenlets", url)


def test_kill_loses_no_acknowledged_commit_and_tears_none(path: Path, url: str) -> None:
    """However often the writer is killed in the middle of its commits."""
    acknowledged = 0
    for _ in range(4):
        with programs.start(programs.write_twins, url) as writer:
            assert writer.stdout
            lines = [writer.stdout.readline() for _ in range(60)]
            writer.send_signal(signal.SIGKILL)
            lines += writer.stdout.readlines()
        acknowledged = max(int(line) for line in lines if line.endswith("\n"))
        assert_twins_agree(path, acknowledged)


def assert_twins_agree(path: Path, acknowledged: int) -> None:
    """Nothing acknowledged is missing, and every part of the last commit is there."""
    with closing(SqliteStore(path)) as store:
        left, right = (store.read(0, programs.TWINS).records[key] for key in programs.TWINS)
        assert left.revision >= acknowledged
        assert (left.revision, left.body) == (right.revision, right.body)
        assert left.body == b"%d" % left.revision * 500
        assert store.read_log(0, "log").last == left.revision
        assert [found.rank for found in store.find([0], ["twins"])] == [left.revision - 1] * 2
    assert_intact(path)


def assert_intact(path: Path) -> None:
    """SQLite itself finds nothing wrong with the file."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_full_disk_is_said_and_breaks_nothing(path: Path, url: str, store: Store) -> None:
    """A file that may not grow answers StoreFull; what was acknowledged is there, and it can go on."""
    count = int(programs.run(programs.fill, url))
    assert count > 5
    found = store.read(0, [f"k{n}" for n in range(count + 1)])
    assert set(found.records) == {f"k{n}" for n in range(count)}
    assert all(record.body == bytes(20_000) for record in found.records.values())
    put(store, 0, "k0", b"smaller")
    assert_intact(path)


def test_a_file_held_too_long_is_busy(store: Store, path: Path) -> None:
    """Who waits for another's transaction longer than a few seconds is told; readers never wait."""
    put(store, 0, "k", b"1")
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            store.commit(0, Commit({"k": 1}, deletes=["k"]))
        assert store.read(0, ["k"]).revision("k") == 1
    store.commit(0, Commit({"k": 1}, deletes=["k"]))


@pytest.mark.parametrize("content", [b"this is no database, " * 100, b"SQLite format 3\0" + b"\xff" * 2000])
def test_a_damaged_file_is_unavailable(store: Store, path: Path, content: bytes) -> None:
    """It is neither served nor overwritten."""
    path.write_bytes(content)
    for attempt in (lambda: store.read(0, ["k"]), lambda: put(store, 0, "k"), store.health, store.listen):
        with pytest.raises(StoreUnavailable):
            attempt()
    assert path.read_bytes() == content


def test_a_place_without_a_file_is_unavailable_until_there_is_one(tmp_path: Path) -> None:
    """A missing folder is an answer, not a crash, and the store is there once the folder is."""
    folder = tmp_path / "later"
    with closing(SqliteStore(folder / "retoma.db")) as store:
        with pytest.raises(StoreUnavailable):
            store.read(0, ["k"])
        folder.mkdir()
        put(store, 0, "k")


def test_a_file_of_a_newer_release_is_refused(store: Store, path: Path) -> None:
    """Its schema is named, and nothing in it is touched."""
    store.health()
    store.close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnavailable) as refusal:
        store.read(0, [])
    assert refusal.value.facts == {"schema": 99, "supported": 1}


def test_only_its_owner_may_read_the_file(store: Store, path: Path) -> None:
    """The database and the files beside it have mode 0600."""
    put(store, 0, "k")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"retoma.db": 0o600, "retoma.db-wal": 0o600, "retoma.db-shm": 0o600}


def test_so_it_is_where_a_link_leads_to(tmp_path: Path) -> None:
    """A link to a file that is not there yet, on a disk of its own: the file is made closed to others."""
    link, file = tmp_path / "retoma.db", tmp_path / "disk" / "real.db"
    file.parent.mkdir()
    link.symlink_to(file)
    with closing(SqliteStore(link)) as store:
        put(store, 0, "k")
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()}
    assert modes == {"real.db": 0o600, "real.db-wal": 0o600, "real.db-shm": 0o600}


def test_deleted_bytes_are_overwritten(store: Store, path: Path) -> None:
    """Once the store is closed nothing of a deleted record, term or log is left in the file."""
    put(store, 0, "secret-key", b"secret-body" * 2000, terms=("secret-term",))
    store.commit(0, Commit({"secret-key": 1}, deletes=["secret-key"]))
    store.close()
    assert b"secret" not in path.read_bytes()
    assert [file.name for file in path.parent.iterdir()] == ["retoma.db"]


def test_relaxed_durability_is_said_aloud(path: Path) -> None:
    """Health tells how the file is synced."""
    for durability, synchronous in (("strict", "2"), ("relaxed", "1")):
        with closing(open_store(f"sqlite:///{path}", durability=durability)) as store:  # type: ignore[arg-type]
            facts = store.health().facts
        assert facts["synchronous"] == synchronous
        assert facts["durability"].startswith(durability)
