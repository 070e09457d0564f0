"""Tokens of identity providers that this running instance has verified within the last half minute."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import monotonic

FRESH = 30.0
"""Seconds for which a token is not verified again; whether it was revoked is asked every time."""
SURE = 1.0
"""Seconds for which a token's customer counts as the same: another instance may merge them meanwhile."""
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


@dataclass(slots=True)
class Kept:
    """A sign-in, until when it is fresh, and until when it is sure whose it is (seconds)."""

    sign_in: SignIn
    fresh_until: float
    sure_until: float


class SignIns:
    """Tokens that this running instance has just verified."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock` counts seconds."""
        self._clock = clock
        self._kept: dict[bytes, Kept] = {}

    def find(self, name: bytes, still: Callable[[SignIn], bool]) -> SignIn | None:
        """What was kept under a name, while it is fresh, and `still` its customer's: asked once a second."""
        kept, now = self._kept.get(name), self._clock()
        if kept is None or now >= kept.fresh_until:
            return None
        if now >= kept.sure_until:
            if not still(kept.sign_in):
                return None
            kept.sure_until = now + SURE
        return kept.sign_in

    def forget(self, customers: Collection[str]) -> None:
        """Verify the tokens of these anew: they may be somebody else's by now."""
        kept = list(self._kept.items())
        self._kept = {name: each for name, each in kept if each.sign_in.customer not in customers}

    def keep(self, name: bytes, sign_in: SignIn, seconds: float) -> None:
        """Keep for so many seconds at most."""
        if len(self._kept) >= KEPT_AT_MOST:
            self._kept.clear()
        now = self._clock()
        self._kept[name] = Kept(sign_in, now + min(seconds, FRESH), now + SURE)
