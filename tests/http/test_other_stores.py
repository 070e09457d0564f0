"""Promises about stores: help in one is nothing to the staff of another, whatever their role."""

from typing import Any

import pytest

from retoma_server.actions.staff import add_retail_store, add_staff
from retoma_server.domain.staff import Role
from tests.http.asserting import assert_problem
from tests.http.shop import Clerk, Shop, new_key
from tests.http.test_consented_help import EMAIL, helped

FENCE = {"Retoma-Fence": "1"}
READS = (
    "/v1/drafts/{draft}",
    "/v1/drafts/{draft}?since=0",
    "/v1/drafts/{draft}/history",
    "/v1/events?draft={draft}",
    "/v1/assist/{assist}",
    "/v1/assist/{assist}/journey",
)
WRITES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/v1/assist/{assist}/lease", {}),
    ("POST", "/v1/assist/{assist}/lease", {"take_over": True}),
    ("POST", "/v1/assist/{assist}/reveal", {"path": "/email", "reason": "To read it back"}),
    ("POST", "/v1/assist/{assist}/handback", {"step": "income"}),
    ("POST", "/v1/drafts/{draft}/changes", {"seen": 1, "ops": [{"op": "unset", "path": "/email"}]}),
    ("POST", "/v1/drafts/{draft}/complete", {"seen": 1}),
    ("DELETE", "/v1/assist/{assist}", {}),
)
ABSENT = {"draft": f"dr_00{'A' * 20}", "assist": f"as_00{'A' * 20}"}
REFUSALS = ("not-found", "insufficient-scope")


@pytest.fixture
def shop(stored: Shop) -> Shop:
    """A shop on a real store."""
    return stored


def elsewhere(shop: Shop, role: Role) -> Clerk:
    """Somebody of that role in the store Madrid."""
    tenant = shop.deps.tenants.get(shop.tenant.id)
    madrid = add_retail_store(shop.deps.store, shop.deps.ids, tenant, "Madrid")
    made = add_staff(shop.deps.store, shop.deps.ids, tenant, "Eva", frozenset((role,)), madrid.id)
    return Clerk(shop.app, made.token, headers={"Retoma-Channel": "store", "Accept": "application/json"})


def refusal(person: Clerk, method: str, path: str, body: Any) -> tuple[int, str]:
    """How somebody is refused."""
    headers = FENCE | {"Idempotency-Key": new_key()}
    answer = person.ask(method, path, body, **{name.replace("-", "_"): at for name, at in headers.items()})
    return answer.status_code, answer.get_json()["code"]


@pytest.mark.parametrize("role", Role)
def test_help_in_one_store_is_not_there_for_another(shop: Shop, role: Role) -> None:
    """Whatever they ask of it is answered as for what is not: 404, or 403 where their role may ask nothing
    at all; the help goes on, and the customer's answers are as they were (case 15).
    """
    customer, draft, sam, assist = helped(shop)
    eva = elsewhere(shop, role)
    asked = [("GET", path, None) for path in READS] + list(WRITES)
    for method, path, body in asked:
        refused = refusal(eva, method, path.format(draft=draft, assist=assist), body)
        assert refused == refusal(eva, method, path.format(**ABSENT), body), path
        assert refused[1] in REFUSALS, path
    assert customer.data(draft)["email"] == EMAIL
    assert sam.get(f"/v1/assist/{assist}").status_code == 200
    assert eva.get("/v1/drafts").status_code == 403


def test_without_the_role_a_code_opens_nothing(shop: Shop) -> None:
    """403 for auditors and admins, in whatever store, and the code is still good (case 15)."""
    customer, draft, *_ = helped(shop)
    code = {"code": customer.hand_off(draft, "staff")["code"]}
    for role in (Role.AUDITOR, Role.ADMIN):
        assert_problem(elsewhere(shop, role).post("/v1/assist/redeem", code), 403, "insufficient-scope")
    assert elsewhere(shop, Role.ASSIST).post("/v1/assist/redeem", code).status_code == 201
