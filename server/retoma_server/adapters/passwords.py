"""Passwords as hashes: argon2id with its library's present defaults (RFC 9106 §4), a few at a time."""

from collections.abc import Callable
from threading import BoundedSemaphore
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from gevent import get_hub
from gevent.monkey import is_module_patched

Result = TypeVar("Result")

AT_ONCE = 2
"""Each takes 64 MiB and a core for a moment, so strangers decide over no more than this many."""


class Passwords:
    """Hashes passwords and compares them, as long for an account that does not exist."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Hash by `hasher`."""
        self._hasher = hasher or PasswordHasher()
        self._turn = BoundedSemaphore(AT_ONCE)
        self._nobodys: str | None = None

    def hashed(self, password: str) -> str:
        """The hash to be kept of a password."""
        return self._aside(lambda: self._hasher.hash(password))

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one whose hash was kept; without one it is not, as slowly."""
        nobodys = self._nobodys = self._nobodys or self.hashed("")
        return self._aside(lambda: self._verified(kept or nobodys, password)) and kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than a new one would be."""
        return self._hasher.check_needs_rehash(kept)

    def _verified(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def _aside(self, work: Callable[[], Result]) -> Result:
        """What work gives, done on a thread of its own where one thread serves everybody's streams."""
        with self._turn:
            if not is_module_patched("threading"):
                return work()
            done: Result = get_hub().threadpool.apply(work)
            return done
