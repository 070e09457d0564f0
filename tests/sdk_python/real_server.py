"""A real Retoma server of one's own, on the embedded store: started, killed and restarted at will."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

import requests

STARTS_WITHIN = 30.0
COMMAND = Path(sys.executable).with_name("retoma-server")


class RealServer:
    """One server on a free port of 127.0.0.1, in a folder of its own, with its first tenant.

    `secret_key` and `publishable_key` are that tenant's, whose allowed origin is the server's own.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="retoma-server-"))
        self._running: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{free_port()}"
        self.secret_key = self.publishable_key = ""

    def __enter__(self) -> Self:
        self.start()
        said = self._log.read_text()
        self.secret_key = word_after("secret key", said)
        self.publishable_key = word_after("publishable key", said)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, again with the same files if it ran before, and return once it is ready."""
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [COMMAND, "serve"], env=self._environment(), stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._ready():
            if self._running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server does not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it with its workers as `kill -9` does, in the middle of whatever they are doing."""
        if self._running is not None:
            os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait(timeout=10)
            self._running = None

    def command(self, *arguments: str) -> str:
        """What `retoma-server …` prints on this server's files."""
        done = subprocess.run(
            [COMMAND, *arguments], env=self._environment(), capture_output=True, text=True, check=True
        )
        return done.stdout

    def staff(self, name: str) -> str:
        """The token of a new member of staff."""
        return word_after("token", self.command("staff", "add", name))

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "RETOMA_STORE": f"sqlite:///{self._folder}/retoma.db",
            "RETOMA_KEYRING": str(self._folder / "keyring.json"),
            "RETOMA_PUBLIC_URL": self.url,
            "RETOMA_HOST": "127.0.0.1",
            "RETOMA_PORT": self.url.rpartition(":")[2],
            "RETOMA_RATE_LIMITS": "off",
        }

    def _ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.ConnectionError:
            return False


def word_after(label: str, text: str) -> str:
    """The word that follows a label in what the server printed."""
    found = re.search(rf"{label}\s+(\S+)", text)
    assert found is not None, f"no {label} in: {text}"
    return found[1]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
