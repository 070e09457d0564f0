"""Keys are replaced while everything goes on: nothing is lost, nobody is made twice, and the old ones go."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from retoma_server.actions import records
from retoma_server.actions.album import Album
from retoma_server.actions.callers import Caller
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.consents import Decision, decide_consent, read_consents
from retoma_server.actions.customers import read_customer, wrapped_keys
from retoma_server.actions.deps import Deps
from retoma_server.actions.drafts import get_draft
from retoma_server.actions.erasure import erase_customer
from retoma_server.actions.handoffs import Wish, create_handoff
from retoma_server.actions.history import read_history
from retoma_server.actions.identifiers import holder_of, identified
from retoma_server.actions.identity import open_visitor
from retoma_server.actions.listing import Query, list_drafts
from retoma_server.actions.noting import note
from retoma_server.actions.rotations import (
    finish,
    rotate_customers,
    rotate_index,
    rotate_tenant,
)
from retoma_server.actions.sweeping import sweep
from retoma_server.actions.tenants import rewrap_all, save_tenant
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.envelopes import IntegrityFailure, Owner, owner_of
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.keychain import Keychain
from retoma_server.adapters.stores import Record, StoreUnavailable
from retoma_server.domain.errors import Gone

from .business import DAY, Business, open_business
from .crashing import crashing, slow
from .interleaving import interleave
from .rotating import (
    EXTERNAL_ID,
    LATER,
    again,
    change,
    data,
    finished,
    overwrite,
    record_of,
    tenant_of,
    uses,
    versions,
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


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
    assert versions(shop)[0] == [1, 2]
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
    """A customer's record that was put back names a key that is gone: `integrity-failure` (case 63)."""
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    old = record_of(shop, visitor.customer)
    rotate_tenant(shop.deps, shop.tenant)
    finished(shop)
    shop.clock.now += LATER
    assert [secret.version for secret in finished(shop).keys.chain.wrapping] == [2]
    overwrite(shop, old)
    with pytest.raises(IntegrityFailure):
        data(shop, again(shop, visitor), draft)


def test_what_is_hashed_stays_when_the_tenant_key_goes(shop: Business) -> None:
    """Identifiers, drafts by process and codes are found as before: they hang from keys of their own."""
    ana = identified(shop.deps, shop.tenant, EXTERNAL_ID, "u-17")
    visitor = shop.visitor()
    draft = shop.draft(visitor, name="Ann")
    rotate_tenant(shop.deps, shop.tenant)
    finished(shop)
    shop.clock.now += LATER
    after = finished(shop)
    assert [secret.version for secret in after.keys.chain.wrapping] == [2]
    assert identified(shop.deps, after, EXTERNAL_ID, "u-17") == ana
    assert shop.draft(again(shop, visitor)) == draft
    assert after.keys.keyed_hash("process", "x") == shop.tenant.keys.keyed_hash("process", "x")
    assert after.keys.mac("audit", b"x") == shop.tenant.keys.mac("audit", b"x")


@pytest.mark.parametrize("commits", range(6))
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
    finished(shop)
    assert (uses(shop).wraps, uses(shop).newest, versions(shop)) == ({2: 3}, {2: 3}, ([2], [1], 2))


@pytest.mark.parametrize("commits", range(4))
def test_taking_old_keys_away_that_was_cut_short_goes_on(shop: Business, commits: int) -> None:
    """Before every commit: what is left of them opens what it did, and the next pass takes the rest."""
    visitors = [shop.visitor() for _ in range(3)]
    drafts = [shop.draft(visitor) for visitor in visitors]
    rotate_tenant(shop.deps, shop.tenant)
    rotate_customers(shop.deps, shop.tenant)
    finished(shop)
    shop.clock.now += LATER
    with pytest.raises(StoreUnavailable):
        finish(crashing(shop.deps, commits), shop.tenant, lambda _: None)
    finished(shop)
    assert (versions(shop), [*map(partial(kept_by, shop), visitors)]) == (([2], [1], 2), [{2}] * 3)
    for visitor, draft in zip(visitors, drafts, strict=True):
        assert data(shop, again(shop, visitor), draft) == {}


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
    assert kept_by(shop, visitor) == {1, 2}
    assert len(read_history(shop.deps, again(shop, visitor), draft).items) == 1


def test_what_somebody_agreed_to_is_sealed_anew(shop: Business) -> None:
    """It stays as long as the customer does, and must not hold an old key for as long."""
    visitor = shop.visitor()
    decide_consent(shop.deps, visitor, None, Decision("reminders", granted=True, version="2"))
    before = read_consents(shop.deps, visitor, None)
    rotate_customers(shop.deps, shop.tenant)
    finished(shop)
    shop.clock.now += LATER
    finished(shop)
    assert kept_by(shop, visitor) == {2}
    assert read_consents(shop.deps, again(shop, visitor), None) == before


def test_a_list_of_devices_is_sealed_anew(shop: Business) -> None:
    """It too stays as long as the customer does, also where no device is seen any more."""
    visitor = shop.visitor()
    note(shop.deps, visitor)
    before = Album(shop.deps, shop.tenant, str(visitor.customer)).devices
    rotate_customers(shop.deps, shop.tenant)
    finished(shop)
    shop.clock.now += LATER
    finished(shop)
    assert kept_by(shop, visitor) == {2}
    assert Album(shop.deps, again(shop, visitor).home, str(visitor.customer)).devices == before != {}


def kept_by(shop: Business, caller: Caller) -> set[int]:
    """The versions of a customer's key that are in the record."""
    return set(wrapped_keys(read_customer(record_of(shop, caller.customer))))


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
    assert (uses(shop).older, kept_by(shop, visitor)) == (
        set(),
        {2},
    )


def test_who_comes_after_a_rotation_has_the_new_key_at_once(shop: Business) -> None:
    """What they write is sealed by it, and they have no other."""
    rotate_customers(shop.deps, shop.tenant)
    tenant_of(shop)
    visitor = shop.visitor()
    assert sealed_by(shop, shop.draft(visitor, name="Ann")).version == 2
    assert kept_by(shop, visitor) == {2}


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


@pytest.mark.parametrize("steps", range(5))
def test_who_is_reading_meanwhile_reads_on(shop: Business, steps: int) -> None:
    """The service reads a draft first and then its customer: a whole pass may lie between."""
    draft = shop.draft(shop.visitor())
    service = shop.caller(shop.secret_key)
    rotate_customers(shop.deps, shop.tenant)

    def read(deps: Deps) -> Any:
        return read_json(get_draft(deps, service, draft).json)["data"]

    reader, pass_over_all = interleave(
        shop.deps,
        [read, lambda deps: finish(deps, shop.tenant, lambda _: None)],
        [0] * steps + [1] * 100,
    )
    assert (reader.error, reader.result, pass_over_all.error) == (None, {}, None)
    assert sealed_by(shop, draft).version == 2


def test_what_a_removed_customer_key_sealed_does_not_open(shop: Business) -> None:
    """A draft that was put back names a key that is gone: `integrity-failure` (case 63).

    It goes a minute later, in a pass that has sealed nothing anew: somebody may just have read that.
    """
    visitor = shop.visitor()
    draft = shop.draft(visitor)
    key = records.draft(shop.tenant.id, draft)
    old = shop.deps.store.read(partition_of(draft), [key]).get(key)
    assert old is not None
    rotate_customers(shop.deps, shop.tenant)
    assert kept_by(shop, visitor) == {1}
    for _ in range(2):
        finished(shop)
        assert kept_by(shop, visitor) == {1, 2}
    shop.clock.now += LATER
    finished(shop)
    assert kept_by(shop, visitor) == {2}
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
