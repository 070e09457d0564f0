"""The credential a client speaks with: a fixed text, or one that can be renewed."""

from collections.abc import Callable
from threading import Lock


class Credential:
    """Gives the token to send; safe to share between threads.

    `source` is the token itself, a function that gets a fresh one, or None for no credential.
    """

    def __init__(self, source: str | Callable[[], str] | None) -> None:
        """Hold the source; a function is first called when a token is first needed.

        Raises ValueError for a text that no header may carry, such as a key with its middle left out.
        """
        if isinstance(source, str) and not (source.isascii() and source.isprintable() and " " not in source):
            raise ValueError("not a credential: letters, digits and a few signs, as the server printed it")
        self._get = source if callable(source) else None
        self._token = None if callable(source) else source
        self._lock = Lock()

    def token(self) -> str | None:
        """The token to send now."""
        with self._lock:
            if self._token is None and self._get:
                self._token = self._get()
            return self._token

    def renew(self, stale: str | None) -> bool:
        """Get a fresh token in the place of a stale one; False when this credential cannot.

        Whoever waited here while another thread renewed finds the work done: one renewal serves all.
        """
        if self._get is None:
            return False
        with self._lock:
            if self._token == stale:
                self._token = self._get()
        return True
