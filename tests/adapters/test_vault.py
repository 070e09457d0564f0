"""Whatever is altered, cut or moved does not open; whatever is rotated properly still does."""

from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from retoma_server.adapters.envelopes import IntegrityFailure, Owner, owner_of
from retoma_server.adapters.framing import framed
from retoma_server.adapters.keychain import Keychain
from retoma_server.adapters.keyring import Keyring, RootKey
from retoma_server.adapters.vault import CustomerKey, CustomerKeys, TenantKeys, Vault

TENANT, CUSTOMER, DRAFT = "te_3f0123456789", "cu_3f01234567890123456789", "dr_3fabcdefghij0123456789"
PLACE = ("draft", DRAFT, 4)

places = st.tuples(st.text(), st.text(), st.integers(0, 2**53))


@pytest.fixture
def keyring() -> Keyring:
    """A fresh keyring of one key."""
    return Keyring.create()


@pytest.fixture
def tenant(keyring: Keyring) -> TenantKeys:
    """The keys of a fresh tenant."""
    return fresh_tenant(keyring, TENANT)


@pytest.fixture
def customer(tenant: TenantKeys) -> CustomerKeys:
    """The key of a fresh customer of that tenant."""
    return fresh_customer(tenant, CUSTOMER)


def fresh_tenant(keyring: Keyring, name: str) -> TenantKeys:
    """The opened keys of a new tenant."""
    return Vault(keyring).open_tenant(name, Vault(keyring).new_tenant_key(name))


def fresh_customer(tenant: TenantKeys, name: str) -> CustomerKeys:
    """The opened key of a new customer."""
    return tenant.open_customer(name, {1: tenant.new_customer_key(name)})


def damaged(envelope: bytes) -> Iterator[bytes]:
    """The envelope with each single bit flipped, cut at each length, and with a byte more."""
    for position in range(len(envelope) * 8):
        flipped = bytearray(envelope)
        flipped[position // 8] ^= 1 << position % 8
        yield bytes(flipped)
    yield from (envelope[:length] for length in range(len(envelope)))
    yield from (envelope[length:] for length in range(1, len(envelope)))
    yield envelope + b"\x00"


def assert_nothing_opens(opening: Callable[[bytes], object], envelopes: Iterator[bytes]) -> None:
    """Every one of them is refused with a bare IntegrityFailure."""
    for envelope in envelopes:
        with pytest.raises(IntegrityFailure) as refusal:
            opening(envelope)
        assert (str(refusal.value), dict(refusal.value.facts)) == ("integrity-failure", {})


@given(st.binary(max_size=5_000), places)
def test_what_was_sealed_opens_in_its_place(plaintext: bytes, place: tuple[str, str, int]) -> None:
    """Any bytes come back as they were, from any place and revision."""
    key = CustomerKey(TENANT, CUSTOMER, bytes(32))
    assert key.open(*place, key.seal(*place, plaintext)) == plaintext


@given(places, places)
def test_what_was_sealed_opens_nowhere_else(place: tuple[str, str, int], other: tuple[str, str, int]) -> None:
    """Another kind, object or revision, however similar, does not open it (case 63)."""
    key = CustomerKey(TENANT, CUSTOMER, bytes(32))
    sealed = key.seal(*place, b"secret")
    if place != other:
        with pytest.raises(IntegrityFailure):
            key.open(*other, sealed)


@pytest.mark.parametrize(
    "other", [("history", DRAFT, 4), ("draft", DRAFT[:-1] + "0", 4), ("draft", DRAFT, 5)]
)
def test_a_record_moved_by_one_step_does_not_open(
    customer: CustomerKeys, other: tuple[str, str, int]
) -> None:
    """The nearest other kind, object and revision each refuse it."""
    with pytest.raises(IntegrityFailure):
        customer.open(*other, customer.seal(*PLACE, b"secret"))


def test_a_damaged_record_does_not_open(customer: CustomerKeys) -> None:
    """Any bit flipped, any cut, any byte more: refused, and nothing of it comes out."""
    sealed = customer.seal(*PLACE, b"what the customer wrote")
    assert_nothing_opens(lambda envelope: customer.open(*PLACE, envelope), damaged(sealed))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_do_not_open(garbage: bytes) -> None:
    """Whatever lies in the store, the only error is IntegrityFailure."""
    keyring = Keyring((RootKey("k1", bytes(32), "primary"),))
    tenant, customer = (
        TenantKeys(TENANT, Keychain.of_one(bytes(32))),
        CustomerKey(TENANT, CUSTOMER, bytes(32)),
    )
    for opening in (
        lambda: customer.open(*PLACE, garbage),
        lambda: tenant.open_customer(CUSTOMER, {1: garbage}),
        lambda: Vault(keyring).open_tenant(TENANT, garbage),
    ):
        with pytest.raises(IntegrityFailure):
            opening()


def test_the_same_text_is_never_sealed_alike(customer: CustomerKeys) -> None:
    """Sealing twice gives two envelopes, which share only what stands in clear; no plaintext shows."""
    one, other = (customer.seal(*PLACE, b"what the customer wrote") for _ in range(2))
    clear = 3 + len(CUSTOMER)

    assert one[:clear] == other[:clear]
    assert one[clear : clear + 32] != other[clear : clear + 32]
    assert one[-39:] != other[-39:]
    assert b"customer wrote" not in one


def test_another_customer_cannot_open_it(tenant: TenantKeys, customer: CustomerKeys) -> None:
    """Neither as it is nor with the owner in clear rewritten, not even with the very same key."""
    other_name = CUSTOMER[:-1] + "0"
    sealed = customer.seal(*PLACE, b"secret")
    rewritten = sealed.replace(CUSTOMER.encode(), other_name.encode())
    wrapped = tenant.new_customer_key(CUSTOMER)
    twin = CustomerKey(TENANT, other_name, bytes(32))

    assert_nothing_opens(
        lambda envelope: fresh_customer(tenant, other_name).open(*PLACE, envelope), iter([sealed, rewritten])
    )
    assert_nothing_opens(lambda envelope: tenant.open_customer(other_name, {1: envelope}), iter([wrapped]))
    forged = CustomerKey(TENANT, CUSTOMER, bytes(32)).seal(*PLACE, b"secret")
    with pytest.raises(IntegrityFailure):
        twin.open(*PLACE, forged.replace(CUSTOMER.encode(), other_name.encode()))


def test_another_tenant_cannot_open_it(keyring: Keyring) -> None:
    """Records, customer keys and tenant keys each refuse the wrong tenant, the same key or not."""
    other_name = "te_3f9999999999"
    one, other = (
        TenantKeys(TENANT, Keychain.of_one(bytes(32))),
        TenantKeys(other_name, Keychain.of_one(bytes(32))),
    )
    wrapped_tenant = Vault(keyring).new_tenant_key(TENANT)
    wrapped_customer = one.new_customer_key(CUSTOMER)
    moved = wrapped_customer.replace(TENANT.encode(), other_name.encode())
    sealed = CustomerKey(TENANT, CUSTOMER, bytes(32)).seal(*PLACE, b"secret")

    assert_nothing_opens(lambda e: Vault(keyring).open_tenant(other_name, e), iter([wrapped_tenant]))
    assert_nothing_opens(lambda e: other.open_customer(CUSTOMER, {1: e}), iter([wrapped_customer, moved]))
    assert_nothing_opens(
        lambda e: CustomerKey(other_name, CUSTOMER, bytes(32)).open(*PLACE, e), iter([sealed])
    )


def test_a_damaged_wrapped_key_does_not_open(keyring: Keyring, tenant: TenantKeys) -> None:
    """Any bit flipped, any cut, any byte more, in either wrapped key: refused."""
    wrapped_tenant = Vault(keyring).new_tenant_key(TENANT)
    wrapped_customer = tenant.new_customer_key(CUSTOMER)

    assert_nothing_opens(lambda e: Vault(keyring).open_tenant(TENANT, e), damaged(wrapped_tenant))
    assert_nothing_opens(lambda e: Vault(keyring).rewrap_tenant(TENANT, e), iter([wrapped_tenant[:-1]]))
    assert_nothing_opens(lambda e: tenant.open_customer(CUSTOMER, {1: e}), damaged(wrapped_customer))


def test_a_wrapped_key_of_one_level_is_none_of_another() -> None:
    """A customer key does not open as a tenant key, even where every name and the key are the same."""
    keyring = Keyring((RootKey(TENANT, bytes(32), "primary"),))
    with pytest.raises(IntegrityFailure):
        Vault(keyring).open_tenant(
            TENANT, TenantKeys(TENANT, Keychain.of_one(bytes(32))).new_customer_key(TENANT)
        )


def test_a_tenant_key_does_not_open_under_another_kid() -> None:
    """The kid in clear is bound: rewritten to another key of the ring it fails, the same bytes or not."""
    twins = Keyring((RootKey("k1", bytes(32), "primary"), RootKey("k2", bytes(32), "decrypt")))
    wrapped = Vault(twins).new_tenant_key(TENANT)

    with pytest.raises(IntegrityFailure):
        Vault(twins).open_tenant(TENANT, wrapped.replace(b"k1", b"k2", 1))


def test_a_wrong_keyring_opens_nothing(keyring: Keyring) -> None:
    """A keyring without the kid, and one with that kid but another key, both refuse."""
    wrapped = Vault(keyring).new_tenant_key(TENANT)
    impostor = Keyring((RootKey(keyring.primary.kid, bytes(32), "primary"),))

    for wrong in (Keyring.create(), impostor):
        with pytest.raises(IntegrityFailure):
            Vault(wrong).open_tenant(TENANT, wrapped)


def test_rotation_keeps_everything_readable(keyring: Keyring) -> None:
    """Add, promote, re-wrap, remove: at each step what was written before opens, data untouched."""
    wrapped = Vault(keyring).new_tenant_key(TENANT)
    tenant = Vault(keyring).open_tenant(TENANT, wrapped)
    wrapped_customer = tenant.new_customer_key(CUSTOMER)
    sealed = tenant.open_customer(CUSTOMER, {1: wrapped_customer}).seal(*PLACE, b"kept")
    term = tenant.keyed_hash("email", "ana@example.com")

    def assert_readable(ring: Keyring, wrapped: bytes) -> None:
        keys = Vault(ring).open_tenant(TENANT, wrapped)
        assert keys.open_customer(CUSTOMER, {1: wrapped_customer}).open(*PLACE, sealed) == b"kept"
        assert keys.keyed_hash("email", "ana@example.com") == term

    added = keyring.add()
    promoted = added.promote(added.keys[-1].kid)
    rewrapped = Vault(promoted).rewrap_tenant(TENANT, wrapped)
    removed = promoted.remove(keyring.primary.kid)

    assert_readable(added, wrapped)
    assert_readable(promoted, wrapped)
    assert_readable(added, rewrapped)
    assert_readable(removed, rewrapped)
    assert Vault(added).wrapped_by(wrapped) == keyring.primary.kid
    assert Vault(promoted).wrapped_by(rewrapped) == promoted.primary.kid
    with pytest.raises(IntegrityFailure):
        Vault(removed).open_tenant(TENANT, wrapped)


def test_an_envelope_names_its_owner_in_clear(customer: CustomerKeys) -> None:
    """Whoever finds a record can tell whose it is without a key."""
    assert owner_of(customer.seal(*PLACE, b"")) == Owner(CUSTOMER, 1)


@pytest.mark.parametrize(
    "garbage", [b"", b"\x01", b"\x01\x02", b"\x01\x02\x04abc", b"\x02\x02\x01a", b"\x01\x02\x01\xff"]
)
def test_what_is_no_envelope_has_no_owner(garbage: bytes) -> None:
    """A cut head, another version or an owner that is not ASCII is refused."""
    with pytest.raises(IntegrityFailure):
        owner_of(garbage)


def test_a_keyed_hash_tells_equal_from_different(keyring: Keyring, tenant: TenantKeys) -> None:
    """Equal parts agree; another part, split, purpose or tenant does not; nothing of the part shows."""
    term = tenant.keyed_hash("email", "ana", "example.com")

    assert term == tenant.keyed_hash("email", "ana", "example.com")
    assert len(term) == 24
    others = [
        tenant.keyed_hash("email", "an", "aexample.com"),
        tenant.keyed_hash("email", "ana"),
        tenant.keyed_hash("phone", "ana", "example.com"),
        fresh_tenant(keyring, TENANT).keyed_hash("email", "ana", "example.com"),
    ]
    assert len({term, *others}) == 5


def test_a_mac_depends_on_purpose_and_data(tenant: TenantKeys) -> None:
    """32 bytes that change with either, and that no keyed hash begins with."""
    macs = {tenant.mac("audit", b"one"), tenant.mac("audit", b"two"), tenant.mac("webhook", b"one")}

    assert {len(mac) for mac in macs} == {32}
    assert len(macs) == 3
    assert tenant.mac("audit", b"one") == tenant.mac("audit", b"one")


def test_opened_keys_do_not_show_themselves() -> None:
    """What a log or a traceback prints of an opened key holds no byte of it."""
    shown = repr(CustomerKey(TENANT, CUSTOMER, b"S" * 32)) + repr(
        TenantKeys(TENANT, Keychain.of_one(b"S" * 32))
    )
    assert "SSSS" not in shown


def test_an_envelope_is_what_its_description_says() -> None:
    """Opened by the library's own HKDF-Expand and AES-GCM, from the layout that the vault publishes."""
    key = bytes(range(32))
    sealed = CustomerKey(TENANT, CUSTOMER, key).seal(*PLACE, b"Ann")
    head = b"\x01\x02" + bytes((len(CUSTOMER),)) + CUSTOMER.encode()
    salt, nonce, commitment, ciphertext = cut(sealed.removeprefix(head), 32, 12, 32)
    kind, draft, revision = PLACE
    aad = framed(b"\x01\x02", TENANT, CUSTOMER) + framed(kind, draft, str(revision))
    once = HKDFExpand(SHA512(), 64, info=salt + b"record|v1" + aad).derive(key)
    assert once[32:] == commitment
    assert AESGCM(once[:32]).decrypt(nonce, ciphertext, aad) == b"Ann"


def cut(joined: bytes, *lengths: int) -> Iterator[bytes]:
    """Pieces of these lengths, and what is left."""
    for length in lengths:
        yield joined[:length]
        joined = joined[length:]
    yield joined


def test_an_envelope_of_another_suite_does_not_open(customer: CustomerKeys) -> None:
    """The suite's number stands for how keys are derived: another one is another way."""
    sealed = customer.seal(*PLACE, b"Ann")
    with pytest.raises(IntegrityFailure):
        customer.open(*PLACE, b"\x01\x01" + sealed[2:])
