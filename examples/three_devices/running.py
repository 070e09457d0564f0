"""A real server on the embedded store, started for the demo and stopped with it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import requests

COMMAND = Path(sys.executable).with_name("retoma-server")
STARTS_WITHIN = 120.0
"""Seconds."""


class Server:
    """`retoma-server serve` on a port, reached by others under `host`, with its files in `folder`.

    `bind` is the address to listen on; `settings` are more variables, as `retoma-server settings` lists them.
    Use it as a context manager: it is up within the block.
    """

    def __init__(
        self, folder: Path, port: int, host: str, bind: str, settings: Mapping[str, str] | None = None
    ) -> None:
        """Take note; nothing is started yet."""
        self.url = f"http://{host}:{port}"
        self._settings = settings or {}
        self._folder = folder
        self._bind = bind
        self._port = port
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it is ready; raises RuntimeError with its own words if it is not."""
        with self._log.open("wb") as log:
            self._running = subprocess.Popen(
                [COMMAND, "serve"],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the demo, which ends the server when it is done
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._is_ready():
            if self._running.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"The server does not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it, by force if need be."""
        if self._running is None:
            return
        self._running.terminate()
        try:
            self._running.wait(timeout=8)
        except subprocess.TimeoutExpired:
            os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()

    def add_tenant(self, name: str, origin: str) -> tuple[str, str]:
        """Add a tenant whose pages are at an origin; returns its publishable and secret key."""
        said = self._command("tenants", "add", name, "--origin", origin)
        return word_after("publishable key", said), word_after("secret key", said)

    def add_staff(self, name: str, sign_in: tuple[str, str], store: str, tenant: str) -> str:
        """Add a store, and somebody who works there and signs in; returns the console's address."""
        self._command("stores", "add", store, "--tenant", tenant)
        by_name, password = sign_in
        about = ("--sign-in", by_name, "--store", store, "--tenant", tenant)
        return word_after("console", self._command("staff", "add", name, *about, typed=f"{password}\n"))

    def _command(self, *arguments: str, typed: str = "") -> str:
        done = subprocess.run(
            [COMMAND, *arguments],
            env=self._environment,
            input=typed,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self._port}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    @property
    def _log(self) -> Path:
        return self._folder / "server.log"

    @property
    def _environment(self) -> dict[str, str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("RETOMA_")}
        own = {
            "RETOMA_STORE": f"sqlite:///{self._folder}/retoma.db",
            "RETOMA_KEYRING": str(self._folder / "keyring.json"),
            "RETOMA_PUBLIC_URL": self.url,
            "RETOMA_HOST": self._bind,
            "RETOMA_PORT": str(self._port),
        }
        return outside | own | dict(self._settings)


def word_after(label: str, text: str) -> str:
    """The word that follows a label in what a command printed."""
    found = re.search(rf"{label}\s+(\S+)", text)
    if found is None:
        raise RuntimeError(f"no {label} in: {text}")
    return found[1]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a port can be listened on."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def lan_address() -> str:
    """This machine's address in its own network; no packet is sent to learn it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737)
        address: str = asking.getsockname()[0]
        return address
