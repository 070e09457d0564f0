"""After the sign-in: a guest's forms become the customer's, in the same call as the carts, or wait."""

from typing import Any

import pytest

from tests.http import claiming
from tests.http.asserting import assert_problem
from tests.http.claiming import claim, filled, listed, renewed
from tests.http.shop import Person, Shop, new_key

shop = claiming.shop


@pytest.fixture
def eva(shop: Shop) -> Person:
    """A visitor, on the phone."""
    return shop.visitor().sending(Retoma_Channel="mobile_web", Retoma_Device="iPhone")


@pytest.fixture
def ana(shop: Shop) -> Person:
    """A customer, at a desk."""
    return shop.customer(new_key()).sending(Retoma_Channel="web", Retoma_Device="Firefox")


def only(receipt: dict[str, Any]) -> dict[str, Any]:
    """What a receipt says of the one form in it."""
    (form,) = receipt["forms"]
    found: dict[str, Any] = form
    return found


def undo(customer: Person, receipt: dict[str, Any]) -> dict[str, Any]:
    """The receipt after the claim was undone, twice."""
    place = f"/v1/claims/{receipt['id']}/undo"
    first, second = (customer.post(place) for _ in range(2))
    assert first.status_code == 200, first.text
    assert first.get_json() == second.get_json()
    undone: dict[str, Any] = first.get_json()
    return undone


def test_a_customer_without_a_form_gets_the_guests(eva: Person, ana: Person) -> None:
    """With its values, conflicts and position; the guest's is a tombstone that says where it went."""
    draft = eva.begin(name="Eva")
    eva.save(draft, 1, "w_2", 0, name="Evita")
    eva.send(draft, {"seq": 2, "ops": [{"op": "position", "step": "income"}]})
    receipt = claim(ana, eva)
    form = only(receipt)
    assert (form["draft"], form["fate"], form["saved"], form["differs"]) == (draft, "adopted", None, [])
    (mine,) = listed(ana, "open")
    assert mine == form["form"] != draft
    taken = ana.draft(mine)
    assert (taken["data"], taken["position"]["step"]) == ({"name": "Eva"}, "income")
    assert taken["conflicts"][0]["arriving"]["value"] == "Evita"
    assert claim(ana, eva)["forms"] == receipt["forms"]
    gone = ana.draft(draft)
    assert (gone["status"], gone["data"], gone["merged_into"], taken["merged_into"]) == (
        "merged",
        {},
        mine,
        None,
    )
    late = renewed(eva, receipt).save(draft, 3, name="late")
    assert assert_problem(late, 409, "draft-merged")["merged_into"] == mine


def test_unless_a_policy_says_otherwise_both_are_kept_and_offered(
    shop: Shop, eva: Person, ana: Person
) -> None:
    """The saved one goes on, the guest's waits; each says where it was last touched, and what differs."""
    steps = [{"id": name} for name in ("you", "income", "home", "documents", "review")]
    shop.register("loan-of-five", steps=steps)
    saved = ana.begin("loan-of-five", name="Ana", income=1)
    draft = eva.begin("loan-of-five", name="Eva", income=1)
    eva.send(draft, {"seq": 2, "ops": [{"op": "position", "step": "home"}]})
    form = only(claim(ana, eva))
    assert (form["fate"], form["form"], form["strategy"]) == ("guest-parked", saved, "ask")
    assert form["differs"] == ["/name"]
    about = {name: form["guest"][name] for name in ("draft", "channel", "device", "step_number", "steps")}
    assert about == {
        "draft": draft,
        "channel": "mobile_web",
        "device": "iPhone",
        "step_number": 3,
        "steps": 5,
    }
    assert (form["saved"]["device"], form["saved"]["fields"]) == ("Firefox", 2)
    assert ana.data(saved) == {"name": "Ana", "income": 1}
    assert ana.data(form["parked"]) == {"name": "Eva", "income": 1}
    assert ana.post(f"/v1/drafts/{form['parked']}/activate").status_code == 200
    assert (listed(ana, "open"), listed(ana, "parked")) == ([form["parked"]], [saved])
    assert ana.save(form["parked"], 1, name="Eva Maria").status_code == 200


def test_a_preview_shows_what_differs_with_values_and_changes_nothing(eva: Person, ana: Person) -> None:
    """And what each strategy comes to; a claim of just that is made, one of something else is refused."""
    saved, draft = ana.begin(name="Ana"), eva.begin(name="Eva", income=3100)
    preview = claim(ana, eva, strategy="ask")
    form = only(preview)
    assert form["differs"] == [
        {"path": "/income", "guest": 3100},
        {"path": "/name", "guest": "Eva", "saved": "Ana"},
    ]
    fates = {choice["strategy"]: choice["fate"] for choice in form["choices"]}
    assert fates["ask"] == "guest-parked"
    assert fates["merge"] == "merged"
    assert (ana.data(saved), eva.data(draft)) == ({"name": "Ana"}, {"name": "Eva", "income": 3100})
    ana.save(saved, 2, name="Anna")
    stale = claiming.asked(ana, eva, forms="merge", seen=preview["seen"])
    again = assert_problem(stale, 409, "preview-outdated")["preview"]
    assert only(claim(ana, eva, forms="merge", seen=again["seen"]))["fate"] == "merged"


def test_a_merge_keeps_both_values_where_they_differ(eva: Person, ana: Person) -> None:
    """Everybody's devices are told; undone, both forms are there as they were."""
    saved, draft = ana.begin(name="Ana", city="Sevilla"), eva.begin(name="Eva", income=3100)
    receipt = claim(ana, eva, forms="merge")
    assert (only(receipt)["fate"], only(receipt)["form"]) == ("merged", saved)
    form = ana.draft(saved)
    assert form["data"] == {"name": "Ana", "city": "Sevilla", "income": 3100}
    (conflict,) = form["conflicts"]
    assert (conflict["path"], conflict["stored"]["value"], conflict["arriving"]["value"]) == (
        "/name",
        "Ana",
        "Eva",
    )
    assert conflict["arriving"]["by"]["device"] == "iPhone"
    assert claiming.told(ana, saved)[-1] == "draft-merged"
    undone = only(undo(ana, receipt))
    assert ana.data(saved) == {"name": "Ana", "city": "Sevilla"}
    assert ana.draft(saved)["conflicts"] == []
    assert ana.data(undone["parked"]) == {"name": "Eva", "income": 3100}
    assert_problem(renewed(eva, receipt).save(draft, 2, name="late"), 409, "draft-merged")


@pytest.mark.parametrize("guest_is_newer", [True, False])
def test_by_newest_the_form_changed_last_goes_on(
    shop: Shop, eva: Person, ana: Person, guest_is_newer: bool
) -> None:
    """The other one is parked whole; undone, the saved one is the active one again."""
    people = [(ana, "Ana"), (eva, "Eva")] if guest_is_newer else [(eva, "Eva"), (ana, "Ana")]
    for person, name in people:
        person.begin(name=name)
        wait(shop)
    (saved,) = listed(ana, "open")
    receipt = claim(ana, eva, forms="newest")
    form = only(receipt)
    assert form["fate"] == ("saved-parked" if guest_is_newer else "guest-parked")
    assert ana.data(form["form"]) == {"name": "Eva" if guest_is_newer else "Ana"}
    assert ana.data(form["parked"]) == {"name": "Ana" if guest_is_newer else "Eva"}
    undo(ana, receipt)
    assert listed(ana, "open") == [saved]


def wait(shop: Shop) -> None:
    """Let time go on, on a clock that stands still or a real one."""
    before = shop.deps.store.now()
    shop.clock.now += 5
    while shop.deps.store.now() <= before:
        pass


def test_a_process_says_what_becomes_of_its_forms(shop: Shop, eva: Person, ana: Person) -> None:
    """Unless the call does."""
    shop.register("survey", claim="merge")
    ana.begin("survey", name="Ana")
    eva.begin("survey", income=1)
    assert only(claim(ana, eva))["strategy"] == "merge"


def test_forms_and_carts_are_claimed_in_one_call_with_one_receipt(eva: Person, ana: Person) -> None:
    """And undone in one; of a guest with nothing in their drafts nothing is taken."""
    filled(eva, tee=2)
    eva.begin(name="Eva")
    eva.begin("empty")
    receipt = claim(ana, eva)
    assert [len(receipt[kind]) for kind in ("carts", "forms")] == [1, 1]
    assert len(listed(ana, "open")) == 2
    undone = undo(ana, receipt)
    assert undone["carts"][0]["undone"] is undone["forms"][0]["undone"] is True
    assert (listed(ana, "open"), len(listed(ana, "parked"))) == ([], 2)


def test_an_empty_saved_form_is_filled_and_nobody_is_asked(eva: Person, ana: Person) -> None:
    """There is nothing to choose from."""
    saved = ana.begin()
    eva.begin(name="Eva")
    assert only(claim(ana, eva))["fate"] == "merged"
    assert ana.data(saved) == {"name": "Eva"}


def test_what_does_not_fit_together_is_parked(eva: Person, ana: Person) -> None:
    """A field in one that is a group in the other; the receipt says why."""
    saved, draft = ana.begin(), eva.begin(name="Eva")
    ana.send(saved, {"seq": 1, "ops": [{"op": "set", "path": "/name/first", "value": "Ana", "seen": 0}]})
    form = only(claim(ana, eva, forms="merge"))
    assert (form["fate"], form["reason"]) == ("guest-parked", "path-collision")
    assert ana.data(form["parked"]) == {"name": "Eva"}
    assert form["draft"] == draft


def test_who_signs_in_next_on_the_device_sees_nothing(shop: Shop, eva: Person, ana: Person) -> None:
    """The values are the customer's now: the old token opens nothing, the new one finds no value
    (case 14).
    """
    draft = eva.begin(name="Canary")
    receipt = claim(ana, eva)
    assert_problem(eva.get(f"/v1/drafts/{draft}"), 401, "token-revoked")
    left = renewed(eva, receipt).get(f"/v1/drafts/{draft}")
    assert "Canary" not in left.text
    other = claiming.asked(shop.customer(new_key()), eva)
    assert_problem(other, 404, "not-found")
    assert claim(shop.customer(new_key()), renewed(eva, receipt))["forms"] == []
