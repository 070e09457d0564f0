"""Ordering a cart through crashes: at every commit, before it was made or before its answer came."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from retoma_server.actions.sweeping import sweep
from retoma_server.adapters.stores import RedisStore, StoreUnavailable
from retoma_server.app import app_of
from retoma_server.domain.completions import LEASE
from tests.actions.business import Clock
from tests.actions.crashing import crashing
from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, open_shop, shop_in_memory
from tests.http.test_carts import add, cart_of, change, quantities
from tests.http.test_completions import complete, settle

Act = Callable[[Shop, Person, str], Any]


def begin(shop: Shop, person: Person, cart: str) -> Any:
    """The customer orders."""
    return complete(person, cart, key="click-0001")


def spill(shop: Shop, person: Person, cart: str) -> Any:
    """The customer adds something meanwhile."""
    return person.send(cart, {"seq": 2, "ops": [add("mug")]})


def commit(shop: Shop, person: Person, cart: str) -> Any:
    """The shop has made the order."""
    return settle(shop, cart, "commit", order_ref="order-1")


def abort(shop: Shop, person: Person, cart: str) -> Any:
    """The shop has not."""
    return settle(shop, cart, "abort")


JOURNEYS: dict[str, tuple[Act, ...]] = {
    "ordered": (begin, commit),
    "ordered and gone on": (begin, spill, commit),
    "given up": (begin, abort),
    "given up and taken back": (begin, spill, abort),
}
CRASHES = [
    pytest.param(journey, at, id=f"{name}: {act.__name__}")
    for name, journey in JOURNEYS.items()
    for at, act in enumerate(journey)
]


@pytest.fixture(params=["sqlite", "redis"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop whose carts spill over, on each store."""
    if request.param == "redis":
        opened = open_shop(RedisStore(request.getfixturevalue("redis_url")), Clock())
    else:
        opened = shop_in_memory()
    opened.register("cart", kind="cart", spillover=True)
    yield opened
    opened.deps.store.close()


def filled(shop: Shop) -> tuple[Person, str]:
    """Somebody with two tees in the cart."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    change(visitor, cart, 1, add(quantity=2))
    return visitor, cart


def outcome(visitor: Person, cart: str) -> Any:
    """All that can be told of a cart, the one that follows it, and what happened."""
    shown = visitor.draft(cart)
    follows = [quantities(visitor, shown["successor"])] if shown["successor"] else []
    current = visitor.post("/v1/drafts", {"process": "cart", "kind": "cart"}).get_json()["id"]
    events = visitor.get("/v1/events", Accept="application/json").get_json()["items"]
    return (
        shown["status"],
        (shown["completion"]["attempt"], shown["completion"]["order_ref"]),
        quantities(visitor, cart),
        follows,
        current in (cart, shown["successor"]),
        [(event["type"], event["draft"] == cart) for event in events],
    )


@pytest.mark.parametrize("lost", [False, True], ids=["never made", "made and not learnt"])
@pytest.mark.parametrize(("journey", "at"), CRASHES)
def test_a_crash_changes_nothing_of_the_outcome(
    shop: Shop, journey: tuple[Act, ...], at: int, lost: bool
) -> None:
    """Whoever got no answer asks again: one order, every piece once, every event once."""
    smooth, through = filled(shop), filled(shop)
    crashed = crashing(shop.deps, 0, lost)
    dying = replace(shop, app=app_of(crashed), deps=crashed)
    for number, act in enumerate(journey):
        assert act(shop, *smooth).status_code == 200
        if number == at:
            visitor = replace(through[0], app=dying.app)
            assert_problem(act(dying, visitor, through[1]), 503, "store-unavailable")
        assert act(shop, *through).status_code == 200
    assert outcome(*through) == outcome(*smooth)


@pytest.mark.parametrize("act", [begin, spill, commit, abort])
def test_each_step_is_one_commit(shop: Shop, act: Act) -> None:
    """An instance that dies after one has done it whole."""
    visitor, cart = filled(shop)
    if act is not begin:
        begin(shop, visitor, cart)
    crashed = crashing(shop.deps, 1)
    dying = replace(shop, app=app_of(crashed), deps=crashed)
    assert act(dying, replace(visitor, app=dying.app), cart).status_code == 200


@pytest.mark.parametrize("lost", [False, True])
def test_a_lease_that_ends_in_a_crash_is_told_once(lost: bool) -> None:
    """The sweeper that comes next finds it done, or does it."""
    shop = shop_in_memory()
    visitor, cart = filled(shop)
    begin(shop, visitor, cart)
    shop.clock.now += LEASE + 1
    with pytest.raises(StoreUnavailable):
        sweep(crashing(shop.deps, 0, lost))
    sweep(shop.deps)
    assert visitor.draft(cart)["status"] == "unknown"
    events = visitor.get("/v1/events", Accept="application/json").get_json()["items"]
    assert [each["type"] for each in events].count("completion-unknown") == 1
    shop.deps.store.close()
