"""Sets up the shop, with a real Retoma server beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import retoma

from ..three_devices.running import Server, free_port
from .shop import Shop


@contextmanager
def stage(folder: Path, port: int = 0) -> Iterator[Shop]:
    """Serve the shop at a port, 0 for any free one. Raises RuntimeError, OSError."""
    page = f"http://127.0.0.1:{port or free_port()}"
    with Server(folder, free_port(), "127.0.0.1", "127.0.0.1") as server:
        publishable, secret = server.add_tenant("mimbre", page)
        service = retoma.Client(server.url, secret)
        service.processes.register("cart", kind="cart", url=f"{page}/", titles={"en": "Cart", "es": "Cesta"})
        with Shop(page, service, {"server": server.url, "key": publishable}) as shop:
            yield shop
