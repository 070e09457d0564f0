"""Connections to Redis: pipelines sent over a held connection, and what Redis' errors mean.

redis-py's connections are used without its client: the client costs more than Redis itself.
"""

import os
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from hiredis import pack_command
from redis import exceptions
from redis.connection import AbstractConnection, Connection, parse_url

from retoma_server.adapters.stores.contract import StoreBusy, StoreFull, StoreUnavailable
from retoma_server.domain.errors import RetomaError

Command = tuple[str | bytes | int, ...]

TIMEOUT = 2.0
"""Seconds that Redis has for a connection and for an answer."""

_IDLE = 64
"""Connections kept for later; as many as there are calls under way are opened."""

_AWAY = (
    exceptions.ConnectionError,  # refused, lost, loading, not authenticated
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.NoPermissionError,
    exceptions.ClusterDownError,  # and MASTERDOWN
    exceptions.AskError,  # and MOVED
)
_BY_WORD = {
    "BUSY": StoreBusy,
    "MISCONF": StoreUnavailable,
    "NOREPLICAS": StoreUnavailable,
    "UNKILLABLE": StoreBusy,
}


def translated(error: exceptions.RedisError) -> RetomaError | None:
    """The store's word for an error of Redis; None where it can only be a fault of ours."""
    if isinstance(error, exceptions.OutOfMemoryError):
        return StoreFull()
    if isinstance(error, _AWAY):
        return StoreUnavailable()
    kind = _BY_WORD.get(str(error).partition(" ")[0])
    return kind() if kind else None


def raise_translated(error: exceptions.RedisError) -> NoReturn:
    """Raise the store's word for an error of Redis, or the error itself where there is none."""
    failure = translated(error)
    if failure is None:
        raise error
    raise failure from error


def connection(url: str) -> AbstractConnection:
    """A connection as the URL says, not yet opened; our timeouts and raw bytes, whatever it says."""
    options = parse_url(url)
    kind = options.pop("connection_class", Connection)
    ours = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT, "decode_responses": False}
    made: AbstractConnection = kind(**{**options, **ours, "protocol": 2})
    return made


class Wire:
    """Sends pipelines to Redis, each on a connection that nobody else uses meanwhile.

    Works for threads and for greenlets; connections from before a fork are left alone.
    """

    def __init__(self, url: str) -> None:
        connection(url)  # a URL that cannot be read is refused now
        self._url = url
        self._idle: deque[AbstractConnection] = deque(maxlen=_IDLE)

    def ask(self, *commands: Command) -> list[Any]:
        """Send commands that may be repeated, and return their replies; a lost connection is tried again."""
        try:
            return self._exchange(commands, resend=True)
        except exceptions.ConnectionError:
            return self.tell(*commands)
        except exceptions.RedisError as error:
            raise_translated(error)

    def tell(self, *commands: Command) -> list[Any]:
        """Send commands that must not be repeated, and return their replies.

        When StoreUnavailable is raised they may have been done.
        """
        try:
            return self._exchange(commands, resend=len(commands) == 1)
        except exceptions.RedisError as error:
            raise_translated(error)

    def close(self) -> None:
        """Close every idle connection; those in use close with their call."""
        while link := self._take():
            link.disconnect()

    def _exchange(self, commands: Sequence[Command], *, resend: bool) -> list[Any]:
        link = self._take() or connection(self._url)
        self._send(link, _packed(commands), resend=resend)
        replies = [self._receive(link) for _ in commands]
        self._idle.append(link)
        for reply in replies:
            if isinstance(reply, exceptions.RedisError):
                raise reply
        return replies

    def _take(self) -> AbstractConnection | None:
        """The connection used last, which is the likeliest to be alive."""
        try:
            link = self._idle.pop()
        except IndexError:
            return None
        return link if link.pid == os.getpid() else self._take()

    def _send(self, link: AbstractConnection, request: bytes, *, resend: bool) -> None:
        """Send, anew where a held connection proves dead: Redis never executes half a command."""
        held = link.is_connected
        try:
            link.send_packed_command([request], check_health=False)
        except exceptions.ConnectionError:
            self.close()
            if not (held and resend):
                raise
            link.send_packed_command([request], check_health=False)

    def _receive(self, link: AbstractConnection) -> Any:
        """One reply. An error of one command is a reply too: those of the others must still be read."""
        try:
            return link.read_response()
        except exceptions.ResponseError as error:
            return error
        except exceptions.ConnectionError:
            self.close()  # what was lost for one is lost for all: the server went away
            raise


def _packed(commands: Sequence[Command]) -> bytes:
    pack: Callable[[Any], bytes] = pack_command  # its stub takes one-element tuples only
    return b"".join(map(pack, commands))
