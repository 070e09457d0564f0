"""Where a tenant is asked by this server, and what to do when nobody answers there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

DAY = 86_400_000
BOTH_SIGN = DAY
"""For how long after a new secret was shown the one before it signs too."""


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a tenant is asked. The secret that signs is derived from `key_id`, and stored nowhere.

    `blocks` says that no cart is ordered while the hook is silent. `previous` named the secret that
    was in use until `replaced_at`.
    """

    url: str
    key_id: str
    blocks: bool = True
    previous: str | None = None
    replaced_at: int = 0

    def replaced(self, url: str, key_id: str, blocks: bool, now: int) -> "Hook":
        """The hook registered anew, with a new secret."""
        return replace(self, url=url, key_id=key_id, blocks=blocks, previous=self.key_id, replaced_at=now)

    def key_ids(self, now: int) -> Iterator[str]:
        """What the secrets are named that sign now, the newest first."""
        yield self.key_id
        if self.previous is not None and now < self.replaced_at + BOTH_SIGN:
            yield self.previous
