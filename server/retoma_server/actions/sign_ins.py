"""Tokens of identity providers that this running instance has verified within the last half minute."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import monotonic

FRESH = 30.0
"""Seconds for which a token is not verified again; whether it was revoked is asked every time."""
KEPT_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class SignIn:
    """The customer behind a token, and when it was made (milliseconds since 1970).

    `device_id` is that of the provider's session, where the token names it; `signed_in_at` is when the
    customer last proved to the provider who they are, where it says that.
    """

    customer: str
    issued_at: int
    device_id: str | None = None
    signed_in_at: int = 0


class SignIns:
    """Tokens that this running instance has just verified."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock` counts seconds."""
        self._clock = clock
        self._kept: dict[bytes, tuple[float, SignIn]] = {}

    def find(self, name: bytes) -> SignIn | None:
        """What was kept under a name, while it is fresh."""
        until, known = self._kept.get(name, (0.0, None))
        return known if self._clock() < until else None

    def forget(self, customers: Collection[str]) -> None:
        """Verify the tokens of these anew: they may be somebody else's by now."""
        kept = list(self._kept.items())
        self._kept = {name: each for name, each in kept if each[1].customer not in customers}

    def keep(self, name: bytes, sign_in: SignIn, seconds: float) -> None:
        """Keep for so many seconds at most."""
        if len(self._kept) >= KEPT_AT_MOST:
            self._kept.clear()
        self._kept[name] = (self._clock() + min(seconds, FRESH), sign_in)
