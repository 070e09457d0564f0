"""The bus wakes whoever waits for a log, whichever running instance appended to it, and never dies."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.servers.redis_server import RedisServer
from tests.stores.calls import nudge

from retoma_server.adapters.bus import Bus
from retoma_server.adapters.stores import SqliteStore, Store, open_store

LOG = (7, "log")
OTHER = (8, "log")
ENOUGH = 60
"""Seconds after which a wait is in vain."""


@dataclass(slots=True)
class Line:
    """A bus, and the store through which somebody else appends."""

    bus: Bus
    writer: Store

    def stands(self) -> None:
        """Return once the bus listens: until then it has woken everybody once."""
        with self.bus.subscribe([(0, "first")]) as subscription:
            assert subscription.wait(ENOUGH)


@pytest.fixture(params=["memory", "disk", "redis"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    """A bus of one running instance; on disk and on Redis the writer is another one."""
    if request.param == "memory":
        store: Store = SqliteStore(None)
        writer = store
    elif request.param == "disk":
        store, writer = SqliteStore(tmp_path / "retoma.db"), SqliteStore(tmp_path / "retoma.db")
    else:
        url = request.getfixturevalue("redis_url")
        store, writer = open_store(url), open_store(url)
    bus = Bus(store)
    yield Line(bus, writer)
    bus.close()
    store.close()
    writer.close()


def test_a_subscriber_is_woken(line: Line) -> None:
    """By every append that nudges, one after the other."""
    line.stands()
    with line.bus.subscribe([LOG]) as subscription:
        for _ in range(3):
            nudge(line.writer, *LOG)
            assert subscription.wait(ENOUGH)


def test_only_those_concerned_are_woken(line: Line) -> None:
    """Not the subscriber of a log of the same name in another partition."""
    line.stands()
    with line.bus.subscribe([LOG]) as loud, line.bus.subscribe([OTHER]) as quiet:
        nudge(line.writer, *LOG)
        assert loud.wait(ENOUGH)
        assert not quiet.wait(0)


def test_one_subscription_may_cover_several_logs(line: Line) -> None:
    """Any of them wakes it."""
    line.stands()
    with line.bus.subscribe([LOG, OTHER]) as subscription:
        for log in (LOG, OTHER):
            nudge(line.writer, *log)
            assert subscription.wait(ENOUGH)


def test_a_thousand_subscribers_share_one_thread(line: Line) -> None:
    """All on one log are woken by one append, and the bus has no thread for any of them."""
    line.stands()
    threads = threading.active_count()
    with ExitStack() as stack:
        subscribers = [stack.enter_context(line.bus.subscribe([LOG])) for _ in range(1_000)]
        assert threading.active_count() == threads
        nudge(line.writer, *LOG)
        assert all(subscriber.wait(ENOUGH) for subscriber in subscribers)


def test_news_between_two_waits_is_not_missed(line: Line) -> None:
    """Whoever reads after each wait has read everything: news wakes once, however late the wait begins."""
    line.stands()
    with line.bus.subscribe([LOG]) as reading, line.bus.subscribe([OTHER]) as later:
        nudge(line.writer, *LOG)
        nudge(line.writer, *OTHER)
        assert later.wait(ENOUGH)
        assert reading.wait(ENOUGH)
        assert not reading.wait(0)


def test_whoever_came_before_the_bus_listened_is_woken(line: Line) -> None:
    """Nobody heard what was appended until then, so the first subscriber looks once more."""
    with line.bus.subscribe([LOG]) as subscription:
        assert subscription.wait(ENOUGH)


def test_who_has_left_is_not_woken(line: Line) -> None:
    """And others on the log still are."""
    line.stands()
    with line.bus.subscribe([LOG]) as staying:
        with line.bus.subscribe([LOG]) as leaving:
            pass
        nudge(line.writer, *LOG)
        assert staying.wait(ENOUGH)
        assert not leaving.wait(0)


def test_a_closed_bus_has_no_thread(line: Line) -> None:
    """Closing ends it, also while somebody is subscribed; it may be closed again."""
    before = set(threading.enumerate())
    line.stands()
    with line.bus.subscribe([LOG]):
        line.bus.close()
        assert set(threading.enumerate()) <= before


def test_missed_nudges_wake_everybody() -> None:
    """The store dies and comes back: nobody knows what was nudged meanwhile, so everybody looks."""
    with RedisServer() as redis:
        store = open_store(redis.url())
        line = Line(Bus(store), store)
        line.stands()
        with line.bus.subscribe([LOG]) as one, line.bus.subscribe([OTHER]) as another:
            redis.kill()
            redis.restart()
            assert one.wait(ENOUGH)
            assert another.wait(ENOUGH)
            nudge(store, *LOG)
            assert one.wait(ENOUGH)
        line.bus.close()
        store.close()


def test_a_store_that_is_away_is_waited_for() -> None:
    """A bus that cannot begin to listen tries again, and wakes everybody once it can."""
    with RedisServer() as redis:
        store = open_store(redis.url())
        bus = Bus(store)
        redis.kill()
        with bus.subscribe([LOG]) as subscription:
            assert not subscription.wait(0.2)
            redis.restart()
            assert subscription.wait(ENOUGH)
            nudge(store, *LOG)
            assert subscription.wait(ENOUGH)
        bus.close()
        store.close()
