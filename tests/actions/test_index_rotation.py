"""While an index key is rotated nobody is made twice, in whatever order the steps of instances come."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retoma_server.actions import records
from retoma_server.actions.customers import read_customer
from retoma_server.actions.deps import Deps
from retoma_server.actions.erasure import erase_customer
from retoma_server.actions.identifiers import holder_of, identified, link, unlink
from retoma_server.actions.rotations import (
    clear_identifiers,
    drop_index,
    finish,
    renew_customers,
    rotate_index,
)
from retoma_server.actions.sweeping import sweep
from retoma_server.actions.tenants import Tenant, Tenants, create_tenant
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.stores import SqliteStore, StoreBusy, StoreUnavailable
from retoma_server.adapters.vault import version_of_hash
from retoma_server.app import wire
from retoma_server.domain.errors import NotFound

from .business import Business, Clock, open_business
from .crashing import crashing
from .interleaving import interleave
from .rotating import EMAIL, EXTERNAL_ID, LATER, finished, record_of, uses, versions

WHO = "u-17"
SLOW = 60

Phase = Literal["a key comes", "a key goes"]


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in at an instance that knows of the rotation or not; it may die before one of its commits."""

    knows: bool
    dies_after: int | None

    def at(self, views: tuple[Tenant, Tenant]) -> Callable[[Deps], str]:
        """What the instance does."""

        def work(deps: Deps) -> str:
            own = deps if self.dies_after is None else crashing(deps, self.dies_after)
            return identified(own, views[self.knows], EXTERNAL_ID, WHO)

        return work


sign_ins = st.lists(st.builds(SignIn, st.booleans(), st.none() | st.integers(0, 6)), min_size=2, max_size=4)
orders = st.lists(st.integers(0, 3), max_size=SLOW)


@contextmanager
def opened() -> Iterator[tuple[Deps, Clock, Tenant]]:
    """A tenant on a store in memory."""
    made = wire(Settings.from_env({"RETOMA_STORE": "sqlite://", "RETOMA_KEYRING": Keyring.create().dump()}))
    made.store.close()
    clock = Clock()
    store = SqliteStore(None, clock=clock)
    deps = replace(made, store=store, tenants=Tenants(store, made.vault), sleep=lambda _: None)
    tenant = create_tenant(store, deps.vault, deps.ids, "shop", frozenset())
    yield deps, clock, deps.tenants.get(tenant.id)
    store.close()


def views_of(deps: Deps, clock: Clock, tenant: Tenant, phase: Phase, known: bool) -> tuple[Tenant, Tenant]:
    """The tenant as it was before a step of the rotation and after it, the only two that instances have."""
    if known and phase == "a key comes":
        identified(deps, tenant, EXTERNAL_ID, WHO)
    rotated = rotate_index(deps, tenant)
    if phase == "a key comes":
        return tenant, rotated
    if known:
        identified(deps, rotated, EXTERNAL_ID, WHO)
    clock.now += LATER
    slim = finish(deps, rotated, lambda _: None)
    assert [secret.version for secret in slim.keys.chain.index] == [2]
    return rotated, slim


def made_in(deps: Deps, tenant: Tenant) -> list[str]:
    """Every customer who is known by an identifier."""
    found = deps.store.walk(records.customer(tenant.id, ""))
    return [record.key for _, record in found if read_customer(record)["identifiers"]]


@settings(max_examples=100)
@given(st.sampled_from(["a key comes", "a key goes"]), st.booleans(), sign_ins, orders)
def test_nobody_is_made_twice(phase: Phase, known: bool, arriving: list[SignIn], order: list[int]) -> None:
    """Old and new instances sign one user in at once, and some die on the way: all find one customer."""
    with opened() as (deps, clock, tenant):
        views = views_of(deps, clock, tenant, phase, known)
        ended = interleave(deps, [each.at(views) for each in arriving], order)
        failed = [each.error for each in ended if each.error is not None]
        assert all(isinstance(error, StoreUnavailable | StoreBusy) for error in failed), failed
        found = {each.result for each in ended if each.error is None}
        assert len(found) <= 1
        clock.now += LATER
        with suppress(NotFound):
            while sweep(deps).counts:
                pass
        assert {identified(deps, view, EXTERNAL_ID, WHO) for view in reversed(views)} >= found
        assert len({holder_of(deps, view, EXTERNAL_ID, WHO) for view in views} | found) == 1
        assert len(made_in(deps, tenant)) == 1


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


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


def test_a_pass_takes_nothing_away_that_came_meanwhile(shop: Business) -> None:
    """Somebody else rotates once more while it runs, and a sign-in already uses that key."""
    ana = identified(shop.deps, shop.tenant, EXTERNAL_ID, "u-17")
    rotated = rotate_index(shop.deps, shop.tenant)
    newer = rotate_index(shop.deps, shop.tenant)
    assert identified(shop.deps, newer, EXTERNAL_ID, "u-17") == ana
    renew_customers(shop.deps, rotated, lambda _: None)
    clear_identifiers(shop.deps, rotated)
    assert uses(shop).finds == {3: 1}
    known = read_customer(record_of(shop, ana))["identifiers"]["external_id"]
    assert [*map(version_of_hash, known)] == [3, 2, 1]
