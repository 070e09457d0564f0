"""Promises of `/v1/drafts`: opening, reading, ending, and what a stranger learns (nothing)."""

from typing import Any

import pytest

from retoma_server.actions.erasure import erase_customer
from tests.http.asserting import assert_problem
from tests.http.shop import DAY, Person, Shop, set_op


def test_a_new_draft_is_empty_and_whole(shop: Shop) -> None:
    """201, with every member of a draft and an ETag."""
    visitor = shop.visitor()
    answer = visitor.post("/v1/drafts", {"process": "loan"})
    draft = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["ETag"] == f'"{shop.deps.store.epoch}.0"'
    assert (
        draft.items()
        >= {
            "process": "loan",
            "kind": "form",
            "key": "default",
            "customer": visitor.customer,
            "status": "open",
            "revision": 0,
            "data": {},
            "position": None,
            "conflicts": [],
        }.items()
    )
    assert draft.keys() >= {"id", "created_at", "updated_at", "expires_at"}


def test_who_opens_a_draft_again_finds_it(shop: Shop) -> None:
    """200 and the same draft with its values, for each (process, key)."""
    visitor = shop.visitor()
    first = visitor.begin(name="Ann")
    again = visitor.post("/v1/drafts", {"process": "loan", "key": "default"})
    assert (again.status_code, again.get_json()["id"]) == (200, first)
    assert again.get_json()["data"] == {"name": "Ann"}
    other = visitor.post("/v1/drafts", {"process": "loan", "key": "second"})
    assert (other.status_code, other.get_json()["id"] == first) == (201, False)


def test_the_service_opens_a_draft_for_a_customer_that_it_names(shop: Shop) -> None:
    """It must name one, of its own tenant."""
    visitor = shop.visitor()
    opened = shop.service.post("/v1/drafts", {"process": "loan", "customer": visitor.customer})
    assert opened.status_code == 201
    assert visitor.begin() == opened.get_json()["id"]
    assert_problem(shop.service.post("/v1/drafts", {"process": "loan"}), 422, "validation-failed")
    stranger = shop.neighbour().visitor().customer
    foreign = shop.service.post("/v1/drafts", {"process": "loan", "customer": stranger})
    assert_problem(foreign, 404, "not-found")


@pytest.mark.parametrize("field", ["customer", "tenant", "id", "revision", "status", "created_at", "data"])
def test_nobody_sets_what_the_server_decides(shop: Shop, field: str) -> None:
    """Every further field is refused as unknown, by name of none (case 18)."""
    visitor = shop.visitor()
    value = shop.visitor().customer if field == "customer" else "dr_mine"
    problem = assert_problem(
        visitor.post("/v1/drafts", {"process": "loan", field: value}), 422, "unknown-field"
    )
    assert value not in str(problem)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"process": ""},
        {"process": "a b"},
        {"process": "a\n"},
        {"process": "ü"},
        {"process": "x" * 65},
        {"process": 7},
        {"process": None},
        {"process": ["loan"]},
        {"process": "loan", "key": "a/b"},
        {"process": "loan", "key": ""},
        {"process": "loan", "kind": "tree"},
        [],
        None,
        "loan",
    ],
)
def test_a_draft_that_cannot_be_is_refused(shop: Shop, body: Any) -> None:
    """422, whatever is wrong with the process or key."""
    sent = b"null" if body is None else body
    assert_problem(shop.visitor().post("/v1/drafts", sent), 422, "validation-failed")


def test_a_process_and_its_drafts_are_of_one_kind(shop: Shop) -> None:
    """422 `kind-mismatch` for the other one, whether it was registered or began so."""
    visitor = shop.visitor()
    assert visitor.post("/v1/drafts", {"process": "basket", "kind": "cart"}).status_code == 201
    assert_problem(visitor.post("/v1/drafts", {"process": "basket"}), 422, "kind-mismatch")
    assert shop.service.ask("PUT", "/v1/processes/trolley", {"kind": "cart"}).status_code == 201
    assert visitor.post("/v1/drafts", {"process": "trolley"}).get_json()["kind"] == "cart"
    refused = visitor.post("/v1/drafts", {"process": "trolley", "kind": "form"})
    assert_problem(refused, 422, "kind-mismatch")


def test_a_draft_that_the_reader_has_is_not_sent_again(shop: Shop) -> None:
    """304 without a body for its ETag, in any list, weak or `*`; 200 once it changed."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    tag = visitor.get(f"/v1/drafts/{draft}").headers["ETag"]
    for known in (tag, f'"other.1", {tag}', f"W/{tag}", "*"):
        answer = visitor.get(f"/v1/drafts/{draft}", If_None_Match=known)
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    visitor.save(draft, 2, seen=1, name="Anne")
    assert visitor.get(f"/v1/drafts/{draft}", If_None_Match=tag).status_code == 200


def test_shared_browsers_do_not_mix_up_what_different_people_see(shop: Shop) -> None:
    """A draft is private to a browser, checked each time, and varies with the credential."""
    visitor = shop.visitor()
    answer = visitor.get(f"/v1/drafts/{visitor.begin()}")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in answer.headers["Vary"]


def test_a_reader_gets_only_what_is_newer(shop: Shop) -> None:
    """`since`, with or without the epoch, answers a delta: the cells, and who wrote them."""
    visitor = shop.visitor().sending(Retoma_Device="Ann%27s%20phone", Retoma_Channel="web")
    draft = visitor.begin(name="Ann", age=7)
    unset = {"op": "unset", "path": "/age", "seen": 1}
    visitor.send(draft, {"seq": 2, "ops": [set_op("/city", "Vigo", 1), unset]})
    for since in ("1", f"{shop.deps.store.epoch}.1"):
        delta = visitor.get(f"/v1/drafts/{draft}?since={since}").get_json()
        assert (delta["from"], delta["revision"], delta["epoch"]) == (1, 2, shop.deps.store.epoch)
        by = {"kind": "visitor", "channel": "web", "writer": "w_1", "device": "Ann's phone", "name": None}
        assert delta["cells"] == {
            "/city": {"value": "Vigo", "revision": 2, "by": by},
            "/age": {"unset": True, "revision": 2, "by": by},
        }
    assert visitor.get(f"/v1/drafts/{draft}?since=2").get_json()["cells"] == {}


def test_another_history_means_reading_again(shop: Shop) -> None:
    """409 `resync` for another epoch and for a revision that is still to come."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    for since in ("2", "other.1"):
        problem = assert_problem(visitor.get(f"/v1/drafts/{draft}?since={since}"), 409, "resync")
        assert (problem["epoch"], problem["revision"]) == (shop.deps.store.epoch, 1)


@pytest.mark.parametrize("query", ["other=1", "since=0&other=1", "since=0&=x", "Since=0"])
def test_a_query_for_something_else_is_refused(shop: Shop, query: str) -> None:
    """422 `unknown-field`."""
    visitor = shop.visitor()
    assert_problem(visitor.get(f"/v1/drafts/{visitor.begin()}?{query}"), 422, "unknown-field")


@pytest.mark.parametrize(
    "query",
    [
        "since=",
        "since=-1",
        "since=1.5.2",
        "since=x",
        "since=1%0A",
        "since=%D9%A3",
        "since=e.%D9%A3",
        "since=01",
    ],
)
def test_a_since_that_is_none_is_refused(shop: Shop, query: str) -> None:
    """400 `invalid-cursor`."""
    visitor = shop.visitor()
    assert_problem(visitor.get(f"/v1/drafts/{visitor.begin()}?{query}"), 400, "invalid-cursor")


def test_a_discarded_draft_keeps_no_value(shop: Shop) -> None:
    """204, again too; then it is empty, and a new one begins."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    assert [visitor.ask("DELETE", f"/v1/drafts/{draft}").status_code for _ in range(2)] == [204, 204]
    left = visitor.draft(draft)
    assert (left["status"], left["data"]) == ("discarded", {})
    assert visitor.history(draft) == []
    assert visitor.begin() != draft


def test_a_completed_draft_is_not_discarded(shop: Shop) -> None:
    """409 `draft-closed`."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    visitor.post(f"/v1/drafts/{draft}/complete", {"seen": 1, "writer": "w_1", "seq": 2})
    assert_problem(visitor.ask("DELETE", f"/v1/drafts/{draft}"), 409, "draft-closed")


REQUESTS = [
    ("GET", "", None),
    ("GET", "?since=0", None),
    ("GET", "/history", None),
    ("PATCH", "", {"name": "Eve"}),
    ("DELETE", "", None),
    ("POST", "/changes", {"writer": "w_9", "changes": [{"seq": 1, "ops": []}]}),
    ("POST", "/changes", {"seen": 0, "ops": []}),
    ("POST", "/complete", {"seen": 0}),
    ("POST", "/handoffs", {"to": "device"}),
]
"""Everything that can be asked of one draft."""

STRICT = {"If_Match": '"e.1"', "Idempotency_Key": "key-of-a-test"}


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_an_expired_draft_is_gone_before_it_is_swept(shop: Shop, method: str, path: str, body: Any) -> None:
    """410 `draft-expired` for its owner, whatever they ask; a list leaves it out; a new one can begin
    (case 75).
    """
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    shop.clock.now += 30 * DAY
    assert_problem(visitor.ask(method, f"/v1/drafts/{draft}{path}", body, **STRICT), 410, "draft-expired")
    assert visitor.get("/v1/drafts").get_json()["items"] == []
    assert visitor.begin() != draft


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_an_erased_customer_is_gone(shop: Shop, method: str, path: str, body: Any) -> None:
    """410 `customer-erased` for every request with the old token, and nothing of theirs for the service
    (case 75).
    """
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    erase_customer(shop.deps, shop.deps.tenants.get(shop.tenant.id), visitor.customer, "service")
    for _ in range(2):
        answer = visitor.ask(method, f"/v1/drafts/{draft}{path}", body, **STRICT)
        assert_problem(answer, 410, "customer-erased")
    for asked in ("/v1/drafts", "/v1/processes"):
        assert visitor.get(asked).status_code == 410
    assert_problem(visitor.post("/v1/drafts", {"process": "loan"}), 410, "customer-erased")
    assert_problem(shop.service.ask(method, f"/v1/drafts/{draft}{path}", body, **STRICT), 404, "not-found")
    reopened = shop.service.post("/v1/drafts", {"process": "loan", "customer": visitor.customer})
    assert_problem(reopened, 410, "customer-erased")


def test_only_an_erased_customer_learns_that_they_were_one(shop: Shop) -> None:
    """A made-up secret, and a link that was redeemed, open what they would for nobody: 401."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    grant, forger = shop.grant(visitor, draft), Person(shop.app, f"{str(visitor.credential)[:-43]}{'A' * 43}")
    shop.service.ask("DELETE", f"/v1/customers/{visitor.customer}")
    for person in (forger, grant):
        for path in ("/v1/drafts", f"/v1/drafts/{draft}", "/v1/processes"):
            assert_problem(person.get(path), 401, "invalid-token")
    assert_problem(visitor.get("/v1/drafts"), 410, "customer-erased")


def test_a_replay_after_erasure_is_not_the_stored_answer(shop: Shop) -> None:
    """410, not the answer that was kept under the Idempotency-Key (case 46)."""
    visitor = shop.visitor()
    draft = visitor.begin()
    key = "the-very-same-key"
    assert visitor.plain(draft, 0, set_op("/name", "Ann"), key=key).status_code == 200
    erase_customer(shop.deps, shop.deps.tenants.get(shop.tenant.id), visitor.customer, "service")
    assert_problem(visitor.plain(draft, 0, set_op("/name", "Ann"), key=key), 410, "customer-erased")
