"""What goes on around a claim: late changes of other tabs, and orders under way on either side."""

from typing import Any

from tests.http import claiming
from tests.http.asserting import assert_problem
from tests.http.claiming import Pair, asked, claim, filled, only, open_cart, renewed, told
from tests.http.shop import Person, Shop, new_key
from tests.http.test_carts import add, change, quantities
from tests.http.test_completions import complete, settle

shop, pair = claiming.shop, claiming.pair


# -- late changes ------------------------------------------------------------------------------


def late(person: Person, pair: Pair) -> dict[str, Any]:
    """What another tab is told that sends its old change again, and a new one."""
    tee, mug = [add("tee", quantity=2), add("lamp", quantity=1)], [add("mug", quantity=7)]
    answer = person.send(pair.cart, {"seq": 1, "ops": tee}, {"seq": 2, "ops": mug})
    return assert_problem(answer, 409, "draft-merged")


def test_late_changes_are_told_what_is_in_already(shop: Shop, pair: Pair) -> None:
    """By the old token, the new one and the customer's; sent on, each add counts once (test 19)."""
    receipt = claim(pair.ann, pair.guest, strategy="sum")
    expected = [{"seq": 1, "status": "applied"}, {"seq": 2, "status": "not_applied"}]
    for person in (pair.guest, renewed(pair.guest, receipt), pair.ann):
        problem = late(person, pair)
        assert (problem["merged_into"], problem["results"], problem["retryable"]) == (
            pair.saved,
            expected,
            False,
        )
    assert change(pair.ann, pair.saved, 1, add("mug", quantity=7), writer="w_2")["status"] == "applied"
    assert quantities(pair.ann, pair.saved) == {"tee": 5, "lamp": 1, "mug": 8}


def test_a_late_change_that_was_refused_before_is_told_as_refused(shop: Shop, pair: Pair) -> None:
    """Whoever lost that answer hears of it here, or nowhere."""
    bad = {"seq": 2, "ops": [add("tee", quantity=0)]}
    (refused,) = pair.guest.send(pair.cart, bad).get_json()["results"]
    claim(pair.ann, pair.guest)
    problem = assert_problem(pair.guest.send(pair.cart, bad), 409, "draft-merged")
    told = {"seq": 2, "status": "applied", "was": "rejected", "code": refused["code"]}
    assert problem["results"] == [told]


def test_a_device_with_a_link_is_told_of_its_own_changes_only(shop: Shop, pair: Pair) -> None:
    """It learns that the cart was merged, and gets no access to the customer's."""
    phone = shop.grant(pair.guest, pair.cart)
    change(phone, pair.cart, 1, add("pen"), writer="w_phone")
    claim(pair.ann, pair.guest)
    answer = phone.send(pair.cart, {"seq": 1, "ops": [add("pen")]}, writer="w_phone")
    problem = assert_problem(answer, 409, "draft-merged")
    assert problem["results"] == [{"seq": 1, "status": "applied"}]
    refused = phone.send(pair.cart, {"seq": 1, "ops": []}, writer="w_1")
    assert_problem(refused, 403, "writer-mismatch")
    assert_problem(phone.get(f"/v1/drafts/{problem['merged_into']}"), 404, "not-found")


def test_a_late_plain_change_is_answered_as_before_or_not_applied(shop: Shop) -> None:
    """By its key."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    cart = open_cart(guest)
    guest.plain(cart, 0, {"op": "add", "sku": "tee"}, key="click-0001")
    guest = renewed(guest, claim(ann, guest))
    again = guest.plain(cart, 0, {"op": "add", "sku": "tee"}, key="click-0001")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    problem = assert_problem(guest.plain(cart, 0, {"op": "add", "sku": "tee"}), 409, "draft-merged")
    assert problem["results"] == [{"status": "not_applied"}]


def test_a_merged_cart_takes_nothing_else(shop: Shop, pair: Pair) -> None:
    """No order, no handoff, no end; strangers are told nothing."""
    guest = renewed(pair.guest, claim(pair.ann, pair.guest))
    assert_problem(complete(guest, pair.cart), 409, "draft-merged")
    assert_problem(guest.post(f"/v1/drafts/{pair.cart}/handoffs", {}), 409, "draft-merged")
    assert_problem(guest.ask("DELETE", f"/v1/drafts/{pair.cart}"), 409, "draft-merged")
    assert_problem(shop.visitor().send(pair.cart, {"seq": 1, "ops": []}), 404, "not-found")
    assert open_cart(guest) != pair.cart


# -- orders under way --------------------------------------------------------------------------


def test_a_customers_cart_under_order_takes_nothing_and_the_guests_stays(shop: Shop, pair: Pair) -> None:
    """409 `dest-busy`, retryable: the guest goes on filling, and the next claim has it all."""
    complete(pair.ann, pair.saved)
    before = pair.guest.get(f"/v1/drafts/{pair.cart}")
    assert assert_problem(asked(pair.ann, pair.guest), 409, "dest-busy")["retryable"] is True
    after = pair.guest.get(f"/v1/drafts/{pair.cart}")
    assert after.headers["ETag"] != before.headers["ETag"]
    assert {**after.get_json(), "revision": 1} == before.get_json()
    assert told(pair.guest, pair.cart)[-1] == "draft-changed"
    assert change(pair.guest, pair.cart, 2, add("pen"))["status"] == "applied"
    assert settle(shop, pair.saved, "abort").get_json()["status"] == "open"
    claim(pair.ann, pair.guest)
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "lamp": 1, "mug": 1, "pen": 1}


def test_after_the_order_the_guests_cart_is_adopted(shop: Shop, pair: Pair) -> None:
    """What was ordered is not ordered again."""
    complete(pair.ann, pair.saved)
    assert_problem(asked(pair.ann, pair.guest), 409, "dest-busy")
    settle(shop, pair.saved, "commit", order_ref="order-1")
    cart = only(claim(pair.ann, pair.guest))
    assert (cart["fate"], quantities(pair.ann, cart["cart"])) == ("adopted", {"tee": 2, "lamp": 1})


def test_of_several_carts_each_is_claimed_when_it_can_be(shop: Shop) -> None:
    """One of the customer's is being ordered: what was done stays, and the guest's token is good."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    filled(guest, key="a", tee=1)
    filled(guest, key="b", mug=1)
    saved = {key: filled(ann, key=key, pen=1) for key in ("a", "b")}
    complete(ann, saved["a"])
    assert_problem(asked(ann, guest), 409, "dest-busy")
    assert guest.get("/v1/drafts").status_code == 200
    settle(shop, saved["a"], "abort")
    receipt = claim(ann, guest)
    assert {cart["cart"] for cart in receipt["carts"]} == set(saved.values())
    assert quantities(ann, saved["a"]) == {"pen": 1, "tee": 1}
    assert quantities(ann, saved["b"]) == {"pen": 1, "mug": 1}


def test_a_guest_who_is_ordering_is_not_overtaken(shop: Shop, pair: Pair) -> None:
    """409 `completing`; other carts can still be claimed by name, and aborted it can be claimed."""
    other = filled(pair.guest, key="other", pen=1)
    complete(pair.guest, pair.cart)
    assert_problem(asked(pair.ann, pair.guest), 409, "completing")
    assert_problem(asked(pair.ann, pair.guest, draft=pair.cart), 409, "completing")
    receipt = claim(pair.ann, pair.guest, draft=other)
    settle(shop, pair.cart, "abort")
    assert only(claim(pair.ann, renewed(pair.guest, receipt)))["draft"] == pair.cart
