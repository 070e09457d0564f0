"""Taking a claim back, and the carts that wait meanwhile."""

import pytest

from retoma_server.domain.claims import Strategy
from tests.http import claiming
from tests.http.asserting import assert_problem
from tests.http.claiming import Pair, claim, filled, listed, only, open_cart
from tests.http.shop import Shop, new_key
from tests.http.test_carts import add, change, quantities
from tests.http.test_completions import complete, settle

shop, pair = claiming.shop, claiming.pair


# -- undoing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", [str(strategy) for strategy in Strategy])
def test_undone_both_carts_are_there_again(pair: Pair, strategy: str) -> None:
    """Ann's active cart is as it was, the guest's is hers, parked; twice is once (test 18)."""
    receipt = claim(pair.ann, pair.guest, strategy=strategy)
    place = f"/v1/claims/{receipt['id']}/undo"
    undone = pair.ann.post(place).get_json()
    assert only(undone)["undone"] is True
    assert pair.ann.post(place).get_json() == undone
    assert open_cart(pair.ann) == pair.saved
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "mug": 1}
    (waiting,) = listed(pair.ann, "parked")
    assert quantities(pair.ann, waiting) == {"tee": 2, "lamp": 1}
    assert claim(pair.ann, pair.guest)["carts"] == undone["carts"]
    assert listed(pair.ann, "open") == [pair.saved]


def test_an_adoption_undone_leaves_no_active_cart(shop: Shop) -> None:
    """The guest's cart waits; the next add begins a new one."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    filled(guest, tee=2)
    receipt = claim(ann, guest)
    undone = only(ann.post(f"/v1/claims/{receipt['id']}/undo").get_json())
    assert (listed(ann, "open"), listed(ann, "parked")) == ([], [undone["parked"]])
    assert open_cart(ann) != undone["cart"]


def test_undoing_takes_only_what_the_claim_brought(pair: Pair) -> None:
    """What Ann added since stays, what she removed since stays removed."""
    receipt = claim(pair.ann, pair.guest, strategy="sum")
    lines = {line["sku"]: line for line in pair.ann.draft(pair.saved)["lines"]}
    remove = {"op": "remove", "line": lines["lamp"]["key"], "seen": 2}
    change(pair.ann, pair.saved, 2, add("tee", quantity=4), remove)
    pair.ann.post(f"/v1/claims/{receipt['id']}/undo")
    assert quantities(pair.ann, pair.saved) == {"tee": 7, "mug": 1}
    events = pair.ann.get("/v1/events", Accept="application/json").get_json()["items"]
    (event,) = [event for event in events if event["type"] == "draft-merge-undone"]
    assert event["to"] == listed(pair.ann, "parked")[0]
    assert {line["quantity"] for line in event["delta"]["lines"]} >= {7}


def test_what_was_ordered_is_not_undone(shop: Shop, pair: Pair) -> None:
    """Not while the order is under way, nor afterwards: it would come back beside its order."""
    receipt = claim(pair.ann, pair.guest)
    revision = pair.ann.draft(pair.saved)["revision"]
    complete(pair.ann, pair.saved, seen=revision)
    place = f"/v1/claims/{receipt['id']}/undo"
    assert_problem(pair.ann.post(place), 409, "dest-busy")
    settle(shop, pair.saved, "commit", order_ref="order-1")
    assert_problem(pair.ann.post(place), 409, "draft-closed")
    assert listed(pair.ann, "parked") == []


# -- parked carts ------------------------------------------------------------------------------


def test_a_parked_cart_stays_as_it_is_until_it_is_wanted(shop: Shop, pair: Pair) -> None:
    """It takes no change; made active, it changes places with the other; once more is no error."""
    cart = only(claim(pair.ann, pair.guest, intent="checkout"))["cart"]
    assert_problem(pair.ann.send(pair.saved, {"seq": 2, "ops": [add()]}), 409, "draft-parked")
    assert_problem(complete(pair.ann, pair.saved), 409, "draft-parked")
    assert_problem(pair.ann.post(f"/v1/drafts/{pair.saved}/handoffs", {}), 409, "draft-parked")
    for _ in range(2):
        active = pair.ann.post(f"/v1/drafts/{pair.saved}/activate").get_json()
        assert (active["status"], open_cart(pair.ann)) == ("open", pair.saved)
    assert (listed(pair.ann, "parked"), listed(pair.ann, "open")) == ([cart], [pair.saved])
    assert pair.ann.send(pair.saved, {"seq": 2, "ops": [add()]}).status_code == 200


def test_late_changes_of_a_parked_cart_are_told_what_is_in_already(pair: Pair) -> None:
    """One change is asked for after a lost answer, another is late; what is not in may still come in."""
    first, late = (
        {"seq": 1, "ops": [add("tee", quantity=3), add("mug", quantity=1)]},
        {"seq": 2, "ops": [add("pen")]},
    )
    expected = [{"seq": 1, "status": "applied"}, {"seq": 2, "status": "not_applied"}]
    claim(pair.ann, pair.guest, intent="checkout")
    problem = assert_problem(pair.ann.send(pair.saved, first, late), 409, "draft-parked")
    assert (problem["results"], problem["retryable"]) == (expected, False)
    plain = pair.ann.plain(pair.saved, 0, {"op": "add", "sku": "tee"})
    assert assert_problem(plain, 409, "draft-parked")["results"] == [{"status": "not_applied"}]
    pair.ann.post(f"/v1/drafts/{pair.saved}/activate")
    statuses = [result["status"] for result in pair.ann.send(pair.saved, first, late).get_json()["results"]]
    assert (statuses, quantities(pair.ann, pair.saved)) == (
        ["replayed", "applied"],
        {"tee": 3, "mug": 1, "pen": 1},
    )


def test_what_a_parked_cart_had_taken_is_answered_as_before(pair: Pair) -> None:
    """A repeated change that is in it needs no other answer than the one that was lost."""
    claim(pair.ann, pair.guest, intent="checkout")
    again = pair.ann.send(pair.saved, {"seq": 1, "ops": [add("tee", quantity=3), add("mug", quantity=1)]})
    assert (again.status_code, again.get_json()["results"][0]["status"]) == (200, "replayed")


def test_an_active_cart_makes_way_unless_it_is_being_ordered(shop: Shop, pair: Pair) -> None:
    """An empty one is discarded: nobody needs it in their list."""
    claim(pair.ann, pair.guest, strategy="use_saved")
    (waiting,) = listed(pair.ann, "parked")
    complete(pair.ann, pair.saved)
    assert_problem(pair.ann.post(f"/v1/drafts/{waiting}/activate"), 409, "dest-busy")
    settle(shop, pair.saved, "commit", order_ref="order-1")
    empty = open_cart(pair.ann)
    assert pair.ann.post(f"/v1/drafts/{waiting}/activate").status_code == 200
    assert (pair.ann.draft(empty)["status"], listed(pair.ann, "parked")) == ("discarded", [])


def test_a_parked_cart_can_be_thrown_away_and_is_nobody_elses(shop: Shop, pair: Pair) -> None:
    """By its owner, and by the service."""
    claim(pair.ann, pair.guest, strategy="use_saved")
    (waiting,) = listed(pair.ann, "parked")
    assert_problem(shop.visitor().post(f"/v1/drafts/{waiting}/activate"), 404, "not-found")
    assert pair.ann.ask("DELETE", f"/v1/drafts/{waiting}").status_code == 204
    assert_problem(pair.ann.post(f"/v1/drafts/{waiting}/activate"), 409, "draft-closed")
