"""What the server keeps in mind of a cart beside its lines: when it was used, and what was told of it."""

from typing import NamedTuple

MINUTE = 60_000
HOUR = 60 * MINUTE
TRUSTED = 15 * MINUTE
"""For how long the shop's word on prices and stock is believed before it is asked again."""
ASKED_AGAIN = MINUTE
"""How long a shop that gave no answer is left alone by whoever only looks at a cart."""
RENEWED = HOUR
"""How often a look puts a cart's end off at most."""
IDLE = HOUR
"""After how long without a change a cart with something in it is abandoned."""
WARNED = 72 * HOUR
"""How long before its end a cart is said to be expiring; half of its life, where that is shorter."""


class Upkeep(NamedTuple):
    """When a cart was last looked after; times are milliseconds on the store's clock, 0 for never.

    `validation` is `ok` when the shop last gave its word on prices and stock, `stale` when it was
    asked and gave none, None when it never was asked. `used_at` is the last change by a person,
    `renewed_at` when the cart's end was last put off. `abandoned` and `expiring` say that these were
    told, until somebody changes the cart, or puts its end off.
    """

    asked_at: int = 0
    validation: str | None = None
    used_at: int = 0
    renewed_at: int = 0
    abandoned: bool = False
    expiring: bool = False

    def ask_at(self, created_at: int) -> int:
        """When the shop is to be asked again, for whoever looks at a cart that was created then."""
        pause = ASKED_AGAIN if self.validation == "stale" else TRUSTED
        return max(self.asked_at, created_at) + pause

    def used(self, now: int) -> "Upkeep":
        """After a change by a person: a new idle period begins, and the end is put off."""
        return self._replace(used_at=now, abandoned=False).renewed(now)

    def renewed(self, now: int) -> "Upkeep":
        """After the end was put off."""
        return self._replace(renewed_at=now, expiring=False)

    def told(self, now: int, expires_at: int, filled: bool) -> "Upkeep":
        """After everything was told whose time has come."""
        return self._replace(
            abandoned=self.abandoned or (filled and now >= self.used_at + IDLE),
            expiring=self.expiring or now >= self.warn_at(expires_at),
        )

    def warn_at(self, expires_at: int) -> int:
        """When a cart that ends then is said to be expiring."""
        return expires_at - min(WARNED, (expires_at - self.renewed_at) // 2)

    def due_at(self, expires_at: int, filled: bool) -> int:
        """When there is something to be told, or the cart is over."""
        idle = [self.used_at + IDLE] if filled and not self.abandoned else []
        ending = [] if self.expiring else [self.warn_at(expires_at)]
        return min([expires_at, *idle, *ending])
