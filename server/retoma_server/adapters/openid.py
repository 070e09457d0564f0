"""OpenID Connect at a tenant's own provider: where to send somebody, and the ID token for their code."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote_plus, urlencode, urlsplit

import orjson

from retoma_server.adapters.sending import NotSent, Refused, Sender
from retoma_server.domain.staff_providers import Away, StaffProvider

SECONDS = 5.0
LARGEST = 262_144
SCOPE = "openid email profile"


class ProviderSilent(Exception):
    """Raised when a provider gave no usable answer; its text says to what, and no more."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider signs people in, and where it gives out tokens (OpenID Connect Discovery §3)."""

    authorization: str
    token: str


class OpenId:
    """Asks providers on behalf of this server."""

    def __init__(self, sender: Sender) -> None:
        """Ask by `sender`."""
        self._sender = sender

    def endpoints(self, provider: StaffProvider) -> Endpoints:
        """A provider's endpoints as it describes them now. Raises ProviderSilent."""
        match self._read(provider.tokens.discovery_url):
            case {
                "issuer": provider.issuer,
                "authorization_endpoint": str(authorization),
                "token_endpoint": str(token),
            } if urlsplit(authorization).scheme in ("https", "http"):
                return Endpoints(authorization, token)
        raise ProviderSilent("discovery")

    def id_token(self, provider: StaffProvider, secret: str | None, wanted: Mapping[str, str]) -> str:
        """The ID token for a code (OpenID Connect Core §3.1.3). Raises ProviderSilent."""
        about = {"grant_type": "authorization_code", "client_id": provider.client_id, **wanted}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if secret is not None:
            headers["Authorization"] = basic(provider.client_id, secret)
        where = self.endpoints(provider).token
        try:
            said = self._sender.post(where, headers, urlencode(about).encode(), seconds=SECONDS, most=LARGEST)
            match orjson.loads(said):
                case {"id_token": str(token)}:
                    return token
        except (NotSent, Refused, ValueError):
            pass
        raise ProviderSilent("token")

    def _read(self, url: str) -> object:
        try:
            return orjson.loads(self._sender.get(url, seconds=SECONDS, most=LARGEST))
        except (NotSent, Refused, ValueError):
            raise ProviderSilent("discovery") from None


def authorization_url(where: Endpoints, provider: StaffProvider, away: Away, back: str) -> str:
    """Where somebody signs in, and comes `back` from with a code (RFC 7636 §4.3)."""
    about = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": back,
        "scope": SCOPE,
        "state": away.state,
        "nonce": away.nonce,
        "code_challenge": challenge(away.verifier),
        "code_challenge_method": "S256",
    }
    return f"{where.authorization}{'&' if urlsplit(where.authorization).query else '?'}{urlencode(about)}"


def challenge(verifier: str) -> str:
    """What of a verifier may be seen (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def basic(client_id: str, secret: str) -> str:
    """A client's own credentials (RFC 6749 §2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
