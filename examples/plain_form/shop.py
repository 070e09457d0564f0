"""The business's own site: the form, and what it does with one that is sent."""

import html
import mimetypes
import sys
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import retoma

HERE = Path(__file__).parent
FILES = ("page.css", "steps.js")

Answers = dict[str, list[str]]


class Shop:
    """A small web server at `url`; it answers within the block of a `with`.

    `service` speaks with the secret key; `values` are put into the page. `applications` are the forms
    that were sent, oldest first.
    """

    def __init__(self, url: str, service: retoma.Client, values: dict[str, str]) -> None:
        """Listen; raises OSError where the port is taken."""
        self.url = url
        self.applications: list[Answers] = []
        self._service = service
        self._values = values
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

    def page(self) -> str:
        """The form."""
        return filled("index.html", self._values)

    def receive(self, answers: Answers) -> str:
        """Take an application in; returns the page of thanks.

        The form that was sent is what counts. Its draft is completed, so that no device goes on with it;
        where that fails the application is taken in all the same, and the draft expires by itself.
        """
        self.applications.append(answers)
        if "retoma_draft" in answers:
            try:
                complete(self._service, answers["retoma_draft"][0])
            except retoma.RetomaError as error:
                print(f"The draft stays open: {error}", file=sys.stderr)
        return filled("thanks.html", {"name": answers.get("applicant.name", [""])[0]})


def complete(service: retoma.Client, draft_id: str) -> None:
    """Complete a draft; its last edit may arrive while that is going on."""
    draft = service.get(draft_id)
    try:
        draft.complete(keep_stored=True)
    except retoma.ConflictError:
        service.get(draft_id).complete(keep_stored=True)


def filled(name: str, values: dict[str, str]) -> str:
    """A page with its values, as text."""
    page = (HERE / name).read_text(encoding="utf-8")
    for key, value in values.items():
        page = page.replace("{{" + key + "}}", html.escape(value))
    return page


class Answering(BaseHTTPRequestHandler):
    """Answers one request."""

    def __init__(self, shop: Shop, *request: Any) -> None:
        """Answer it for a shop."""
        self._shop = shop
        super().__init__(*request)

    def do_GET(self) -> None:
        """The form and its files."""
        name = urlsplit(self.path).path.removeprefix("/")
        if name == "":
            self._answer(self._shop.page().encode(), "text/html")
        elif name in FILES:
            self._answer((HERE / name).read_bytes(), mimetypes.guess_type(name)[0] or "")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """A form that was sent."""
        if self.path != "/applications":
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        answers: Answers = {}
        for name, value in parse_qsl(body, keep_blank_values=True):
            answers.setdefault(name, []).append(value)
        self._answer(self._shop.receive(answers).encode(), "text/html")

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)
