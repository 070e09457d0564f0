"""Stores: where everything is kept, named by a URL."""

from typing import Literal
from urllib.parse import unquote, urlsplit

from retoma_server.adapters.stores.contract import (
    PARTITIONS,
    Append,
    Commit,
    DurabilityUnconfirmed,
    Entry,
    Found,
    Health,
    Listener,
    LogPage,
    Record,
    Snapshot,
    Stale,
    Store,
    StoreBusy,
    StoreFull,
    StoreUnavailable,
    Write,
)
from retoma_server.adapters.stores.redis import RedisStore
from retoma_server.adapters.stores.sqlite import SqliteStore

__all__ = [
    "PARTITIONS",
    "Append",
    "Commit",
    "DurabilityUnconfirmed",
    "Entry",
    "Found",
    "Health",
    "Listener",
    "LogPage",
    "Record",
    "RedisStore",
    "Snapshot",
    "SqliteStore",
    "Stale",
    "Store",
    "StoreBusy",
    "StoreFull",
    "StoreUnavailable",
    "Write",
    "open_store",
    "sqlite_path",
]


def open_store(url: str, *, durability: Literal["strict", "relaxed"] = "strict", replicas: int = 0) -> Store:
    """The store that a URL names; nothing is connected to or created before its first use.

    `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite://` (in memory), `redis://host:port/db`,
    `rediss://…`. `replicas` (Redis only) is how many must confirm each commit. Raises ValueError, with
    a sentence for the operator, for anything else.
    """
    scheme, relaxed = urlsplit(url).scheme, durability == "relaxed"
    if scheme in ("redis", "rediss"):
        return RedisStore(url, relaxed=relaxed, replicas=replicas)
    if scheme == "redis+cluster":
        raise ValueError(
            "Redis Cluster is not supported yet: name a single server with redis:// or rediss://."
        )
    if scheme != "sqlite":
        raise ValueError("A store is named by sqlite:///file.db, redis://host:port or rediss://host:port.")
    if replicas:
        raise ValueError("SQLite has no replicas: leave their number at 0, or use Redis.")
    return SqliteStore(sqlite_path(url), relaxed=relaxed)


def sqlite_path(url: str) -> str | None:
    """The file in an `sqlite:` URL, None for memory."""
    parts = urlsplit(url)
    if parts.netloc or parts.query or parts.fragment:
        raise ValueError("An SQLite file is named after three slashes and nothing else: sqlite:///file.db.")
    return unquote(parts.path[1:]) or None
