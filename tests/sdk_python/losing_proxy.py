"""A proxy that loses answers: the server has done what was asked, and nobody hears of it."""

import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit


class Cuts:
    """Where the bytes that flow in one direction are to be cut."""

    def __init__(self) -> None:
        self._after: list[int] = []
        self._lock = threading.Lock()

    def add(self, after: int, times: int = 1) -> None:
        """Cut once that many more bytes have gone through, so many times."""
        with self._lock:
            self._after += [after] * times

    @property
    def waiting(self) -> int:
        """How many cuts have not come yet."""
        return len(self._after)

    def through(self, received: bytes) -> tuple[bytes, bool]:
        """What still goes through of the bytes received, and whether the cut is there."""
        with self._lock:
            if not self._after:
                return received, False
            if self._after[0] >= len(received):
                self._after[0] -= len(received)
                return received, False
            return received[: self._after.pop(0)], True


class LosingProxy:
    """Passes connections on to a server; cuts one when its answer comes, as often as `lose` says.

    `requests` and `answers` are cut at whatever byte they are told.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self.requests, self.answers = Cuts(), Cuts()
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
        self.answers.add(0, times=answers)

    def _accept(self) -> None:
        with self._listener, suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                threading.Thread(target=self._pass_on, args=(near, far), daemon=True).start()
                threading.Thread(target=self._bring_back, args=(far, near), daemon=True).start()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            self._flow(near, far, self.requests)
        hang_up(far)

    def _bring_back(self, far: socket.socket, near: socket.socket) -> None:
        with near, far, suppress(OSError):
            self._flow(far, near, self.answers)
            hang_up(near)

    def _flow(self, source: socket.socket, target: socket.socket, cuts: Cuts) -> None:
        """Pass on what comes until it ends, or is cut."""
        cut = False
        while not cut and (received := source.recv(65536)):
            passed, cut = cuts.through(received)
            target.sendall(passed)


def hang_up(connection: socket.socket) -> None:
    """End a connection in both directions."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
