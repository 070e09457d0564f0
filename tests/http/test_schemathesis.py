"""Promises of the API's description: to whatever is sent, the answer is a described one, and no failure."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import BaseSchema, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from retoma_server.commands import described
from tests.http.shop import Person, Shop, new_key

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
WAITS = {"/v1/events"}
"""Streams and long waits are tested on their own."""

JUDGES_BY_ITSELF = {"/v1/drafts/{draft}/changes", "/v1/carts/import"}
"""Where an op or a line that is none is no reason to refuse the request: it is answered `rejected`."""


@schemathesis.serializer("application/x-ndjson")
def lines_of_json(context: Any, value: Any) -> dict[str, Any]:
    """Whatever was generated, as the bytes of a body of lines."""
    return {"data": value if isinstance(value, bytes) else str(value).encode(errors="replace")}


OPERATIONS = [
    (path, method)
    for path, item in json.loads(described())["paths"].items()
    for method in item
    if method != "parameters" and path not in WAITS
]
PEOPLE = ("service", "visitor", "customer", "page", "staff")


def generated(examples: int, **more: Any) -> settings:
    """How many examples, without shrinking: a failure is shown as it was sent."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        **more,
    )


def prepared(shop: Shop, who: str) -> tuple[Person, dict[str, list[str]]]:
    """Somebody with a credential, and ids that exist for them."""
    shop.register("loan", titles={"en": "Loan"}, fields={"/email": "personal"})
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    visitor.save(draft, 1, writer="w_2", name="Eve")
    ids = {"draft": [draft], "handoff": [visitor.hand_off(draft)["id"]], "name": ["loan", "another"]}
    ids["completion"] = [draft.replace("dr_", "co_")]
    clerk = shop.assist(visitor, draft)
    ids["assist"] = [clerk.assists[draft]]
    customer, ids["claim"] = claimed(shop)
    match who:
        case "service":
            return shop.service, ids
        case "visitor":
            return visitor, ids
        case "customer":
            return customer, {**ids, "draft": [customer.begin(name="Ann")]}
        case "page":
            return shop.page, ids
        case _:
            return clerk, ids


def claimed(shop: Shop) -> tuple[Person, list[str]]:
    """A customer who has claimed a guest's cart, and the receipt's id."""
    guest, customer = shop.visitor(), shop.customer(new_key())
    cart = guest.post("/v1/drafts", {"process": "cart", "kind": "cart"}).get_json()["id"]
    guest.plain(cart, 0, {"op": "add", "sku": "tee"})
    return customer, [customer.post("/v1/claim", {"visitor": guest.credential}).get_json()["id"]]


@pytest.fixture(scope="module")
def schema(shop: Shop) -> BaseSchema:
    """The description as Schemathesis has read it, once: that takes longer than a test's requests."""
    return schemathesis.openapi.from_wsgi("/openapi.json", shop.app)


def answers_as_described(
    shop: Shop, schema: BaseSchema, path: str, method: str, who: str, mode: GenerationMode, run: settings
) -> None:
    """Send generated requests to one operation, with ids that exist or as generated."""
    person, ids = prepared(shop, who)
    checks = CHECKS if path in JUDGES_BY_ITSELF else [*CHECKS, negative_data_rejection]
    known = {name: st.sampled_from(each) for name, each in ids.items() if f"{{{name}}}" in path}

    @run
    @given(
        case=schema[path][method.upper()].as_strategy(generation_mode=mode),
        real=st.fixed_dictionaries(known),
        exists=st.integers(0, 3),
    )
    def send(case: Any, real: dict[str, str], exists: int) -> None:
        if exists and real:
            case.path_parameters = real
        answer = case.call(headers={"Authorization": f"Bearer {person.credential}"})
        case.validate_response(answer, checks=checks)

    send()


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_answers_as_described(
    shop: Shop, schema: BaseSchema, path: str, method: str, who: str
) -> None:
    """To what fits the description and to what does not: no 5xx, a known status, the described body."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        answers_as_described(shop, schema, path, method, who, mode, generated(4, derandomize=True))


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_answers_as_described_at_length(
    shop: Shop, schema: BaseSchema, path: str, method: str, who: str
) -> None:
    """The same with many more requests, others each time."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        answers_as_described(shop, schema, path, method, who, mode, generated(150))
