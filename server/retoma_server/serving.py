"""Serving: gunicorn with gevent where there are streams, granian with one thread a worker where not."""

import signal
import threading
from typing import Any
from wsgiref.types import WSGIApplication

import structlog
from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from gunicorn.app.base import BaseApplication

from retoma_server.actions.deps import Deps
from retoma_server.actions.sweeper import Sweeper
from retoma_server.adapters.logs import configure_logs, log_config
from retoma_server.adapters.root_keys import MakeRootKeys
from retoma_server.adapters.settings import Settings
from retoma_server.app import create_app
from retoma_server.stream_worker import Streams, StreamWorker, noting_streams

GRACE = 5
"""Seconds that requests under way are given when the server is told to stop."""
KEPT_ALIVE = 75
"""Seconds for which an idle connection is kept: longer than the 60 that proxies commonly do."""
STREAMS = 10_000
"""How many connections one worker holds at most."""


def serve_streams(settings: Settings, root_keys: MakeRootKeys | None = None) -> None:
    """Serve everything, streams too, until told to stop; `cli.main` has let gevent in before."""
    StreamServer(settings, root_keys).run()


def serve_api(settings: Settings) -> None:
    """Serve everything but streams, one blocking thread a worker, until told to stop."""
    Granian(
        f"{__name__}:api",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
        log_level=LogLevels.debug if settings.log_level == "debug" else LogLevels.warning,
        log_dictconfig=log_config(settings.log_level),
    ).serve()


def api() -> Flask:
    """The app of one granian worker."""
    # A terminal's Ctrl-C reaches every process. granian takes a worker that ends before it is told to
    # for a crash, and would end with 1: only the process that holds the workers heeds it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    settings = Settings.from_env()
    configure_logs(settings.log_level)
    return compiling_pages(create_app(settings, streams=False))


class StreamServer(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn over our app: the master holds the port and the workers, each worker makes its own app.

    A worker reads the keyring when it starts, so SIGHUP, which replaces the workers one by one, lets
    a running server take up a changed keyring.
    """

    def __init__(self, settings: Settings, root_keys: MakeRootKeys | None = None) -> None:
        """Serve by these settings."""
        self._settings = settings
        self._root_keys = root_keys
        self.streams = Streams()
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn how to serve; called again on SIGHUP."""
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """The app of one worker, and on the embedded store the sweeper beside it."""
        app = compiling_pages(create_app(self._settings, self._root_keys))
        if self._settings.embedded:
            sweep_beside(app.extensions["retoma"])
        return noting_streams(app, self.streams)

    def _options(self) -> dict[str, Any]:
        settings = self._settings
        return {
            "bind": f"{bracketed(settings.host)}:{settings.port}",
            "worker_class": StreamWorker,
            # Several hubs on one SQLite file would only wait for each other.
            "workers": 1 if settings.embedded else settings.workers,
            "worker_connections": STREAMS,
            "keepalive": KEPT_ALIVE,
            "graceful_timeout": GRACE,
            # Proxies are believed by ProxyFix alone, as many of them as the settings say.
            "forwarded_allow_ips": "",
            "control_socket_disable": True,
            "logconfig_dict": log_config(settings.log_level),
        }


def compiling_pages(app: Flask) -> Flask:
    """The app; a thread beside it compiles the pages, for which whoever comes first would wait."""

    def compile_pages() -> None:
        for name in app.jinja_env.list_templates(["html"]):
            app.jinja_env.get_template(name)

    threading.Thread(target=compile_pages, name="pages", daemon=True).start()
    return app


def sweep_beside(deps: Deps) -> None:
    """Sweep in a thread of its own, which ends with the worker: a sweep may be cut short anywhere."""
    sweeper = Sweeper(deps, threading.Event(), structlog.get_logger("sweeper"))
    threading.Thread(target=sweeper.run, name="sweeper", daemon=True).start()


def bracketed(host: str) -> str:
    """A host as it stands before a port: IPv6 addresses in brackets (RFC 3986 §3.2.2)."""
    return f"[{host}]" if ":" in host else host
