"""Identity providers: a tenant's own sign-in, whose tokens are taken as they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .identifiers import IdentifierKind

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
"""Signatures that are believed: by public key only, since what checks one is no secret (RFC 8725 §3.1)."""
TYPES = ("JWT", "at+jwt")
"""Types of token that are believed: of OpenID Connect, and access tokens (RFC 9068)."""
SUBJECT = {IdentifierKind.EXTERNAL_ID: "sub"}
VERIFIED = {IdentifierKind.EMAIL: "email_verified", IdentifierKind.PHONE: "phone_number_verified"}
"""Claims without which an address is only what somebody typed (OpenID Connect Core §5.1)."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Whose tokens a tenant takes, for whom they must be made, and what they say of a customer.

    `claims` names the claim for each kind of identifier; `keys_url` is where the public keys are, None
    where the provider itself says so (OpenID Connect Discovery §4).
    """

    issuer: str
    audiences: tuple[str, ...]
    keys_url: str | None = None
    claims: Mapping[IdentifierKind, str] = field(default_factory=lambda: dict(SUBJECT))
    types: tuple[str, ...] = TYPES

    @property
    def place(self) -> tuple[str, str]:
        """What its keys are kept under: who says that they are whose, and where."""
        return self.issuer, self.keys_url or ""

    @property
    def discovery_url(self) -> str:
        """Where the provider describes itself."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    def identifiers(self, claims: Mapping[str, Any]) -> Iterator[tuple[IdentifierKind, str]]:
        """What a token's claims say of its customer; an address only where it was verified."""
        for kind, name in self.claims.items():
            value = claims.get(name)
            is_verified = kind not in VERIFIED or claims.get(VERIFIED[kind]) is True
            if isinstance(value, str) and value and is_verified:
                yield kind, value
