"""Tokens of a tenant's own identity provider (RFC 7519, RFC 8725): believed, or refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jws import extract_compact
from joserfc.jwt import JWTClaimsRegistry

from retoma_server.adapters.signing_keys import SigningKeys
from retoma_server.adapters.tokens import MAX_LENGTH, SKEW, Clock
from retoma_server.domain.errors import Unauthenticated
from retoma_server.domain.providers import ALGORITHMS, Provider


@dataclass(frozen=True, slots=True)
class ProviderClaims:
    """What a verified token says, when it was made (milliseconds since 1970), and how long it is good."""

    all: Mapping[str, Any] = field(repr=False)
    issued_at: int
    seconds_left: float

    @property
    def session(self) -> str | None:
        """The provider's session (OpenID Connect Front-Channel Logout §3), where the token names it."""
        session = self.all.get("sid")
        return session if isinstance(session, str) and session else None

    @property
    def signed_in_at(self) -> int:
        """When the person last proved who they are (OpenID Connect §2), 0 where that is not said."""
        at = self.all.get("auth_time")
        return int(at * 1000) if isinstance(at, int) and not isinstance(at, bool) else 0


class ProviderTokens:
    """Verifies tokens by their provider's keys."""

    def __init__(self, keys: SigningKeys, clock: Clock) -> None:
        """Find keys in `keys`; tell the time by `clock`."""
        self.keys = keys
        self._clock = clock

    def verify(self, provider: Provider, token: str) -> ProviderClaims:
        """Believe a token or refuse it.

        Raises Unauthenticated: `invalid-token` for one that this provider did not sign, or not for this
        tenant, or that is not good yet; `invalid-token-type` for one of another type; `token-expired` a
        minute after its end. Raises ProviderUnavailable while the provider's keys cannot be had.
        """
        try:
            return self._verified(provider, token)
        except ExpiredTokenError:
            raise Unauthenticated("token-expired") from None
        except (JoseError, ValueError, TypeError, RecursionError):
            raise Unauthenticated("invalid-token") from None

    def _verified(self, provider: Provider, token: str) -> ProviderClaims:
        if len(token) > MAX_LENGTH or not token.isascii():
            raise ValueError
        header = extract_compact(token.encode()).headers()
        if str(header.get("typ", "JWT")).removeprefix("application/") not in provider.types:
            raise Unauthenticated("invalid-token-type")
        key = self.keys.find(provider, header.get("kid"))
        if key is None:
            raise ValueError
        claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
        self._rules(provider).validate(claims)
        seconds_left = claims["exp"] + (SKEW - self._clock()) / 1000
        return ProviderClaims(claims, int(claims["iat"] * 1000), seconds_left)

    def _rules(self, provider: Provider) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            now=self._clock() // 1000,
            leeway=SKEW // 1000,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "values": list(provider.audiences)},
            exp={"essential": True},
            iat={"essential": True},
        )
