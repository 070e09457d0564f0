"""Promises of the two digits: a link to what is not for everybody opens where its owner looks on."""

from typing import Any

import pytest

from tests.http.asserting import assert_problem
from tests.http.shop import MINUTE, Person, Shop, new_key, token_of


def redeem(person: Person, token: str, nonce: str, **more: Any) -> Any:
    """The answer to a redemption."""
    return person.post("/v1/handoffs/redeem", {"token": token, "nonce": nonce, **more})


def pick(person: Person, handoff: str, digits: str) -> Any:
    """The answer to digits that were picked."""
    return person.post(f"/v1/handoffs/{handoff}/confirm", {"digits": digits})


def on_offer(person: Person, draft: str) -> list[dict[str, Any]]:
    """The handoffs of a draft as its owner sees them."""
    items: list[dict[str, Any]] = person.get(f"/v1/drafts/{draft}/handoffs").get_json()["items"]
    return items


@pytest.fixture(scope="module", autouse=True)
def sensitive(shop: Shop) -> None:
    """A process with a field that even staff never see."""
    shop.register("sensitive", fields={"/ssn": "restricted"})


def begun(shop: Shop, **values: Any) -> tuple[Person, str]:
    """Somebody with a draft that holds a restricted value."""
    visitor = shop.visitor()
    return visitor, visitor.begin("sensitive", **(values or {"ssn": "078-05"}))


def waiting(shop: Shop, **more: Any) -> tuple[Person, str, dict[str, Any], str, str]:
    """The owner, the draft, the offer, and nonce and digits of a device that waits."""
    owner, draft = begun(shop)
    offer, nonce = owner.hand_off(draft, **more), new_key()
    problem = assert_problem(
        redeem(shop.page, token_of(offer), nonce, device="iPhone"), 403, "match-required"
    )
    return owner, draft, offer, nonce, problem["digits"]


def wrong(owner: Person, draft: str, digits: str) -> str:
    """One of the choices that is not right."""
    [item] = on_offer(owner, draft)
    return next(each for each in item["choices"] if each != digits)


def test_the_digits_are_picked_among_three_and_open_the_link(shop: Shop) -> None:
    """Until then the same answer each time, and no grant; then it is like any other link."""
    owner, draft, offer, nonce, digits = waiting(shop)
    again = assert_problem(redeem(shop.nobody, token_of(offer), nonce), 403, "match-required")
    assert (again["digits"], again["until"]) == (digits, offer["expires_at"])
    [item] = on_offer(owner, draft)
    assert (item["id"], item["status"], item["device"]) == (offer["id"], "matching", "iPhone")
    assert len(set(item["choices"])) == 3
    assert digits in item["choices"]
    assert pick(owner, offer["id"], digits).status_code == 204
    done = redeem(shop.page, token_of(offer), nonce)
    assert done.get_json()["draft"]["data"] == {"ssn": "078-05"}
    assert redeem(shop.page, token_of(offer), nonce).get_json() == done.get_json()
    assert on_offer(owner, draft) == []


def test_the_owner_is_told_at_once_that_a_device_waits(shop: Shop) -> None:
    """By an event that names the handoff; once, however often the device asks."""
    owner, draft, offer, nonce, _ = waiting(shop)
    redeem(shop.page, token_of(offer), nonce)
    events = owner.get(f"/v1/events?draft={draft}&type=handoff-waiting", Accept="application/json")
    assert [each["handoff"] for each in events.get_json()["items"]] == [offer["id"]]


def test_one_wrong_pick_burns_the_handoff(shop: Shop) -> None:
    """The right digits are too late then, and the link is like one that never was."""
    owner, draft, offer, nonce, digits = waiting(shop)
    assert_problem(pick(owner, offer["id"], wrong(owner, draft, digits)), 403, "match-wrong")
    assert_problem(pick(owner, offer["id"], digits), 409, "handoff-not-waiting")
    assert_problem(redeem(shop.page, token_of(offer), nonce), 404, "handoff-invalid")
    assert on_offer(owner, draft) == []


def test_the_right_pick_is_right_again(shop: Shop) -> None:
    """Its answer may have been lost; what comes after a redemption changes nothing."""
    owner, _, offer, nonce, digits = waiting(shop)
    for _ in range(2):
        assert pick(owner, offer["id"], digits).status_code == 204
    grant = redeem(shop.page, token_of(offer), nonce).get_json()["grant"]
    assert pick(owner, offer["id"], digits).status_code == 204
    assert_problem(pick(owner, offer["id"], "00"), 409, "handoff-not-waiting")
    assert Person(shop.app, grant).get("/v1/events", Accept="application/json").status_code == 200


def test_whoever_comes_second_finds_the_link_used(shop: Shop) -> None:
    """While the first device waits, and when its digits were picked."""
    owner, _, offer, nonce, digits = waiting(shop)
    for _ in range(2):
        for person in (shop.page, shop.nobody, shop.visitor()):
            assert_problem(redeem(person, token_of(offer), new_key()), 404, "handoff-invalid")
        assert pick(owner, offer["id"], digits).status_code == 204
    assert redeem(shop.page, token_of(offer), nonce).status_code == 200


def test_the_wait_ends_with_the_link(shop: Shop) -> None:
    """After ten minutes nothing can be picked, and picking in time does not make it last longer."""
    owner, draft, offer, nonce, digits = waiting(shop)
    other, _, picked, mine, right = waiting(shop)
    shop.clock.now += 10 * MINUTE - 1
    assert pick(other, picked["id"], right).status_code == 204
    shop.clock.now += 1
    assert_problem(pick(owner, offer["id"], digits), 409, "handoff-not-waiting")
    assert on_offer(owner, draft) == []
    for token, each in ((token_of(offer), nonce), (token_of(picked), mine)):
        assert_problem(redeem(shop.page, token, each), 404, "handoff-invalid")


@pytest.mark.parametrize("how", ["taken back", "replaced", "declined"])
def test_the_wait_ends_when_the_handoff_does(shop: Shop, how: str) -> None:
    """However it ends, the device gets nothing."""
    owner, draft, offer, nonce, digits = waiting(shop)
    match how:
        case "taken back":
            owner.ask("DELETE", f"/v1/handoffs/{offer['id']}")
        case "replaced":
            owner.hand_off(draft)
        case "declined":
            assert shop.nobody.post("/v1/handoffs/decline", {"token": token_of(offer)}).status_code == 204
    assert_problem(pick(owner, offer["id"], digits), 409, "handoff-not-waiting")
    assert_problem(redeem(shop.page, token_of(offer), nonce), 404, "handoff-invalid")


def test_the_customers_own_device_needs_no_digits(shop: Shop) -> None:
    """Whoever is signed in as the same customer may open the draft anyway."""
    ann, same, other = shop.customer("ann"), shop.customer("ann"), shop.customer("bob")
    draft = ann.begin("sensitive", ssn="1")
    assert redeem(same, token_of(ann.hand_off(draft)), new_key()).status_code == 200
    assert_problem(redeem(other, token_of(ann.hand_off(draft)), new_key()), 403, "match-required")


def test_a_draft_without_restricted_values_needs_no_digits(shop: Shop) -> None:
    """Its maker may ask for them all the same, or do without where the draft would need them."""
    owner, draft = begun(shop, name="Ann")
    assert redeem(shop.page, token_of(owner.hand_off(draft)), new_key()).status_code == 200
    asked = owner.post(f"/v1/drafts/{draft}/handoffs", {"confirm": True}).get_json()
    assert_problem(redeem(shop.page, token_of(asked), new_key()), 403, "match-required")
    owner, draft = begun(shop)
    spared = owner.post(f"/v1/drafts/{draft}/handoffs", {"confirm": False}).get_json()
    assert redeem(shop.page, token_of(spared), new_key()).status_code == 200


def test_what_counts_is_what_the_draft_holds_when_it_is_redeemed(shop: Shop) -> None:
    """A value that was entered after the link was made, and one within a group of restricted ones."""
    shop.register("grouped", fields={"/health": "restricted"})
    owner = shop.visitor()
    draft = owner.begin("grouped")
    offer = owner.hand_off(draft)
    owner.save(draft, 1, **{"health/allergies": "nuts"})
    assert_problem(redeem(shop.page, token_of(offer), new_key()), 403, "match-required")


def test_only_the_owner_and_the_service_pick(shop: Shop) -> None:
    """For others there is no such handoff, nor may a granted device or staff see what is on offer."""
    owner, draft, offer, _, digits = waiting(shop)
    staff = shop.assist(owner, draft)
    for person in (shop.visitor(), shop.customer("eve"), staff, shop.staff(), shop.neighbour().service):
        assert pick(person, offer["id"], digits).status_code in (403, 404)
        assert person.get(f"/v1/drafts/{draft}/handoffs").status_code in (403, 404)
    assert pick(shop.service, offer["id"], digits).status_code == 204


def test_a_link_that_nobody_waits_for_has_no_digits(shop: Shop) -> None:
    """409 `handoff-not-waiting`; and the link stays good."""
    owner, draft = begun(shop)
    offer = owner.hand_off(draft)
    assert_problem(pick(owner, offer["id"], "47"), 409, "handoff-not-waiting")
    [item] = on_offer(owner, draft)
    assert item.keys() == {"id", "to", "draft", "status", "expires_at"}


def test_nothing_of_the_digits_or_the_device_is_stored_in_clear(shop: Shop) -> None:
    """The digits are drawn from a key each time; the label of the device is sealed."""
    owner, draft, offer, _, _ = waiting(shop)
    key = f"{shop.tenant.id}/handoff/{offer['id']}"
    body = shop.deps.store.read(int(offer["id"][3:5], 16), [key]).records[key].body
    assert b"iPhone" not in body
    [item] = on_offer(owner, draft)
    assert all(f'"{each}"'.encode() not in body for each in item["choices"])
