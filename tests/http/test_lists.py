"""Promises of lists of drafts: one's own, newest first, page by page; for the service by what it asks."""

from typing import Any

import pytest

from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key


def ids(person: Person, query: str = "") -> list[str]:
    """The ids of a list, in order, read to its end two at a time."""
    found: list[str] = []
    cursor = ""
    while True:
        answer = person.get(f"/v1/drafts?limit=2{query}{cursor}")
        assert answer.status_code == 200, answer.text
        found += [each["id"] for each in answer.get_json()["items"]]
        if answer.get_json()["next"] is None:
            return found
        cursor = f"&cursor={answer.get_json()['next']}"


def several(shop: Shop, count: int = 5) -> tuple[Person, list[str]]:
    """A customer and their drafts, oldest first."""
    visitor = shop.visitor()
    drafts = []
    for number in range(count):
        shop.clock.now += 1
        drafts.append(visitor.begin(f"p{number}"))
    return visitor, drafts


def test_a_customer_lists_their_own_newest_change_first(shop: Shop) -> None:
    """Whole drafts, nobody else's, the one changed last on top."""
    visitor, drafts = several(shop)
    several(shop, 2)
    assert ids(visitor) == drafts[::-1]
    shop.clock.now += 1
    visitor.save(drafts[1], 1, a=1)
    assert ids(visitor)[0] == drafts[1]
    touched = {"touched": {"channel": "api", "device": None}}
    assert visitor.get("/v1/drafts").get_json()["items"][0] == visitor.draft(drafts[1]) | touched


def test_drafts_of_the_same_moment_are_all_there(shop: Shop) -> None:
    """Pages break between them without losing or repeating one."""
    visitor = shop.visitor()
    drafts = [visitor.begin(f"p{number}") for number in range(7)]
    assert sorted(ids(visitor)) == sorted(drafts)


def test_a_list_is_narrowed_by_process_status_and_time(shop: Shop) -> None:
    """Alone and together."""
    visitor, drafts = several(shop)
    visitor.post(f"/v1/drafts/{drafts[0]}/complete", {"seen": 0}, Idempotency_Key=new_key())
    assert ids(visitor, "&status=completed") == [drafts[0]]
    assert ids(visitor, "&process=p3") == [drafts[3]]
    assert ids(visitor, "&process=p0&status=open") == []
    assert drafts[0] not in ids(visitor, "&status=open")
    since = visitor.draft(drafts[4])["updated_at"]
    assert set(ids(visitor, f"&updated_since={since}")) == {drafts[4], drafts[0]}


def test_the_service_lists_by_customer_process_status_and_time(shop: Shop) -> None:
    """Over all customers of its tenant, and of no other."""
    ann, of_ann = several(shop, 3)
    ben, of_ben = several(shop, 3)
    assert ids(shop.service, f"&customer={ann.customer}") == of_ann[::-1]
    assert set(ids(shop.service, "&process=p1")) >= {of_ann[1], of_ben[1]}
    since = ben.draft(of_ben[1])["updated_at"]
    assert ids(shop.service, f"&updated_since={since}") == [of_ben[2], of_ben[1]]
    stranger, foreign = several(shop)
    other = shop.neighbour()
    assert ids(other.service) == []
    assert ids(other.service, f"&customer={stranger.customer}") == []
    assert foreign[0] in ids(shop.service)


def test_only_the_service_names_a_customer(shop: Shop) -> None:
    """422 `unknown-field` for anybody else, themselves too."""
    visitor = shop.visitor()
    for customer in (visitor.customer, shop.visitor().customer):
        assert_problem(visitor.get(f"/v1/drafts?customer={customer}"), 422, "unknown-field")


def test_a_cursor_goes_on_with_its_own_list_only(shop: Shop) -> None:
    """400 `invalid-cursor` for another query's, another tenant's, a changed and a made-up one (case 67)."""
    visitor, _ = several(shop)
    cursor = visitor.get("/v1/drafts?limit=2").get_json()["next"]
    for query in (f"status=open&cursor={cursor}", f"cursor={cursor}x", "cursor=x", "cursor=", "cursor=%FF"):
        assert_problem(visitor.get(f"/v1/drafts?{query}"), 400, "invalid-cursor")
    assert_problem(shop.neighbour().visitor().get(f"/v1/drafts?cursor={cursor}"), 400, "invalid-cursor")


def test_a_cursor_shows_nobody_elses_drafts(shop: Shop) -> None:
    """With another customer's cursor one still gets only one's own."""
    ann, _ = several(shop)
    ben, of_ben = several(shop)
    cursor = ann.get("/v1/drafts?limit=2").get_json()["next"]
    items = ben.get(f"/v1/drafts?cursor={cursor}").get_json()["items"]
    assert {each["id"] for each in items} <= set(of_ben)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "status=lost",
        "status=",
        "process=a%2Fb",
        "process='%20OR%201=1",
        "customer=cu_1",
        "updated_since=yesterday",
        "updated_since=2026-11-22T09:00:00",
        "updated_since=12",
    ],
)
def test_a_query_that_cannot_be_is_refused(shop: Shop, query: str) -> None:
    """422 `validation-failed`."""
    assert_problem(shop.service.get(f"/v1/drafts?{query}"), 422, "validation-failed")


@pytest.mark.parametrize("query", ["sort=name", "filter[status]=open", "tenant=te_1"])
def test_what_cannot_be_asked_is_refused(shop: Shop, query: str) -> None:
    """422 `unknown-field` (case 34)."""
    assert_problem(shop.service.get(f"/v1/drafts?{query}"), 422, "unknown-field")


@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00%2B14:00",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59-14:00",
        "1969-12-31T23:59:59Z",
    ],
)
def test_any_moment_can_be_asked_for(shop: Shop, moment: str) -> None:
    """From the first to the last that can be written."""
    visitor, drafts = several(shop, 1)
    expected: list[Any] = [] if moment.startswith("9") else drafts
    assert ids(visitor, f"&updated_since={moment}") == expected
