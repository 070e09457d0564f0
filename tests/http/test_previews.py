"""Claims of just what a preview showed: it is done so, or nothing is, and the customer is shown anew."""

from typing import Any

import pytest

from retoma_server.domain.claims import Strategy
from tests.http import claiming
from tests.http.asserting import assert_problem
from tests.http.claiming import Pair, asked, claim, filled, listed, only, open_cart
from tests.http.shop import Person, Shop, new_key
from tests.http.test_carts import add, change, quantities
from tests.http.test_completions import complete, settle

shop, pair = claiming.shop, claiming.pair


def shown(pair: Pair) -> dict[str, Any]:
    """A preview."""
    return claim(pair.ann, pair.guest, strategy="ask")


def refused(pair: Pair, seen: str, **wish: str) -> dict[str, Any]:
    """The new preview that a claim is answered with which found something else; it changed nothing."""
    before = pair.guest.draft(pair.cart), listed(pair.ann, "open"), listed(pair.ann, "parked")
    problem = assert_problem(asked(pair.ann, pair.guest, seen=seen, **wish), 409, "preview-outdated")
    assert (pair.guest.draft(pair.cart), listed(pair.ann, "open"), listed(pair.ann, "parked")) == before
    assert problem["retryable"] is False
    preview: dict[str, Any] = problem["preview"]
    return preview


@pytest.mark.parametrize("strategy", [str(strategy) for strategy in Strategy])
def test_what_was_shown_is_what_is_done(pair: Pair, strategy: str) -> None:
    """Line by line, whatever is chosen; sent again it is the same receipt."""
    preview = shown(pair)
    (choice,) = (each for each in only(preview)["choices"] if each["strategy"] == strategy)
    receipt = claim(pair.ann, pair.guest, strategy=strategy, seen=preview["seen"])
    assert {name: only(receipt)[name] for name in choice} == choice
    assert claim(pair.ann, pair.guest, strategy=strategy, seen=preview["seen"]) == receipt


def test_a_saved_cart_that_changed_is_shown_anew(pair: Pair) -> None:
    """Nothing is merged that nobody saw; the new preview is good."""
    seen = shown(pair)["seen"]
    change(pair.ann, pair.saved, 2, add("mug"))
    preview = refused(pair, seen)
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "mug": 2}
    assert preview["carts"] == shown(pair)["carts"]
    claim(pair.ann, pair.guest, strategy="sum", seen=preview["seen"])
    assert quantities(pair.ann, pair.saved) == {"tee": 5, "lamp": 1, "mug": 2}


def test_a_guests_cart_that_changed_is_shown_anew(pair: Pair) -> None:
    """By another tab."""
    seen = shown(pair)["seen"]
    change(pair.guest, pair.cart, 2, add("pen"))
    lines = {line["sku"] for line in only(refused(pair, seen))["choices"][0]["lines"]}
    assert lines == {"tee", "lamp", "mug", "pen"}


def test_a_saved_cart_that_came_or_went_is_shown_anew(shop: Shop, pair: Pair) -> None:
    """To adopt a cart is not what was chosen where there is one to be merged with, nor the other way."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    other = Pair(guest, filled(guest, tee=1), ann, "")
    seen = shown(other)["seen"]
    saved = filled(ann, mug=1)
    assert only(refused(other, seen))["cart"] == saved
    seen = shown(pair)["seen"]
    complete(pair.ann, pair.saved)
    settle(shop, pair.saved, "commit", order_ref="order-1")
    assert only(refused(pair, seen))["cart"] is None


def test_a_cart_that_was_not_shown_is_not_taken(pair: Pair) -> None:
    """One begun since; the one that was shown can be claimed by name."""
    seen = shown(pair)["seen"]
    later = filled(pair.guest, key="later", pen=1)
    assert {cart["draft"] for cart in refused(pair, seen)["carts"]} == {pair.cart, later}
    assert only(refused(pair, seen, draft=later))["draft"] == later
    assert only(claim(pair.ann, pair.guest, seen=seen, draft=pair.cart))["draft"] == pair.cart


def test_a_cart_that_was_shown_and_is_gone_is_told(pair: Pair) -> None:
    """Thrown away, or emptied: there is nothing left of what was chosen."""
    seen = shown(pair)["seen"]
    pair.guest.ask("DELETE", f"/v1/drafts/{pair.cart}")
    problem = assert_problem(asked(pair.ann, pair.guest, seen=seen), 409, "preview-outdated")
    assert problem["preview"]["carts"] == []


@pytest.mark.parametrize("seen", ["x", "WyJjbF8wIiwwLHt9XQ.AAAA", "\u00e9"])
def test_a_preview_that_was_never_given_shows_nothing(pair: Pair, seen: str) -> None:
    """Whatever is made up."""
    assert only(refused(pair, seen))["draft"] == pair.cart


def test_a_preview_is_good_for_its_own_guest_and_customer(shop: Shop, pair: Pair) -> None:
    """What somebody else was shown says nothing here."""
    ben = shop.customer(new_key())
    refused(pair, claim(ben, pair.guest, strategy="ask")["seen"])
    other = shop.visitor()
    filled(other, tee=2)
    refused(pair, claim(pair.ann, other, strategy="ask")["seen"])


def test_an_order_under_way_is_told_first(shop: Shop, pair: Pair) -> None:
    """It may well be given up; what was shown is outdated only then."""
    seen = shown(pair)["seen"]
    complete(pair.ann, pair.saved)
    assert_problem(asked(pair.ann, pair.guest, seen=seen), 409, "dest-busy")
    settle(shop, pair.saved, "abort")
    seen = refused(pair, seen)["seen"]
    complete(pair.guest, pair.cart, seen=pair.guest.draft(pair.cart)["revision"])
    assert_problem(asked(pair.ann, pair.guest, seen=seen), 409, "completing")


def test_of_several_carts_each_is_taken_as_it_was_shown(shop: Shop) -> None:
    """One moved, so none is taken; shown anew both are."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    carts = {key: filled(guest, key=key, tee=1) for key in ("a", "b")}
    saved = filled(ann, key="b", mug=1)
    seen = claim(ann, guest, strategy="ask")["seen"]
    change(ann, saved, 2, add("pen"))
    answer = asked(ann, guest, seen=seen)
    assert {guest.draft(cart)["status"] for cart in carts.values()} == {"open"}
    done = claim(ann, guest, seen=assert_problem(answer, 409, "preview-outdated")["preview"]["seen"])
    assert {cart["fate"] for cart in done["carts"]} == {"adopted", "merged"}


def test_where_there_is_nothing_to_show_there_is_nothing_to_claim(shop: Shop) -> None:
    """A cart begun since is not taken unseen either."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    seen = claim(ann, guest, strategy="ask")["seen"]
    pair = Pair(guest, filled(guest, tee=1), ann, "")
    refused(pair, seen)
    nobody: Person = shop.visitor()
    nothing = claim(ann, nobody, seen=claim(ann, nobody, strategy="ask")["seen"])
    assert (nothing["id"], open_cart(ann) != pair.cart) == (None, True)
