"""Sweepers as they really run: for long, several at once, killed in the middle, with a store that goes away."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from retoma_server.actions import records
from retoma_server.actions.sweeper import Sweeper
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit, SqliteStore, Store, StoreUnavailable, Write, open_store
from retoma_server.adapters.stores.sqlite import milliseconds
from tests.servers.redis_server import RedisServer
from tests.servers.retoma_server import RetomaServer

from .business import DAY, Business, Clock, open_business

DRAFTS = 200
EXPIRED_ONCE = ("draft-opened by visitor", "draft-expired by system")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business in which two hundred drafts have been over for a while, by the machine's real clock."""
    business = open_business(tmp_path, Clock(milliseconds() - 40 * DAY))
    yield business
    business.deps.store.close()


def all_over(shop: Business) -> dict[str, list[str]]:
    """Begin the drafts, and return what each customer's log tells, to be read again with `told`."""
    visitors = [shop.visitor() for _ in range(DRAFTS)]
    for visitor in visitors:
        shop.draft(visitor)
    return {str(visitor.customer): shop.told(visitor) for visitor in visitors}


def left(store: Store) -> int:
    """How many records are due."""
    return len(store.due(10 * DRAFTS))


def wait_until_fewer(store: Store, most: int) -> int:
    """Wait until at most so many records are due; returns how many."""
    deadline = time.monotonic() + 60
    while (count := left(store)) > most:
        assert time.monotonic() < deadline, f"{count} records are still due"
        time.sleep(0.002)
    return count


def told(shop: Business, customers: dict[str, list[str]]) -> set[tuple[str, ...]]:
    """The different logs that customers now have."""
    credential = shop.visitor()
    return {tuple(shop.told(replace(credential, customer=customer))) for customer in customers}


@contextmanager
def sweeping(server: RetomaServer) -> Iterator[None]:
    """A sweeper of its own, run by its own command, for as long as the body runs."""
    running = server.popen("worker")
    try:
        yield
    finally:
        running.kill()
        running.wait(timeout=10)


def test_two_running_instances_do_nothing_twice(shop: Business, tmp_path: Path) -> None:
    """Two `retoma-server worker` on one file: every draft expires, and every customer is told once."""
    customers = all_over(shop)
    store, server = SqliteStore(tmp_path / "retoma.db"), RetomaServer(tmp_path)
    assert left(store) == DRAFTS
    with sweeping(server), sweeping(server):
        wait_until_fewer(store, 0)
    assert told(shop, customers) == {EXPIRED_ONCE}
    store.close()


def test_what_a_killed_sweeper_left_is_done_by_the_next(shop: Business, tmp_path: Path) -> None:
    """`kill -9` in the middle of a pass: nothing is half done, and nothing is done again."""
    customers = all_over(shop)
    store, server = SqliteStore(tmp_path / "retoma.db"), RetomaServer(tmp_path)
    with sweeping(server):
        interrupted_at = wait_until_fewer(store, DRAFTS - 5)
    assert 0 < interrupted_at < DRAFTS
    with sweeping(server):
        wait_until_fewer(store, 0)
    assert told(shop, customers) == {EXPIRED_ONCE}
    store.close()


def test_a_sweeper_waits_for_a_store_that_is_away(shop: Business) -> None:
    """The store dies and comes back; the sweeper is still there and goes on."""
    key = records.once(shop.tenant.id, "dr_00" + "a" * 20, "h")
    place, stop = partition_of(shop.tenant.id), threading.Event()
    with RedisServer() as redis:
        store = open_store(redis.url())
        tenant = shop.deps.store.read(place, [records.tenant(shop.tenant.id)]).records
        body = next(iter(tenant.values())).body
        store.commit(
            place, Commit({records.tenant(shop.tenant.id): 0}, [Write(records.tenant(shop.tenant.id), body)])
        )
        redis.kill()
        deps = replace(shop.deps, store=store)
        sweeper = threading.Thread(target=Sweeper(deps, stop, structlog.get_logger(), interval=0.05).run)
        sweeper.start()
        with pytest.raises(StoreUnavailable):
            store.now()
        redis.restart()
        store.commit(place, Commit({key: 0}, [Write(key, b"", due=store.now())]))
        wait_until_fewer(store, 0)
        stop.set()
        sweeper.join(timeout=10)
        assert not sweeper.is_alive()
        assert store.read(place, [key]).get(key) is None
        store.close()
