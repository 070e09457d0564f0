"""Taking turns at one hot draft: callers queue within a running instance and are served in groups."""

import threading
from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Any, Generic, TypeVar

from retoma_server.adapters.stores import StoreBusy, StoreUnavailable

T = TypeVar("T")

GROUP = 64
"""How many callers one commit serves at most: their changes must fit into one request to the store."""


class Turn(Generic[T]):
    """One caller's turn: the job, and what became of it."""

    def __init__(self, job: T) -> None:
        """Queue up with `job`."""
        self.job = job
        self.error: BaseException | None = None
        self.leads = False

    @cached_property
    def woken(self) -> threading.Event:
        """Set once the turn was served or is to lead; most callers never wait, and never make it."""
        return threading.Event()


class Turns:
    """Lines of callers, one line for each name.

    The first caller in a line serves the group that has gathered, then hands the lead to the next
    one waiting, so nobody works for others after their own turn is done. Without contention this
    costs one lock.
    """

    def __init__(self) -> None:
        """Begin with no line at all."""
        self._lock = threading.Lock()
        self._lines: dict[str, list[Turn[Any]]] = {}

    def take(self, name: str, job: T, serve: Callable[[list[Turn[T]]], None]) -> None:
        """Wait for one's turn at `name`; `serve` is called with a group that this job is in.

        `serve` sets `error` on the turns that failed; this caller's own error is raised here.
        """
        turn: Turn[T] = Turn(job)
        if self._joins(name, turn):
            self._wait(name, turn)
        else:
            turn.leads = True
        if turn.leads:
            self._lead(name, turn, serve)
        if turn.error is not None:
            raise turn.error

    def _wait(self, name: str, turn: Turn[T]) -> None:
        """Wait to be served or to lead; whoever is ended meanwhile leaves the line and holds up nobody."""
        try:
            turn.woken.wait()
        except BaseException:
            with self._lock:
                line = self._lines.get(name, [])
                waits = any(each is turn for each in line)
                if waits:
                    line.remove(turn)
            if turn.leads:
                self._pass_on(name, [])
            raise

    def _joins(self, name: str, turn: Turn[T]) -> bool:
        """Join the line, or start one; False for whoever starts it."""
        with self._lock:
            line = self._lines.get(name)
            if line is None:
                self._lines[name] = []
                return False
            turn.woken  # noqa: B018 made while nobody else can reach it
            line.append(turn)
            return True

    def _lead(self, name: str, own: Turn[T], serve: Callable[[list[Turn[T]]], None]) -> None:
        with self._lock:
            line = self._lines[name]
            group = [own, *line[: GROUP - 1]]
            del line[: GROUP - 1]
        try:
            serve(group)
        except BaseException as error:
            if isinstance(error, StoreUnavailable):  # those behind would only wait as long once more
                group += self._rest(name)
            for turn in group:
                turn.error = error if turn is own else told(error)
        finally:
            self._pass_on(name, [turn for turn in group if turn is not own])

    def _rest(self, name: str) -> list[Turn[Any]]:
        """Take everybody who still waits out of a line."""
        with self._lock:
            waiting = self._lines[name]
            self._lines[name] = []
        return waiting

    def _pass_on(self, name: str, served: list[Turn[T]]) -> None:
        """Wake those who were served, and let the next in line lead."""
        with self._lock:
            line = self._lines[name]
            heir = line.pop(0) if line else None
            if heir is None:
                del self._lines[name]
        for turn in served:
            turn.woken.set()
        if heir is not None:
            heir.leads = True
            heir.woken.set()


def told(error: BaseException) -> BaseException:
    """A group's failure for one of its callers: an error of their own, since raising one alters it."""
    return copy(error).with_traceback(None) if isinstance(error, Exception) else StoreBusy()
