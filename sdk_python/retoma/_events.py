"""The stream of events: an iterator that resumes by itself after every cut."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import chain
from threading import Lock
from types import TracebackType
from typing import Any, Self

import requests

from ._errors import AuthenticationError, NetworkError, RetomaError
from ._models import Event
from ._sse import Message, messages
from ._transport import Transport

LONGEST_SILENCE = 45.0  # seconds: three heartbeats missed


class EventStream:
    """What happens from now on, or from `after` on, event by event; made by `Client.events`.

    It is connected once made. After a cut it connects again, for as long as it takes, and goes on
    after the last event. Iterating raises only what waiting cannot mend, such as AuthenticationError
    once the credential is over. Use it in a `with` block, or close it.
    """

    def __init__(self, transport: Transport, query: Mapping[str, Any], after: str | None) -> None:
        """Connect; `query` filters, and `after` is an earlier stream's `cursor`."""
        self._transport = transport
        self._query = query
        self._response: requests.Response | None = None
        self._messages: Iterator[Message] = iter(())
        self._closed = False
        self._reading = Lock()
        #: Where this stream is: give it to `Client.events(after=…)` to go on from here later.
        self.cursor = after
        transport.retry.run(self._connect)

    def __iter__(self) -> Self:
        """The stream is its own iterator."""
        return self

    def __next__(self) -> Event:
        """The next event, however long that takes."""
        with self._reading:
            return self._next_event()

    def _next_event(self) -> Event:
        """The next event, after as many connections as that takes; StopIteration once closed."""
        turn = 0
        while not self._closed:
            try:
                message = self._next_message()
            except RetomaError as error:
                self._disconnect()
                if not self._closed:
                    self._transport.retry.pause(error, turn)
                    turn += 1
                continue
            turn = 0
            event = self._take(message)
            if event is not None:
                return event
        raise StopIteration

    def __enter__(self) -> Self:
        """Close it at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """End the stream; a thread that waits for the next event stops waiting."""
        self._closed = True
        if self._response is not None:
            hang_up(self._response)
        with self._reading:
            self._disconnect()

    def _connect(self) -> None:
        """Connect after the cursor; done once the server's first word is here, so that nothing is missed."""
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if self.cursor is not None:
            headers["Last-Event-ID"] = self.cursor
        self._response = self._transport.stream("/v1/events", self._query, headers, LONGEST_SILENCE)
        stream = messages(chunks(self._response))
        try:
            self._messages = chain([next(stream)], stream)
        except RetomaError:
            self._disconnect()
            raise

    def _disconnect(self) -> None:
        """Let go of the connection, if there is one."""
        if self._response is not None:
            self._response.close()
            self._response = None

    def _next_message(self) -> Message:
        """The next message, on a new connection if the last one is gone."""
        if self._response is None:
            self._connect()
        return next(self._messages)

    def _take(self, message: Message) -> Event | None:
        """Note where the stream is now; the event that a message carries, if it carries one."""
        data = json.loads(message.data)
        if message.event == "auth":
            self._renew(data.get("code", "session-ended"))
            return None
        self.cursor = message.id or data.get("cursor") or self.cursor
        if message.event in ("ready", "heartbeat"):
            return None
        return Event(type="reset") if message.event == "reset" else Event.read(data)

    def _renew(self, code: str) -> None:
        """The credential ended, `code` says how: go on with a fresh one, or raise AuthenticationError."""
        self._disconnect()
        credential = self._transport.credential
        if not credential.renew(credential.token()):
            self._closed = True
            raise AuthenticationError(code)


def hang_up(response: requests.Response) -> None:
    """Wake whoever is reading a response: closing it alone would wait for them to finish.

    A urllib3 older than 2.3 cannot; they then wake at the next heartbeat.
    """
    with suppress(AttributeError, ValueError, RuntimeError, OSError):
        response.raw.shutdown()


def chunks(response: requests.Response) -> Iterator[bytes]:
    """The bytes of a response as they arrive; raises NetworkError where they stop."""
    # Without chunked encoding only reading byte by byte never waits for more than has come.
    size = None if getattr(response.raw, "chunked", False) else 1
    try:
        yield from response.iter_content(size)
    except requests.RequestException as error:
        raise NetworkError("stream-cut", retryable=True) from error
    raise NetworkError("stream-ended", retryable=True)
