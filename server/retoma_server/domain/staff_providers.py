"""Where a tenant's staff sign in: its own identity provider, and whom its answer lets in."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .providers import Provider

MINUTE = 60_000
AWAY_LIFE = 10 * MINUTE
"""How long somebody may take at the provider."""
CLAIM = "email"
PROOF = {"email": "email_verified", "phone_number": "phone_number_verified"}
"""Claims without which an address is only what somebody typed (OpenID Connect Core §5.1)."""


@dataclass(frozen=True, slots=True)
class StaffProvider:
    """A provider that staff sign in at (OpenID Connect, authorization code with PKCE).

    `claim` names the claim that holds their sign-in name here. `secret` is the client's, sealed; None for
    a client that has none.
    """

    issuer: str
    client_id: str
    claim: str = CLAIM
    secret: str | None = field(default=None, repr=False)

    @property
    def tokens(self) -> Provider:
        """Whose ID tokens are believed: made for this client and nobody else."""
        return Provider(self.issuer, (self.client_id,), types=("JWT",))

    def sign_in_name(self, claims: Mapping[str, Any]) -> str | None:
        """By what name an ID token signs somebody in; None where it says none that was verified."""
        name = claims.get(self.claim)
        is_verified = self.claim not in PROOF or claims.get(PROOF[self.claim]) is True
        return name if isinstance(name, str) and name and is_verified else None


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody who went to the provider: what their browser must bring back (RFC 7636, RFC 9700 §2.1)."""

    tenant: str
    state: str
    nonce: str
    verifier: str = field(repr=False)
    until: int

    def brought(self, state: str, now: int) -> bool:
        """Whether whoever comes back is who went, in time."""
        return now < self.until and hmac.compare_digest(self.state.encode(), state.encode())

    def answers(self, claims: Mapping[str, Any]) -> bool:
        """Whether an ID token was made for this very sign-in (OpenID Connect Core §3.1.3.7)."""
        nonce = claims.get("nonce")
        return isinstance(nonce, str) and hmac.compare_digest(self.nonce.encode(), nonce.encode())
