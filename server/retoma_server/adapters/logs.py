"""Logs: one JSON object a line on standard error, ours and those of the servers and libraries below."""

import logging.config
import sys
import traceback
from typing import Any

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

SERVERS = ("gunicorn.error", "_granian")
"""Loggers that tell of every worker that starts: heard at `debug`, else only when they warn.

Their own debug lines are never written: they hold the address of every request.
"""


def configure_logs(level: str) -> None:
    """Log from now on at `level` (`debug`, `info`, `warning`, `error`) and above."""
    logging.config.dictConfig(log_config(level))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_told_by_all(), ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def log_config(level: str) -> dict[str, Any]:
    """The same for `logging.config.dictConfig`, which gunicorn and granian call by themselves."""
    formatter = {"()": ProcessorFormatter, "processors": _finishing(), "foreign_pre_chain": _told_by_all()}
    quiet: dict[str, Any] = {
        "level": "INFO" if level == "debug" else "WARNING",
        "handlers": [],
        "propagate": True,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "loggers": dict.fromkeys(SERVERS, quiet),
        "root": {"handlers": ["stderr"], "level": level.upper()},
    }


def _told_by_all() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper("iso", utc=True, key="timestamp"),
    ]


def _finishing() -> list[Processor]:
    return [
        ProcessorFormatter.remove_processors_meta,
        _only_where,
        structlog.processors.JSONRenderer(_dumped),
    ]


def _only_where(_: object, __: str, event: EventDict) -> EventDict:
    """An exception as its type and place; its words and variables may hold what a customer wrote."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        event["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _dumped(event: Any, **options: Any) -> str:
    return orjson.dumps(event, default=options["default"]).decode()
