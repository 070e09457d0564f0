"""Promises of a look without consent: supervisors only, to look only, told at once, and on record."""

from typing import Any

import pytest

from retoma_server.domain.staff import Role
from tests.http.asserting import assert_problem
from tests.http.shop import Clerk, Shop, new_key, set_op
from tests.http.test_consented_help import EMAIL, begun

REASON = "Court order, handed in at the counter"


def supervisor(shop: Shop) -> Clerk:
    """A supervisor."""
    return shop.staff("Sue", frozenset((Role.SUPERVISOR,)))


def override(clerk: Clerk, **more: Any) -> Any:
    """The answer to an override."""
    return clerk.post("/v1/assist/override", {"reason": REASON, "ticket": "HELP-4711", **more})


def test_a_supervisor_looks_and_no_more(stored: Shop) -> None:
    """Masked, nothing is revealed or changed; the customer is told, reads why, and stops it."""
    owner, draft = begun(stored)
    clerk = supervisor(stored)
    assist = override(clerk, draft=draft).get_json()["assist"]
    assert (assist["method"], assist["scope"], assist["shows_answers"]) == ("override", "view", False)
    assert EMAIL not in clerk.get(f"/v1/drafts/{draft}").text
    asked = {"path": "/email", "reason": "I want to know"}
    refused = clerk.post(f"/v1/assist/{assist['id']}/reveal", asked)
    assert_problem(refused, 403, "not-allowed-in-assist")
    clerk.assists[draft] = assist["id"]
    assert_problem(clerk.plain(draft, 1, set_op("/note", "x")), 403, "not-allowed-in-assist")
    events = owner.get("/v1/events?limit=100", Accept="application/json").get_json()["items"]
    assert "assist-overridden" in [event["type"] for event in events]
    log = owner.get("/v1/me/access-log").get_json()["items"]
    assert f"{REASON} (HELP-4711)" in [entry["reason"] for entry in log]
    assert owner.ask("DELETE", f"/v1/drafts/{draft}/assists/{assist['id']}").status_code == 204
    assert_problem(clerk.get(f"/v1/drafts/{draft}"), 404, "not-found")


def test_overrides_are_listed_for_review(shop: Shop) -> None:
    """Those that found somebody and those that did not."""
    name = new_key()
    owner = shop.customer(name)
    draft = owner.begin("loan", name="Ana")
    clerk = supervisor(shop)
    assert override(clerk, kind="external_id", value=name).get_json()["assist"]["draft"] == draft
    assert_problem(override(clerk, kind="external_id", value=new_key()), 404, "not-found")
    found = clerk.get("/v1/audit?action=assist-overridden").get_json()["items"]
    assert (found[0]["draft"], found[0]["reason"]) == (draft, f"{REASON} (HELP-4711)")
    assert clerk.get("/v1/audit?action=override-failed").get_json()["items"][0]["name"] == "Sue"


def test_nobody_else_overrides(shop: Shop) -> None:
    """403 for assistants and the service; 404 for a draft of another tenant, as for none."""
    _, draft = begun(shop)
    for person in (shop.staff(), shop.service, shop.visitor()):
        answer = person.post("/v1/assist/override", {"reason": REASON, "ticket": "1", "draft": draft})
        assert_problem(answer, 403, "insufficient-scope")
    foreign = supervisor(shop.neighbour())
    assert_problem(override(foreign, draft=draft), 404, "not-found")
    assert_problem(override(foreign, draft=f"dr_00{'A' * 20}"), 404, "not-found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "short"},
        {"ticket": ""},
        {"draft": None},
        {"kind": "email"},
        {"kind": "email", "value": "*"},
    ],
)
def test_an_override_says_why_and_of_what(shop: Shop, wrong: dict[str, Any]) -> None:
    """422 without a reason of 15 characters, a ticket, and one way to say whose."""
    answer = override(supervisor(shop), **({"draft": f"dr_00{'A' * 20}"} | wrong))
    assert answer.status_code == 422, answer.text
