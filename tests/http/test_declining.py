"""Promises of "This wasn't me": who did not ask for a link ends it, and learns nothing."""

from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key, token_of


def test_who_did_not_ask_for_a_link_ends_it(shop: Shop) -> None:
    """204 without any credential; nobody can redeem it then, and its maker is told."""
    owner = shop.visitor()
    draft = owner.begin()
    offer = owner.hand_off(draft)
    body = {"token": token_of(offer)}
    assert shop.nobody.post("/v1/handoffs/decline", body).status_code == 204
    assert_problem(
        shop.page.post("/v1/handoffs/redeem", {**body, "nonce": new_key()}), 404, "handoff-invalid"
    )
    assert_problem(shop.nobody.post("/v1/handoffs/preview", body), 404, "handoff-invalid")
    events = owner.get(f"/v1/events?draft={draft}&type=handoff-revoked", Accept="application/json")
    assert [each["handoff"] for each in events.get_json()["items"]] == [offer["id"]]


def test_a_link_that_was_used_is_not_ended_by_it(shop: Shop) -> None:
    """Only the owner ends the access that it gave; to others the link is one that never was."""
    owner = shop.visitor()
    draft = owner.begin()
    body = {"token": token_of(owner.hand_off(draft))}
    grant = shop.page.post("/v1/handoffs/redeem", {**body, "nonce": new_key()}).get_json()["grant"]
    used = assert_problem(shop.nobody.post("/v1/handoffs/decline", body), 404, "handoff-invalid")
    never = assert_problem(
        shop.nobody.post("/v1/handoffs/decline", {"token": "nothing"}), 404, "handoff-invalid"
    )
    assert {**used, "request_id": ""} == {**never, "request_id": ""}
    assert Person(shop.app, grant).get(f"/v1/drafts/{draft}").status_code == 200


def test_a_link_is_not_ended_at_another_tenant(shop: Shop) -> None:
    """With another tenant's credential it is 404, and stays usable."""
    owner = shop.visitor()
    body = {"token": token_of(owner.hand_off(owner.begin()))}
    for stranger in (shop.neighbour().page, shop.neighbour().service):
        assert_problem(stranger.post("/v1/handoffs/decline", body), 404, "handoff-invalid")
    assert shop.page.post("/v1/handoffs/redeem", {**body, "nonce": new_key()}).status_code == 200


def test_looking_ends_nothing(shop: Shop) -> None:
    """GET and HEAD are 405 (case 52)."""
    for method in ("GET", "HEAD"):
        assert shop.nobody.ask(method, "/v1/handoffs/decline").status_code == 405
