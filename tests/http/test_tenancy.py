"""Promises of walls: what is somebody else's answers exactly like what does not exist, on every route."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from retoma_server.commands import described
from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop

PATHS: dict[str, Any] = json.loads(described())["paths"]
PLACES = {
    "draft",
    "completion",
    "handoff",
    "name",
    "customer",
    "claim",
    "export",
    "device",
    "merge",
    "assist",
    "lookup",
    "external_id",
    "purpose",
}
"""The parameters of paths that name an object."""

BODIES: dict[str, Any] = {
    "/v1/customers/{customer}/touchpoints": {"name": "call", "channel": "web"},
    "/v1/drafts/{draft}/changes": {"writer": "w_1", "changes": [{"seq": 1, "ops": []}]},
    "/v1/drafts/{draft}/complete": {"seen": 0},
    "/v1/me/devices/{device}": {"name": "canary"},
    "/v1/customers/{customer}/devices/{device}": {"name": "canary"},
    "/v1/customers/{customer}/merges": {"from": f"cu_00{'B' * 20}"},
    "/v1/handoffs/{handoff}/confirm": {"digits": "47"},
    "/v1/drafts/{draft}/completions/{completion}/commit": {"attempt": 1, "order_ref": "order-1"},
    "/v1/drafts/{draft}/completions/{completion}/abort": {"attempt": 1},
    "/v1/drafts/{draft}/completions/{completion}/renew": {"attempt": 1},
    "/v1/assist/lookup/{lookup}": {"code": "471920"},
    "/v1/me/assist-requests/{lookup}": {"approve": False},
    "/v1/assist/{assist}/reveal": {"path": "/name", "reason": "asked"},
}
ABSENT = {
    "draft": f"dr_00{'A' * 20}",
    "completion": f"co_00{'A' * 20}",
    "handoff": f"ho_00{'A' * 20}",
    "name": "absent",
    "customer": f"cu_00{'A' * 20}",
    "claim": f"cl_00{'A' * 20}",
    "export": f"ex_00{'A' * 20}",
    "device": f"dv_00{'A' * 20}",
    "merge": f"mg_00{'A' * 20}",
    "assist": f"as_00{'A' * 20}",
    "lookup": f"lk_00{'A' * 20}",
}
IDS = ["draft", "handoff", "customer", "grant", "assist", "lookup"]
IDS += ["name", "tenant", "claim", "export", "device"]


def operations() -> Iterator[tuple[str, str]]:
    """(method, path) of every operation on an object that its path names; PUT makes what is not there."""
    for path, item in PATHS.items():
        for method in item:
            if method not in ("parameters", "put") and "{" in path:
                yield method.upper(), path


def test_every_place_for_an_id_is_known() -> None:
    """A new route with another kind of id must be added to these tests (case 13)."""
    names = {part[1:-1] for path in PATHS for part in path.split("/") if part.startswith("{")}
    assert names == PLACES


def belongings(shop: Shop) -> dict[str, str]:
    """An id of every kind that belongs to one customer of a shop."""
    shop.register("known")
    visitor = shop.visitor()
    draft = visitor.begin("known", name="canary")
    offer = visitor.hand_off(draft)
    grant = shop.grant(visitor, draft).credential or ""
    code = visitor.hand_off(draft, "staff")["code"]
    assist = shop.staff().post("/v1/assist/redeem", {"code": code}).get_json()["assist"]["id"]
    known = {"kind": "external_id", "value": "claimant", "reason": "asked"}
    lookup = shop.staff().post("/v1/assist/lookup", known).get_json()["id"]
    guest = shop.visitor()
    cart = guest.post("/v1/drafts", {"process": "cart", "kind": "cart"}).get_json()["id"]
    guest.plain(cart, 0, {"op": "add", "sku": "canary"})
    claimed = shop.customer("claimant").post("/v1/claim", {"visitor": guest.credential})
    return {
        "claim": claimed.get_json()["id"],
        "draft": draft,
        "completion": draft.replace("dr_", "co_"),
        "handoff": offer["id"],
        "customer": visitor.customer,
        "grant": f"gr_{grant.split('_')[2]}",
        "assist": assist,
        "lookup": lookup,
        "name": "known",
        "tenant": shop.tenant.id,
        "export": visitor.post("/v1/me/export").get_json()["id"],
        "device": visitor.get("/v1/me/devices").get_json()["items"][0]["id"],
    }


@pytest.fixture(scope="module")
def theirs(shop: Shop) -> dict[str, str]:
    """What belongs to a customer of the shop."""
    return belongings(shop)


@pytest.fixture(scope="module")
def others(shop: Shop) -> dict[str, Person]:
    """Everybody of another shop, with a draft of their own where they need one."""
    other = shop.neighbour()
    visitor = other.visitor()
    draft = visitor.begin()
    return {
        "service": other.service,
        "page": other.page,
        "visitor": visitor,
        "customer": other.customer("u"),
        "grant": other.grant(visitor, draft),
        "staff": other.assist(visitor, draft),
    }


def ask(person: Person, method: str, path: str, value: str) -> Any:
    """The answer to an operation for an object."""
    name = path.partition("{")[2].partition("}")[0]
    body = None if method in ("GET", "DELETE") else BODIES.get(path, {})
    strict = {"If_Match": '"e.0"', "Idempotency_Key": "key-of-a-test"}
    return person.ask(method, path.replace(f"{{{name}}}", value), body, **strict)


def told(answer: Any) -> tuple[int, str, list[tuple[str, str]]]:
    """All that an answer tells, but for the request's id."""
    request_id = answer.headers["Retoma-Request-Id"]
    headers = [(name, value) for name, value in answer.headers if value != request_id]
    return answer.status_code, answer.text.replace(request_id, ""), sorted(headers)


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize(("method", "path"), list(operations()))
def test_what_is_another_tenants_is_as_if_it_were_not(
    theirs: dict[str, str], others: dict[str, Person], method: str, path: str, kind: str
) -> None:
    """Byte for byte, for every credential, every route and every kind of id in every place (case 13)."""
    name = path.partition("{")[2].partition("}")[0]
    for who, person in others.items():
        foreign, absent = (ask(person, method, path, each) for each in (theirs[kind], ABSENT[name]))
        assert told(foreign) == told(absent), who
        assert "canary" not in foreign.text
        assert foreign.status_code in (403, 404), who


@pytest.mark.parametrize(("method", "path"), [each for each in operations() if "{name}" not in each[1]])
def test_what_is_another_customers_is_as_if_it_were_not(
    shop: Shop, theirs: dict[str, str], method: str, path: str
) -> None:
    """Byte for byte, for others of the same tenant (case 12)."""
    name = path.partition("{")[2].partition("}")[0]
    stranger = shop.visitor()
    own = stranger.begin()
    for person in (stranger, shop.customer("u"), shop.grant(stranger, own), shop.assist(stranger, own)):
        foreign, absent = (ask(person, method, path, each[name]) for each in (theirs, ABSENT))
        assert told(foreign) == told(absent)
        assert foreign.status_code in (403, 404)


@pytest.mark.parametrize("person", ["service", "visitor", "customer"])
def test_no_query_reaches_another_tenant(
    theirs: dict[str, str], others: dict[str, Person], person: str
) -> None:
    """Drafts and events of a foreign customer or draft are none."""
    for query in (f"customer={theirs['customer']}", f"draft={theirs['draft']}"):
        for path in ("/v1/drafts", "/v1/events"):
            answer = others[person].get(f"{path}?{query}", Accept="application/json")
            assert theirs["draft"] not in answer.text
            assert answer.status_code in (404, 422) or answer.get_json()["items"] == []


HOSTILE = [
    "..",
    "%2e%2e%2f%2e%2e",
    "%00",
    "*",
    "dr_*",
    "%7Bp000%7D",
    "dr_00%0D%0AX-Evil:1",
    "a" * 65,
    "a" * 5_000,
    "dr_" + "0" * 23,
    "dr_zz" + "A" * 20,
    "DR_00" + "A" * 20,
    "dr_00" + "A" * 19 + "%C3%A9",
    "dr_00" + "A" * 20 + "%0A",
    "%EF%BC%A1",
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(("method", "path"), list(operations()))
def test_an_id_that_cannot_be_is_absent(shop: Shop, method: str, path: str, value: str) -> None:
    """404 `not-found`, or 405 where the path means something else by then; no header is added (case 33)."""
    for person in (shop.service, shop.visitor()):
        answer = ask(person, method, path, value)
        assert answer.status_code in (403, 404, 405, 308), answer.text
        assert "X-Evil" not in answer.headers
        if answer.status_code == 404:
            assert_problem(answer, 404, "not-found")
