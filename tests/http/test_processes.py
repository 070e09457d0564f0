"""Promises of `/v1/processes`: what is registered is what comes back, and only what can be is registered."""

from typing import Any

import pytest

from tests.http.asserting import assert_problem
from tests.http.shop import ORIGIN, Shop, new_key, token_of

WHOLE: dict[str, Any] = {
    "kind": "form",
    "titles": {"en": "Mortgage", "es-MX": "Hipoteca"},
    "url": f"{ORIGIN}/mortgage",
    "steps": [{"id": "you", "titles": {"en": "You"}}, {"id": "income", "titles": {}}],
    "schema": {"type": "object", "properties": {"age": {"type": "integer"}}},
    "fields": {"/email": "personal", "/iban": "restricted", "/pin": "never_store", "/plan": "public"},
    "groups": ["/address"],
    "lookalikes": ["/loyalty"],
    "confirm": ["/income"],
    "customer_only": ["/terms"],
    "policies": {"/notes": "incoming", "/name": "incumbent"},
    "retention": {"open_days": 7, "closed_days": 365, "customer_days": 90, "most_days": 180},
    "limits": {"line_quantity": 999},
    "spillover": False,
    "claim": "ask",
}


def test_a_process_is_registered_and_read_by_everybody(shop: Shop) -> None:
    """201, then 200; every credential of the tenant reads it whole; another tenant has its own."""
    first = shop.service.ask("PUT", "/v1/processes/mortgage", {"titles": {"en": "Old"}})
    again = shop.service.ask("PUT", "/v1/processes/mortgage", WHOLE)
    assert (first.status_code, again.status_code) == (201, 200)
    visitor = shop.visitor()
    draft = visitor.begin()
    people = (shop.page, visitor, shop.customer("u"), shop.grant(visitor, draft), shop.staff())
    for person in (shop.service, *people):
        assert person.get("/v1/processes/mortgage").get_json() == {"name": "mortgage", **WHOLE}
        names = [each["name"] for each in person.get("/v1/processes").get_json()["items"]]
        assert "mortgage" in names
    other = shop.neighbour()
    assert_problem(other.page.get("/v1/processes/mortgage"), 404, "not-found")
    assert other.page.get("/v1/processes").get_json() == {"items": [], "next": None}


def test_a_registered_process_takes_effect_at_once(shop: Shop) -> None:
    """Groups, policies, retention and classes hold from the next request on."""
    shop.register("effective", groups=["/address"], policies={"/notes": "incoming"})
    visitor = shop.visitor()
    draft = visitor.begin("effective", address={"street": "A", "city": "B"}, notes="first")
    met = visitor.save(draft, 1, writer="w_2", address={"street": "C"}, notes="second").get_json()
    policies = {each["path"]: (each["policy"], each["arriving"]["value"]) for each in met["conflicts"]}
    assert policies == {"/address": ("incumbent", {"street": "C"}), "/notes": ("incoming", "second")}
    assert visitor.data(draft) == {"address": {"street": "A", "city": "B"}, "notes": "second"}
    shop.register("effective", fields={"/notes": "never_store"})
    refused = visitor.save(draft, 2, seen=2, notes="x").get_json()
    assert refused["results"][0]["code"] == "field-not-storable"


def test_a_device_is_told_what_it_must_not_keep(shop: Shop) -> None:
    """Whoever begins, resumes or redeems learns it before anything is kept; other answers stay short."""
    shop.register("told", fields={"/iban": "restricted", "/pin": "never_store", "/email": "personal"})
    visitor = shop.visitor()
    opened = [visitor.post("/v1/drafts", {"process": "told"}).get_json() for _ in range(2)]
    draft = opened[0]["id"]
    delta = visitor.get(f"/v1/drafts/{draft}?since=0").get_json()
    listed = visitor.get("/v1/drafts?process=told").get_json()["items"]
    token = token_of(visitor.hand_off(draft))
    redeemed = shop.page.post("/v1/handoffs/redeem", {"token": token, "nonce": new_key()}).get_json()["draft"]
    assert [each["unstored"] for each in (*opened, delta, *listed, redeemed)] == [["/iban", "/pin"]] * 5
    assert "unstored" not in visitor.draft(draft)
    assert "unstored" not in visitor.post("/v1/drafts", {"process": "untold"}).get_json()


def test_processes_are_listed_page_by_page(shop: Shop) -> None:
    """Every one once, the one registered last first; a cursor is of use to its own tenant's list only."""
    own = shop.neighbour()
    for number in range(5):
        own.register(f"p{number}")
    first = own.page.get("/v1/processes?limit=2").get_json()
    second = own.page.get(f"/v1/processes?limit=2&cursor={first['next']}").get_json()
    last = own.page.get(f"/v1/processes?limit=2&cursor={second['next']}").get_json()
    names = [each["name"] for page in (first, second, last) for each in page["items"]]
    assert names == ["p4", "p3", "p2", "p1", "p0"]
    assert last["next"] is None
    for wrong in (f"/v1/processes?cursor=x{first['next']}", "/v1/processes?cursor=word"):
        assert_problem(own.page.get(wrong), 400, "invalid-cursor")
    assert_problem(shop.page.get(f"/v1/processes?cursor={first['next']}"), 400, "invalid-cursor")
    assert_problem(own.page.get("/v1/processes?limit=101"), 422, "validation-failed")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a kind that there is not": ({"kind": "tree"}, "validation-failed"),
    "a policy that is not offered": ({"policies": {"/a": "merge"}}, "policy-not-supported"),
    "a policy that is no text": ({"policies": {"/a": 7}}, "validation-failed"),
    "a foreign url": ({"url": "https://evil.example/"}, "url-not-allowed"),
    "a script as url": ({"url": "javascript:alert(1)"}, "url-not-allowed"),
    "a url that is too long": ({"url": f"{ORIGIN}/{'a' * 2_048}"}, "validation-failed"),
    "a schema that is none": ({"schema": {"type": "canary"}}, "validation-failed"),
    "a schema from elsewhere": ({"schema": {"$ref": "https://evil.example/schema"}}, "validation-failed"),
    "a schema from a file": ({"schema": {"$ref": "file:///etc/passwd"}}, "validation-failed"),
    "a schema that is no object": ({"schema": [1]}, "validation-failed"),
    "a class that there is not": ({"fields": {"/a": "secret"}}, "validation-failed"),
    "a pointer that is none": ({"fields": {"canary": "public"}}, "validation-failed"),
    "a group that is none": ({"groups": ["canary"]}, "validation-failed"),
    "a language that is none": ({"titles": {"canary-1!": "x"}}, "validation-failed"),
    "an empty title": ({"titles": {"en": ""}}, "validation-failed"),
    "a step without id": ({"steps": [{"titles": {}}]}, "validation-failed"),
    "a step with more": ({"steps": [{"id": "a", "canary": 1}]}, "unknown-field"),
    "days that are none": ({"retention": {"open_days": 0}}, "validation-failed"),
    "too many days": ({"retention": {"closed_days": 366}}, "validation-failed"),
    "pieces that are none": ({"limits": {"line_quantity": 0}}, "validation-failed"),
    "more pieces than a cart holds": ({"limits": {"line_quantity": 10_001}}, "validation-failed"),
    "half a piece": ({"limits": {"line_quantity": 1.5}}, "validation-failed"),
    "a limit that is none": ({"limits": {"lines": 10}}, "unknown-field"),
    "no days at all": ({"retention": {"most_days": 0}}, "validation-failed"),
    "days as text": ({"retention": {"open_days": "7"}}, "validation-failed"),
    "a field that there is not": ({"canary": 1}, "unknown-field"),
    "a tenant": ({"tenant": "te_canary"}, "unknown-field"),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_registered_is_refused(shop: Shop, body: dict[str, Any], code: str) -> None:
    """422, and no part of it is repeated."""
    problem = assert_problem(shop.service.ask("PUT", "/v1/processes/refused", body), 422, code)
    assert "canary" not in str(problem)
    assert_problem(shop.service.get("/v1/processes/refused"), 404, "not-found")


@pytest.mark.parametrize(
    "name", ["%2e%2e", "a%2Fb", "-a", "a%00", "a%0a", "x" * 65, "%C3%A9", "*", "a{b}", "a%20b", "a%5C"]
)
def test_a_name_that_cannot_be_is_absent(shop: Shop, name: str) -> None:
    """404, reading and registering."""
    assert_problem(shop.service.get(f"/v1/processes/{name}"), 404, "not-found")
    assert_problem(shop.service.ask("PUT", f"/v1/processes/{name}", {}), 404, "not-found")


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
        {"allOf": [{"$ref": "#"}]},
        {"properties": {"a": {"pattern": "^(a+)+$"}}},
    ],
)
def test_a_schema_that_goes_in_circles_stops_nobody(shop: Shop, schema: dict[str, Any]) -> None:
    """It is refused when it is registered, or the completion is answered all the same."""
    if shop.service.ask("PUT", "/v1/processes/circle", {"schema": schema}).status_code == 422:
        return
    visitor = shop.visitor()
    draft = visitor.begin("circle", a="a" * 50 + "!")
    done = visitor.post(f"/v1/drafts/{draft}/complete", {"seen": 1}, Idempotency_Key=new_key())
    assert done.status_code in (200, 422)
