"""A shop's own back end, as a real HTTP server on 127.0.0.1 that answers however a test wants."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from standardwebhooks import Webhook

Say = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]
"""Answers one request, whose body is given."""


class HookServer:
    """Keeps what it was `asked`, and answers by `say`, at first that every line is `ok`."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.bodies: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.say: Say = verdicts({})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/validate"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def verified(self, secret: str) -> bool:
        """Whether the newest question was signed with this secret; raises what the library does."""
        text, headers = self.bodies[-1], dict(self.headers[-1])
        return Webhook(secret).verify(text, headers) is not None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.headers.append({name.lower(): value for name, value in self.headers.items()})
                hook.bodies.append(body.decode())
                hook.asked.append(json.loads(body))
                hook.say(self, hook.asked[-1])

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def answer(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> None:
    """Send one whole answer."""
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def verdicts(by_sku: Mapping[str, dict[str, Any]]) -> Say:
    """An honest answer: `ok` for every line whose sku is not named."""

    def say(handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        lines = {line["key"]: by_sku.get(line["sku"], {"status": "ok"}) for line in asked["lines"]}
        answer(handler, json.dumps({"lines": lines}).encode())

    return say


def raw(body: bytes, status: int = 200, **headers: str) -> Say:
    """Exactly these bytes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _: answer(handler, body, status, named)


def silent(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    """No answer for longer than anybody waits."""
    time.sleep(4)


def dripping(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    """An answer that goes on for ever, a byte at a time."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(80):
        try:
            handler.wfile.write(b" ")
        except OSError:
            return
        time.sleep(0.1)
