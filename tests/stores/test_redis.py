"""Redis: the contract on a real server, and the faults that servers and networks bring."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import count

import pytest

from retoma_server.adapters.stores import (
    Append,
    Commit,
    DurabilityUnconfirmed,
    Listener,
    Record,
    RedisStore,
    Store,
    StoreFull,
    StoreUnavailable,
    Write,
)
from tests.servers.redis_server import RedisServer
from tests.stores import programs
from tests.stores.calls import Open, hear, nudge, put
from tests.stores.machine import hold_against_model
from tests.stores.suite import StoreSuite

ANSWERS_WITHIN = 2.5
"""Seconds in which a store that does not answer is reported."""


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """A server to break."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def store(own_server: RedisServer) -> Iterator[Store]:
    with closing(RedisStore(own_server.url())) as store:
        yield store


@pytest.fixture
def replica(own_server: RedisServer) -> Iterator[RedisServer]:
    """A replica of it, in step."""
    with RedisServer("--replicaof", "127.0.0.1", str(own_server.port)) as server:
        while server.command("INFO", "replication")["master_link_status"] != "up":
            own_server.command("WAIT", 1, 100)
        yield server


class TestRedis(StoreSuite):
    """The contract, with every instance on connections of its own."""

    @pytest.fixture
    def open_instance(self, redis_url: str) -> Iterator[Open]:
        opened: list[Store] = []

        def open_one() -> Store:
            opened.append(RedisStore(redis_url))
            return opened[-1]

        yield open_one
        for store in opened:
            store.close()

    @pytest.fixture
    def store(self, open_instance: Open) -> Store:
        return open_instance()


def test_any_sequence_of_calls_does_what_the_model_does(redis_server: RedisServer) -> None:
    """Hypothesis finds no order of commits, searches and pages where two instances differ from it."""

    def open_pair() -> tuple[Store, Store]:
        redis_server.command("FLUSHALL")
        return RedisStore(redis_server.url()), RedisStore(redis_server.url())

    hold_against_model(open_pair, examples=30)


def test_waiting_leaves_other_greenlets_running(redis_url: str) -> None:
    """Under gevent a listener does not stop the event loop, and greenlets share connections safely."""
    programs.run("greenlets", redis_url)


def test_a_store_used_before_a_fork_works_on_both_sides(redis_url: str) -> None:
    """Parent and child never talk over each other on one connection."""
    programs.run(programs.count_forked, redis_url)
    with closing(RedisStore(redis_url)) as store:
        assert store.read(0, ["count"]).records["count"].body == b"81"


def write_twins(store: Store, partition: int, acknowledged: list[int]) -> None:
    """Commit rising numbers into two records and a log until the store is lost, noting the acknowledged."""
    revision = store.read(partition, programs.TWINS).revision("left")
    with suppress(StoreUnavailable):
        for number in count(revision):
            writes = [Write(key, b"%d" % (number + 1), ("twins",), number) for key in programs.TWINS]
            appends = [Append("log", b"", 10**6)]
            store.commit(partition, Commit(dict.fromkeys(programs.TWINS, number), writes, appends=appends))
            acknowledged[partition] = number + 1


def test_kill_loses_no_acknowledged_commit_and_tears_none(own_server: RedisServer, store: Store) -> None:
    """However often the server is killed under four writers: all is there again after its restart."""
    acknowledged = [0] * 4
    for _ in range(3):
        before = sum(acknowledged)
        with ThreadPoolExecutor(4) as threads:
            for partition in range(4):
                threads.submit(write_twins, store, partition, acknowledged)
            while sum(acknowledged) < before + 200:
                store.now()
            own_server.kill()
        own_server.restart()
        for partition, revision in enumerate(acknowledged):
            left, right = (store.read(partition, programs.TWINS).records[key] for key in programs.TWINS)
            assert left.revision >= revision
            assert (left.revision, left.body) == (right.revision, right.body)
            assert int(left.body) == left.revision == store.read_log(partition, "log").last
            assert [hit.rank for hit in store.find([partition], ["twins"])] == [left.revision - 1] * 2


def test_a_restarted_server_is_found_again(own_server: RedisServer, store: Store) -> None:
    """Reads notice a lost connection themselves; after one, commits go through too."""
    put(store, 0, "k")
    own_server.kill()
    own_server.restart()
    put(store, 0, "k")
    assert store.read(0, ["k"]).revision("k") == 2


def everything(store: Store) -> list[Callable[[], object]]:
    """One call of each kind that needs the server."""
    return [
        lambda: store.read(0, ["k"]),
        lambda: store.commit(0, Commit({"k": 1}, [Write("k", b"2")])),
        lambda: store.find([0], ["t"]),
        lambda: store.read_log(0, "log"),
        store.due,
        store.now,
        store.listen,
        store.health,
    ]


def test_a_frozen_server_is_unavailable_soon(own_server: RedisServer, store: Store) -> None:
    """Nobody hangs on it, with an old connection or a new one; once it goes on, so does the store."""
    put(store, 0, "k", b"1")
    own_server.pause()
    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(call) for call in everything(store)]
        for call in calls:
            with pytest.raises(StoreUnavailable):
                call.result(ANSWERS_WITHIN)
    own_server.resume()
    assert store.read(0, ["k"]).get("k") in (Record("k", 1, b"1"), Record("k", 2, b"2"))
    put(store, 0, "k", b"3")


def test_a_server_that_is_away_is_unavailable(own_server: RedisServer, store: Store) -> None:
    """Every call says so."""
    own_server.kill()
    for call in everything(store):
        with pytest.raises(StoreUnavailable):
            call()


def fill(store: Store) -> int:
    """Write records until there is no room, and tell how many were acknowledged."""
    for written in count():
        try:
            store.commit(1, Commit({f"k{written}": 0}, [Write(f"k{written}", bytes(100_000), ("t",), due=1)]))
        except StoreFull:
            break
    return written


def test_a_full_server_is_said_and_recovers_after_deleting(own_server: RedisServer, store: Store) -> None:
    """At its memory limit it refuses what adds, loses nothing, and still deletes, with an event too."""
    put(store, 0, "k", b"1", terms=("t",))
    used = own_server.command("INFO", "memory")["used_memory"]
    own_server.command("CONFIG", "SET", "maxmemory", used + 3_000_000)
    written = fill(store)
    own_server.command(
        "CONFIG", "SET", "maxmemory", own_server.command("INFO", "memory")["used_memory"] - 200_000
    )
    for refused in (
        Commit({"k": 1}, [Write("k", b"2", ("other",))], appends=[Append("log", b"", 9)]),
        Commit({}, appends=[Append("log", b"", 9)]),
    ):
        with pytest.raises(StoreFull):
            store.commit(0, refused)
    assert store.read(0, ["k"]).records["k"].body == b"1"
    assert store.read_log(0, "log").last == 0
    names = [f"k{n}" for n in range(written + 1)]
    assert set(store.read(1, names).records) == set(names[:written])
    store.commit(1, Commit({"k0": 1}, deletes=["k0"], appends=[Append("log", b"gone", 9)]))
    store.commit(1, Commit(dict.fromkeys(names[1:5], 1), deletes=names[1:5]))
    put(store, 0, "k", b"2")


def test_a_replica_is_read_but_not_written(
    own_server: RedisServer, store: Store, replica: RedisServer
) -> None:
    """Writing to it by mistake says unavailable, and its health says why."""
    put(store, 0, "k", b"1")
    own_server.command("WAIT", 1, 1000)
    with closing(RedisStore(replica.url())) as mistaken:
        hear_of_it = mistaken.read(0, ["k"])
        with pytest.raises(StoreUnavailable):
            mistaken.commit(0, Commit({"k": hear_of_it.revision("k")}, deletes=["k"]))
        assert any("replica" in problem for problem in mistaken.health().problems)


def test_a_commit_waits_for_its_replicas(own_server: RedisServer, replica: RedisServer) -> None:
    """Too few confirmations are said, also of a commit that only checks, until the replica is back."""
    with closing(RedisStore(own_server.url(), replicas=1)) as store:
        put(store, 0, "k", b"1")
        replica.pause()
        with pytest.raises(DurabilityUnconfirmed):
            store.commit(0, Commit({"k": 1}, [Write("k", b"2")]))
        with pytest.raises(DurabilityUnconfirmed):
            store.commit(0, Commit({"k": 2}))
        replica.resume()
        store.commit(0, Commit({"k": 2}))


def test_nothing_is_left_of_what_was_deleted(redis_server: RedisServer, redis_url: str) -> None:
    """No key, index entry, due time or position of a record or log outlives it."""
    with closing(RedisStore(redis_url)) as store:
        for rank in (1, 2):
            put(store, 0, "k", b"1", terms=("t", f"t{rank}"), rank=rank, due=rank)
        assert redis_server.command("ZCARD", "retoma:{p000}:terms") == 2
        nudge(store, 0, "log")
        store.commit(0, Commit({"k": 2}, deletes=["k"], drops=["log"]))
    assert redis_server.command("KEYS", "*") == []


def test_a_forgotten_script_is_sent_again(own_server: RedisServer, store: Store) -> None:
    """Redis may lose scripts; no commit fails for it."""
    put(store, 0, "k")
    own_server.command("SCRIPT", "FLUSH")
    put(store, 0, "k")


def await_missed(listener: Listener) -> None:
    """Return once the listener says that nudges may have been missed."""
    while listener.wait(0.2) is not None:
        pass


def test_a_listener_says_when_it_may_have_missed_something(own_server: RedisServer, store: Store) -> None:
    """It outlives the server, says None once when it is back, and hears again."""
    listener = store.listen()
    own_server.kill()
    assert listener.wait(0.1) == frozenset()
    own_server.restart()
    await_missed(listener)
    nudge(store, 1, "log")
    hear(listener, {(1, "log")})
    listener.close()


@pytest.mark.parametrize(
    ("setting", "value", "relaxed_may"),
    [
        ("appendonly", "no", False),
        ("appendfsync", "everysec", True),
        ("appendfsync", "no", False),
        ("maxmemory-policy", "allkeys-lru", False),
        ("no-appendfsync-on-rewrite", "yes", True),
    ],
)
def test_settings_that_could_lose_data_are_problems(
    redis_server: RedisServer, redis_url: str, setting: str, value: str, relaxed_may: bool
) -> None:
    """Each is named in one sentence; relaxed durability allows only what it says."""
    strict, relaxed = RedisStore(redis_url), RedisStore(redis_url, relaxed=True)
    (kept,) = redis_server.command("CONFIG", "GET", setting).values()
    redis_server.command("CONFIG", "SET", setting, value)
    try:
        (problem,) = strict.health().problems
        allowed = relaxed.health()
    finally:
        redis_server.command("CONFIG", "SET", setting, kept)
    assert f"{setting} {value}" in problem
    assert (allowed.problems == ()) is relaxed_may
    assert allowed.facts["durability"].startswith("relaxed")
    strict.close()
    relaxed.close()


def test_what_may_not_be_checked_is_a_problem_unless_relaxed(own_server: RedisServer) -> None:
    """Where the server keeps its settings to itself, the operator must answer for them."""
    own_server.command("ACL", "SETUSER", "app", "on", ">pw", "~*", "&*", "+@all", "-config", "-info")
    url = own_server.url().replace("redis://", "redis://app:pw@")
    with closing(RedisStore(url)) as strict, closing(RedisStore(url, relaxed=True)) as relaxed:
        (problem,) = strict.health().problems
        assert "appendfsync" in problem
        assert "version" in problem
        assert relaxed.health().problems == ()
        put(strict, 0, "k")


def test_missing_replicas_are_problems(own_server: RedisServer) -> None:
    """Asked for confirmation by a replica that is not there, the store is not ready."""
    with closing(RedisStore(own_server.url(), replicas=1)) as store:
        problems = store.health().problems
    assert any("fewer than 1 replicas" in problem for problem in problems)
    assert any("min-replicas-to-write" in problem for problem in problems)


def test_a_wrong_password_is_unavailable(own_server: RedisServer) -> None:
    """Like a server that is away, without a word of what was tried."""
    with closing(RedisStore(own_server.url().replace("redis://", "redis://:wrong@"))) as store:
        with pytest.raises(StoreUnavailable) as refusal:
            store.read(0, ["k"])
        assert str(refusal.value) == "store-unavailable"
