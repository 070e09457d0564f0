"""Credentials as text, and the things that are signed: customer tokens, list cursors, previews, trips."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from retoma_server.adapters.framing import framed
from retoma_server.adapters.ids import is_id
from retoma_server.adapters.keyring import Keyring
from retoma_server.domain.errors import Malformed, Unauthenticated
from retoma_server.domain.staff_providers import Away

LIFE = 15 * 60_000
"""How long a customer token is good for, in milliseconds."""
SKEW = 60_000
"""By how much the clocks of two running instances may differ, in milliseconds."""
MAX_LENGTH = 4_096
"""No credential and no cursor is longer, in characters."""

Clock = Callable[[], int]
"""Gives milliseconds since 1970."""

_TENANT = "(?P<tenant>[0-9a-f]{2}[0-9A-Za-z]{10})"
_SUBJECT = "(?P<subject>[0-9a-f]{2}[0-9A-Za-z]{20})"
_RANDOM = "(?P<secret>[0-9A-Za-z]{43})"
_SUBJECT_PREFIX = {"vt": "cu", "gr": "gr", "sf": "st", "ss": "st", "sd": "sd", "ho": "ho"}
_FORMS = {
    "pk": re.compile(_TENANT),
    "sk": re.compile(f"{_TENANT}_{_RANDOM}"),
    "ct": re.compile(r"(?P<secret>[0-9A-Za-z_.-]+)"),
    **{kind: re.compile(f"{_TENANT}_{_SUBJECT}_{_RANDOM}") for kind in _SUBJECT_PREFIX},
}


_JWT = re.compile(r"ey[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential taken apart, not yet believed.

    `kind` is `pk` (publishable key), `sk` (secret key), `vt` (visitor), `ct` (customer), `gr` (grant),
    `sf` (staff), `ss` (a staff session) and `sd` (a store's
    device), which are cookies only, `ho` (handoff) or `jw` (a token of the tenant's
    own identity provider). `tenant` and `subject` are whole ids (`te_…`, `cu_…`); what a kind does not
    have is empty. The `secret` of a `ct` is its signed part: verify it to learn the rest.
    """

    kind: str
    tenant: str
    subject: str
    secret: str = field(repr=False)
    text: str = field(repr=False)


def parse_credential(text: str) -> Credential:
    """Take a credential apart by its form. Raises Unauthenticated("invalid-token"), and nothing else."""
    kind, _, rest = text.partition("_")
    form = _FORMS.get(kind)
    match = form.fullmatch(rest) if form and len(text) <= MAX_LENGTH else None
    if match is None:
        raise Unauthenticated("invalid-token")
    parts = match.groupdict()
    tenant = f"te_{parts['tenant']}" if "tenant" in parts else ""
    subject = f"{_SUBJECT_PREFIX[kind]}_{parts['subject']}" if "subject" in parts else ""
    return Credential(kind, tenant, subject, parts.get("secret", ""), text)


def provider_credential(token: str, publishable_key: str) -> Credential:
    """A token of the identity provider of the tenant that a publishable key names, not yet believed.

    A tenant is never looked up by what a token says of itself: whoever registers a provider could take
    other people's customers in. Raises Unauthenticated("invalid-token").
    """
    tenant = parse_credential(publishable_key)
    if tenant.kind != "pk" or len(token) > MAX_LENGTH:
        raise Unauthenticated("invalid-token")
    return Credential("jw", tenant.tenant, "", "", token)


def is_provider_token(text: str) -> bool:
    """Whether a text has the form of a signed token of somebody else (RFC 7515 §7.1)."""
    return _JWT.fullmatch(text) is not None


def credential_text(kind: str, tenant: str, *, subject: str = "", secret: str = "") -> str:
    """The text of a credential from whole ids: what `parse_credential` takes apart."""
    names = (name.partition("_")[2] for name in (tenant, subject) if name)
    return "_".join((kind, *names, *([secret] if secret else [])))


def hash_secret(secret: str) -> str:
    """The form in which a random secret is stored: SHA-256 as hex. Passwords need argon2 instead."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same_secret(hashed: str, secret: str) -> bool:
    """Whether `secret` is the one whose hash was stored; takes as long when it is not."""
    return hmac.compare_digest(hashed, hash_secret(secret))


def csrf_token(secret: str) -> str:
    """What a page must send beside a session's cookie: nobody who cannot read it can make it."""
    return hash_secret(f"csrf.{secret}")


@dataclass(frozen=True, slots=True)
class CustomerClaims:
    """What a verified customer token says; times in milliseconds since 1970.

    `device` is the id of the device that it was made for, where the service said which.

    A list of revoked tokens holds `token_id`, never the text: more than one text of the same token
    verifies, because base64 leaves bits of the last character unused.
    """

    tenant: str
    customer: str
    issued_at: int
    expires_at: int
    token_id: str
    device: str | None = None


class CustomerTokens:
    """Signs and verifies customer tokens: `ct_` and itsdangerous with HMAC-SHA256, for 15 minutes."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        """Sign with the primary root key of `keyring`, verify with any; tell the time by `clock`."""
        self._serializer = _serializer(keyring, "customer-token", salt=b"customer-token.v1")
        self._clock = clock

    def mint(self, tenant: str, customer: str, device: str | None = None) -> tuple[str, int]:
        """A new token for a customer on a device, and when it ends (milliseconds since 1970)."""
        now = self._clock()
        payload = {
            "typ": "customer",
            "tid": tenant,
            "sub": customer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + LIFE,
            "dev": device,
        }
        return f"ct_{self._serializer.dumps(payload)}", now + LIFE

    def verify(self, token: str) -> CustomerClaims:
        """Believe a token or refuse it.

        Raises Unauthenticated: `invalid-token` when it was not signed here or comes from the future,
        `invalid-token-type` when it was signed for something else or is another kind of credential,
        `token-expired` a minute after its end. Revocation is the caller's question.
        """
        credential = parse_credential(token)
        if credential.kind != "ct":
            raise Unauthenticated("invalid-token-type")
        claims = _claims(self._payload(credential.secret))
        now = self._clock()
        if claims.issued_at > now + SKEW:
            raise Unauthenticated("invalid-token")
        if claims.expires_at < now - SKEW:
            raise Unauthenticated("token-expired")
        return claims

    def _payload(self, signed: str) -> object:
        try:
            return self._serializer.loads(signed)
        except (BadData, UnicodeError, ValueError):
            raise Unauthenticated("invalid-token") from None


class Cursors:
    """Signs the place where a list goes on, for one tenant and one query."""

    def __init__(self, keyring: Keyring) -> None:
        """Sign with the primary root key of `keyring`, verify with any."""
        self._serializer = _serializer(keyring, "cursor", salt=b"cursor.v1")

    def sign(self, tenant: str, query: str, position: list[Any]) -> str:
        """A cursor for `position` (JSON values); readable, so it holds nothing personal."""
        return str(self._serializer.dumps(position, salt=_cursor_salt(tenant, query)))

    def verify(self, tenant: str, query: str, text: str) -> list[Any]:
        """The position that was signed for the same tenant and query.

        Raises Malformed("invalid-cursor") for any other text.
        """
        try:
            if len(text) > MAX_LENGTH:
                raise BadData("too long")
            position: list[Any] = self._serializer.loads(text, salt=_cursor_salt(tenant, query))
        except (BadData, UnicodeError, ValueError):
            raise Malformed("invalid-cursor") from None
        return position


class Previews:
    """Signs what a preview showed, for one claim and a few minutes."""

    def __init__(self, keyring: Keyring) -> None:
        """Sign with the primary root key of `keyring`, verify with any."""
        self._serializer = _serializer(keyring, "preview", salt=b"preview.v1")

    def sign(self, claim: str, until: int, shown: Mapping[str, Sequence[Any]]) -> str:
        """What was shown (JSON values, by cart), good until then; readable, so it holds nothing personal."""
        return str(self._serializer.dumps([claim, until, shown]))

    def verify(self, claim: str, now: int, text: str) -> Mapping[str, Sequence[Any]] | None:
        """What was shown, None where that was signed for another claim, long ago or by somebody else."""
        try:
            signed_for, until, shown = self._serializer.loads(text)
        except (BadData, UnicodeError, ValueError):
            return None
        return shown if signed_for == claim and now < until else None


class Trips:
    """Signs what a browser carries while its owner is at a provider, and must bring back."""

    def __init__(self, keyring: Keyring) -> None:
        """Sign with the primary root key of `keyring`, verify with any."""
        self._serializer = _serializer(keyring, "trip", salt=b"trip.v1")

    def sign(self, away: Away) -> str:
        """What goes into a cookie that no script reads; readable by whoever has the browser."""
        return str(self._serializer.dumps(astuple(away)))

    def verify(self, text: str) -> Away | None:
        """What was signed, None for any other text."""
        try:
            return Away(*self._serializer.loads(text))
        except (BadData, UnicodeError, ValueError, TypeError):
            return None


def _claims(payload: object) -> CustomerClaims:
    match payload:
        case {
            "typ": "customer",
            "tid": str(tenant),
            "sub": str(customer),
            "jti": str(token_id),
            "iat": int(issued_at),
            "exp": int(expires_at),
            **more,
        }:
            return CustomerClaims(tenant, customer, issued_at, expires_at, token_id, _device(more.get("dev")))
    raise Unauthenticated("invalid-token-type")


def _device(said: object) -> str | None:
    if said is None or (isinstance(said, str) and is_id(said, "dv")):
        return said
    raise Unauthenticated("invalid-token-type")


def _cursor_salt(tenant: str, query: str) -> bytes:
    return b"cursor.v1" + hashlib.sha256(framed(tenant, query)).digest()


def _serializer(keyring: Keyring, purpose: str, salt: bytes) -> URLSafeSerializer:
    # itsdangerous' own defaults are SHA-1 and one salt for everything that is ever signed.
    signing = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(keyring.signing_keys(purpose), salt=salt, signer_kwargs=signing)
