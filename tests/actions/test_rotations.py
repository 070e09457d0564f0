"""Keys are replaced while everything goes on: nothing is lost, nobody is made twice, and the old ones go."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retoma_server.actions import records
from retoma_server.actions.callers import Caller
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.customers import read_customer, wrapped_keys
from retoma_server.actions.drafts import get_draft
from retoma_server.actions.erasure import erase_customer
from retoma_server.actions.handoffs import Wish, create_handoff
from retoma_server.actions.history import read_history
from retoma_server.actions.identifiers import holder_of, identified, link, unlink
from retoma_server.actions.identity import open_visitor
from retoma_server.actions.key_uses import KeyUses, key_uses
from retoma_server.actions.listing import Query, list_drafts
from retoma_server.actions.rotations import (
    SETTLED,
    drop_index,
    finish,
    rotate_customers,
    rotate_index,
    rotate_tenant,
)
from retoma_server.actions.sweeping import sweep
from retoma_server.actions.tenants import Tenant, rewrap_all, save_tenant
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.envelopes import IntegrityFailure, Owner, owner_of
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.keychain import Keychain
from retoma_server.adapters.stores import Commit, Record, StoreUnavailable, Write
from retoma_server.domain.errors import Gone
from retoma_server.domain.identifiers import IdentifierKind

from .business import DAY, Business, open_business
from .crashing import crashing, slow

EMAIL, EXTERNAL_ID = IdentifierKind.EMAIL, IdentifierKind.EXTERNAL_ID
LATER = 2 * SETTLED


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


def tenant_of(shop: Business) -> Tenant:
    """The tenant as the store has it now."""
    return shop.deps.tenants.renewed(shop.tenant.id)


def finished(shop: Business) -> Tenant:
    """The tenant after all was finished that can be."""
    return finish(shop.deps, shop.tenant, lambda _: None)


def uses(shop: Business) -> KeyUses:
    """What uses its keys."""
    return key_uses(shop.deps, tenant_of(shop), lambda _: None)


def again(shop: Business, caller: Caller) -> Caller:
    """The same caller with the next request, at an instance that knows the tenant as it is now."""
    return replace(caller, tenant=tenant_of(shop))


def data(shop: Business, caller: Caller, draft: str) -> Any:
    """The values of a draft."""
    return read_json(get_draft(shop.deps, caller, draft).json)["data"]


def change(shop: Business, caller: Caller, draft: str, seq: int, name: str) -> None:
    """A change of a draft's name, by the writer who began it."""
    ops = [{"op": "set", "path": "/name", "value": name, "seen": seq - 1}]
    change_draft(shop.deps, caller, draft, Batch("w_1", [{"seq": seq, "ops": ops}]))


def record_of(shop: Business, customer: str | None) -> Record:
    """A customer's record."""
    assert customer is not None
    key = records.customer(shop.tenant.id, customer)
    record = shop.deps.store.read(partition_of(customer), [key]).get(key)
    assert record is not None
    return record


def overwrite(shop: Business, record: Record) -> None:
    """Put a record's body back, as somebody with the store could."""
    place = partition_of(record.key.split("/")[2])
    revision = shop.deps.store.read(place, [record.key]).revision(record.key)
    shop.deps.store.commit(place, Commit({record.key: revision}, [Write(record.key, record.body)]))


def versions(shop: Business) -> tuple[list[int], list[int], int]:
    """The versions of the tenant's and the index keys, and the one that customers' keys are to have."""
    chain = tenant_of(shop).keys.chain
    return [each.version for each in chain.wrapping], [each.version for each in chain.index], chain.customers


# -- tenant keys -------------------------------------------------------------------------------


def test_a_tenant_key_is_replaced_and_the_old_one_goes_when_nothing_uses_it(shop: Business) -> None:
    """Not within the first minute, in which some instance may still wrap by it; data stays untouched."""
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    place, key = partition_of(draft), records.draft(shop.tenant.id, draft)
    before = shop.deps.store.read(place, [key]).get(key)
    rotate_tenant(shop.deps, shop.tenant)
    assert finished(shop).keys.chain.wrapping[-1].version == 2
    assert (uses(shop).wraps, versions(shop)[0]) == ({2: 1}, [1, 2])
    shop.clock.now += LATER
    finished(shop)
    assert versions(shop)[0] == [2]
    assert data(shop, again(shop, visitor), draft) == {"name": "Ann"}
    assert shop.deps.store.read(place, [key]).get(key) == before


def test_whom_an_instance_of_before_makes_meanwhile_is_brought_along(shop: Business) -> None:
    """It wraps by the old key for another second: the next pass finds that customer before the key goes."""
    stale = shop.caller(shop.publishable_key)
    rotate_tenant(shop.deps, shop.tenant)
    finished(shop)
    late = shop.caller(open_visitor(shop.deps, stale).token)
    assert uses(shop).wraps == {1: 1}
    shop.clock.now += LATER
    finished(shop)
    assert (uses(shop).wraps, versions(shop)[0]) == ({2: 1}, [2])
    assert data(shop, again(shop, late), shop.draft(late, name="Ann")) == {"name": "Ann"}


def test_an_instance_that_does_not_know_the_new_key_asks_for_it(shop: Business) -> None:
    """Its tenant is a second old, and the customer was wrapped anew by somebody else: it reads and writes."""
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    rotate_tenant(shop.deps, shop.tenant)
    finished(shop)
    assert visitor.home.keys.chain.wrapping[-1].version == 1
    change(shop, visitor, draft, 2, "Eva")
    assert data(shop, visitor, draft) == {"name": "Eva"}
    assert len(list_drafts(shop.deps, visitor, Query()).items) == 1


def test_what_a_removed_tenant_key_wraps_does_not_open(shop: Business) -> None:
    """A customer's record that was put back names a key that is gone: `integrity-failure`."""
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    old = record_of(shop, visitor.customer)
    rotate_tenant(shop.deps, shop.tenant)
    shop.clock.now += LATER
    finished(shop)
    overwrite(shop, old)
    with pytest.raises(IntegrityFailure):
        data(shop, again(shop, visitor), draft)


def test_what_is_hashed_stays_when_the_tenant_key_goes(shop: Business) -> None:
    """Identifiers, drafts by process and codes are found as before: they hang from keys of their own."""
    ana = identified(shop.deps, shop.tenant, EXTERNAL_ID, "u-17")
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    rotate_tenant(shop.deps, shop.tenant)
    shop.clock.now += LATER
    after = finished(shop)
    assert identified(shop.deps, after, EXTERNAL_ID, "u-17") == ana
    assert shop.draft(again(shop, visitor)) == draft
    assert after.keys.keyed_hash("process", "x") == shop.tenant.keys.keyed_hash("process", "x")
    assert after.keys.mac("audit", b"x") == shop.tenant.keys.mac("audit", b"x")


@pytest.mark.parametrize("commits", range(7))
def test_a_rotation_that_was_cut_short_goes_on(shop: Business, commits: int) -> None:
    """Before every commit: everybody reads on meanwhile, and finishing brings the rest along."""
    visitors = [shop.visitor() for _ in range(3)]
    drafts = [shop.draft(visitor, name="Ann") for visitor in visitors]
    rotate_tenant(shop.deps, shop.tenant)
    rotate_customers(shop.deps, shop.tenant)
    shop.clock.now += LATER
    with pytest.raises(StoreUnavailable):
        finish(crashing(shop.deps, commits), shop.tenant, lambda _: None)
    for visitor, draft in zip(visitors, drafts, strict=True):
        assert data(shop, again(shop, visitor), draft) == {"name": "Ann"}
    finished(shop)
    assert (uses(shop).wraps, uses(shop).newest, versions(shop)) == ({2: 3}, {2: 3}, ([2], [1], 2))


def test_a_database_of_an_earlier_release_goes_on(shop: Business) -> None:
    """Its tenant's one key is the first of everything: all opens and is found, before and after rotations."""
    key = bytes(range(32))
    wrapped = shop.deps.vault.wrap_tenant(shop.tenant.id, Keychain.of_one(key))
    save_tenant(shop.deps.store, replace(shop.tenant, wrapped_key=wrapped))
    old = tenant_of(shop)
    ana = identified(shop.deps, old, EXTERNAL_ID, "u-17")
    earlier = as_before(record_of(shop, ana))
    overwrite(shop, earlier)
    for rotate in (rotate_tenant, rotate_customers, rotate_index):
        rotate(shop.deps, old)
        shop.clock.now += LATER
        finished(shop)
        assert holder_of(shop.deps, tenant_of(shop), EXTERNAL_ID, "u-17") == ana
    assert set(wrapped_keys(read_customer(record_of(shop, ana)))) == {2}


def as_before(record: Record) -> Record:
    """A customer's record as an earlier release wrote it: one key, one hash of each identifier."""
    fields = read_json(record.body)
    old = {name: fields[name] for name in ("key", "visitor", "visitor_until", "min_iat")}
    hashes = {kind: known[0] for kind, known in fields["identifiers"].items()}
    body = bytes(str({**old, "identifiers": hashes}).replace("'", '"').replace("None", "null"), "utf-8")
    return record._replace(body=body)


# -- customer keys -----------------------------------------------------------------------------


def test_a_customers_key_is_replaced_and_drafts_are_sealed_anew(shop: Business) -> None:
    """Nothing in a draft changes, not even its revision; the old key opens the history until that goes."""
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    before = get_draft(shop.deps, visitor, draft).json
    told = shop.told(visitor)
    rotate_customers(shop.deps, shop.tenant)
    finished(shop)
    assert sealed_by(shop, draft) == Owner(str(visitor.customer), 2)
    assert get_draft(shop.deps, again(shop, visitor), draft).json == before
    assert shop.told(visitor) == told
    assert set(wrapped_keys(read_customer(record_of(shop, visitor.customer)))) == {1, 2}
    assert len(read_history(shop.deps, again(shop, visitor), draft).items) == 1


def sealed_by(shop: Business, draft: str) -> Owner:
    """The key that opens a draft."""
    key = records.draft(shop.tenant.id, draft)
    record = shop.deps.store.read(partition_of(draft), [key]).get(key)
    assert record is not None
    return owner_of(record.body)


def test_an_old_customer_key_goes_when_nothing_needs_it(shop: Business) -> None:
    """A handoff's sealed page and the draft's history do: when both are gone, the next pass takes it."""
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    create_handoff(shop.deps, visitor, draft, Wish("device", url="https://shop.example/form"))
    rotate_customers(shop.deps, shop.tenant)
    finished(shop)
    assert uses(shop).older == {Owner(str(visitor.customer), 1)}
    shop.clock.now += 31 * DAY
    while sweep(shop.deps).counts:
        shop.clock.now += 1
    finished(shop)
    assert (uses(shop).older, set(wrapped_keys(read_customer(record_of(shop, visitor.customer))))) == (
        set(),
        {2},
    )


def test_who_comes_after_a_rotation_has_the_new_key_at_once(shop: Business) -> None:
    """What they write is sealed by it, and they have no other."""
    rotate_customers(shop.deps, shop.tenant)
    tenant_of(shop)
    visitor = shop.visitor()
    assert sealed_by(shop, shop.draft(visitor, name="Ann")).version == 2
    assert set(wrapped_keys(read_customer(record_of(shop, visitor.customer)))) == {2}


def test_a_write_that_was_under_way_is_sealed_by_the_new_key(shop: Business) -> None:
    """It has read the customer before the rotation: its commit is stale, and it tries again."""
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    rotate_customers(shop.deps, shop.tenant)
    late = slow(shop.deps, lambda commit: bool(commit.appends), lambda: finished(shop))
    ops = [{"op": "set", "path": "/name", "value": "Eva", "seen": 1}]
    change_draft(late, visitor, draft, Batch("w_1", [{"seq": 2, "ops": ops}]))
    assert sealed_by(shop, draft).version == 2
    assert data(shop, visitor, draft) == {"name": "Eva"}


def test_what_a_removed_customer_key_sealed_does_not_open(shop: Business) -> None:
    """A draft that was put back names a key that is gone: `integrity-failure`."""
    visitor = shop.visitor()
    draft = shop.draft(visitor)
    key = records.draft(shop.tenant.id, draft)
    old = shop.deps.store.read(partition_of(draft), [key]).get(key)
    assert old is not None
    rotate_customers(shop.deps, shop.tenant)
    finished(shop)
    assert set(wrapped_keys(read_customer(record_of(shop, visitor.customer)))) == {2}
    overwrite(shop, old)
    with pytest.raises(IntegrityFailure):
        data(shop, again(shop, visitor), draft)


def test_erasure_takes_every_version(shop: Business) -> None:
    """No key of the customer is left in the record, and no pass makes a new one."""
    visitor = shop.visitor()
    shop.draft(visitor, name="Ann")
    rotate_customers(shop.deps, shop.tenant)
    finished(shop)
    erase_customer(shop.deps, shop.tenant, str(visitor.customer), "service")
    rotate_customers(shop.deps, shop.tenant)
    finished(shop)
    assert not {"key", "older", "version"} & read_json(record_of(shop, visitor.customer).body).keys()
    with pytest.raises(Gone):
        list_drafts(shop.deps, visitor, Query())


def test_a_customer_erased_in_the_middle_of_a_pass_stays_erased(shop: Business) -> None:
    """The pass finds the tombstone and leaves it alone; the others are brought along."""
    ann, eva = shop.visitor(), shop.visitor()
    shop.draft(ann, name="Ann")
    draft = shop.draft(eva, name="Eva")
    rotate_customers(shop.deps, shop.tenant)

    def erase() -> None:
        erase_customer(shop.deps, shop.tenant, str(ann.customer), "service")

    finish(slow(shop.deps, lambda _: True, erase), shop.tenant, lambda _: None)
    finished(shop)
    assert read_customer(record_of(shop, ann.customer))["erased"]
    assert data(shop, again(shop, eva), draft) == {"name": "Eva"}


def test_what_does_not_open_stops_no_pass(shop: Business) -> None:
    """A tampered customer and a tampered draft stay as they are, with the keys that they name."""
    ann, ben, eva = shop.visitor(), shop.visitor(), shop.visitor()
    draft = shop.draft(eva, name="Eva")
    broken = records.draft(shop.tenant.id, shop.draft(ben, name="Ben"))
    found = shop.deps.store.read(partition_of(broken.split("/")[2]), [broken]).get(broken)
    assert found is not None
    overwrite(shop, found)  # at another revision than it was sealed for
    foreign = read_json(record_of(shop, eva.customer).body)["key"]
    own = record_of(shop, ann.customer)
    mine = read_json(own.body)["key"]
    overwrite(shop, own._replace(body=own.body.replace(mine.encode(), foreign.encode())))
    rotate_tenant(shop.deps, shop.tenant)
    rotate_customers(shop.deps, shop.tenant)
    shop.clock.now += LATER
    finished(shop)
    assert uses(shop).wraps == {1: 1, 2: 2}
    assert versions(shop)[0] == [1, 2]
    assert data(shop, again(shop, eva), draft) == {"name": "Eva"}


# -- index keys --------------------------------------------------------------------------------


def test_an_identifier_moves_to_the_new_key_when_it_is_seen(shop: Business) -> None:
    """At a sign-in or when the service puts it; until then the old key finds it."""
    ana = identified(shop.deps, shop.tenant, EXTERNAL_ID, "u-17")
    link(shop.deps, shop.tenant, ana, EMAIL, "ana@example.com")
    rotated = rotate_index(shop.deps, shop.tenant)
    assert uses(shop).finds == {1: 2}
    assert holder_of(shop.deps, rotated, EMAIL, "ana@example.com") == ana
    assert identified(shop.deps, rotated, EXTERNAL_ID, "u-17") == ana
    assert uses(shop).finds == {1: 1, 2: 1}
    link(shop.deps, rotated, ana, EMAIL, "ana@example.com")
    assert uses(shop).finds == {2: 2}
    assert holder_of(shop.deps, shop.tenant, EMAIL, "ana@example.com") == ana


def test_an_old_index_key_goes_when_every_identifier_has_moved(shop: Business) -> None:
    """Not before, and not within the first minute; its pointers go with it."""
    ana = identified(shop.deps, shop.tenant, EXTERNAL_ID, "u-17")
    rotated = rotate_index(shop.deps, shop.tenant)
    shop.clock.now += LATER
    finished(shop)
    assert versions(shop)[1] == [1, 2]
    assert identified(shop.deps, rotated, EXTERNAL_ID, "u-17") == ana
    slim = finished(shop)
    assert versions(shop)[1] == [2]
    assert [hashed for hashed in pointers(shop) if not hashed.startswith("2.")] == []
    assert read_customer(record_of(shop, ana))["identifiers"].keys() == {"external_id"}
    assert identified(shop.deps, slim, EXTERNAL_ID, "u-17") == ana


def pointers(shop: Business) -> list[str]:
    """The hashes of all pointers."""
    prefix = records.identifier(shop.tenant.id, "")
    return [record.key.removeprefix(prefix) for _, record in shop.deps.store.walk(prefix)]


def test_what_only_a_dropped_key_found_can_be_put_again(shop: Business) -> None:
    """Its customer is there, and nobody is found by it until the service links it anew."""
    ana = identified(shop.deps, shop.tenant, EXTERNAL_ID, "u-17")
    link(shop.deps, shop.tenant, ana, EMAIL, "ana@example.com")
    rotated = rotate_index(shop.deps, shop.tenant)
    identified(shop.deps, rotated, EXTERNAL_ID, "u-17")
    dropped = drop_index(shop.deps, rotated)
    assert holder_of(shop.deps, dropped, EMAIL, "ana@example.com") is None
    link(shop.deps, dropped, ana, EMAIL, "ana@example.com")
    assert identified(shop.deps, dropped, EMAIL, "ana@example.com") == ana


def test_an_identifier_leads_nowhere_by_any_key_once_it_is_unlinked(shop: Business) -> None:
    """Also when another takes its place, and when the customer is erased."""
    ana = identified(shop.deps, shop.tenant, EXTERNAL_ID, "u-17")
    link(shop.deps, shop.tenant, ana, EMAIL, "ana@example.com")
    rotated = rotate_index(shop.deps, shop.tenant)
    link(shop.deps, rotated, ana, EMAIL, "ana@example.com")
    link(shop.deps, rotated, ana, EMAIL, "ana@work.example")
    for view in (shop.tenant, rotated):
        assert holder_of(shop.deps, view, EMAIL, "ana@example.com") is None
        assert holder_of(shop.deps, view, EMAIL, "ana@work.example") == ana
    unlink(shop.deps, rotated, ana, EMAIL)
    identified(shop.deps, rotated, EXTERNAL_ID, "u-17")
    erase_customer(shop.deps, rotated, ana, "service")
    for view in (shop.tenant, rotated):
        assert holder_of(shop.deps, view, EMAIL, "ana@work.example") is None
        assert holder_of(shop.deps, view, EXTERNAL_ID, "u-17") is None


# -- root keys ---------------------------------------------------------------------------------


def test_a_root_key_wraps_the_whole_keychain(shop: Business) -> None:
    """Rotated versions go with it: wrapped anew they are what they were."""
    rotate_tenant(shop.deps, shop.tenant)
    rotate_index(shop.deps, shop.tenant)
    before = tenant_of(shop)
    assert rewrap_all(shop.deps.store, shop.deps.vault) == 0
    anew = shop.deps.vault.rewrap_tenant(before.id, before.wrapped_key)
    assert anew != before.wrapped_key
    assert shop.deps.vault.open_tenant(before.id, anew).chain == before.keys.chain
