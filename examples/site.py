"""A business's own site, as examples need one: filled pages, files, and what its back end answers."""

import html
import mimetypes
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Asked:
    """A request: its method, its path, its body, and the session that its cookie names."""

    method: str
    path: str
    body: bytes
    session: str | None


@dataclass(frozen=True)
class Answer:
    """An answer; `session` begins one, and an empty one ends it."""

    body: bytes
    kind: str = "text/html"
    status: int = 200
    session: str | None = None


class Site:
    """A small web server at `url`; it answers within the block of a `with`, by `answer`."""

    def __init__(self, url: str) -> None:
        """Listen; raises OSError where the port is taken."""
        self.url = url
        address = ("127.0.0.1", urlsplit(url).port or 80)
        self._server = ThreadingHTTPServer(address, partial(Answering, self))
        self._serving = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        """Answer from now on."""
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()

    def answer(self, asked: Asked) -> Answer | None:
        """What a request is answered; None where there is nothing of that name."""
        raise NotImplementedError


def filled(page: Path, values: Mapping[str, str]) -> bytes:
    """A page with its values, as text."""
    text = page.read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace("{{" + key + "}}", html.escape(value))
    return text.encode()


def file(path: Path) -> Answer:
    """A file as it is."""
    return Answer(path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream")


class Answering(BaseHTTPRequestHandler):
    """Answers one request."""

    def __init__(self, site: Site, *request: Any) -> None:
        """Answer it for a site."""
        self._site = site
        super().__init__(*request)

    def do_GET(self) -> None:
        """Answer what is read."""
        self._answer()

    def do_POST(self) -> None:
        """Answer what is sent."""
        self._answer()

    def do_DELETE(self) -> None:
        """Answer what is ended."""
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("session")
        path = urlsplit(self.path).path
        answer = self._site.answer(Asked(self.command, path, body, cookie.value if cookie else None))
        if answer is None:
            self.send_error(404)
        else:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", f"{answer.kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        if answer.session is not None:
            age = "" if answer.session else "; Max-Age=0"
            self.send_header("Set-Cookie", f"session={answer.session}; HttpOnly; SameSite=Lax; Path=/{age}")
        self.end_headers()
        self.wfile.write(answer.body)
