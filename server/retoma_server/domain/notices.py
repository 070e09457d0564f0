"""Notices: letters that are owed to a customer, tried again until they are taken, or too late."""

from dataclasses import dataclass, field, replace

from .assists import MINUTE

LIFE = 24 * 60 * MINUTE
"""How long a notice is owed."""
LONGEST_WAIT = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Notice:
    """That somebody looks without consent, to be told to a customer; times in milliseconds.

    `id` is the assist's. `address`, to which it goes as `to` says, is sealed by the customer's key; `staff`
    and `store` are what the customer reads.
    """

    id: str
    draft: str
    customer: str
    to: str
    address: str = field(repr=False)
    language: str
    staff: str
    store: str
    began_at: int
    tries: int = 0

    @property
    def expires_at(self) -> int:
        """When it is tried no more."""
        return self.began_at + LIFE

    def tried(self) -> "Notice":
        """After one more try."""
        return replace(self, tries=self.tries + 1)

    def again_at(self, now: int) -> int:
        """When to try again what was not taken: later and later."""
        return now + min(MINUTE << max(self.tries - 1, 0), LONGEST_WAIT)
