"""Consents: said by customers or told by the service, kept with the version of the words, erased with all."""

from typing import Any

import pytest

from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A tenant of one's own on the server that the tests share."""
    return shop.neighbour()


def decide(person: Person, path: str, granted: bool, version: str = "2026-11") -> Any:
    """The answer to a decision."""
    return person.ask("PUT", path, {"granted": granted, "version": version})


def told(person: Person, path: str) -> list[dict[str, Any]]:
    """What is known of every purpose."""
    answer = person.get(path)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def test_a_decision_is_kept_with_its_words_its_time_and_who_brought_it(shop: Shop) -> None:
    """Agreed on the web, withdrawn through the service; customer and service read the same."""
    ana = shop.customer("u-17").sending(Retoma_Channel="web")
    theirs = f"/v1/customers/{ana.customer}/consents"
    assert decide(ana, "/v1/me/consents/reminders", True).get_json()["earlier"] == []
    answer = decide(shop.service.sending(Retoma_Channel="contact_center"), f"{theirs}/reminders", False)
    assert (answer.status_code, answer.get_json()["granted"]) == (200, False)
    assert told(ana, "/v1/me/consents") == told(shop.service, theirs)
    (reminders,) = told(ana, "/v1/me/consents")
    newest = {name: reminders[name] for name in ("purpose", "granted", "version", "by", "channel")}
    assert newest == {
        "purpose": "reminders",
        "granted": False,
        "version": "2026-11",
        "by": "service",
        "channel": "contact_center",
    }
    (earlier,) = reminders["earlier"]
    assert (earlier["granted"], earlier["by"], earlier["channel"]) == (True, "customer", "web")


def test_the_same_said_again_is_no_new_decision(shop: Shop) -> None:
    """A form that is sent twice; new words are a new decision."""
    ana = shop.customer("u-17")
    first = decide(ana, "/v1/me/consents/reminders", True).get_json()
    assert decide(ana, "/v1/me/consents/reminders", True).get_json() == first
    assert len(decide(ana, "/v1/me/consents/reminders", True, "2027-01").get_json()["earlier"]) == 1


def test_nobody_agrees_for_somebody_else(shop: Shop) -> None:
    """Not staff who help, not a device that came by a link, not another customer or tenant."""
    ana = shop.customer("u-17")
    draft = ana.begin(name="Ana")
    for person in (shop.assist(ana, draft), shop.grant(ana, draft)):
        assert_problem(decide(person, "/v1/me/consents/reminders", True), 403, "insufficient-scope")
    path = f"/v1/customers/{ana.customer}/consents"
    for stranger in (shop.customer("u-18"), shop.visitor(), shop.neighbour().service):
        served = stranger.credential is not None and stranger.credential.startswith("sk_")
        refused = (404, "not-found") if served else (403, "insufficient-scope")
        assert_problem(decide(stranger, f"{path}/reminders", True), *refused)
        assert_problem(stranger.get(path), *refused)
    assert told(ana, "/v1/me/consents") == []


@pytest.mark.parametrize(
    "body",
    [{}, {"granted": 1, "version": "v1"}, {"granted": True, "version": ""}, {"granted": True}],
)
def test_what_is_no_decision_is_refused(shop: Shop, body: dict[str, Any]) -> None:
    """422, and a purpose that can be none is absent."""
    ana = shop.customer("u-17")
    assert_problem(ana.ask("PUT", "/v1/me/consents/reminders", body), 422, "validation-failed")
    assert_problem(decide(ana, "/v1/me/consents/%20", True), 404, "not-found")


def test_consents_are_exported_and_erased(shop: Shop) -> None:
    """In the bundle as they are told; after the erasure nobody can read them or decide."""
    ana = shop.customer("u-17")
    decide(ana, "/v1/me/consents/reminders", True)
    fetched = ana.post(ana.post("/v1/me/export").get_json()["url"]).get_json()
    assert fetched["consents"] == told(ana, "/v1/me/consents")
    assert shop.service.ask("DELETE", f"/v1/customers/{ana.customer}").status_code == 204
    path = f"/v1/customers/{ana.customer}/consents"
    assert_problem(shop.service.get(path), 410, "customer-erased")
    assert_problem(decide(shop.service, f"{path}/reminders", True), 410, "customer-erased")
