"""While an index key is rotated nobody is made twice, in whatever order the steps of instances come."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from retoma_server.actions import records
from retoma_server.actions.customers import read_customer
from retoma_server.actions.deps import Deps
from retoma_server.actions.identifiers import holder_of, identified
from retoma_server.actions.rotations import SETTLED, finish, rotate_index
from retoma_server.actions.sweeping import sweep
from retoma_server.actions.tenants import Tenant, Tenants, create_tenant
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.stores import SqliteStore, StoreBusy, StoreUnavailable
from retoma_server.app import wire
from retoma_server.domain.errors import NotFound
from retoma_server.domain.identifiers import IdentifierKind

from .business import Clock
from .crashing import crashing
from .interleaving import interleave

EXTERNAL_ID = IdentifierKind.EXTERNAL_ID
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
    clock.now += 2 * SETTLED
    slim = finish(deps, rotated, lambda _: None)
    assert [secret.version for secret in slim.keys.chain.index] == [2]
    return rotated, slim


def made_in(deps: Deps, tenant: Tenant) -> list[str]:
    """Every customer who is known by an identifier."""
    found = deps.store.walk(records.customer(tenant.id, ""))
    return [record.key for _, record in found if read_customer(record)["identifiers"]]


@settings(max_examples=100, deadline=None)
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
        clock.now += 2 * SETTLED
        with suppress(NotFound):
            while sweep(deps).counts:
                pass
        assert {identified(deps, view, EXTERNAL_ID, WHO) for view in reversed(views)} >= found
        assert len({holder_of(deps, view, EXTERNAL_ID, WHO) for view in views} | found) == 1
        assert len(made_in(deps, tenant)) == 1
