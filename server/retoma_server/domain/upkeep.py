"""What the server keeps in mind of a cart beside its lines."""

from dataclasses import dataclass

MINUTE = 60_000
TRUSTED = 15 * MINUTE
"""For how long the shop's word on prices and stock is believed before it is asked again."""
ASKED_AGAIN = MINUTE
"""How long a shop that gave no answer is left alone by whoever only looks at a cart."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """When a cart was last looked after; times are milliseconds on the store's clock, 0 for never.

    `validation` is `ok` when the shop last gave its word on prices and stock, `stale` when it was
    asked and gave none, None when it never was asked.
    """

    asked_at: int = 0
    validation: str | None = None

    def ask_at(self, created_at: int) -> int:
        """When the shop is to be asked again, for whoever looks at a cart that was created then."""
        pause = ASKED_AGAIN if self.validation == "stale" else TRUSTED
        return max(self.asked_at, created_at) + pause
