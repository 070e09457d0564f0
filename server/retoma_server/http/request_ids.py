"""Request ids, and the headers that every answer carries; done in WSGI, because that costs least."""

import secrets
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

KEY = "retoma.request_id"
NOSNIFF = ("X-Content-Type-Options", "nosniff")
NO_REFERRER = ("Referrer-Policy", "no-referrer")
NO_STORE = ("Cache-Control", "no-store")


def request_id(environ: WSGIEnvironment) -> str:
    """This request's id: ours alone, as one that a client sends could forge another's log lines."""
    known: str | None = environ.get(KEY)
    if known is None:
        known = environ[KEY] = secrets.token_hex(8)
    return known


def register_request_ids(app: Flask) -> None:
    """Name each request in its answer, and keep answers out of caches unless they say otherwise."""
    app.wsgi_app = naming(app.wsgi_app)  # type: ignore[assignment, method-assign]  # how Flask wants it to be wrapped


def naming(app: WSGIApplication) -> WSGIApplication:
    """The app with `Retoma-Request-Id` and the security headers on every answer."""

    def named(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            headers += (("Retoma-Request-Id", request_id(environ)), NOSNIFF, NO_REFERRER)
            if not any(name == "Cache-Control" for name, _ in headers):
                headers.append(NO_STORE)
            return start_response(status, headers, exc_info)

        return app(environ, start)

    return named
