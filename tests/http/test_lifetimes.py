"""How long carts live, what puts their end off, and what is told before it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from retoma_server.actions.sweeping import sweep
from retoma_server.adapters.stores import StoreUnavailable
from retoma_server.app import app_of
from tests.actions.crashing import crashing
from tests.http.asserting import assert_problem
from tests.http.shop import DAY, MINUTE, Person, Shop, shop_in_memory
from tests.http.test_carts import add, cart_of, change
from tests.http.test_completions import complete, settle

HOUR = 60 * MINUTE


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop of one's own, whose time is turned."""
    opened = shop_in_memory()
    yield opened
    opened.deps.store.close()


def days_left(shop: Shop, person: Person, cart: str) -> float:
    """For how many days a cart is kept if nothing happens."""
    ends = datetime.fromisoformat(person.draft(cart)["expires_at"]).timestamp() * 1000
    return (ends - shop.clock.now) / DAY


def told(person: Person, *types: str) -> list[str]:
    """What was told of these types, oldest first."""
    events = person.get("/v1/events?limit=100", Accept="application/json").get_json()["items"]
    return [event["type"] for event in events if event["type"] in types]


def wait(shop: Shop, milliseconds: int) -> None:
    """Let time pass, and the sweeper see to what is due."""
    shop.clock.now += milliseconds
    while sweep(shop.deps).counts.get("draft"):
        pass


def test_no_change_keeps_a_draft_beyond_the_most_days(shop: Shop) -> None:
    """Neither an edit nor a look; when they are over it is over at once, swept or not."""
    shop.register("loan", retention={"open_days": 20, "most_days": 30})
    shop.register("cart", kind="cart", retention={"customer_days": 20, "most_days": 30})
    guest, customer = shop.visitor(), shop.customer("u-17")
    draft, cart = guest.begin(name="Ana"), cart_of(customer)
    change(customer, cart, 1, add("tee"))
    shop.clock.now += 15 * DAY
    guest.save(draft, 2, name="Anna")
    customer = shop.customer("u-17")
    change(customer, cart, 2, add("tee"))
    assert days_left(shop, guest, draft) == days_left(shop, customer, cart) == 15
    shop.clock.now += 15 * DAY
    customer = shop.customer("u-17")
    assert_problem(guest.get(f"/v1/drafts/{draft}"), 410, "draft-expired")
    assert_problem(customer.get(f"/v1/drafts/{cart}"), 410, "draft-expired")


def test_a_guests_cart_is_kept_for_a_month_and_a_customers_for_three(shop: Shop) -> None:
    """A form for a month, whoever's it is; and as a tenant registers."""
    guest, customer = shop.visitor(), shop.customer("u-17")
    assert days_left(shop, guest, cart_of(guest)) == 30
    assert days_left(shop, customer, cart_of(customer)) == 90
    assert days_left(shop, customer, customer.begin()) == 30
    shop.register("cart", kind="cart", retention={"open_days": 7, "customer_days": 14})
    other, another = shop.visitor(), shop.customer("u-18")
    assert days_left(shop, other, cart_of(other)) == 7
    assert days_left(shop, another, cart_of(another)) == 14


def test_a_change_puts_the_end_off_and_a_look_once_an_hour(shop: Shop) -> None:
    """A look is no change: no revision, no event."""
    guest = shop.visitor()
    cart = cart_of(guest)
    change(guest, cart, 1, add())
    seen, ends = guest.draft(cart)["revision"], []
    for _ in range(180):
        shop.clock.now += MINUTE
        ends.append(guest.draft(cart)["expires_at"])
    assert len(set(ends)) == 4  # as it was, and after each of three hours
    assert guest.draft(cart)["revision"] == seen
    assert told(guest, "draft-changed") == ["draft-changed"]
    shop.clock.now += MINUTE
    change(guest, cart, 2, add())
    assert days_left(shop, guest, cart) == 30


def test_only_its_customers_look_puts_the_end_off(shop: Shop) -> None:
    """Not the shop's, not a list, not following its events; but the customer's other device's."""
    guest = shop.visitor()
    cart = cart_of(guest)
    grant = shop.grant(guest, cart)
    shop.clock.now += 20 * MINUTE
    clerk = shop.assist(guest, cart)
    ends = shop.service.get(f"/v1/drafts/{cart}").get_json()["expires_at"]
    for minutes in (0, 14, 14, 11):
        shop.clock.now += minutes * MINUTE
        clerk.get(f"/v1/drafts/{cart}")
        grant.get(f"/v1/drafts/{cart}")
    shop.clock.now += 2 * MINUTE
    guest.get("/v1/drafts")
    guest.get("/v1/events", Accept="application/json")
    assert clerk.draft(cart)["expires_at"] == ends
    assert shop.service.get(f"/v1/drafts/{cart}").get_json()["expires_at"] == ends
    assert grant.draft(cart)["expires_at"] > ends
    form = guest.begin()
    ends = guest.draft(form)["expires_at"]
    shop.clock.now += 2 * HOUR
    assert guest.draft(form)["expires_at"] == ends


def test_a_look_that_cannot_be_noted_is_a_look_all_the_same(shop: Shop) -> None:
    """Whoever reads is not told of a write that they never asked for."""
    guest = shop.visitor()
    cart = cart_of(guest)
    shop.clock.now += 2 * HOUR
    crashed = crashing(shop.deps, 0)
    reader = replace(guest, app=app_of(crashed))
    assert days_left(shop, reader, cart) < 30


def test_no_look_makes_a_cart(shop: Shop) -> None:
    """Nor does a list, nor whatever is asked of one that is not there."""
    guest = shop.visitor()
    for _ in range(3):
        assert guest.get("/v1/drafts?process=cart").get_json()["items"] == []
        guest.get("/v1/events", Accept="application/json")
        assert_problem(guest.get(f"/v1/drafts/dr_00{'0' * 20}"), 404, "not-found")
    assert shop.service.get("/v1/drafts").get_json()["items"] == []


def test_a_cart_left_alone_is_abandoned_once(shop: Shop) -> None:
    """After an hour without a change, with something in it; the next change begins anew."""
    guest = shop.visitor()
    cart = cart_of(guest)
    wait(shop, 2 * HOUR)
    assert told(guest, "draft-abandoned") == []
    change(guest, cart, 1, add())
    wait(shop, HOUR - 1)
    assert told(guest, "draft-abandoned") == []
    wait(shop, 1)
    wait(shop, DAY)
    guest.draft(cart)
    wait(shop, DAY)
    assert told(guest, "draft-abandoned") == ["draft-abandoned"]
    assert guest.draft(cart)["status"] == "open"
    change(guest, cart, 2, add())
    wait(shop, 2 * HOUR)
    assert len(told(guest, "draft-abandoned")) == 2


def test_a_cart_says_once_that_it_ends_and_then_ends(shop: Shop) -> None:
    """Three days before; whoever looks puts it off, and is told again when that time has come."""
    guest = shop.visitor()
    cart = cart_of(guest)
    change(guest, cart, 1, add())
    wait(shop, 27 * DAY - 1)
    assert told(guest, "draft-expiring") == []
    wait(shop, 1)
    wait(shop, DAY)
    assert told(guest, "draft-expiring", "draft-expired") == ["draft-expiring"]
    assert days_left(shop, guest, cart) == 30
    wait(shop, 27 * DAY)
    wait(shop, 3 * DAY)
    assert told(guest, "draft-expiring", "draft-expired") == ["draft-expiring"] * 2 + ["draft-expired"]
    assert_problem(guest.get(f"/v1/drafts/{cart}"), 410, "draft-expired")


def test_a_short_life_is_warned_of_at_half_time(shop: Shop) -> None:
    """Not after every change."""
    shop.register("cart", kind="cart", retention={"open_days": 1})
    guest = shop.visitor()
    cart = cart_of(guest)
    for seq in (1, 2):
        change(guest, cart, seq, add())
        wait(shop, HOUR)
    assert told(guest, "draft-expiring") == []
    wait(shop, 12 * HOUR)
    assert told(guest, "draft-expiring") == ["draft-expiring"]


@pytest.mark.parametrize("lost", [False, True])
def test_what_is_told_in_a_crash_is_told_once(shop: Shop, lost: bool) -> None:
    """Two sweepers, or one that died, tell a thing once."""
    guest = shop.visitor()
    change(guest, cart_of(guest), 1, add())
    shop.clock.now += HOUR
    with pytest.raises(StoreUnavailable):
        sweep(crashing(shop.deps, 0, lost))
    wait(shop, 0)
    assert told(guest, "draft-abandoned") == ["draft-abandoned"]


def test_an_order_under_way_is_not_abandoned_and_given_up_begins_anew(shop: Shop) -> None:
    """The time that the shop took is not the customer's idleness."""
    guest = shop.visitor()
    cart = cart_of(guest)
    change(guest, cart, 1, add())
    wait(shop, 50 * MINUTE)
    complete(guest, cart)
    wait(shop, 40 * DAY)
    assert guest.draft(cart)["status"] == "unknown"
    settle(shop, cart, "abort")
    assert days_left(shop, guest, cart) == 30
    assert guest.draft(cart)["status"] == "open"
    assert told(guest, "draft-abandoned", "draft-expiring") == []
    wait(shop, HOUR)
    assert told(guest, "draft-abandoned") == ["draft-abandoned"]


def test_an_order_that_nobody_speaks_of_ends_and_what_was_added_since_goes_on(shop: Shop) -> None:
    """A month after the lease; the next cart is the customer's then."""
    shop.register("cart", kind="cart", spillover=True)
    guest = shop.visitor()
    cart = cart_of(guest)
    change(guest, cart, 1, add())
    complete(guest, cart)
    wait(shop, HOUR)
    wait(shop, 29 * DAY)
    following = guest.send(cart, {"seq": 2, "ops": [add("mug")]}).get_json()["successor"]
    wait(shop, DAY)
    assert_problem(guest.get(f"/v1/drafts/{cart}"), 410, "draft-expired")
    opened = guest.post("/v1/drafts", {"process": "cart", "kind": "cart"}).get_json()
    assert (opened["id"], opened["lines"][0]["sku"]) == (following, "mug")


def test_a_customer_has_one_active_cart_in_a_scope(shop: Shop) -> None:
    """Of each process and key, from however many devices."""
    customer = shop.customer("u-17")
    cart = cart_of(customer)
    same = {"process": "cart", "kind": "cart"}
    assert customer.post("/v1/drafts", same).get_json()["id"] == cart
    assert shop.customer("u-17").post("/v1/drafts", same).get_json()["id"] == cart
    assert customer.post("/v1/drafts", {**same, "key": "gifts"}).get_json()["id"] != cart
