"""Tokens of an identity provider: believed only when it signed them, for this tenant, and for now."""

import base64
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from tests.actions.business import Clock
from tests.servers.identity_provider import AUDIENCE, IdentityProvider, new_key

from retoma_server.adapters.provider_tokens import ProviderTokens
from retoma_server.adapters.sending import Sender
from retoma_server.adapters.signing_keys import (
    FRESH,
    PAUSE,
    STALE,
    NoKeys,
    ProviderUnavailable,
    SigningKeys,
)
from retoma_server.domain.errors import Unauthenticated
from retoma_server.domain.providers import Provider


class Seconds:
    """A clock in seconds that a test turns."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def running() -> Iterator[IdentityProvider]:
    """A provider that the tests share."""
    with IdentityProvider() as provider:
        yield provider


@pytest.fixture
def provider(running: IdentityProvider) -> IdentityProvider:
    """The provider, as it was at first."""
    running.down, running.documents, running.asked = False, {}, []
    running.keys = running.keys[:1]
    return running


@pytest.fixture
def seconds() -> Seconds:
    """By what keys age."""
    return Seconds()


@pytest.fixture
def clock() -> Clock:
    """By what tokens age."""
    return Clock()


@pytest.fixture
def tokens(seconds: Seconds, clock: Clock) -> ProviderTokens:
    """What is under test."""
    return ProviderTokens(SigningKeys(Sender(loopback=True), seconds), clock)


def registered(provider: IdentityProvider, **more: Any) -> Provider:
    """The provider as a tenant registers it."""
    return Provider(provider.issuer, (AUDIENCE,), **more)


def refusal(tokens: ProviderTokens, provider: IdentityProvider, token: str) -> str:
    """Why a token is refused."""
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(registered(provider), token)
    assert refused.value.__cause__ is None
    return refused.value.code


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "Ed25519"])
def test_a_good_token_is_believed(
    tokens: ProviderTokens, provider: IdentityProvider, clock: Clock, algorithm: str
) -> None:
    """With each kind of key; what it says comes back."""
    provider.keys = [new_key("k9", algorithm)]
    claims = tokens.verify(registered(provider), provider.token(clock.now, email="ana@example.com"))
    assert (claims.all["sub"], claims.all["email"]) == ("u-17", "ana@example.com")
    assert claims.issued_at == clock.now // 1000 * 1000


WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "other"},
    "audiences without ours": {"aud": ["other", "third"]},
    "no audience": {"aud": None},
    "no end": {"exp": None},
    "no beginning": {"iat": None},
    "an end that is no time": {"exp": "tomorrow"},
    "an end that is not a number": {"exp": float("nan")},
    "an end that is true": {"exp": True},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
def test_a_token_that_is_not_for_this_tenant_is_refused(
    tokens: ProviderTokens, provider: IdentityProvider, clock: Clock, claims: dict[str, Any]
) -> None:
    """Signed by the right key, and yet of another issuer, for somebody else, or without an end."""
    assert refusal(tokens, provider, provider.token(clock.now, **claims)) == "invalid-token"


def test_one_of_several_audiences_is_enough(
    tokens: ProviderTokens, provider: IdentityProvider, clock: Clock
) -> None:
    """A token may be for others as well."""
    assert tokens.verify(registered(provider), provider.token(clock.now, aud=["other", AUDIENCE]))


def test_a_minute_of_skew_is_forgiven_and_no_more(
    tokens: ProviderTokens, provider: IdentityProvider, clock: Clock
) -> None:
    """At the end and at the beginning."""
    now = clock.now // 1000
    tokens.verify(registered(provider), provider.token(clock.now, exp=now - 59))
    assert refusal(tokens, provider, provider.token(clock.now, exp=now - 61)) == "token-expired"
    tokens.verify(registered(provider), provider.token(clock.now, iat=now + 59, nbf=now + 59))
    for early in ({"iat": now + 61}, {"nbf": now + 61}):
        assert refusal(tokens, provider, provider.token(clock.now, **early)) == "invalid-token"


def test_types_are_those_that_the_tenant_takes(
    tokens: ProviderTokens, provider: IdentityProvider, clock: Clock
) -> None:
    """An access token is no identity token where the tenant says so; a type that is none never passes."""
    access = provider.token(clock.now, {"typ": "at+jwt"})
    assert tokens.verify(registered(provider), access)
    assert tokens.verify(registered(provider), provider.token(clock.now, {"typ": "application/at+jwt"}))
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(registered(provider, types=("JWT",)), access)
    assert refused.value.code == "invalid-token-type"
    for odd in ("logout+jwt", "dpop+jwt", ""):
        assert refusal(tokens, provider, provider.token(clock.now, {"typ": odd})) == "invalid-token-type"


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    """A token with no signature."""
    parts = (json.dumps(part).encode() for part in ({"typ": "JWT", **header}, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + ".AA"


def test_algorithms_that_need_no_private_key_are_refused(
    tokens: ProviderTokens, provider: IdentityProvider, clock: Clock
) -> None:
    """None at all, and a secret that everybody knows: the public key itself (RFC 8725 §2.1)."""
    claims = provider.claims(clock.now)
    key = provider.keys[0]
    assert refusal(tokens, provider, unsigned(claims, alg="none", kid=key.kid)) == "invalid-token"
    head, _, _ = unsigned(claims, alg="HS256", kid=key.kid).rpartition(".")
    mac = hmac.digest(key.as_pem(private=False), head.encode(), "sha256")
    forged = f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    assert refusal(tokens, provider, forged) == "invalid-token"


def test_a_key_that_a_token_brings_along_is_not_used(
    tokens: ProviderTokens, provider: IdentityProvider, clock: Clock
) -> None:
    """In `jwk` or behind `jku`: only the provider's own keys count, and nobody else is asked."""
    own = new_key("k1")
    header = {
        "alg": "RS256",
        "kid": "k1",
        "jwk": own.as_dict(private=False),
        "jku": f"{provider.issuer}/evil",
    }
    forged = jwt.encode(header, provider.claims(clock.now), own, algorithms=["RS256"])
    assert refusal(tokens, provider, forged) == "invalid-token"
    assert "/evil" not in provider.asked


def test_a_changed_token_is_refused(tokens: ProviderTokens, provider: IdentityProvider, clock: Clock) -> None:
    """In any of its parts."""
    parts = provider.token(clock.now).split(".")
    for place in range(3):
        changed = [*parts]
        middle = len(changed[place]) // 2
        letter = "A" if changed[place][middle] != "A" else "B"
        changed[place] = changed[place][:middle] + letter + changed[place][middle + 1 :]
        assert refusal(tokens, provider, ".".join(changed)) == "invalid-token"


@given(st.one_of(st.text(), st.from_regex(r"ey[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}", fullmatch=True)))
def test_whatever_is_sent_is_refused_and_nothing_else_is_raised(running: IdentityProvider, text: str) -> None:
    """No text crashes the reader."""
    tokens = ProviderTokens(SigningKeys(Sender(loopback=True)), Clock())
    with pytest.raises(Unauthenticated):
        tokens.verify(registered(running), text)


def test_keys_are_fetched_once_and_again_when_they_are_old(
    tokens: ProviderTokens, provider: IdentityProvider, clock: Clock, seconds: Seconds
) -> None:
    """However many tokens come meanwhile."""
    for _ in range(5):
        tokens.verify(registered(provider), provider.token(clock.now))
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"]
    seconds.now += FRESH
    tokens.verify(registered(provider), provider.token(clock.now))
    assert len(provider.asked) == 4


def test_a_new_key_is_taken_at_once_and_the_old_one_no_more(
    tokens: ProviderTokens, provider: IdentityProvider, clock: Clock, seconds: Seconds
) -> None:
    """Rotation costs nobody a sign-in; who names keys that never were makes nobody ask more often."""
    old = provider.token(clock.now)
    tokens.verify(registered(provider), old)
    seconds.now += PAUSE
    provider.rotate("k2")
    tokens.verify(registered(provider), provider.token(clock.now))
    assert refusal(tokens, provider, old) == "invalid-token"
    asked = len(provider.asked)
    for number in range(20):
        strange = provider.token(clock.now, {"kid": f"never-{number}"})
        assert refusal(tokens, provider, strange) == "invalid-token"
    assert len(provider.asked) == asked


def test_a_provider_that_is_down_stops_nobody_for_a_day(
    tokens: ProviderTokens, provider: IdentityProvider, clock: Clock, seconds: Seconds
) -> None:
    """Its keys are believed meanwhile; after that nobody is let in who cannot be checked."""
    token = provider.token(clock.now)
    tokens.verify(registered(provider), token)
    provider.down = True
    for _ in range(3):
        seconds.now += FRESH
        assert tokens.verify(registered(provider), token)
    seconds.now += STALE
    with pytest.raises(ProviderUnavailable):
        tokens.verify(registered(provider), token)
    provider.down = False
    seconds.now += PAUSE
    assert tokens.verify(registered(provider), token)


def test_a_provider_whose_keys_were_never_had_is_unavailable(
    tokens: ProviderTokens, provider: IdentityProvider, clock: Clock
) -> None:
    """And is not asked again with every token."""
    provider.down = True
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            tokens.verify(registered(provider), provider.token(clock.now))
    assert len(provider.asked) == 1


NO_KEYS: dict[str, tuple[str, bytes]] = {
    "another issuer in the discovery": (
        "/.well-known/openid-configuration",
        b'{"issuer":"https://evil.example","jwks_uri":"https://evil.example/keys"}',
    ),
    "no address in the discovery": ("/.well-known/openid-configuration", b'{"issuer":"x"}'),
    "a page": ("/.well-known/openid-configuration", b"<html>"),
    "no set of keys": ("/keys", b"[]"),
    "an empty set": ("/keys", b'{"keys":[]}'),
    "odd keys": ("/keys", b'{"keys":[1,{"kty":"RSA"},{"kty":"?"},{"kty":"EC","crv":"P-256","x":"!"}]}'),
    "a secret": (
        "/keys",
        b'{"keys":[{"kty":"oct","k":"c2VjcmV0LXRoYXQtaXMtbG9uZy1lbm91Z2gtMTIz","kid":"k1"}]}',
    ),
    "too large a set": ("/keys", b'{"keys":["' + b"x" * 300_000 + b'"]}'),
}


@pytest.mark.parametrize(("path", "document"), NO_KEYS.values(), ids=NO_KEYS)
def test_what_is_no_set_of_public_keys_gives_none(
    provider: IdentityProvider, path: str, document: bytes
) -> None:
    """The registration says where it failed, and nothing of what came."""
    provider.documents[path] = document
    with pytest.raises(NoKeys) as missing:
        SigningKeys(Sender(loopback=True)).fetch(registered(provider))
    assert str(missing.value) == ("keys" if path == "/keys" else "discovery")


def test_a_short_key_and_one_for_encryption_are_left_out(provider: IdentityProvider) -> None:
    """Of several, those that may be believed are kept."""
    good = new_key("good").as_dict(private=False)
    other = {**new_key("enc").as_dict(private=False), "use": "enc"}
    provider.documents["/keys"] = json.dumps({"keys": [other, good]}).encode()
    assert list(SigningKeys(Sender(loopback=True)).fetch(registered(provider))) == ["good"]


def test_an_internal_address_is_never_asked(provider: IdentityProvider) -> None:
    """Not even where a discovery names it: keys come from the public internet only."""
    with pytest.raises(NoKeys):
        SigningKeys(Sender()).fetch(registered(provider))
    assert provider.asked == []
