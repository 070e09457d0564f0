"""Carts over HTTP: the ops of `changes`, the lines that everybody reads, and what is told beside them."""

from typing import Any

import pytest

from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop

EUR = {"amount": 1990, "currency": "EUR"}


def cart_of(person: Person) -> str:
    """The id of a cart just opened."""
    opened = person.post("/v1/drafts", {"process": "cart", "kind": "cart"})
    assert opened.status_code == 201, opened.text
    draft: str = opened.get_json()["id"]
    return draft


def add(sku: str = "tee", **more: Any) -> dict[str, Any]:
    """An add by somebody who has seen nothing."""
    return {"op": "add", "sku": sku, "seen": 0, **more}


def change(person: Person, cart: str, seq: int, *ops: dict[str, Any], writer: str = "w_1") -> dict[str, Any]:
    """What became of one change."""
    answer = person.send(cart, {"seq": seq, "ops": list(ops)}, writer=writer)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.get_json()["results"][0]
    return result


def quantities(person: Person, cart: str) -> dict[str, int]:
    """How many there are of each sku."""
    return {line["sku"]: line["quantity"] for line in person.draft(cart)["lines"]}


def test_a_cart_has_lines_and_totals_where_a_form_has_data(shop: Shop) -> None:
    """Prices are added up by the server, in each currency."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    change(
        visitor,
        cart,
        1,
        add(attributes={"size": "M"}, quantity=2, price=EUR),
        add("mug", info={"note": "gift"}),
    )
    shown = visitor.draft(cart)
    assert "data" not in shown
    totals = dict(shown["totals"])
    assert len(totals.pop("price_hash")) == 64
    assert totals == {
        "lines": 2,
        "quantity": 3,
        "unpriced": 1,
        "amounts": [{"amount": 3980, "currency": "EUR"}],
    }
    tee, mug = shown["lines"]
    assert (tee["sku"], tee["attributes"], tee["quantity"]) == ("tee", {"size": "M"}, 2)
    assert tee["price"]["amount"] == 1990
    assert (mug["info"], mug["price"], mug["by"]["kind"]) == ({"note": "gift"}, None, "visitor")


def test_an_add_sent_again_counts_once(shop: Shop) -> None:
    """The second answer says what became of the first."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    assert change(visitor, cart, 1, add())["status"] == "applied"
    assert change(visitor, cart, 1, add())["was"] == "applied"
    assert change(visitor, cart, 1, add("mug"))["code"] == "sequence-reused"
    assert quantities(visitor, cart) == {"tee": 1}


def test_two_devices_meet_on_one_line_and_a_stale_remove_leaves_what_it_did_not_see(shop: Shop) -> None:
    """The author is told with a warning, which is no error."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    change(visitor, cart, 1, add(), writer="w_phone")
    change(visitor, cart, 1, add(quantity=2), writer="w_desktop")
    key = visitor.draft(cart)["lines"][0]["key"]
    result = change(visitor, cart, 2, {"op": "remove", "line": key, "seen": 1}, writer="w_phone")
    assert (result["status"], result["warnings"]) == (
        "applied",
        [{"code": "residual", "line": key, "quantity": 2}],
    )
    stale = {"op": "set_quantity", "line": key, "quantity": 9, "seen": 3}
    change(visitor, cart, 3, {"op": "remove", "line": key, "seen": 3}, writer="w_phone")
    result = change(visitor, cart, 2, stale, writer="w_desktop")
    assert (result["status"], result["warnings"][0]["code"]) == ("noop", "removed-elsewhere")
    assert quantities(visitor, cart) == {}


def test_a_delta_tells_changed_lines_and_which_there_still_are(shop: Shop) -> None:
    """A client drops the others."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    change(visitor, cart, 1, add(), add("mug"))
    tee, mug = (line["key"] for line in visitor.draft(cart)["lines"])
    change(visitor, cart, 2, {"op": "remove", "line": tee, "seen": 1}, add("lamp"))
    delta = visitor.get(f"/v1/drafts/{cart}?since=1").get_json()
    assert ([line["sku"] for line in delta["lines"]], delta["keys"][0]) == (["lamp"], mug)
    assert (len(delta["keys"]), delta["totals"]["quantity"]) == (2, 2)


def test_a_plain_caller_fills_a_cart_too(shop: Shop) -> None:
    """With an idempotency key and one `seen`."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    first = visitor.plain(cart, 0, {"op": "add", "sku": "tee"}, key="click-0001")
    again = visitor.plain(cart, 0, {"op": "add", "sku": "tee"}, key="click-0001")
    assert (first.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert quantities(visitor, cart) == {"tee": 1}


@pytest.mark.parametrize(
    ("op", "code"),
    [
        ({"op": "add", "sku": "tee", "quantity": 1.5}, "invalid-quantity"),
        ({"op": "add", "sku": "tee", "quantity": 1000}, "limit-exceeded"),
        ({"op": "add", "sku": "tee", "attributes": {"size": {"eu": 42}}}, "invalid-identity"),
        ({"op": "add", "sku": "tee", "attributes": {"año": 1, "an\u0303o": "x"}}, "invalid-identity"),
        ({"op": "set", "path": "/a", "value": 1}, "unknown-op"),
        ({"op": "remove", "line": "tee"}, "invalid-op"),
    ],
)
def test_a_bad_op_is_refused_by_its_code_and_harms_nothing(shop: Shop, op: dict[str, Any], code: str) -> None:
    """A writer's queue goes on behind it; a plain caller gets the problem."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    assert change(visitor, cart, 1, {"seen": 0, **op})["code"] == code
    change(visitor, cart, 2, add())
    assert_problem(visitor.plain(cart, 1, op), 422, code)
    assert quantities(visitor, cart) == {"tee": 1}


def test_a_form_takes_no_op_of_a_cart_and_a_cart_no_patch(shop: Shop) -> None:
    """Each kind has its own."""
    visitor = shop.visitor()
    form, cart = visitor.begin(name="Ann"), cart_of(visitor)
    assert change(visitor, form, 2, add())["code"] == "unknown-op"
    tag = visitor.get(f"/v1/drafts/{cart}").headers["ETag"]
    refused = visitor.ask("PATCH", f"/v1/drafts/{cart}", {"a": 1}, If_Match=tag, Idempotency_Key="patch-0001")
    assert_problem(refused, 422, "kind-not-supported")


def test_staff_see_what_is_sold_and_not_what_was_noted(shop: Shop) -> None:
    """The class of `/info/…` decides on a note."""
    shop.service.ask("PUT", "/v1/processes/cart", {"kind": "cart", "fields": {"/info/wrap": "public"}})
    visitor, clerk = shop.visitor(), shop.staff()
    cart = cart_of(visitor)
    change(visitor, cart, 1, add(info={"note": "for Bob", "wrap": True}))
    clerk.post("/v1/assist/redeem", {"code": visitor.hand_off(cart, "staff")["code"]})
    (line,) = clerk.draft(cart)["lines"]
    assert line["info"] == {"note": {"$masked": True, "hint": "f•••"}, "wrap": True}
    change(clerk, cart, 1, {"op": "add", "line": line["key"], "seen": 1}, writer="w_till")
    assert quantities(visitor, cart) == {"tee": 2}
    assert "for Bob" not in clerk.get(f"/v1/drafts/{cart}/history").text


def test_a_discarded_cart_keeps_no_line(shop: Shop) -> None:
    """Only its tombstone."""
    visitor = shop.visitor()
    cart = cart_of(visitor)
    change(visitor, cart, 1, add())
    assert visitor.ask("DELETE", f"/v1/drafts/{cart}").status_code == 204
    assert visitor.draft(cart)["lines"] == []
