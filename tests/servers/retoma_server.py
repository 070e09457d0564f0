"""A real Retoma server of one's own, run by its own command: started, stopped, killed and restarted."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import requests
from click.testing import CliRunner

from retoma_server.adapters.keyring import Keyring
from retoma_server.commands import commands

COMMAND = Path(sys.executable).with_name("retoma-server")
STARTS_WITHIN = 120.0
"""Seconds, on a machine that is busy with other things; one that cannot start says so at once."""
ENDS_WITHIN = 40.0


class RetomaServer:
    """One server on a free port of 127.0.0.1, whose files lie in `folder`.

    Without a `store_url` it keeps everything in `folder` and makes its first tenant by itself;
    elsewhere it gets a keyring and one tenant. Another server on the same store is given the same
    `folder`. Further `variables` are settings (`RETOMA_…`).
    """

    def __init__(
        self, folder: Path, store_url: str | None = None, role: str = "all", **variables: str
    ) -> None:
        self.folder = folder
        self.role = role
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.publishable_key = ""
        self.secret_key = ""
        self._embedded = store_url is None
        self._running: subprocess.Popen[bytes] | None = None
        self._variables = {
            "RETOMA_STORE": store_url or f"sqlite:///{folder}/retoma.db",
            "RETOMA_KEYRING": str(folder / "keyring.json"),
            "RETOMA_PUBLIC_URL": self.url,
            "RETOMA_WORKERS": "1",
            "RETOMA_RATE_LIMITS": "off",
            **variables,
        }

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()  # nobody waits for a farewell that nobody looks at

    def start(self) -> Self:
        """Start it, again on the same port and files if it ran before; returns once it is ready."""
        if not self._embedded:
            self._furnish()
        with self.log.open("ab") as log:
            self._running = self.popen("serve", "--role", self.role, "--port", str(self.port), output=log)
        deadline = time.monotonic() + STARTS_WITHIN
        while not self.ready():
            if self._running.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"The server does not start: {self.said()[-2000:]}")
            time.sleep(0.05)
        self._learn_keys(self.said())
        return self

    def stop(self) -> None:
        """Ask it to stop (SIGTERM) and wait until it has."""
        if self._running is not None:
            self._running.terminate()
            try:
                self._running.wait(timeout=ENDS_WITHIN)
            finally:
                self.kill()

    def kill(self) -> None:
        """End it and its workers as `kill -9` does, in the middle of whatever they are doing."""
        if self._running is not None:
            if self._running.poll() is None:
                os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait(timeout=10)
            self._running = None

    def end(self, number: signal.Signals) -> int:
        """Send it a signal, SIGINT to all of it as Ctrl-C does; returns its exit code once it has ended."""
        assert self._running is not None, "not started"
        if number is signal.SIGINT:
            os.killpg(self._running.pid, number)
        else:
            self._running.send_signal(number)
        return self._running.wait(timeout=ENDS_WITHIN)

    def reload(self) -> None:
        """Let it replace its workers (SIGHUP), and return once those that it had are gone."""
        assert self._running is not None, "not started"
        before = self.workers()
        self._running.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while before & self.workers():
            assert time.monotonic() < deadline, "its workers do not end"
            time.sleep(0.05)

    def workers(self) -> set[str]:
        """The numbers of the processes that serve its requests."""
        assert self._running is not None, "not started"
        pid = self._running.pid
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    def cli(self, *arguments: str, typed: str | None = None) -> str:
        """What `retoma-server …` prints on this server's store and keyring, `typed` coming in; it succeeds.

        It runs right here: a start of the interpreter would take longer than most commands.
        """
        done = CliRunner().invoke(commands, arguments, typed, env=self.environment)
        assert done.exit_code == 0, done.output
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `retoma-server …` as a process of its own, whatever becomes of it."""
        return subprocess.run(
            [COMMAND, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def popen(self, *arguments: str, output: object = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start `retoma-server …` in a process group of its own and leave it running."""
        return subprocess.Popen(
            [COMMAND, *arguments],
            env=self.environment,
            stdout=output,  # type: ignore[arg-type]  # a file or a constant
            stderr=output,  # type: ignore[arg-type]
            start_new_session=True,
        )

    def staff(self, name: str, *roles: str) -> str:
        """The token of a new member of staff; an assistant, unless roles are named."""
        asked = [word for role in roles for word in ("--role", role)]
        return word_after("token", self.cli("staff", "add", name, *asked))

    def said(self) -> str:
        """All that it has printed and logged."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def ready(self) -> bool:
        """Whether it answers that it is ready."""
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    @property
    def pid(self) -> int:
        """The number of its first OS process."""
        assert self._running is not None, "not started"
        return self._running.pid

    @property
    def log(self) -> Path:
        """The file of what it prints and logs."""
        return self.folder / f"{self.role}-{self.port}.log"

    @property
    def environment(self) -> dict[str, str]:
        """The environment that it runs in: only its own settings, whatever the tests' own may be."""
        outside = {name: value for name, value in os.environ.items() if not name.startswith("RETOMA_")}
        return outside | self._variables

    def _furnish(self) -> None:
        """Give a store that is a server of its own its keyring and its tenant, once."""
        keyring = self.folder / "keyring.json"
        if not keyring.exists():
            Keyring.create().save(keyring)
            (self.folder / "tenant").write_text(self.cli("tenants", "add", "default", "--origin", self.url))
        self._learn_keys((self.folder / "tenant").read_text())

    def _learn_keys(self, text: str) -> None:
        if "secret key" in text:
            self.publishable_key = word_after("publishable key", text)
            self.secret_key = word_after("secret key", text)


def word_after(label: str, text: str) -> str:
    """The word that follows a label in what a command printed."""
    found = re.search(rf"{label}\s+(\S+)", text)
    assert found is not None, f"no {label} in: {text}"
    return found[1]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
