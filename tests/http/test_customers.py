"""`/v1/customers`: the service says by what it knows a customer, and no value ever comes back."""

from typing import Any

import pytest

from tests.http.asserting import assert_problem
from tests.http.shop import Shop

ANA = "/v1/customers/by-external-id/u-17"


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A tenant of one's own on the server that the tests share."""
    return shop.neighbour()


def put(shop: Shop, path: str = ANA, **identifiers: str | None) -> dict[str, Any]:
    """A customer as the service puts them."""
    answer = shop.service.ask("PUT", path, identifiers)
    assert answer.status_code in (200, 201), answer.text
    known: dict[str, Any] = answer.get_json()
    return known


def test_a_customer_is_made_once_and_found_after(shop: Shop) -> None:
    """201, then 200, by the same id; it is the one that customer tokens are minted for."""
    answers = [shop.service.ask("PUT", ANA, {}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    first, second = (answer.get_json() for answer in answers)
    assert first == second == {"id": shop.customer("u-17").customer, "identifiers": ["external_id"]}


def test_identifiers_are_linked_and_told_without_their_values(shop: Shop) -> None:
    """What is absent stays, null unlinks; of each there is one."""
    known = put(shop, email="ana@example.com", phone="+34 612 345 678", loyalty_number="7 012 345")
    assert known["identifiers"] == ["external_id", "email", "phone", "loyalty_number"]
    assert put(shop, email="ana@work.example", phone=None)["identifiers"] == [
        "external_id",
        "email",
        "loyalty_number",
    ]
    answer = shop.service.get(f"/v1/customers/{known['id']}")
    assert answer.get_json() == {"id": known["id"], "identifiers": ["external_id", "email", "loyalty_number"]}
    assert "ana@" not in answer.text


def test_an_external_id_may_have_any_letters(shop: Shop) -> None:
    """A slash too; it is the same one in a path and in a body."""
    known = put(shop, "/v1/customers/by-external-id/eu%2Fu-17%3F")
    assert known["id"] == shop.customer("eu/u-17?").customer


def test_who_is_known_by_an_address_only_gets_an_external_id(shop: Shop) -> None:
    """By the customer's own id; it can be taken away again."""
    visitor = shop.visitor().customer
    path = f"/v1/customers/{visitor}"
    linked = shop.service.ask("PATCH", path, {"external_id": "u-17", "email": "ana@example.com"})
    assert linked.get_json() == {"id": visitor, "identifiers": ["external_id", "email"]}
    assert shop.customer("u-17").customer == visitor
    assert shop.service.ask("PATCH", path, {"external_id": None}).get_json()["identifiers"] == ["email"]
    assert shop.customer("u-17").customer != visitor


def test_what_leads_to_somebody_else_is_refused_and_nothing_changes(shop: Shop) -> None:
    """409 with that customer, whatever else was asked for in the same call."""
    ana = put(shop, email="ana@example.com")
    eva = put(shop, "/v1/customers/by-external-id/u-18", phone="+34 612 345 678")
    for answer in (
        shop.service.ask(
            "PUT", "/v1/customers/by-external-id/u-18", {"phone": None, "email": "ana@example.com"}
        ),
        shop.service.ask("PATCH", f"/v1/customers/{eva['id']}", {"phone": None, "external_id": "u-17"}),
    ):
        problem = assert_problem(answer, 409, "identifier-taken")
        assert problem["customer"] == ana["id"]
    assert shop.service.get(f"/v1/customers/{eva['id']}").get_json() == eva


@pytest.mark.parametrize(
    ("field", "value"), [("email", "canary@"), ("phone", "canary"), ("loyalty_number", "canary\u202e")]
)
def test_what_is_no_identifier_changes_nothing(shop: Shop, field: str, value: str) -> None:
    """422 with its place and no letter of it; not even the customer is made."""
    answer = shop.service.ask("PUT", ANA, {field: value})
    problem = assert_problem(answer, 422, "validation-failed")
    assert problem["errors"] == [{"pointer": f"/{field}", "code": f"invalid-{field.replace('_', '-')}"}]
    assert "canary" not in answer.text
    assert shop.service.ask("PUT", ANA, {}).status_code == 201


def test_one_tenants_identifiers_are_nothing_to_another(shop: Shop) -> None:
    """The same address leads to another customer there, and this one's customers are not there."""
    ana = put(shop, email="ana@example.com")
    neighbour = shop.neighbour().service
    theirs = neighbour.ask("PUT", ANA, {"email": "ana@example.com"})
    assert theirs.status_code == 201
    assert theirs.get_json()["id"] != ana["id"]
    for method in ("GET", "PATCH"):
        body = {} if method == "PATCH" else None
        assert_problem(neighbour.ask(method, f"/v1/customers/{ana['id']}", body), 404, "not-found")


def test_only_the_service_may_know_by_what_a_customer_is_known(shop: Shop) -> None:
    """Not even the customer; who may not is told so before anything is looked up."""
    ana = shop.customer("u-17")
    for person in (ana, shop.visitor()):
        for method, path in (("PUT", ANA), ("GET", f"/v1/customers/{ana.customer}")):
            answer = person.ask(method, path, {} if method == "PUT" else None)
            assert_problem(answer, 403, "insufficient-scope")


def test_an_erased_customer_is_gone_and_free(shop: Shop) -> None:
    """410 to the service; the address leads to somebody new."""
    ana = put(shop, email="ana@example.com")
    shop.service.ask("DELETE", f"/v1/customers/{ana['id']}")
    assert_problem(shop.service.get(f"/v1/customers/{ana['id']}"), 410, "customer-erased")
    again = put(shop, email="ana@example.com")
    assert again["id"] != ana["id"]
