"""What a cart may be sent by mistake or on purpose: refused by a code, or answered once; nothing is lost."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from retoma_server.adapters.sending import Sender
from retoma_server.app import app_of
from tests.actions.crashing import crashing
from tests.http import claiming
from tests.http.asserting import assert_problem
from tests.http.claiming import Pair, asked, claim, filled, only, renewed
from tests.http.shop import Shop, new_key, shop_in_memory
from tests.http.test_carts import add, cart_of, change, quantities
from tests.http.test_completions import complete, settle
from tests.http.test_validation import SOLD_OUT, UNBELIEVABLE, register
from tests.servers.hook_server import HookServer, verdicts

shop, pair = claiming.shop, claiming.pair
LINE = "ln_" + "a" * 26

OPS: dict[str, tuple[Any, str]] = {
    "no op": (None, "invalid-op"),
    "a list": ([], "invalid-op"),
    "a name that is none": ({"op": "addd", "sku": "tee"}, "unknown-op"),
    "an op without a name": ({"sku": "tee"}, "unknown-op"),
    "less than none": (add(quantity=-1), "invalid-quantity"),
    "none": (add(quantity=0), "invalid-quantity"),
    "half a piece": (add(quantity=0.5), "invalid-quantity"),
    "a float that is whole": (add(quantity=2.0), "invalid-quantity"),
    "pieces in words": (add(quantity="2"), "invalid-quantity"),
    "true pieces": (add(quantity=True), "invalid-quantity"),
    "more than a line holds": (add(quantity=1_000), "limit-exceeded"),
    "more than a cart holds": (add(quantity=10_001), "limit-exceeded"),
    "an enormous number": (add(quantity=2**53 - 1), "limit-exceeded"),
    "a negative number typed": (
        {"op": "set_quantity", "line": LINE, "quantity": -1, "seen": 0},
        "invalid-quantity",
    ),
    "no sku": ({"op": "add", "seen": 0}, "invalid-identity"),
    "an empty sku": (add(""), "invalid-identity"),
    "a long sku": (add("x" * 257), "invalid-identity"),
    "an object as an attribute": (add(attributes={"size": {"eu": 42}}), "invalid-identity"),
    "a list as an attribute": (add(attributes={"size": ["M"]}), "invalid-identity"),
    "a float as an attribute": (add(attributes={"size": 1.5}), "invalid-identity"),
    "attributes that are none": (add(attributes=["M"]), "invalid-identity"),
    "4 kB of attributes": (add(attributes={f"a{n}": "x" * 400 for n in range(11)}), "limit-exceeded"),
    "4 kB of notes": (add(info={"note": "x" * 4_100}), "limit-exceeded"),
    "a parent that is no line": (add(parent="tee"), "invalid-op"),
    "seen as words": ({**add(), "seen": "0"}, "invalid-op"),
    "a price below nothing": (add(price={"amount": -1, "currency": "EUR"}), "invalid-op"),
}


@pytest.mark.parametrize("name", OPS)
def test_a_bad_op_is_refused_with_all_that_came_with_it(shop: Shop, name: str) -> None:
    """And the next change is taken."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    op, code = OPS[name]
    result = change(visitor, cart, 1, add("mug"), op)
    assert (result["status"], result["code"]) == ("rejected", code)
    assert change(visitor, cart, 2, add())["status"] == "applied"
    assert quantities(visitor, cart) == {"tee": 1}


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"1" + b"0" * 400, b"NaN", b"Infinity"])
def test_a_number_that_is_none_is_no_json(shop: Shop, number: bytes) -> None:
    """The request cannot be read, so nothing of it is done or put on record."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    body = b'{"writer":"w_1","changes":[{"seq":1,"ops":[{"op":"add","sku":"tee","seen":0,"quantity":%b}]}]}'
    answer = visitor.post(f"/v1/drafts/{cart}/changes", body % number)
    assert answer.status_code in (400, 422) or answer.get_json()["results"][0]["status"] == "rejected"
    assert quantities(visitor, cart) == {}


def test_the_251st_line_is_refused_and_the_250_stay(shop: Shop) -> None:
    """One more piece of a line that is there is taken."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    for seq, start in enumerate(range(0, 250, 50), 1):
        change(visitor, cart, seq, *(add(f"sku-{number}") for number in range(start, start + 50)))
    result = change(visitor, cart, 6, add("sku-250"))
    assert (result["status"], result["code"]) == ("rejected", "limit-exceeded")
    assert change(visitor, cart, 7, add("sku-0"))["status"] == "applied"
    assert len(quantities(visitor, cart)) == 250


def test_more_than_a_hundred_ops_are_no_change(shop: Shop) -> None:
    """Refused whole."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    assert change(visitor, cart, 1, *(add() for _ in range(101)))["code"] == "limit-exceeded"
    assert quantities(visitor, cart) == {}


def test_an_add_whose_answer_was_lost_in_a_crash_counts_once(shop: Shop) -> None:
    """It was made, and says so when it is sent again (test 3)."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    dying = replace(visitor, app=app_of(crashing(shop.deps, 0, lost=True)))
    sent = {"seq": 1, "ops": [add()]}
    assert_problem(dying.send(cart, sent), 503, "store-unavailable")
    (again,) = visitor.send(cart, sent).get_json()["results"]
    assert (again["status"], again["was"]) == ("replayed", "applied")
    assert quantities(visitor, cart) == {"tee": 1}


# -- claims ------------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", [{}, {"strategy": "ask"}, {"intent": "checkout"}, {"seen": "made-up"}])
def test_a_cart_is_not_claimed_into_itself(shop: Shop, wish: dict[str, str]) -> None:
    """Its owner signs in as themself: nothing happens, by its name neither."""
    guest = shop.visitor()
    cart = filled(guest, tee=1)
    minted = shop.service.post("/v1/customer-tokens", {"customer": guest.customer}).get_json()
    same = replace(guest, credential=minted["token"])
    before = guest.draft(cart)
    for named in ({}, {"draft": cart}):
        assert claim(same, guest, **wish, **named) == {"id": None, "carts": [], "forms": [], "visitor": None}
    assert guest.draft(cart) == before


def test_a_saved_cart_is_not_claimed_into_itself(pair: Pair) -> None:
    """It is not the guest's, so it is not there; nor is it after a claim."""
    assert_problem(asked(pair.ann, pair.guest, draft=pair.saved), 404, "not-found")
    claim(pair.ann, pair.guest)
    again = claim(pair.ann, pair.guest, draft=pair.saved)
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "lamp": 1, "mug": 1}
    assert only(again)["cart"] == pair.saved


def test_a_claim_while_either_side_is_ordered_loses_nothing(shop: Shop, pair: Pair) -> None:
    """Refused and ordered: what the customer ordered is closed, what the guest had is theirs alone."""
    complete(pair.ann, pair.saved)
    assert_problem(asked(pair.ann, pair.guest), 409, "dest-busy")
    complete(pair.guest, pair.cart, seen=pair.guest.draft(pair.cart)["revision"])
    assert_problem(asked(pair.ann, pair.guest), 409, "completing")
    settle(shop, pair.saved, "commit", order_ref="order-1")
    settle(shop, pair.cart, "commit", order_ref="order-2")
    receipt = claim(pair.ann, pair.guest)
    assert receipt["carts"] == []
    assert quantities(renewed(pair.guest, receipt), pair.cart) == {"tee": 2, "lamp": 1}
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "mug": 1}


@pytest.fixture
def asking() -> Iterator[tuple[Shop, HookServer]]:
    """A shop that is asked, and its back end."""
    opened = shop_in_memory()
    deps = replace(opened.deps, sender=Sender(loopback=True))
    with HookServer() as hook:
        local = replace(opened, app=app_of(deps), deps=deps)
        register(local, hook)
        yield local, hook
    deps.store.close()


def merged_at(shop: Shop) -> tuple[dict[str, Any], dict[str, Any]]:
    """A claim at a shop that is asked: what it says of the cart, and the cart."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    filled(guest, tee=2, mug=1)
    saved = filled(ann, tee=3)
    return only(claim(ann, guest, strategy="sum")), ann.draft(saved)


def test_what_cannot_be_had_is_merged_and_set_aside(asking: tuple[Shop, HookServer]) -> None:
    """200: neither stock nor a limit of the shop's fails a claim (test 12, spree#5976)."""
    shop, hook = asking
    hook.say = verdicts({"mug": SOLD_OUT, "tee": {"status": "max_quantity", "quantity": 4}})
    receipt, cart = merged_at(shop)
    assert {line["sku"]: line["result"] for line in receipt["lines"]} == {"tee": 5, "mug": 1}
    assert [(line["sku"], line["quantity"], line["max_quantity"]) for line in cart["lines"]] == [
        ("tee", 5, 4)
    ]
    assert [(line["sku"], line["quantity"]) for line in cart["unavailable"]] == [("mug", 1)]


@pytest.mark.parametrize("name", ["silent", "redirects inside", "an error", "garbage", "other lines"])
def test_a_shop_that_cannot_be_believed_fails_no_claim(asking: tuple[Shop, HookServer], name: str) -> None:
    """What was merged is there, with a word that nobody answered for the prices."""
    shop, hook = asking
    hook.say = UNBELIEVABLE[name]
    receipt, cart = merged_at(shop)
    assert {line["sku"]: line["quantity"] for line in cart["lines"]} == {"tee": 5, "mug": 1}
    assert (receipt["fate"], cart["validation"], cart["unavailable"]) == ("merged", "stale", [])
