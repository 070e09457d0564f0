"""The log: one JSON line a request, of fields on a short list, and of nothing else.

No address with its query, no body, no header, no text of an exception ever gets there: any of them
may hold what a customer wrote, or a token.
"""

import traceback
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any, BinaryIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import orjson
import structlog
from flask import Flask, g
from structlog.typing import EventDict, FilteringBoundLogger

from .problems import FAILURE
from .request_ids import request_id

FIELDS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "request_id",
        "method",
        "route",
        "status",
        "duration_ms",
        "tenant",
        "code",
        "error",
        "cause",
        "at",
    }
)
"""All that a line may hold; a field that is not here is dropped, whoever logged it."""

Log = FilteringBoundLogger


def json_log(level: str, stream: BinaryIO) -> Log:
    """A log that writes JSON lines of `FIELDS` to `stream`, from a level (`info`, `warning`, …) up."""
    log: Log = structlog.wrap_logger(
        structlog.BytesLogger(stream),
        processors=[
            only_known,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    return log


def only_known(logger: Any, method: str, line: EventDict) -> EventDict:
    """Keep the fields that are on the list."""
    return {name: value for name, value in line.items() if name in FIELDS}


def register_access_log(app: Flask, log: Log) -> None:
    """Log a line when the answer to a request begins: as an error from status 500 on."""
    app.wsgi_app = logging(app.wsgi_app, log)  # type: ignore[assignment, method-assign]  # how Flask wants it wrapped


def logging(app: WSGIApplication, log: Log) -> WSGIApplication:
    """The app with a line in `log` for every answer."""
    wanted = log.is_enabled_for(20)

    def logged(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = perf_counter()

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            if status >= "500":
                log.error("request", **line(environ, status, began), **failure(environ))
            elif wanted:
                log.info("request", **line(environ, status, began))
            return start_response(status, headers, exc_info)

        return app(environ, start)

    return logged


def line(environ: WSGIEnvironment, status: str, began: float) -> dict[str, Any]:
    """What is logged of every request; the route is its template, so that no id is in it."""
    request = environ.get("werkzeug.request")
    rule = getattr(request, "url_rule", None)
    caller = g.get("caller")
    tenant = caller.tenant if caller is not None else None
    return {
        "request_id": request_id(environ),
        "method": environ["REQUEST_METHOD"] if rule is not None else "",
        "route": rule.rule if rule is not None else "",
        "status": int(status[:3]),
        "duration_ms": round((perf_counter() - began) * 1000, 2),
        "tenant": tenant.id if tenant is not None else None,
    }


def failure(environ: WSGIEnvironment) -> dict[str, Any]:
    """What went wrong, as far as it can be told without an exception's own words."""
    error: BaseException | None = environ.get(FAILURE)
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "code": getattr(error, "code", None),
        "error": type(error).__name__,
        "cause": type(error.__cause__).__name__ if error.__cause__ else None,
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
