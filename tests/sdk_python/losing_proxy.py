"""A proxy that loses answers: the server has done what was asked, and nobody hears of it."""

import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit


class LosingProxy:
    """Passes connections on to a server; cuts one when its answer comes, as often as `lose` says."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._to_lose = threading.Semaphore(0)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()

    def lose(self, answers: int = 1) -> None:
        """Lose that many of the answers to come."""
        self._to_lose.release(answers)

    def _accept(self) -> None:
        with self._listener, suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                threading.Thread(target=self._pass_on, args=(near, far), daemon=True).start()
                threading.Thread(target=self._bring_back, args=(far, near), daemon=True).start()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while received := near.recv(65536):
                far.sendall(received)
        hang_up(far)

    def _bring_back(self, far: socket.socket, near: socket.socket) -> None:
        with near, far, suppress(OSError):
            while received := far.recv(65536):
                if self._to_lose.acquire(blocking=False):
                    break
                near.sendall(received)
            hang_up(near)


def hang_up(connection: socket.socket) -> None:
    """End a connection in both directions."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
