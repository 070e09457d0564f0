"""After a claim: the customer's journey and the form's history tell what happened before the sign-in."""

from typing import Any

import pytest

from tests.http import claiming, test_form_claims
from tests.http.claiming import claim, filled, listed
from tests.http.shop import Person, Shop
from tests.http.test_form_claims import only, undo
from tests.http.test_own_data import export

shop, eva, ana = claiming.shop, test_form_claims.eva, test_form_claims.ana


def journey(shop: Shop, customer: Person) -> list[dict[str, Any]]:
    """A customer's journey, oldest first: alike for them, for the service, and in an export."""
    mine: list[dict[str, Any]] = customer.get("/v1/me/journey").get_json()["items"]
    assert shop.service.get(f"/v1/customers/{customer.customer}/journey").get_json()["items"] == mine
    assert export(customer, "/v1/me/export")["journey"] == mine
    return mine[::-1]


def told(points: list[dict[str, Any]], draft: str) -> list[tuple[str, str, str]]:
    """What happened to one draft, by whom and on which channel."""
    return [(each["type"], each["actor"], each["channel"]) for each in points if each["draft"] == draft]


BEGUN = [("opened", "visitor", "mobile_web"), ("saved", "visitor", "mobile_web")]


def test_an_adopted_form_was_begun_on_the_phone(shop: Shop, eva: Person, ana: Person) -> None:
    """The journey of the form is whole, and says that and whence it was claimed; no value is in it."""
    draft = eva.begin(name="Canary", net=3100)
    begun_at = eva.draft(draft)["created_at"]
    eva.begin("other")
    shop.clock.now += 600_000
    receipt = claim(ana, eva)
    mine = only(receipt)["form"]
    ana.save(mine, 1, name="Ana")
    points = journey(shop, ana)
    assert told(points, mine) == [*BEGUN, ("claimed", "customer", "web"), ("saved", "customer", "web")]
    assert {point["draft"] for point in points} == {mine}
    claimed = points[2]
    assert claimed["claim"] == {
        "id": receipt["id"],
        "draft": draft,
        "begun_at": begun_at,
        "channel": "mobile_web",
    }
    assert [point["claim"] for point in points if point is not claimed] == [None, None, None]
    assert (points[0]["at"], points[1]["fields"]) == (begun_at, 2)
    assert "Canary" not in str(points)


def test_the_claim_is_an_event_and_the_past_is_none(eva: Person, ana: Person) -> None:
    """Whoever follows hears of the claim once; what had happened before is no news."""
    eva.begin(name="Eva")
    receipt = claim(ana, eva)
    assert claim(ana, eva)["forms"] == receipt["forms"]
    mine = only(receipt)["form"]
    assert claiming.told(ana, mine) == ["draft-claimed", "draft-opened"]
    events = ana.get("/v1/events?type=draft-claimed", Accept="application/json").get_json()["items"]
    assert [(each["claim"]["id"], "past" in each) for each in events] == [(receipt["id"], False)]
    assert events[0]["delta"]["cells"]["/name"]["value"] == "Eva"


def test_a_cart_has_its_past_too(shop: Shop, eva: Person, ana: Person) -> None:
    """Merged into the saved one, whose own beginning stays."""
    saved = filled(ana, tee=1)
    filled(eva, mug=2)
    claim(ana, eva, strategy="sum")
    assert sorted(told(journey(shop, ana), saved)) == sorted(
        [
            *BEGUN,
            ("opened", "customer", "web"),
            ("saved", "customer", "web"),
            ("claimed", "customer", "web"),
            ("merged", "customer", "web"),
        ]
    )


@pytest.mark.parametrize("forms", ["ask", "newest"])
def test_a_form_that_is_parked_or_takes_the_place_has_its_own_past(
    shop: Shop, eva: Person, ana: Person, forms: str
) -> None:
    """The saved form's journey is not mixed with it."""
    saved = ana.begin(name="Ana")
    shop.clock.now += 60_000
    eva.begin(name="Eva")
    form = only(claim(ana, eva, forms=forms))
    theirs = form["parked"] if forms == "ask" else form["form"]
    points = journey(shop, ana)
    assert told(points, theirs)[:3] == [*BEGUN, ("claimed", "customer", "web")]
    assert "visitor" not in str(told(points, saved))


def test_undone_the_past_leaves_the_form_with_the_values(shop: Shop, eva: Person, ana: Person) -> None:
    """It is told of the guest's form, which waits; the undoing is told, in the history too."""
    draft = eva.begin(name="Eva")
    saved = ana.begin(name="Ana")
    receipt = claim(ana, eva, forms="merge")
    assert told(journey(shop, ana), saved)[:2] == BEGUN
    undo(ana, receipt)
    (waiting,) = listed(ana, "parked")
    points = journey(shop, ana)
    assert "visitor" not in str(told(points, saved))
    assert told(points, waiting) == [
        *BEGUN,
        *(("claim-undone", "customer", "web"), ("parked", "customer", "web")),
    ]
    (undone,) = (point for point in points if point["type"] == "claim-undone")
    assert (undone["claim"]["id"], undone["claim"]["draft"]) == (receipt["id"], draft)
    for form in (saved, waiting):
        item = ana.history(form)[0]
        assert (item["status"], item["revision"]) == ("undone", ana.draft(form)["revision"])
        assert item["ops"] == [{"op": "undo", "claim": undone["claim"]}]


@pytest.mark.parametrize("saved", [True, False])
def test_an_undoing_that_moves_nothing_is_told_too(shop: Shop, eva: Person, ana: Person, saved: bool) -> None:
    """An adopted form is put aside, a parked one stays so: both are told to be given up, once."""
    if saved:
        ana.begin(name="Ana")
    eva.begin(name="Eva")
    receipt = claim(ana, eva)
    undo(ana, receipt)
    (waiting,) = listed(ana, "parked")
    types = [kind for kind, *_ in told(journey(shop, ana), waiting)]
    assert types[:2] == ["opened", "saved"]
    assert types.count("claim-undone") == types.count("claimed") == 1


# -- histories ---------------------------------------------------------------------------------


@pytest.mark.parametrize("forms", [None, "ask", "newest"])
def test_a_history_goes_on_from_the_guests(shop: Shop, eva: Person, ana: Person, forms: str | None) -> None:
    """Every change as it was, by whom and on which device; then the claim, then the customer's own."""
    if forms is not None:
        ana.begin(name="Ana")
        shop.clock.now += 60_000
    draft = eva.begin(name="Eva")
    eva.save(draft, 2, seen=1, name="Evita", city="Cádiz")
    eva.send(draft, {"seq": 3, "ops": [{"op": "rename"}]})
    before = eva.history(draft)
    receipt = claim(ana, eva, **({"forms": forms} if forms else {}))
    form = only(receipt)
    mine = form["parked"] if forms == "ask" else form["form"]
    claimed, *earlier = ana.history(mine)
    assert earlier == before
    assert earlier[-1]["by"]["device"] == "iPhone"
    assert claimed["status"] == "claimed"
    assert claimed["ops"][0]["claim"]["id"] == receipt["id"]
    assert claimed["by"]["kind"] == "customer"
    assert claimed["revision"] > earlier[0]["revision"]
    exported = {each["id"]: each for each in export(ana, "/v1/me/export")["drafts"]}
    assert exported[mine]["history"] == [claimed, *earlier]
    if form["form"] == mine:
        ana.save(mine, 1, "w_2", ana.draft(mine)["revision"], name="Ana")
        assert ana.history(mine)[1:] == [claimed, *earlier]


def test_a_merge_keeps_the_saved_forms_history(eva: Person, ana: Person) -> None:
    """What came is told as one item: the numbers of the guest's are another draft's."""
    saved = ana.begin(name="Ana")
    draft = eva.begin(name="Eva")
    receipt = claim(ana, eva, forms="merge")
    merged, begun = ana.history(saved)
    assert (merged["status"], begun["by"]["kind"]) == ("merged", "customer")
    assert merged["ops"][0]["claim"]["id"] == receipt["id"]
    assert merged["ops"][0]["claim"]["draft"] == draft


def test_staff_see_that_it_was_claimed_and_no_value(shop: Shop, eva: Person, ana: Person) -> None:
    """A carried history is masked like any."""
    eva.begin(name="Canary")
    mine = only(claim(ana, eva))["form"]
    history = shop.assist(ana, mine).history(mine)
    assert [item["ops"] for item in history] == [[{"op": "claim"}], [{"op": "set", "path": "/name"}]]
    assert "iPhone" not in str(history)
    assert "Canary" not in str(history)
