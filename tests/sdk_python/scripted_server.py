"""A server that says exactly what a test tells it to, byte for byte, and then hangs up."""

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Self


class ScriptedServer:
    """Listens on a free port of 127.0.0.1 and answers each connection with the next script.

    A script is the bytes to send once a request was read; b"" hangs up without a word. When the
    scripts are used up, connections are refused. `requests` are the raw requests, in order.
    """

    def __init__(self, scripts: Sequence[bytes]) -> None:
        self._scripts = list(scripts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for connection in self._open:
            connection.close()

    def header(self, index: int, name: str) -> str | None:
        """A header of a request, or None where it has none."""
        lines = self.requests[index].split(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
        return headers.get(name.lower())

    def _serve(self) -> None:
        with self._listener, suppress(OSError):
            for script in self._scripts:
                connection, _ = self._listener.accept()
                self._answer(connection, script)

    def _answer(self, connection: socket.socket, script: bytes) -> None:
        self.requests.append(read_request(connection))
        connection.sendall(script)
        if STAYS_OPEN in script:
            self._open.append(connection)
        else:
            connection.close()


STAYS_OPEN = b": stays open\n\n"
"""A script with this comment in it does not hang up."""


def read_request(connection: socket.socket) -> bytes:
    """One request, headers and body."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def http(body: bytes, status: str = "200 OK", kind: str = "application/json") -> bytes:
    """A whole HTTP answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


def stream(*messages: str) -> bytes:
    """The beginning of an event stream, with these messages in it."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(chunk(message.encode()) for message in messages)


def chunk(content: bytes) -> bytes:
    """One chunk of a chunked body."""
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"
