"""Promises of `GET /v1/audit`: auditors find what staff did, over all chains, and nobody else does."""

from typing import Any

import pytest

from retoma_server.actions import audit_log
from retoma_server.actions.staff import add_staff
from retoma_server.domain.rendering import timestamp
from retoma_server.domain.staff import Role
from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop


@pytest.fixture
def shop(stored: Shop) -> Shop:
    """A shop on a real store."""
    return stored


def with_role(shop: Shop, role: Role, name: str = "Olga") -> Person:
    """A member of staff of a role."""
    tenant = shop.deps.tenants.get(shop.tenant.id)
    made = add_staff(shop.deps.store, shop.deps.ids, tenant, name, frozenset((role,)))
    return Person(shop.app, made.token)


def page(person: Person, query: str = "") -> dict[str, Any]:
    """A page of the audit log."""
    answer = person.get(f"/v1/audit{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    read: dict[str, Any] = answer.get_json()
    return read


def every(person: Person, query: str = "?limit=3") -> list[dict[str, Any]]:
    """All entries, page after page."""
    items, cursor = [], ""
    while True:
        read = page(person, f"{query}{cursor}")
        items += read["items"]
        if read["next"] is None:
            return items
        cursor = f"&cursor={read['next']}"


def two_helped(shop: Shop) -> tuple[Person, str, Person, str]:
    """Two customers with a draft each, in which Marta and then Sam have looked."""
    ana, eva = shop.customer("u-17"), shop.customer("u-18")
    mine, theirs = ana.begin(name="Ana"), eva.begin(name="Eva")
    marta, sam = shop.assist(ana, mine, "Marta"), shop.assist(eva, theirs, "Sam")
    for _ in range(3):
        for staff, draft in ((marta, mine), (sam, theirs)):
            shop.clock.now += 1_000
            staff.draft(draft)
    return ana, mine, eva, theirs


def test_all_chains_are_one_list_newest_first(shop: Shop) -> None:
    """Entries of different partitions in the order of their time, each once, over the pages."""
    _, mine, _, theirs = two_helped(shop)
    olga = with_role(shop, Role.AUDITOR)
    items = every(olga)
    assert [each["at"] for each in items] == sorted((each["at"] for each in items), reverse=True)
    looks = [each for each in items if each["action"] == "draft-viewed"]
    assert len(looks) == 8
    assert {(each["name"], each["draft"]) for each in looks} == {("Marta", mine), ("Sam", theirs)}
    assert all(each["customer"].startswith("cu_") and each["actor"].startswith("st_") for each in looks)


def test_filters_narrow_it(shop: Shop) -> None:
    """By draft, customer, actor, action and time; together they narrow further, down to nothing."""
    ana, mine, eva, theirs = two_helped(shop)
    olga = with_role(shop, Role.SUPERVISOR)
    assert {each["draft"] for each in every(olga, f"?draft={mine}")} == {mine}
    assert {each["draft"] for each in every(olga, f"?customer={eva.customer}")} == {theirs}
    sam = next(each["actor"] for each in page(olga)["items"] if each["name"] == "Sam")
    assert {each["name"] for each in every(olga, f"?actor={sam}&limit=1")} == {"Sam"}
    assert every(olga, "?action=history-viewed") == []
    assert every(olga, f"?customer={ana.customer}&draft={theirs}") == []
    assert every(olga, "?draft=none") == []
    found = every(olga, f"?draft={mine}")
    middle = found[1]["at"]
    assert {each["at"] >= middle for each in every(olga, f"?draft={mine}&since={middle}")} == {True}
    assert all(each["at"] < middle for each in every(olga, f"?draft={mine}&until={middle}"))
    later = timestamp(shop.deps.store.now() + 60_000)
    assert every(olga, f"?since={later}") == []


def test_a_filter_that_few_match_goes_on_from_page_to_page(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request looks at so many entries only; reading on finds the rest, and ends."""
    _, mine, _, theirs = two_helped(shop)
    monkeypatch.setattr(audit_log, "LOOKED_AT", 2)
    olga = with_role(shop, Role.AUDITOR)
    first = page(olga, "?action=nothing")
    assert (first["items"], bool(first["next"])) == ([], True)
    found = [each["draft"] for each in every(olga, "?action=draft-viewed")]
    assert sorted(found) == sorted([mine, theirs] * 4)


def test_that_it_was_read_is_on_record(shop: Shop) -> None:
    """Who watches is watched."""
    olga = with_role(shop, Role.AUDITOR)
    assert [each["action"] for each in page(olga)["items"]] == ["staff-added"]
    seen = page(olga)["items"][0]
    assert (seen["name"], seen["action"], seen["draft"]) == ("Olga", "audit-viewed", None)


def test_nobody_else_reads_it(shop: Shop) -> None:
    """Neither staff at work, nor the service, nor a customer; another tenant's auditor sees their own."""
    ana, *_ = two_helped(shop)
    for person in (with_role(shop, Role.ASSIST), with_role(shop, Role.ADMIN), shop.service, ana, shop.page):
        assert_problem(person.get("/v1/audit"), 403, "insufficient-scope")
    other = shop.neighbour()
    assert [each["actor"] for each in page(with_role(other, Role.AUDITOR))["items"]] == ["operator"]


def test_a_cursor_is_of_its_own_query_only(shop: Shop) -> None:
    """Another filter, another tenant and a made-up one are refused."""
    two_helped(shop)
    olga = with_role(shop, Role.AUDITOR)
    cursor = page(olga, "?limit=1")["next"]
    assert page(olga, f"?limit=2&cursor={cursor}")["items"]
    for query in (f"?action=draft-viewed&cursor={cursor}", "?cursor=made-up"):
        assert_problem(olga.get(f"/v1/audit{query}"), 400, "invalid-cursor")
    stranger = with_role(shop.neighbour(), Role.AUDITOR)
    assert_problem(stranger.get(f"/v1/audit?cursor={cursor}"), 400, "invalid-cursor")


def test_a_page_has_a_hundred_entries_at_most(shop: Shop) -> None:
    """One more is refused."""
    assert_problem(with_role(shop, Role.AUDITOR).get("/v1/audit?limit=101"), 422, "validation-failed")
