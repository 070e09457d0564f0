"""Credentials that are garbage, old, early, foreign or forged are refused by name, and never otherwise."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from retoma_server.adapters.ids import Ids, is_id
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.tokens import (
    Credential,
    Cursors,
    CustomerTokens,
    credential_text,
    hash_secret,
    parse_credential,
    same_secret,
)
from retoma_server.domain.errors import Malformed, Unauthenticated

TENANT, CUSTOMER = "te_3f0123456789", "cu_3f01234567890123456789"
NOON = 1_800_000_000_000
MINUTE = 60_000
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
SUBJECTS = {"vt": "cu", "gr": "gr", "sf": "st", "ss": "st", "ho": "ho"}

any_text = st.text(st.characters(exclude_categories=()))
kinds = st.sampled_from(["pk", "sk", "vt", "ct", "gr", "sf", "ss", "ho"])


@dataclass
class HandClock:
    """A clock that stands until its hands are moved."""

    now: int = NOON

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def keyring() -> Keyring:
    """A fresh keyring of one key."""
    return Keyring.create()


@pytest.fixture
def clock() -> HandClock:
    """A clock at noon."""
    return HandClock()


@pytest.fixture
def tokens(keyring: Keyring, clock: HandClock) -> CustomerTokens:
    """Customer tokens under that keyring and clock."""
    return CustomerTokens(keyring, clock)


def refusal(tokens: CustomerTokens, token: str) -> str:
    """The code with which a token is refused."""
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(token)
    return refused.value.code


@given(st.sampled_from(["sk", "pk", *SUBJECTS]), st.integers(0, 255))
def test_a_credential_is_read_as_it_was_made(kind: str, partition: int) -> None:
    """Tenant, subject and secret come back as whole ids from the text that was handed out."""
    ids = Ids()
    tenant = ids.new("te", partition)
    subject = ids.new(SUBJECTS[kind], partition) if kind in SUBJECTS else ""
    secret = "" if kind == "pk" else ids.secret()
    text = credential_text(kind, tenant, subject=subject, secret=secret)

    assert parse_credential(text) == Credential(kind, tenant, subject, secret, text)
    assert is_id(parse_credential(text).tenant, "te")


@given(any_text)
@example("")
@example("_")
@example("x" * 10_000)
@example("ct_" + "x" * 10_000)
@example("\ud800")
def test_any_other_text_is_an_invalid_token(text: str) -> None:
    """Garbage, nothing at all, 10 kB and lone surrogates are refused by one code (case 2)."""
    with pytest.raises(Unauthenticated) as refused:
        parse_credential(text)
    assert refused.value.code == "invalid-token"


@given(kinds, any_text)
@example("sk", "3f0123456789_" + "a" * 42)
@example("sk", "3f0123456789_" + "a" * 43 + "\n")
@example("sk", "3F0123456789_" + "a" * 43)
@example("vt", "3f0123456789_" + "a" * 43)
@example("pk", "3f012345678٩")
@example("ct", "e30.ñ")
@example("ct", "")
def test_a_right_beginning_is_not_enough(kind: str, rest: str) -> None:
    """After a known kind, too, the only error is Unauthenticated, and only ASCII is ever accepted."""
    with suppress(Unauthenticated):
        assert parse_credential(f"{kind}_{rest}").text.isascii()


def test_a_credential_does_not_show_its_secret() -> None:
    """What a log or a traceback prints of a credential holds neither secret nor text."""
    credential = parse_credential(credential_text("sk", TENANT, secret="S" * 43))
    assert TENANT in repr(credential)
    assert "SSSS" not in repr(credential)


def test_a_secret_is_known_by_its_hash() -> None:
    """The stored hash recognises the secret, refuses another one, and does not hold it (case 69)."""
    secret = Ids().secret()
    hashed = hash_secret(secret)

    assert same_secret(hashed, secret)
    assert not same_secret(hashed, Ids().secret())
    assert not same_secret(hashed, "")
    assert hashed == hashlib.sha256(secret.encode()).hexdigest()


def test_a_customer_token_says_whose_it_is(tokens: CustomerTokens) -> None:
    """A minted token is a `ct` credential, ends after 15 minutes, and has an id of its own."""
    token, expires_at = tokens.mint(TENANT, CUSTOMER)
    claims = tokens.verify(token)

    assert parse_credential(token).kind == "ct"
    assert expires_at == NOON + 15 * MINUTE
    assert (claims.tenant, claims.customer) == (TENANT, CUSTOMER)
    assert (claims.issued_at, claims.expires_at) == (NOON, expires_at)
    assert claims.token_id != tokens.verify(tokens.mint(TENANT, CUSTOMER)[0]).token_id


def test_a_customer_token_ends(tokens: CustomerTokens, clock: HandClock) -> None:
    """It is good for 15 minutes and the minute by which clocks may differ, then it is expired."""
    token, expires_at = tokens.mint(TENANT, CUSTOMER)

    clock.now = expires_at + MINUTE
    assert tokens.verify(token).customer == CUSTOMER
    clock.now += 1
    assert refusal(tokens, token) == "token-expired"


def test_a_customer_token_from_the_future_is_refused(tokens: CustomerTokens, clock: HandClock) -> None:
    """One issued a minute ahead of this clock is accepted, one further ahead is not."""
    token, _ = tokens.mint(TENANT, CUSTOMER)

    clock.now = NOON - MINUTE
    assert tokens.verify(token).issued_at == NOON
    clock.now = NOON - 10 * MINUTE
    assert refusal(tokens, token) == "invalid-token"


@pytest.mark.parametrize(
    "token", ["", "garbage", "ct_", "ct_a.b", "ct_.", "ct_é", "ct_\ud800", "ct_" + "a" * 10_000]
)
def test_garbage_is_an_invalid_token(tokens: CustomerTokens, token: str) -> None:
    """What was never a token is refused as such, whatever it is made of."""
    assert refusal(tokens, token) == "invalid-token"


def test_an_altered_customer_token_is_refused(tokens: CustomerTokens) -> None:
    """Any character changed before the last one makes the token invalid."""
    token, _ = tokens.mint(TENANT, CUSTOMER)
    for position in range(3, len(token) - 1):
        other = "A" if token[position] != "A" else "B"
        assert refusal(tokens, token[:position] + other + token[position + 1 :]) == "invalid-token"


def test_every_text_of_a_customer_token_has_the_same_id(tokens: CustomerTokens) -> None:
    """The last character of the signature can be written in four ways: revocation goes by `token_id`
    (case 8).
    """
    token, _ = tokens.mint(TENANT, CUSTOMER)
    texts = [token[:-1] + last for last in BASE64URL]
    verified = [text for text in texts if accepts(tokens, text)]

    assert len(verified) == 4
    assert {tokens.verify(text).token_id for text in verified} == {tokens.verify(token).token_id}


def accepts(tokens: CustomerTokens, token: str) -> bool:
    """Whether a token is believed."""
    try:
        tokens.verify(token)
    except Unauthenticated:
        return False
    return True


def test_other_credentials_are_of_the_wrong_type(tokens: CustomerTokens) -> None:
    """A handoff token or a secret key in the place of a customer token is told apart from garbage."""
    handoff = credential_text("ho", TENANT, subject=Ids().new("ho", 1), secret=Ids().secret())

    assert refusal(tokens, handoff) == "invalid-token-type"
    assert refusal(tokens, credential_text("sk", TENANT, secret=Ids().secret())) == "invalid-token-type"


@pytest.mark.parametrize("payload", [{"typ": "staff"}, {"typ": "customer"}, {}, [], "customer", None])
def test_a_token_signed_for_something_else_is_of_the_wrong_type(
    keyring: Keyring, tokens: CustomerTokens, payload: object
) -> None:
    """A right signature over other claims is not enough."""
    assert (
        refusal(tokens, f"ct_{signer(keyring, 'customer-token.v1').dumps(payload)}") == "invalid-token-type"
    )


def test_a_signature_for_another_purpose_is_invalid(keyring: Keyring, tokens: CustomerTokens) -> None:
    """A cursor, and the right claims under the right key but another salt, are no customer tokens
    (case 5).
    """
    token, _ = tokens.mint(TENANT, CUSTOMER)
    claims = signer(keyring, "customer-token.v1").loads(token.removeprefix("ct_"))

    assert refusal(tokens, f"ct_{signer(keyring, 'other.v1').dumps(claims)}") == "invalid-token"
    assert refusal(tokens, f"ct_{Cursors(keyring).sign(TENANT, '', [1])}") == "invalid-token"


def signer(keyring: Keyring, salt: str) -> URLSafeSerializer:
    """What signs customer tokens, with a salt of one's choice."""
    signing = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(keyring.signing_keys("customer-token"), salt=salt, signer_kwargs=signing)


def test_tokens_live_as_long_as_their_root_key(keyring: Keyring, clock: HandClock) -> None:
    """Rotation: a token holds on every ring that has its root key, and on no other (case 5)."""
    added = keyring.add()
    promoted = added.promote(added.keys[-1].kid)
    removed = promoted.remove(keyring.primary.kid)
    old, _ = CustomerTokens(keyring, clock).mint(TENANT, CUSTOMER)
    new, _ = CustomerTokens(promoted, clock).mint(TENANT, CUSTOMER)

    assert CustomerTokens(promoted, clock).verify(old).customer == CUSTOMER
    assert CustomerTokens(added, clock).verify(new).customer == CUSTOMER
    assert CustomerTokens(removed, clock).verify(new).customer == CUSTOMER
    assert refusal(CustomerTokens(removed, clock), old) == "invalid-token"
    assert refusal(CustomerTokens(keyring, clock), new) == "invalid-token"


json_values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()


@given(any_text, any_text, st.lists(json_values, max_size=5))
def test_a_cursor_gives_back_its_position(tenant: str, query: str, position: list[object]) -> None:
    """Any position comes back for the tenant and query that it was signed for."""
    cursors = Cursors(Keyring.create())
    assert cursors.verify(tenant, query, cursors.sign(tenant, query, position)) == position


class Shouting(str):
    """A text that is a subclass of str, as template engines make them."""

    __slots__ = ()


def test_a_foreign_or_forged_cursor_is_refused(keyring: Keyring) -> None:
    """Another tenant's, another query's, an altered one, another keyring's and another token are alike."""
    cursors = Cursors(keyring)
    cursor = cursors.sign(TENANT, "status=open", [NOON, "dr_1"])
    token, _ = CustomerTokens(keyring, HandClock()).mint(TENANT, CUSTOMER)
    forged = "B" + cursor[1:] if cursor[0] != "B" else "C" + cursor[1:]

    attempts = [
        ("te_3f9999999999", "status=open", cursor),
        (TENANT, "status=closed", cursor),
        (f"{TENANT}status", "=open", cursor),
        (TENANT, "status=open", forged),
        (TENANT, "status=open", Shouting(forged)),
        (TENANT, "status=open", Cursors(Keyring.create()).sign(TENANT, "status=open", [NOON, "dr_1"])),
        (TENANT, "status=open", token.removeprefix("ct_")),
    ]
    for tenant, query, text in attempts:
        assert_invalid(cursors, tenant, query, text)
    assert cursors.verify(TENANT, "status=open", Shouting(cursor)) == [NOON, "dr_1"]


def assert_invalid(cursors: Cursors, tenant: str, query: str, text: str) -> None:
    """The text is refused as a cursor, by the one code."""
    with pytest.raises(Malformed) as refused:
        cursors.verify(tenant, query, text)
    assert refused.value.code == "invalid-cursor"


@given(any_text)
@example("")
@example(".")
@example("\ud800")
@example("W10.\ud800")
@example("a." * 5_000)
def test_any_other_text_is_an_invalid_cursor(text: str) -> None:
    """Whatever a caller sends as a cursor, the only error is Malformed."""
    assert_invalid(Cursors(Keyring.create()), TENANT, "", text)


def test_cursors_survive_rotation(keyring: Keyring) -> None:
    """A list begun before the promotion of a key goes on after it."""
    added = keyring.add()
    promoted = added.promote(added.keys[-1].kid)
    cursor = Cursors(keyring).sign(TENANT, "", [7])

    assert Cursors(promoted).verify(TENANT, "", cursor) == [7]
    assert_invalid(Cursors(promoted.remove(keyring.primary.kid)), TENANT, "", cursor)
