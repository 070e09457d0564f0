"""Sweepers as they really run: several at once, killed in the middle, with a store that goes away."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from retoma_server.actions import records
from retoma_server.actions.sweeper import Sweeper
from retoma_server.adapters.stores import Commit, SqliteStore, Store, Write, open_store
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


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, which must be soon."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.002)


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
        wait_until(lambda: left(store) == 0)
    assert told(shop, customers) == {EXPIRED_ONCE}
    store.close()


def test_what_a_killed_sweeper_left_is_done_by_the_next(shop: Business, tmp_path: Path) -> None:
    """`kill -9` in the middle of a pass: nothing is half done, and nothing is done again."""
    customers = all_over(shop)
    store, server = SqliteStore(tmp_path / "retoma.db"), RetomaServer(tmp_path)
    with sweeping(server):
        wait_until(lambda: left(store) < DRAFTS)
    assert 0 < left(store) < DRAFTS
    with sweeping(server):
        wait_until(lambda: left(store) == 0)
    assert told(shop, customers) == {EXPIRED_ONCE}
    store.close()


def test_a_sweeper_waits_for_a_store_that_is_away(shop: Business) -> None:
    """The store dies and comes back; the sweeper is still there and goes on."""
    key, place = records.once(shop.tenant.id, "dr_00" + "a" * 20, "h"), shop.tenant.partition
    stop = threading.Event()
    with RedisServer() as redis, capture_logs() as said:
        store = open_store(redis.url())
        move_tenant(shop, store)
        redis.kill()
        sweeper = Sweeper(replace(shop.deps, store=store), stop, structlog.get_logger(), interval=0.05)
        running = threading.Thread(target=sweeper.run)
        running.start()
        wait_until(lambda: "sweeping failed" in {each["event"] for each in said})
        redis.restart()
        store.commit(place, Commit({key: 0}, [Write(key, b"", due=store.now())]))
        wait_until(lambda: store.read(place, [key]).get(key) is None)
        stop.set()
        running.join(timeout=10)
        assert not running.is_alive()
        store.close()


def move_tenant(shop: Business, store: Store) -> None:
    """Write the business's tenant into another store."""
    key, place = records.tenant(shop.tenant.id), shop.tenant.partition
    body = shop.deps.store.read(place, [key]).records[key].body
    store.commit(place, Commit({key: 0}, [Write(key, body)]))
