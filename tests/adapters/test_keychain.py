"""A tenant's keychain: written and read alike, grown by the newest, shrunk by older ones only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.keychain import Keychain, Secret
from retoma_server.adapters.vault import CustomerKeys, TenantKeys, UnknownKey, version_of_hash

TENANT, CUSTOMER = "te_3f0123456789", "cu_3f01234567890123456789"

rotations = st.lists(st.sampled_from(["wrapping", "index", "customers"]), max_size=6)


def rotated(chain: Keychain, steps: list[str]) -> Keychain:
    """The keychain after these rotations, one a second."""
    for now, step in enumerate(steps, 1):
        if step == "customers":
            chain = chain.with_customers(now)
        else:
            chain = chain.with_wrapping(now) if step == "wrapping" else chain.with_index(now)
    return chain


@given(rotations)
def test_a_keychain_is_read_as_it_was_written(steps: list[str]) -> None:
    """Whatever it has been through."""
    chain = rotated(Keychain.create(), steps)
    assert Keychain.parse(chain.dump()) == chain


@given(rotations, st.sets(st.integers(1, 7)))
def test_the_newest_of_each_kind_stays(steps: list[str], unused: set[int]) -> None:
    """Older ones go where nothing uses them; numbers are never given again."""
    chain = rotated(Keychain.create(), steps)
    slim = chain.without_wrapping(unused.__contains__).without_index(unused.__contains__)
    for before, after in ((chain.wrapping, slim.wrapping), (chain.index, slim.index)):
        assert after[-1] == before[-1]
        assert [each for each in before[:-1] if each.version not in unused] == [*after[:-1]]
    assert slim.with_wrapping(9).wrapping[-1].version == chain.wrapping[-1].version + 1
    assert slim.hashing == chain.hashing


def test_the_keys_of_a_chain_are_all_different() -> None:
    """No version shares a key with another, or with another kind; each is 32 bytes."""
    chain = rotated(Keychain.create(), ["wrapping", "index"])
    secrets = [secret.key for secret in (*chain.wrapping, *chain.index)] + [chain.hashing]
    assert len(set(secrets)) == 5
    assert {len(key) for key in secrets} == {32}


def test_one_key_of_an_earlier_release_is_the_first_of_each() -> None:
    """What it wrapped and hashed is opened and found; what comes later is fresh."""
    chain = Keychain.parse(bytes(range(32)))
    assert chain.wrapping == chain.index == (Secret(1, bytes(range(32))),)
    assert (chain.hashing, chain.customers) == (bytes(range(32)), 1)
    assert chain.with_wrapping(1).wrapping[-1].key != bytes(range(32))


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"null", b"{" * 40, bytes(31), b'{"wrapping": 1}'])
def test_what_is_no_keychain_is_refused(text: bytes) -> None:
    """With the error for whatever does not open."""
    with pytest.raises(IntegrityFailure):
        Keychain.parse(text)


def test_a_keychain_does_not_show_its_keys() -> None:
    """Not in a log nor in a traceback."""
    chain = Keychain.of_one(b"S" * 32)
    assert "SSSS" not in repr(chain)
    assert "SSSS" not in repr(chain.wrapping)


@given(rotations, st.data())
def test_what_was_sealed_opens_as_long_as_its_keys_are_there(steps: list[str], data: st.DataObject) -> None:
    """Through any rotations, wrapped anew or not; and not once a key that it needs was taken away."""
    chain = Keychain.create()
    wrapped = {1: TenantKeys(TENANT, chain).new_customer_key(CUSTOMER, 1)}
    sealed = {1: opened(chain, wrapped).seal("draft", "dr_1", 1, b"kept")}
    for step in steps:
        chain = rotated(chain, [step])
        if step == "customers":
            wrapped[chain.customers] = TenantKeys(TENANT, chain).new_customer_key(CUSTOMER, chain.customers)
            sealed[chain.customers] = opened(chain, wrapped).seal("draft", "dr_1", 1, b"kept")
        if data.draw(st.booleans()):
            wrapped = TenantKeys(TENANT, chain).rewrap_customer(CUSTOMER, wrapped)
    for envelope in sealed.values():
        assert opened(chain, wrapped).open("draft", "dr_1", 1, envelope) == b"kept"
    newest = TenantKeys(TENANT, chain).rewrap_customer(CUSTOMER, wrapped)
    slim = chain.without_wrapping(lambda _: True)
    gone = data.draw(st.sampled_from([*sealed]))
    left = {version: key for version, key in newest.items() if version != gone}
    for version, envelope in sealed.items():
        if version in left:
            assert opened(slim, left).open("draft", "dr_1", 1, envelope) == b"kept"
        elif left:
            with pytest.raises(IntegrityFailure):
                opened(slim, left).open("draft", "dr_1", 1, envelope)


def opened(chain: Keychain, wrapped: dict[int, bytes]) -> CustomerKeys:
    """The customer's keys."""
    return TenantKeys(TENANT, chain).open_customer(CUSTOMER, wrapped)


def test_a_key_that_the_chain_does_not_have_is_unknown() -> None:
    """So that whoever knows the chain of a second ago can ask for the newest."""
    old = Keychain.create()
    wrapped = TenantKeys(TENANT, old.with_wrapping(1)).new_customer_key(CUSTOMER)
    with pytest.raises(UnknownKey):
        opened(old, {1: wrapped})


def test_a_version_in_clear_is_bound() -> None:
    """An envelope whose number was rewritten does not open, not even where two versions are one key."""
    twins = Keychain((Secret(1, bytes(32)), Secret(2, bytes(32))), (Secret(1, bytes(32)),), bytes(32))
    wrapped = TenantKeys(TENANT, twins).new_customer_key(CUSTOMER)
    at = 3 + len(TENANT)
    lowered = wrapped[:2] + bytes([len(TENANT)]) + wrapped[3:at] + wrapped[at + 2 :]
    with pytest.raises(IntegrityFailure):
        opened(twins, {1: lowered})


@given(rotations)
def test_an_identifier_has_a_hash_by_each_index_key(steps: list[str]) -> None:
    """The newest first; each says by which it was made, and the first is as it always was."""
    chain = rotated(Keychain.create(), steps)
    hashes = TenantKeys(TENANT, chain).index_hashes("email", "ana@example.com")
    assert [*map(version_of_hash, hashes)] == [secret.version for secret in reversed(chain.index)]
    assert len({hashed.rpartition(".")[2] for hashed in hashes}) == len(hashes)
    first = Keychain.of_one(chain.index[0].key)
    assert hashes[-1] == TenantKeys(TENANT, first).keyed_hash("identifier", "email", "ana@example.com")
