"""Claims over HTTP: a guest signs in, and what was in both carts is in one, or waits; nothing is lost."""

import pytest

from retoma_server.domain.claims import Strategy
from tests.http import claiming
from tests.http.asserting import assert_problem
from tests.http.claiming import USD, Pair, claim, filled, listed, only, open_cart, renewed, told
from tests.http.shop import Shop, new_key
from tests.http.test_carts import EUR, add, change, quantities

shop, pair = claiming.shop, claiming.pair


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({}, {"tee": 3, "lamp": 1, "mug": 1}),
        ({"strategy": "sum"}, {"tee": 5, "lamp": 1, "mug": 1}),
        ({"strategy": "guest_wins"}, {"tee": 2, "lamp": 1, "mug": 1}),
        ({"strategy": "saved_wins"}, {"tee": 3, "lamp": 1, "mug": 1}),
        ({"strategy": "use_guest"}, {"tee": 2, "lamp": 1}),
        ({"intent": "checkout"}, {"tee": 2, "lamp": 1}),
        ({"strategy": "use_saved"}, {"tee": 3, "mug": 1}),
        ({"strategy": "use_guest_if_saved_empty"}, {"tee": 3, "mug": 1}),
        ({"intent": "checkout", "strategy": "max"}, {"tee": 3, "lamp": 1, "mug": 1}),
    ],
)
def test_the_active_cart_is_what_the_strategy_says(
    pair: Pair, wish: dict[str, str], expected: dict[str, int]
) -> None:
    """And the receipt names it, with what each line came to."""
    cart = only(claim(pair.ann, pair.guest, **wish))
    assert quantities(pair.ann, cart["cart"]) == expected
    assert {line["sku"]: line["result"] for line in cart["lines"] if line["result"]} == expected
    assert open_cart(pair.ann) == cart["cart"]
    assert listed(pair.ann, "open") == [cart["cart"]]


def test_kept_apart_the_guests_line_stands_beside_the_saved_one(pair: Pair) -> None:
    """`separate`: three saved tees, and two more on a line of their own."""
    cart = only(claim(pair.ann, pair.guest, strategy="separate"))
    lines = pair.ann.draft(cart["cart"])["lines"]
    tees = {line["split"]: line["quantity"] for line in lines if line["sku"] == "tee"}
    assert tees == {None: 3, pair.cart: 2}


def test_the_receipt_tells_each_line(pair: Pair) -> None:
    """How many the guest had, how many were saved, how many there are now."""
    receipt = claim(pair.ann, pair.guest)
    cart = only(receipt)
    lines = {line["sku"]: (line["guest"], line["saved"], line["result"]) for line in cart["lines"]}
    assert lines == {"tee": (2, 3, 3), "mug": (0, 1, 1), "lamp": (1, 0, 1)}
    assert (cart["draft"], cart["cart"], cart["fate"], cart["parked"]) == (
        pair.cart,
        pair.saved,
        "merged",
        None,
    )
    read = pair.ann.get(f"/v1/claims/{receipt['id']}").get_json()
    assert read == {name: receipt[name] for name in ("id", "carts", "forms")}


def test_at_checkout_the_saved_cart_waits_whole(pair: Pair) -> None:
    """The total is the guest's total (vendure#34), and what was saved is listed as parked."""
    total = pair.guest.draft(pair.cart)["totals"]["price_hash"]
    cart = only(claim(pair.ann, pair.guest, intent="checkout"))
    assert pair.ann.draft(cart["cart"])["totals"]["price_hash"] == total
    assert (cart["fate"], cart["parked"], listed(pair.ann, "parked")) == (
        "saved-parked",
        pair.saved,
        [pair.saved],
    )
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "mug": 1}
    assert told(pair.ann, pair.saved)[-1] == "draft-parked"


def test_who_has_no_cart_adopts_the_guests(shop: Shop) -> None:
    """Whole, under an id of their own, with position and notes; the guest's id says where it went."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    cart = open_cart(guest)
    change(guest, cart, 1, add("tee", info={"note": "gift"}, price=EUR), {"op": "position", "step": "pay"})
    adopted = only(claim(ann, guest))
    assert (adopted["fate"], adopted["cart"] != cart) == ("adopted", True)
    shown = ann.draft(adopted["cart"])
    assert (shown["lines"][0]["info"], shown["position"]["step"]) == ({"note": "gift"}, "pay")
    assert shown["customer"] == ann.customer
    assert change(ann, adopted["cart"], 1, add("mug"), writer="w_new")["status"] == "applied"
    events = ann.get("/v1/events", Accept="application/json").get_json()["items"]
    assert [event["type"] for event in events] == ["draft-claimed", "draft-opened", "draft-changed"]


def test_a_cart_that_moved_says_where_to(shop: Shop) -> None:
    """To the guest's devices: the event, and the tombstone, which holds no line any more."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    cart = filled(guest, tee=1)
    receipt = claim(ann, guest)
    guest = renewed(guest, receipt)
    shown = guest.draft(cart)
    assert (shown["status"], shown["merged_into"], shown["lines"]) == ("merged", only(receipt)["cart"], [])
    events = guest.get("/v1/events", Accept="application/json").get_json()["items"]
    assert [(event["type"], event["to"]) for event in events][-1] == ("draft-moved", only(receipt)["cart"])


def test_a_saved_cart_without_lines_is_filled_and_not_parked(shop: Shop) -> None:
    """Nobody needs an empty cart in their list, whatever the strategy."""
    for strategy in ("use_guest", "use_guest_if_saved_empty", "max"):
        guest, ann = shop.visitor(), shop.customer(new_key())
        filled(guest, tee=2)
        saved = open_cart(ann)
        cart = only(claim(ann, guest, strategy=strategy))
        assert (cart["cart"], quantities(ann, saved), listed(ann, "parked")) == (saved, {"tee": 2}, [])


def test_an_empty_guest_cart_is_left_alone(shop: Shop) -> None:
    """There is nothing to claim, and nothing in the receipt."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    cart = open_cart(guest)
    receipt = claim(ann, guest)
    assert (receipt["id"], receipt["carts"]) == (None, [])
    assert renewed(guest, receipt).draft(cart)["status"] == "open"


def test_every_cart_of_the_guest_joins_one_receipt(shop: Shop) -> None:
    """Of every process and key; with `draft` only one of them."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    carts = {filled(guest, key="a", tee=1), filled(guest, key="b", mug=1)}
    form = guest.begin(name="Ann")
    receipt = claim(ann, guest)
    assert {cart["draft"] for cart in receipt["carts"]} == carts
    guest = renewed(guest, receipt)
    third, fourth = filled(guest, key="c", tee=1), filled(guest, key="d", mug=1)
    assert only(claim(ann, guest, draft=third))["draft"] == third
    assert guest.post("/v1/drafts", {"process": "cart"}).status_code == 401
    assert form not in listed(ann, "open")
    assert fourth not in listed(ann, "open")


def test_the_same_claim_again_is_the_same_receipt(pair: Pair) -> None:
    """After a lost answer, after another sign-in, by the same cached guest: unchanged (test 13)."""
    first = claim(pair.ann, pair.guest, strategy="sum")
    again = claim(pair.ann, pair.guest)
    assert again == first
    later = claim(pair.ann, renewed(pair.guest, first), strategy="sum")
    assert (later["id"], later["carts"]) == (None, [])
    assert quantities(pair.ann, pair.saved) == {"tee": 5, "lamp": 1, "mug": 1}


def test_ask_answers_every_strategy_and_changes_nothing(pair: Pair) -> None:
    """Whatever is chosen then is what was shown."""
    before = (pair.guest.draft(pair.cart), pair.ann.draft(pair.saved))
    preview = claim(pair.ann, pair.guest, strategy="ask")
    assert (preview["id"], preview["visitor"], only(preview)["cart"]) == (None, None, pair.saved)
    assert (pair.guest.draft(pair.cart), pair.ann.draft(pair.saved)) == before
    choices = {choice["strategy"]: choice for choice in only(preview)["choices"]}
    assert choices.keys() == {str(strategy) for strategy in Strategy}
    done = only(claim(pair.ann, pair.guest, strategy="sum"))
    assert choices["sum"] == {name: done[name] for name in choices["sum"]}


def test_another_currency_is_parked_and_no_line_is_lost(shop: Shop) -> None:
    """The saved cart is untouched (spree's OrderMerger lost the lines)."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    filled(guest, price=USD, tee=2)
    saved = filled(ann, price=EUR, tee=3)
    before = ann.draft(saved)
    cart = only(claim(ann, guest))
    assert (cart["fate"], cart["reason"], cart["cart"]) == ("guest-parked", "currency", saved)
    assert ann.draft(saved) == before
    assert quantities(ann, cart["parked"]) == {"tee": 2}
    assert listed(ann, "parked") == [cart["parked"]]


def test_a_form_under_the_same_key_is_no_reason_to_lose_a_cart(shop: Shop) -> None:
    """The guest's cart is parked, beside it."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    filled(guest, key="x", tee=2)
    form = ann.post("/v1/drafts", {"process": "cart", "kind": "form", "key": "x"}).get_json()["id"]
    cart = only(claim(ann, guest))
    assert (cart["reason"], cart["cart"], quantities(ann, cart["parked"])) == ("kind", form, {"tee": 2})
    assert_problem(ann.post(f"/v1/drafts/{cart['parked']}/activate"), 422, "kind-mismatch")


def test_what_does_not_fit_is_listed(shop: Shop) -> None:
    """200, clamped, where a change of one's own would be refused (tests 12 and 35)."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    filled(guest, tee=600, mug=5)
    saved = filled(ann, tee=900)
    refused = change(ann, saved, 2, add("tee", quantity=600))
    assert (refused["status"], refused["code"]) == ("rejected", "limit-exceeded")
    cart = only(claim(ann, guest, strategy="sum"))
    assert quantities(ann, saved) == {"tee": 999, "mug": 5}
    assert [(each["sku"], each["quantity"]) for each in cart["overflow"]] == [("tee", 501)]


def test_a_process_says_how_many_pieces_a_line_holds(shop: Shop) -> None:
    """To changes, typed numbers, previews and claims alike; what is there already stays."""
    shop.register("bulk", kind="cart", limits={"line_quantity": 3_000})
    guest, ann = shop.visitor(), shop.customer(new_key())
    cart, saved = (open_cart(who, process="bulk") for who in (guest, ann))
    assert change(guest, cart, 1, add("tee", quantity=2_000))["status"] == "applied"
    assert change(ann, saved, 1, add("tee", quantity=1_500))["status"] == "applied"
    line = ann.draft(saved)["lines"][0]["key"]
    typed = {"op": "set_quantity", "line": line, "quantity": 3_001, "seen": 1}
    assert change(ann, saved, 2, typed)["code"] == "limit-exceeded"
    choices = only(claim(ann, guest, strategy="ask"))["choices"]
    shown = next(choice for choice in choices if choice["strategy"] == "sum")
    assert [each["quantity"] for each in shown["overflow"]] == [500]
    assert only(claim(ann, guest, strategy="sum"))["overflow"] == shown["overflow"]
    assert quantities(ann, saved) == {"tee": 3_000}
    shop.register("bulk", kind="cart", limits={"line_quantity": 10})
    step = {"op": "decrement", "line": line, "quantity": 1, "seen": 2}
    assert change(ann, saved, 3, step)["status"] == "applied"
    assert change(ann, saved, 4, add("tee"))["code"] == "limit-exceeded"
    assert quantities(ann, saved) == {"tee": 2_999}


def test_carts_too_large_for_one_are_both_kept(shop: Shop) -> None:
    """Notes fill a cart too: the guest's is parked whole."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    carts = [open_cart(person) for person in (guest, ann)]
    for person, cart, name in zip((guest, ann), carts, ("a", "b"), strict=True):
        ops = [add(f"{name}{number}", info={"note": "x" * 3_000}) for number in range(50)]
        assert change(person, cart, 1, *ops)["status"] == "applied"
    cart = only(claim(ann, guest))
    assert (cart["fate"], cart["reason"]) == ("guest-parked", "draft-full")
    assert len(quantities(ann, cart["parked"])) == len(quantities(ann, carts[1])) == 50


def test_the_customers_other_devices_hear_of_a_merge(pair: Pair) -> None:
    """An event with the delta that brings them up to date, and a line in the history."""
    claim(pair.ann, pair.guest)
    events = pair.ann.get("/v1/events", Accept="application/json").get_json()["items"]
    merged = events[-1]
    assert (merged["type"], merged["draft"], merged["actor"]) == ("draft-merged", pair.saved, "customer")
    assert {line["sku"] for line in merged["delta"]["lines"]} >= {"lamp"}
    assert pair.ann.history(pair.saved)[0]["status"] == "merged"
