"""A program under gevent: whatever waits on the store at the given URL must leave other greenlets running."""

from gevent import monkey

monkey.patch_all()

import sqlite3  # noqa: E402  (only what is imported after patching is cooperative)
import sys  # noqa: E402

import gevent  # noqa: E402

from retoma_server.adapters.stores import Store, open_store  # noqa: E402
from tests.stores.calls import increment, nudge  # noqa: E402


def listening_stops_nobody(store: Store) -> None:
    """One greenlet waits for a nudge that can only come from another."""
    listener = store.listen()
    waiting = gevent.spawn(listener.wait, 30)
    gevent.spawn_later(0.05, nudge, store, 1, "log")
    assert waiting.get(timeout=20) == {(1, "log")}
    listener.close()


def many_share_the_store(store: Store) -> None:
    """Greenlets at once lose no increment."""
    gevent.joinall([gevent.spawn(increment, store, 0, "shared") for _ in range(50)], raise_error=True)
    assert store.read(0, ["shared"]).revision("shared") == 50


def a_busy_file_stops_nobody(store: Store, path: str) -> None:
    """One greenlet waits for the file while another holds it, and lets it go later."""
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    gevent.spawn_later(0.1, holder.execute, "ROLLBACK")
    gevent.spawn(increment, store, 0, "busy").get(timeout=20)
    assert store.read(0, ["busy"]).revision("busy") == 1
    holder.close()


if __name__ == "__main__":
    opened = open_store(sys.argv[1])
    many_share_the_store(opened)
    listening_stops_nobody(opened)
    scheme, _, path = sys.argv[1].partition(":///")
    if scheme == "sqlite":
        a_busy_file_stops_nobody(opened, path)
    opened.close()
