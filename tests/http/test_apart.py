"""Promises about a counter where many carts lie: what is somebody's own never gets into somebody else's."""

import pytest
from werkzeug.test import TestResponse

from tests.http.asserting import assert_problem
from tests.http.shop import Clerk, Person, Shop, new_key, token_of


@pytest.fixture
def shop(stored: Shop) -> Shop:
    """A shop on a real store, which sells."""
    stored.register("basket", kind="cart", url="https://shop.example/basket")
    return stored


def put(person: Person, cart: str, seq: int, sku: str, writer: str) -> TestResponse:
    """The answer to one more of something."""
    return person.send(cart, {"seq": seq, "ops": [{"op": "add", "sku": sku, "seen": 0}]}, writer=writer)


def buyer(shop: Shop, sku: str) -> tuple[Person, str]:
    """A customer with a cart of their own."""
    person = shop.customer(new_key())
    cart = person.begin("basket")
    assert put(person, cart, 1, sku, "w_home").get_json()["results"][0]["status"] == "applied"
    return person, cart


def skus(person: Person, cart: str) -> set[str]:
    """What is in a cart."""
    return {line["sku"] for line in person.draft(cart)["lines"]}


def served(shop: Shop, clerk: Clerk, customer: Person, cart: str, sku: str) -> TestResponse:
    """The answer to what a member of staff adds at the till, always by the same writer."""
    code = customer.hand_off(cart, "staff")["code"]
    assert clerk.post("/v1/assist/redeem", {"code": code}).status_code == 201
    return put(clerk, cart, 1, sku, "w_till")


def at_the_till(shop: Shop) -> tuple[Person, str, Person, str, Clerk]:
    """Somebody with a cart of their own, a customer with another, and a clerk who added something to that."""
    own = shop.visitor()
    own_cart = own.begin("basket")
    put(own, own_cart, 1, "shoes-of-staff", "w_home")
    ana, anas = buyer(shop, "tea")
    clerk = shop.staff()
    served(shop, clerk, ana, anas, "cake")
    return own, own_cart, ana, anas, clerk


def test_carts_of_two_customers_and_of_staff_stay_apart_at_one_till(shop: Shop) -> None:
    """One clerk serves two customers by one till, on which their own cart lies: each gets what was added for
    them, and the clerk's own cart is in neither (acceptance test 22).
    """
    own, own_cart = buyer(shop, "shoes-of-staff")
    (ana, anas), (eva, evas) = buyer(shop, "tea"), buyer(shop, "milk")
    clerk = shop.staff()
    assert served(shop, clerk, ana, anas, "cake").get_json()["results"][0]["status"] == "applied"
    assert served(shop, clerk, eva, evas, "salt").get_json()["results"][0]["status"] == "applied"
    assert put(clerk, anas, 2, "bread", "w_till").get_json()["results"][0]["status"] == "applied"
    assert skus(ana, anas) == {"tea", "cake", "bread"}
    assert skus(eva, evas) == {"milk", "salt"}
    assert skus(own, own_cart) == {"shoes-of-staff"}


def test_staff_take_no_cart_over_into_another(shop: Shop) -> None:
    """403 to every way in which carts come together: opening, claiming, merging, and making one active."""
    own, own_cart, ana, anas, clerk = at_the_till(shop)
    for path, body in (
        ("/v1/drafts", {"process": "basket"}),
        ("/v1/claim", {"visitor": own.credential}),
        (f"/v1/customers/{ana.customer}/merges", {"from": own.customer}),
        (f"/v1/drafts/{anas}/activate", {}),
    ):
        refused = clerk.post(path, body)
        assert_problem(refused, 403, refused.get_json()["code"])
    assert_problem(put(clerk, own_cart, 1, "x", "w_till"), 404, "not-found")
    assert skus(ana, anas) == {"tea", "cake"}
    assert skus(own, own_cart) == {"shoes-of-staff"}


def test_a_way_back_that_is_opened_on_the_till_brings_nothing_of_the_tills_along(shop: Shop) -> None:
    """Whoever has a cart on the device that opens it keeps that one, and is asked for the digits first."""
    own, own_cart, ana, anas, clerk = at_the_till(shop)
    back = clerk.post(f"/v1/assist/{clerk.assists[anas]}/handback", {"to": "device"}).get_json()
    attempt = {"token": token_of(back["handoff"]), "nonce": new_key()}
    redeemed = own.post("/v1/handoffs/redeem", attempt)
    assert_problem(redeemed, 403, "match-required")
    assert skus(ana, anas) == {"tea", "cake"}
    assert skus(own, own_cart) == {"shoes-of-staff"}
