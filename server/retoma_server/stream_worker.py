"""The gunicorn worker that holds streams: told to stop, it finishes requests and lets everything else go."""

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from weakref import WeakSet
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import gevent
from gunicorn.workers.ggevent import GeventWorker
from werkzeug.wsgi import ClosingIterator

Streams = WeakSet[gevent.Greenlet]
"""The greenlets that are sending a stream now."""


def noting_streams(app: WSGIApplication, streams: Streams) -> WSGIApplication:
    """The app, with whoever sends an event stream in `streams` for as long as it lasts."""

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        own = gevent.getcurrent()

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            if ("Content-Type", "text/event-stream") in headers:
                streams.add(own)
            return start_response(status, headers, exc_info)

        answer = app(environ, start)
        return ClosingIterator(answer, lambda: streams.discard(own)) if own in streams else answer

    return serve


class StreamWorker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker that would otherwise wait for connections that only wait for it.

    A stream never ends by itself, and a connection that is kept alive may stay idle for long. Both
    are closed when the worker is told to stop: clients come back, to whoever serves then.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """As gunicorn makes it; `app.streams` are the greenlets that are sending a stream."""
        super().__init__(*args, **options)
        self._idle: set[socket.socket] = set()

    def handle(self, listener: socket.socket, client: socket.socket, addr: object) -> None:
        """Serve one connection to its end; a new one is not idle: its first request is on its way."""
        try:
            super().handle(listener, client, addr)
        finally:
            self._idle.discard(client)

    def handle_request(self, name: object, request: object, client: socket.socket, addr: object) -> None:
        """Answer one request of a connection."""
        self._idle.discard(client)
        try:
            super().handle_request(name, request, client, addr)
        finally:
            self._rest(client)

    def handle_exit(self, sig: int, frame: object) -> None:
        """Take no more connections, and let go of those that wait."""
        super().handle_exit(sig, frame)
        gevent.spawn(self._let_go)

    def handle_quit(self, sig: int, frame: object) -> None:
        """Stop on Ctrl-C as on SIGTERM; gunicorn's own way ends in the middle, with a traceback."""
        self.handle_exit(sig, frame)

    def _rest(self, client: socket.socket) -> None:
        self._idle.add(client)
        if not self.alive:
            hang_up(client)

    def _let_go(self) -> None:
        for client in tuple(self._idle):
            hang_up(client)
        for stream in tuple(self.app.streams):
            stream.kill(block=False)


def hang_up(client: socket.socket) -> None:
    """Let the reader of a connection find its end.

    Said by a duplicate: into whoever reads from the very socket that is shut down, gevent throws an
    error, which gunicorn would log; whoever reads from another one just reads to the end.
    """
    with suppress(OSError), client.dup() as duplicate:
        duplicate.shutdown(socket.SHUT_RD)
