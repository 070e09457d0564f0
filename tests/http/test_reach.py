"""Promises about how far an access goes, and what one worker must not be made to do."""

from retoma_server.actions.deps import Deps
from retoma_server.app import app_of

from .asserting import assert_problem
from .shop import Shop


def test_the_role_that_cannot_hold_streams_offers_none(deps: Deps) -> None:
    """One open stream would hold a whole worker of that role."""
    client = app_of(deps, streams=False).test_client()
    assert_problem(client.get("/v1/events"), 404, "not-found")
    assert_problem(client.get("/v1/events/"), 404, "not-found")


def test_a_grant_cannot_renew_itself(shop: Shop) -> None:
    """Whoever came by a link asks for help in the store, but hands the draft to no further device."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    phone = shop.grant(visitor, draft)
    assert_problem(phone.post(f"/v1/drafts/{draft}/handoffs", {"to": "device"}), 403, "insufficient-scope")
    assert phone.post(f"/v1/drafts/{draft}/handoffs", {"to": "staff"}).status_code == 201


def test_help_that_another_device_asked_for_can_be_ended(shop: Shop) -> None:
    """Events name the handoff, so that the owner can take it back."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    phone, clerk = shop.grant(visitor, draft), shop.staff()
    code = phone.post(f"/v1/drafts/{draft}/handoffs", {"to": "staff"}).json["code"]
    clerk.post("/v1/assist/redeem", {"code": code})
    assert clerk.get(f"/v1/drafts/{draft}").status_code == 200

    events = visitor.get("/v1/events", Accept="application/json").json["items"]
    handoff = next(each["handoff"] for each in events if each["type"] == "assist-started")
    assert visitor.ask("DELETE", f"/v1/handoffs/{handoff}").status_code == 204

    assert_problem(clerk.get(f"/v1/drafts/{draft}"), 404, "not-found")


def test_an_array_is_as_hidden_as_what_is_registered_within(shop: Shop) -> None:
    """An array is one value: a restricted field in it hides it whole from staff."""
    shop.register("people", fields={"/people": "public", "/people/0/iban": "restricted"})
    visitor = shop.visitor()
    draft = visitor.begin("people", people=[{"iban": "ES91"}])
    clerk = shop.assist(visitor, draft)
    assert "ES91" not in clerk.get(f"/v1/drafts/{draft}").text


def test_a_code_redeemed_twice_by_the_same_clerk_is_the_same_assist(shop: Shop) -> None:
    """The first answer may have been lost; anybody else is refused."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    clerk, other = shop.staff(), shop.staff("Olga")
    code = visitor.hand_off(draft, "staff")["code"]
    first, again = (clerk.post("/v1/assist/redeem", {"code": code}).json for _ in range(2))
    assert first["assist"]["id"] == again["assist"]["id"]
    assert_problem(other.post("/v1/assist/redeem", {"code": code}), 404, "handoff-invalid")
