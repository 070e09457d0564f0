"""Ordering a cart: one order, whoever clicks twice, overtakes or falls silent."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from retoma_server.actions.sweeping import sweep
from retoma_server.domain.completions import LEASE
from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key
from tests.http.test_carts import EUR, add, cart_of, change


@pytest.fixture
def visitor(shop: Shop) -> Person:
    """Somebody with something in the cart."""
    return shop.visitor()


@pytest.fixture
def cart(visitor: Person) -> str:
    """A cart with two tees, at revision 1."""
    cart = cart_of(visitor)
    change(visitor, cart, 1, add(quantity=2, price=EUR))
    return cart


def complete(person: Person, cart: str, seen: int = 1, key: str = "", **more: Any) -> Any:
    """The answer to a click on "order"."""
    body = {"seen": seen, **more}
    return person.post(f"/v1/drafts/{cart}/complete", body, Idempotency_Key=key or new_key())


def settle(shop: Shop, cart: str, act: str, attempt: int = 1, **more: Any) -> Any:
    """The answer to the shop's word."""
    place = f"/v1/drafts/{cart}/completions/{cart.replace('dr_', 'co_')}/{act}"
    return shop.service.post(place, {"attempt": attempt, **more})


def test_a_cart_is_ordered_once_and_every_device_learns_it(shop: Shop, visitor: Person, cart: str) -> None:
    """Begun by the customer, settled by the shop, and a new cart begins."""
    totals = visitor.draft(cart)["totals"]
    begun = complete(visitor, cart, price_hash=totals["price_hash"]).get_json()
    assert (begun["status"], begun["completion"]["attempt"]) == ("completing", 1)
    done = settle(shop, cart, "commit", order_ref="order-1").get_json()
    assert (done["status"], done["completion"]["order_ref"]) == ("completed", "order-1")
    assert settle(shop, cart, "commit", order_ref="order-1").status_code == 200
    other = settle(shop, cart, "commit", order_ref="order-2")
    assert assert_problem(other, 409, "already-committed")["order_ref"] == "order-1"
    assert visitor.draft(cart)["completion"]["order_ref"] == "order-1"
    assert cart_of(visitor) != cart


def test_a_second_click_is_the_first_and_a_second_device_is_told(visitor: Person, cart: str) -> None:
    """One attempt under way, whatever its keys."""
    first = complete(visitor, cart, key="click-0001")
    again = complete(visitor, cart, key="click-0001")
    assert (first.get_json()["completion"], again.headers["Idempotency-Replayed"]) == (
        again.get_json()["completion"],
        "true",
    )
    assert_problem(complete(visitor, cart, seen=2), 409, "completing")


def test_ten_devices_at_once_get_one_attempt(visitor: Person, cart: str) -> None:
    """The nine others are told of it."""
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: complete(visitor, cart), range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    others = [answer.get_json() for answer in answers if answer.status_code == 409]
    assert {(each["code"], each["attempt"]) for each in others} == {("completing", 1)}
    assert visitor.draft(cart)["completion"]["attempt"] == 1


def test_what_is_added_meanwhile_is_neither_ordered_nor_lost(shop: Shop, visitor: Person, cart: str) -> None:
    """409 `completing`, under the same number again once the cart is open."""
    complete(visitor, cart)
    mug = {"seq": 2, "ops": [add("mug")]}
    assert assert_problem(visitor.send(cart, mug), 409, "completing")["retryable"] is True
    assert_problem(visitor.ask("DELETE", f"/v1/drafts/{cart}"), 409, "completing")
    opened = visitor.post("/v1/drafts", {"process": "cart", "kind": "cart"})
    assert opened.get_json()["id"] == cart
    assert settle(shop, cart, "abort").get_json()["status"] == "open"
    assert visitor.send(cart, mug).get_json()["results"][0]["status"] == "applied"
    second = complete(visitor, cart, seen=visitor.draft(cart)["revision"]).get_json()["completion"]
    assert (second["attempt"], second["id"]) == (2, cart.replace("dr_", "co_"))
    assert_problem(settle(shop, cart, "commit", order_ref="order-1"), 409, "completion-stale")


def test_a_silent_shop_leaves_the_cart_unknown(shop: Shop, visitor: Person, cart: str) -> None:
    """Neither ordered twice nor locked for ever."""
    complete(visitor, cart)
    settle(shop, cart, "renew")
    shop.clock.now += LEASE + 1
    sweep(shop.deps)
    assert visitor.draft(cart)["status"] == "unknown"
    assert_problem(complete(visitor, cart, seen=3), 409, "completion-unknown")
    assert_problem(visitor.send(cart, {"seq": 2, "ops": [add()]}), 409, "completion-unknown")
    types = [
        event["type"] for event in visitor.get("/v1/events", Accept="application/json").get_json()["items"]
    ]
    assert "completion-unknown" in types
    assert settle(shop, cart, "commit", order_ref="order-1").get_json()["status"] == "completed"


def test_only_what_was_seen_and_accepted_is_ordered(visitor: Person, cart: str) -> None:
    """Not a cart that changed, not another price, not an empty one."""
    assert_problem(complete(visitor, cart, seen=0), 412, "revision-conflict")
    problem = assert_problem(complete(visitor, cart, price_hash="0" * 64), 409, "price-changed")
    assert problem["totals"]["amounts"] == [{"amount": 3980, "currency": "EUR"}]
    key = visitor.draft(cart)["lines"][0]["key"]
    change(visitor, cart, 2, {"op": "remove", "line": key, "seen": 1})
    assert_problem(complete(visitor, cart, seen=2), 422, "validation-failed")


def test_only_the_shop_says_what_became_of_an_order(shop: Shop, visitor: Person, cart: str) -> None:
    """And only of a completion that there is."""
    complete(visitor, cart)
    place = f"/v1/drafts/{cart}/completions/{cart.replace('dr_', 'co_')}/commit"
    refused = visitor.post(place, {"attempt": 1, "order_ref": "order-1"})
    assert_problem(refused, 403, "insufficient-scope")
    elsewhere = f"/v1/drafts/{cart}/completions/co_other/abort"
    assert_problem(shop.service.post(elsewhere, {"attempt": 1}), 404, "not-found")
