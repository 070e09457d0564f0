"""What is added while a cart is being ordered: in the next cart only, and nothing lost or doubled."""

from typing import Any

import pytest

from retoma_server.actions.sweeping import sweep
from retoma_server.domain.completions import LEASE
from tests.http.asserting import assert_problem
from tests.http.shop import DAY, Person, Shop
from tests.http.test_carts import EUR, add, cart_of, change, quantities
from tests.http.test_completions import complete, settle


@pytest.fixture
def visitor(shop: Shop) -> Person:
    """Somebody of a shop whose carts spill over."""
    shop.register("cart", kind="cart", spillover=True)
    return shop.visitor()


@pytest.fixture
def cart(visitor: Person) -> str:
    """A cart with two tees that is being ordered."""
    cart = cart_of(visitor)
    change(visitor, cart, 1, add(quantity=2, price=EUR))
    assert complete(visitor, cart).status_code == 200
    return cart


def spill(person: Person, cart: str, seq: int, *ops: dict[str, Any]) -> dict[str, Any]:
    """The reply to a change that comes while the cart is being ordered."""
    answer = person.send(cart, {"seq": seq, "ops": list(ops)})
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.get_json()
    return reply


def test_an_add_goes_into_the_next_cart_only(shop: Shop, visitor: Person, cart: str) -> None:
    """It is not ordered; once the order is made, the next cart is the customer's."""
    reply = spill(visitor, cart, 2, add("mug"))
    successor = reply["successor"]
    (result,) = reply["results"]
    assert (result["status"], result["warnings"][0]["code"]) == ("applied", "spilled")
    assert (quantities(visitor, cart), quantities(visitor, successor)) == ({"tee": 2}, {"mug": 1})
    assert visitor.draft(cart)["successor"] == successor
    done = settle(shop, cart, "commit", order_ref="order-1").get_json()
    assert (done["status"], done["successor"]) == ("completed", successor)
    opened = visitor.post("/v1/drafts", {"process": "cart", "kind": "cart"}).get_json()
    assert (opened["id"], opened["status"]) == (successor, "open")


def test_every_device_learns_the_order_and_the_next_cart(shop: Shop, visitor: Person, cart: str) -> None:
    """By reading, by its events, and by whatever it still sends to the old cart."""
    successor = spill(visitor, cart, 2, add("mug"))["successor"]
    seen = visitor.draft(cart)["revision"]
    settle(shop, cart, "commit", order_ref="order-1")
    delta = visitor.get(f"/v1/drafts/{cart}?since={seen}").get_json()
    assert (delta["completion"]["order_ref"], delta["successor"]) == ("order-1", successor)
    events = visitor.get("/v1/events", Accept="application/json").get_json()["items"]
    (event,) = [each for each in events if each["type"] == "draft-completed"]
    assert (event["order_ref"], event["successor"]) == ("order-1", successor)
    late = assert_problem(visitor.send(cart, {"seq": 3, "ops": [add("late")]}), 409, "draft-closed")
    assert (late["order_ref"], late["successor"]) == ("order-1", successor)
    again = assert_problem(complete(visitor, cart, seen=9), 409, "draft-closed")
    assert (again["order_ref"], again["successor"]) == ("order-1", successor)


def test_an_add_by_a_lines_key_needs_no_line_in_the_next_cart(visitor: Person, cart: str) -> None:
    """The line is known from the cart that it was seen in."""
    key = visitor.draft(cart)["lines"][0]["key"]
    successor = spill(visitor, cart, 2, {"op": "add", "line": key, "quantity": 3, "seen": 1})["successor"]
    (line,) = visitor.draft(successor)["lines"]
    assert (line["key"], line["quantity"], line["price"]["amount"]) == (key, 3, 1990)


def test_whatever_else_must_wait(visitor: Person, cart: str) -> None:
    """Also an add that comes together with something else: a change is taken whole."""
    key = visitor.draft(cart)["lines"][0]["key"]
    remove = {"op": "remove", "line": key, "seen": 1}
    for ops in ([remove], [add(), remove], [{"op": "clear", "seen": 1}], []):
        assert_problem(visitor.send(cart, {"seq": 2, "ops": ops}), 409, "completing")
    assert visitor.draft(cart)["successor"] is None
    assert spill(visitor, cart, 2, add("mug"))["results"][0]["status"] == "applied"


def test_sent_again_it_counts_once(shop: Shop, visitor: Person, cart: str) -> None:
    """While the order is under way, and after it was given up or made."""
    successor = spill(visitor, cart, 2, add("mug"))["successor"]
    assert spill(visitor, cart, 2, add("mug"))["results"][0]["was"] == "applied"
    assert spill(visitor, cart, 3, add("mug"))["successor"] == successor
    assert quantities(visitor, successor) == {"mug": 2}
    settle(shop, cart, "abort")
    assert spill(visitor, cart, 3, add("mug"))["results"][0]["status"] == "replayed"
    assert quantities(visitor, cart) == {"tee": 2, "mug": 2}


def test_given_up_the_order_takes_back_what_was_added_meanwhile(
    shop: Shop, visitor: Person, cart: str
) -> None:
    """The next cart ends and leads back; what is still sent there is not lost."""
    successor = spill(visitor, cart, 2, add("mug", price=EUR), add("tee"))["successor"]
    change(visitor, successor, 1, add("lamp"), writer="w_2")
    reopened = settle(shop, cart, "abort").get_json()
    assert (reopened["status"], reopened["successor"]) == ("open", None)
    assert quantities(visitor, cart) == {"tee": 3, "mug": 1, "lamp": 1}
    ended = visitor.draft(successor)
    assert (ended["status"], ended["lines"], ended["successor"]) == ("discarded", [], cart)
    late = visitor.send(successor, {"seq": 2, "ops": [add("late")]}, writer="w_2")
    assert assert_problem(late, 409, "draft-closed")["successor"] == cart
    opened = visitor.post("/v1/drafts", {"process": "cart", "kind": "cart"})
    assert opened.get_json()["id"] == cart


def test_what_came_back_was_seen_by_nobody_else(shop: Shop, visitor: Person, cart: str) -> None:
    """A stale remove of another device leaves it; its own writer may take it away."""
    spill(visitor, cart, 2, add("tee", quantity=4))
    settle(shop, cart, "abort")
    key = visitor.draft(cart)["lines"][0]["key"]
    remove = {"op": "remove", "line": key, "seen": 1}
    assert change(visitor, cart, 1, remove, writer="w_2")["warnings"][0]["code"] == "residual"
    assert quantities(visitor, cart) == {"tee": 4}
    change(visitor, cart, 3, remove)
    assert quantities(visitor, cart) == {}


def test_the_next_cart_is_ordered_after_this_one(shop: Shop, visitor: Person, cart: str) -> None:
    """Else an abort would find its pieces ordered already."""
    successor = spill(visitor, cart, 2, add("mug"))["successor"]
    assert_problem(complete(visitor, successor), 409, "completing")
    settle(shop, cart, "commit", order_ref="order-1")
    assert complete(visitor, successor).get_json()["status"] == "completing"


def test_while_nobody_knows_the_customer_goes_on(shop: Shop, visitor: Person, cart: str) -> None:
    """An unknown order stands in nobody's way, and a next cart thrown away is made anew."""
    thrown = spill(visitor, cart, 2, add("mug"))["successor"]
    shop.clock.now += LEASE + 1
    sweep(shop.deps)
    assert visitor.ask("DELETE", f"/v1/drafts/{thrown}").status_code == 204
    successor = spill(visitor, cart, 3, add("lamp"))["successor"]
    assert successor != thrown
    done = settle(shop, cart, "commit", order_ref="order-1").get_json()
    assert done["successor"] == successor
    assert quantities(visitor, successor) == {"lamp": 1}


def test_a_next_cart_that_is_over_is_not_led_to(shop: Shop, visitor: Person, cart: str) -> None:
    """The customer begins a new one, as after any order."""
    spill(visitor, cart, 2, add("mug"))
    shop.clock.now += 400 * DAY
    with_order = settle(shop, cart, "commit", order_ref="order-1").get_json()
    assert (with_order["status"], with_order["successor"]) == ("completed", None)


def test_who_reaches_this_one_cart_only_must_wait(shop: Shop, visitor: Person) -> None:
    """A grant and an assist are for the cart that they name."""
    cart = cart_of(visitor)
    change(visitor, cart, 1, add())
    grant, clerk = shop.grant(visitor, cart), shop.assist(visitor, cart)
    complete(visitor, cart)
    for person, writer in ((grant, "w_grant"), (clerk, "w_clerk")):
        mug = {"seq": 1, "ops": [add("mug")]}
        assert_problem(person.send(cart, mug, writer=writer), 409, "completing")
    assert visitor.draft(cart)["successor"] is None


def test_a_plain_caller_spills_once_too(visitor: Person, cart: str) -> None:
    """Under one key; and the history of the next cart tells what was added to it."""
    first = visitor.plain(cart, 0, {"op": "add", "sku": "mug"}, key="click-0009").get_json()
    again = visitor.plain(cart, 0, {"op": "add", "sku": "mug"}, key="click-0009").get_json()
    assert first["successor"] == again["successor"]
    assert quantities(visitor, first["successor"]) == {"mug": 1}
    (item,) = visitor.history(first["successor"])
    assert item["ops"][0]["sku"] == "mug"


def test_a_bad_add_is_refused_and_begins_no_cart(visitor: Person, cart: str) -> None:
    """By its code, on record, as at any other time."""
    (result,) = spill(visitor, cart, 2, add(quantity=0))["results"]
    assert (result["status"], result["code"]) == ("rejected", "invalid-quantity")
    assert visitor.draft(cart)["successor"] is None
