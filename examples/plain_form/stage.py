"""Sets up the shop, with a real Retoma server beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import retoma

from ..three_devices.running import Server, free_port
from .shop import Shop

PROCESS = "mortgage-application"
TITLES = {"en": "Mortgage", "es": "Hipoteca"}
STEPS = [{"id": "you"}, {"id": "income"}, {"id": "home"}]


@dataclass(frozen=True)
class Stage:
    """Where the example is up: the shop, and the server with the shop's keys."""

    shop: Shop
    server: str
    publishable_key: str
    secret_key: str


@contextmanager
def stage(folder: Path, port: int = 0) -> Iterator[Stage]:
    """Serve the shop at a port, 0 for any free one. Raises RuntimeError, OSError."""
    page = f"http://127.0.0.1:{port or free_port()}"
    with Server(folder, free_port(), "127.0.0.1", "127.0.0.1") as server:
        publishable, secret = server.add_tenant("alba", page)
        service = retoma.Client(server.url, secret)
        service.processes.register(PROCESS, url=f"{page}/", titles=TITLES, steps=STEPS)
        with Shop(page, service, {"server": server.url, "key": publishable}) as shop:
            yield Stage(shop, server.url, publishable, secret)
