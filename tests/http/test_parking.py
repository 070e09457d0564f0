"""Parked carts are twenty at most: a claim is never refused for it, and the one parked longest ago ends."""

from tests.http import claiming
from tests.http.asserting import assert_problem
from tests.http.claiming import claim, filled, only, told
from tests.http.shop import Person, Shop, new_key
from tests.http.test_carts import quantities

shop = claiming.shop


def parked_by(shop: Shop, ann: Person, count: int, key: str = "default") -> list[str]:
    """The carts of so many guests, claimed and parked one after the other."""
    carts = []
    for _ in range(count):
        guest = shop.visitor()
        filled(guest, key=key, tee=1)
        shop.clock.now += 1
        carts.append(str(only(claim(ann, guest, strategy="use_saved"))["parked"]))
    return carts


def test_the_twenty_first_ends_the_one_that_waited_longest(shop: Shop) -> None:
    """As if its half year were over; the others, the active one and those of another key are as they were."""
    ann = shop.customer(new_key())
    saved, other = filled(ann, mug=3), filled(ann, key="other", mug=1)
    elsewhere = parked_by(shop, ann, 1, key="other")
    carts = parked_by(shop, ann, 20)
    (newest,) = parked_by(shop, ann, 1)
    items = ann.get("/v1/drafts?status=parked&limit=100").get_json()["items"]
    assert {item["id"] for item in items} == {*carts[1:], newest, *elsewhere}
    assert_problem(ann.get(f"/v1/drafts/{carts[0]}"), 410, "draft-expired")
    assert told(ann, carts[0]) == ["draft-claimed", "draft-parked", "draft-expired"]
    assert (quantities(ann, saved), quantities(ann, other)) == ({"mug": 3}, {"mug": 1})
    assert all(quantities(ann, cart) == {"tee": 1} for cart in (*carts[1:], newest))


def test_what_parks_the_twenty_first_need_be_no_claim(shop: Shop) -> None:
    """An undone one parks the guest's cart; to change places parks as many as it takes."""
    ann, guest = shop.customer(new_key()), shop.visitor()
    filled(ann, mug=3)
    carts = parked_by(shop, ann, 20)
    filled(guest, lamp=1)
    receipt = claim(ann, guest, strategy="sum")
    assert ann.post(f"/v1/drafts/{carts[0]}/activate").status_code == 200
    assert ann.post(f"/v1/drafts/{only(receipt)['cart']}/activate").status_code == 200
    assert ann.draft(carts[0])["status"] == "parked"
    for _ in range(2):
        assert ann.post(f"/v1/claims/{receipt['id']}/undo").status_code == 200
    assert_problem(ann.get(f"/v1/drafts/{carts[1]}"), 410, "draft-expired")
    assert {ann.draft(cart)["status"] for cart in (carts[0], *carts[2:])} == {"parked"}
