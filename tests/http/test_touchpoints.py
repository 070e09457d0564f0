"""Promises of touchpoints: what a tenant tells of is in the journey, once, sealed, gone with its customer."""

from typing import Any

import pytest

from retoma_server.actions import records
from retoma_server.actions.key_uses import key_uses
from retoma_server.adapters.ids import partition_of
from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key


@pytest.fixture
def shop(stored: Shop) -> Shop:
    """A shop on a real store, on a day that both clocks know."""
    return stored


def tell(shop: Shop, customer: str, key: str = "", **more: Any) -> Any:
    """The answer to a touchpoint."""
    body = {"name": "call", "channel": "contact_center", "note": "Asked about fees", **more}
    path = f"/v1/customers/{customer}/touchpoints"
    return shop.service.post(path, body, Idempotency_Key=key or new_key())


def journey(person: Person) -> list[dict[str, Any]]:
    """One's own journey, newest first."""
    items: list[dict[str, Any]] = person.get("/v1/me/journey").get_json()["items"]
    return items


def assist_of(shop: Shop, owner: Person, draft: str) -> tuple[Person, str]:
    """Marta, who has redeemed a code for a draft, and the assist."""
    marta = shop.staff("Marta")
    done = marta.post("/v1/assist/redeem", {"code": owner.hand_off(draft, "staff")["code"]})
    return marta, done.get_json()["assist"]["id"]


def test_what_a_tenant_tells_is_in_the_journey_and_the_export(shop: Shop) -> None:
    """In its place by its time, of no draft, with its note; the customer and the service read it alike."""
    ana = shop.customer("u-17")
    ana.begin(name="Ana")
    told = tell(shop, ana.customer, at="2020-01-02T10:00:00Z")
    assert told.status_code == 201, told.text
    assert journey(ana)[-1] == told.get_json()
    assert (told.get_json()["type"], told.get_json()["draft"]) == ("call", None)
    assert (told.get_json()["actor"], told.get_json()["note"]) == ("service", "Asked about fees")
    assert tell(shop, ana.customer, name="visit", channel="store", note=None).status_code == 201
    assert journey(ana)[0]["type"] == "visit"
    theirs = shop.service.get(f"/v1/customers/{ana.customer}/journey").get_json()["items"]
    assert theirs == journey(ana)
    export = ana.post("/v1/me/export").get_json()["url"]
    assert ana.post(export).get_json()["journey"] == theirs


def test_a_key_tells_once(shop: Shop) -> None:
    """A request that came twice is answered twice and told once; a key is needed, and is of one request."""
    ana, key = shop.customer("u-17"), new_key()
    first, second = tell(shop, ana.customer, key), tell(shop, ana.customer, key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.get_json() == second.get_json()
    assert len(journey(ana)) == 1
    assert_problem(tell(shop, ana.customer, key, note="else"), 422, "idempotency-key-reused")
    path = f"/v1/customers/{ana.customer}/touchpoints"
    assert_problem(
        shop.service.post(path, {"name": "call", "channel": "web"}), 400, "idempotency-key-required"
    )


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a card number": ({"note": "paid by 4111 1111 1111 1111"}, "payment-data-refused"),
    "a long note": ({"note": "x" * 281}, "validation-failed"),
    "no name": ({"name": "A call!"}, "validation-failed"),
    "a name of Retoma's own": ({"name": "completed"}, "validation-failed"),
    "no channel": ({"channel": "fax"}, "validation-failed"),
    "a time to come": ({"at": "2099-01-01T00:00:00Z"}, "validation-failed"),
}


@pytest.mark.parametrize(("more", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_touchpoint_is_refused(shop: Shop, more: dict[str, Any], code: str) -> None:
    """With its reason, and nothing is told."""
    ana = shop.customer("u-17")
    assert_problem(tell(shop, ana.customer, **more), 422, code)
    assert journey(ana) == []


def test_a_note_is_sealed_and_its_key_is_kept(shop: Shop) -> None:
    """No log holds it in the clear, and the key that opens it counts as used."""
    ana = shop.customer("u-17")
    tenant = shop.deps.tenants.get(shop.tenant.id)
    before = key_uses(shop.deps, tenant, lambda _: None).seals[1]
    tell(shop, ana.customer)
    log = records.touchpoints_log(tenant.id, ana.customer)
    (entry,) = shop.deps.store.read_log(partition_of(ana.customer), log).entries
    assert b"fees" not in entry.body
    # The touchpoint, and the answer that is kept under its key.
    assert key_uses(shop.deps, tenant, lambda _: None).seals[1] == before + 2


def test_it_goes_with_its_customer(shop: Shop) -> None:
    """After erasure the log is gone, and nobody tells of them any more."""
    ana = shop.customer("u-17")
    tell(shop, ana.customer)
    assert ana.ask("DELETE", "/v1/me").status_code == 204
    log = records.touchpoints_log(shop.tenant.id, ana.customer)
    assert shop.deps.store.read_log(partition_of(ana.customer), log).last == 0
    assert_problem(tell(shop, ana.customer), 410, "customer-erased")


def test_only_the_service_tells(shop: Shop) -> None:
    """Neither the customer, nor staff, nor another tenant's service."""
    ana = shop.customer("u-17")
    path = f"/v1/customers/{ana.customer}/touchpoints"
    body = {"name": "call", "channel": "web"}
    for person in (ana, shop.staff(), shop.page):
        assert_problem(person.post(path, body, Idempotency_Key=new_key()), 403, "insufficient-scope")
    assert_problem(tell(shop.neighbour(), ana.customer), 404, "not-found")


def test_staff_see_the_journey_of_whom_they_help(shop: Shop) -> None:
    """All channels, steps, counts and notes as the customer sees them, no value; the look is on record."""
    ana = shop.customer("u-17").sending(Retoma_Channel="web")
    draft = ana.begin(name="Canary")
    tell(shop, ana.customer)
    marta, assist = assist_of(shop, ana, draft)
    seen = marta.get(f"/v1/assist/{assist}/journey")
    assert seen.status_code == 200, seen.text
    assert seen.headers["Cache-Control"] == "no-store"
    assert "Canary" not in seen.text
    assert seen.get_json()["items"] == journey(ana)
    assert "Asked about fees" in [each["note"] for each in seen.get_json()["items"]]
    assert ana.get("/v1/me/access-log").get_json()["items"][0]["action"] == "journey-viewed"


def test_a_journey_is_seen_while_the_assist_lasts(shop: Shop) -> None:
    """Not by other staff, nor once it has ended, nor by anybody else: as if there were none."""
    ana = shop.customer("u-17")
    marta, assist = assist_of(shop, ana, ana.begin(name="Ana"))
    path = f"/v1/assist/{assist}/journey"
    assert_problem(shop.staff("Sam").get(path), 404, "not-found")
    for person in (ana, shop.service):
        assert_problem(person.get(path), 403, "insufficient-scope")
    assert marta.ask("DELETE", f"/v1/assist/{assist}").status_code == 204
    assert_problem(marta.get(path), 404, "not-found")
