"""How nudges travel on Redis: published by the commit itself, heard on one connection by pattern."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress

from redis import exceptions

from retoma_server.adapters.stores import redis_keys
from retoma_server.adapters.stores.redis_wire import connection, raise_translated

RETRY = 0.5
"""Seconds between two attempts to reach a Redis that is away."""

SLICE = 0.2
"""Seconds after which a wait looks whether it was closed: a connection in use is nobody else's to close."""


class RedisListener:
    """A `Listener` on a connection of its own, subscribed to every partition's channel."""

    def __init__(self, url: str) -> None:
        self._link = connection(url)
        self._turn = threading.Lock()
        self._closed = False
        try:
            self._subscribe()
        except exceptions.RedisError as error:
            raise_translated(error)

    def wait(self, timeout: float) -> frozenset[tuple[int, str]] | None:
        """Wait up to `timeout` seconds for nudges; None once after the connection was lost."""
        deadline = time.monotonic() + timeout
        with self._turn:
            if not self._link.is_connected:
                return self._return_by(deadline)
            try:
                return self._hear_by(deadline)
            except (exceptions.RedisError, OSError):
                self._link.disconnect()
                return self._return_by(deadline)

    def close(self) -> None:
        """Stop listening; a `wait` under way returns soon."""
        self._closed = True
        with self._turn:
            self._link.disconnect()

    def _subscribe(self) -> None:
        self._link.send_command("PSUBSCRIBE", redis_keys.NUDGES, check_health=False)
        self._link.read_response()

    def _hear_by(self, deadline: float) -> frozenset[tuple[int, str]]:
        while not self._closed:
            left = max(deadline - time.monotonic(), 0)
            if self._link.can_read(min(left, SLICE)):
                return frozenset(self._hear())
            if not left:
                break
        return frozenset()

    def _hear(self) -> Iterator[tuple[int, str]]:
        """Everything that has arrived by now."""
        while self._link.can_read(0):
            _, _, channel, log = self._link.read_response()
            yield redis_keys.partition_of(channel), log.decode()

    def _return_by(self, deadline: float) -> frozenset[tuple[int, str]] | None:
        """Subscribe again: None once that is done, nothing when Redis stayed away until the deadline."""
        while not self._closed:
            with suppress(exceptions.RedisError):
                self._subscribe()
                return None
            left = deadline - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, RETRY))
        return frozenset()
