"""Promises of `PATCH /v1/drafts/{id}`: a merge patch (RFC 7396) for exactly the revision that was seen."""

from typing import Any

import pytest

from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key, set_op


def patch(person: Person, draft: str, revision: int, body: Any, **headers: str) -> Any:
    """The answer to a patch of a revision."""
    sent = {"If_Match": f'"{epoch_of(person)}.{revision}"', "Idempotency_Key": new_key(), **headers}
    return person.ask("PATCH", f"/v1/drafts/{draft}", body, **sent)


def epoch_of(person: Person) -> str:
    """The epoch of the store behind the server."""
    epoch: str = person.app.extensions["retoma"].store.epoch
    return epoch


PATCHES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"a": "foo"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ({"a": {"b": 1}}, {"a": "foo"}, {"a": "foo"}),
    ({"a": {"b": 1}}, {"a": None}, {}),
    ({"e": 1}, {"a": {}}, {"e": 1, "a": {}}),
    ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
]
"""RFC 7396, appendix A, as far as a draft can hold it: values, patch, what is left."""


@pytest.mark.parametrize(("before", "body", "after"), PATCHES)
def test_a_patch_does_what_the_rfc_says(
    shop: Shop, before: dict[str, Any], body: dict[str, Any], after: dict[str, Any]
) -> None:
    """The draft holds the merged values; the answer names the new revision, in its ETag too."""
    visitor = shop.visitor()
    draft = visitor.begin()
    visitor.send(draft, {"seq": 1, "ops": [set_op("", before, 0)]})
    answer = patch(visitor, draft, 1, body, Content_Type="application/merge-patch+json")
    assert answer.status_code == 200, answer.text
    found = visitor.draft(draft)
    assert found["data"] == after
    assert answer.get_json() == {"revision": found["revision"], "epoch": epoch_of(visitor)}
    assert answer.headers["ETag"] == f'"{epoch_of(visitor)}.{found["revision"]}"'


def test_a_stale_patch_is_told_what_is_newer(shop: Shop) -> None:
    """412 `revision-conflict` with the revision and the delta from what was seen; nothing is changed
    (case 39).
    """
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    visitor.save(draft, 2, seen=1, city="Vigo")
    problem = assert_problem(patch(visitor, draft, 1, {"name": "Eve"}), 412, "revision-conflict")
    assert problem["revision"] == 2
    assert problem["delta"]["from"] == 1
    assert problem["delta"]["cells"].keys() == {"/city"}
    tag = {"If_Match": '"other.2"'}
    problem = assert_problem(patch(visitor, draft, 2, {"name": "Eve"}, **tag), 412, "revision-conflict")
    assert problem["delta"]["cells"].keys() == {"/name", "/city"}
    assert_problem(patch(visitor, draft, 999, {"name": "Eve"}), 412, "revision-conflict")
    assert visitor.data(draft) == {"name": "Ann", "city": "Vigo"}


def test_a_stranger_is_told_nothing_of_a_stale_patch(shop: Shop) -> None:
    """404, without revision or delta (case 39)."""
    draft = shop.visitor().begin(name="Ann")
    problem = assert_problem(patch(shop.visitor(), draft, 0, {"name": "Eve"}), 404, "not-found")
    assert not problem.keys() & {"revision", "delta"}


def test_what_was_seen_must_be_said(shop: Shop) -> None:
    """428 without If-Match, before anything else is looked at (case 38)."""
    visitor = shop.visitor()
    answer = visitor.ask("PATCH", f"/v1/drafts/{visitor.begin()}", {}, Idempotency_Key=new_key())
    assert_problem(answer, 428, "precondition-required")


@pytest.mark.parametrize(
    "tag", ["*", 'W/"e.1"', "e.1", '"e"', '""', '"e.1", "e.2"', '"e.x"', "'e.1'", "", '"e.01"', '\xa0"e.1"']
)
def test_an_etag_that_is_none_of_ours_is_refused(shop: Shop, tag: str) -> None:
    """400 `invalid-etag`: a strict request names one revision, strongly (case 39)."""
    visitor = shop.visitor()
    assert_problem(patch(visitor, visitor.begin(), 0, {}, If_Match=tag), 400, "invalid-etag")


def test_a_patch_needs_a_key(shop: Shop) -> None:
    """400 `idempotency-key-required` (case 41)."""
    visitor = shop.visitor()
    tag = f'"{epoch_of(visitor)}.0"'
    answer = visitor.ask("PATCH", f"/v1/drafts/{visitor.begin()}", {"a": 1}, If_Match=tag)
    assert_problem(answer, 400, "idempotency-key-required")


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "a card number": ({"a": {"b": "4111-1111-1111-1111"}}, 422, "payment-data-refused"),
    "a security code": ({"card": {"cvc": "123"}}, 422, "payment-data-refused"),
    "a field that is never stored": ({"secret": 1}, 422, "field-not-storable"),
    "a masked value": ({"name": {"$masked": True, "hint": "A•••"}}, 400, "masked-value-echo"),
    "a forbidden key": ({"constructor": 1}, 422, "forbidden-key"),
    "too much": ({f"f{n}": "a" * 60_000 for n in range(5)}, 413, "content-too-large"),
    "a name that is too long": ({"a" * 257: 1}, 422, "limit-exceeded"),
    "too many values": ({f"f{n}": n for n in range(1_999)}, 422, "draft-full"),
}


@pytest.mark.parametrize(("body", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_a_patch_is_refused_whole(shop: Shop, body: dict[str, Any], status: int, code: str) -> None:
    """Nothing of it is done, nothing of it is repeated."""
    shop.register("careful", fields={"/secret": "never_store"})
    visitor = shop.visitor()
    draft = visitor.begin("careful", name="Ann")
    assert_problem(patch(visitor, draft, 1, {"city": "Vigo", **body}), status, code)
    assert visitor.draft(draft)["revision"] == 1
    assert visitor.data(draft) == {"name": "Ann"}


def test_a_patch_of_a_closed_draft_is_refused_and_kept(shop: Shop) -> None:
    """409 `draft-closed` as often as it is sent; what came late is in the history, once."""
    visitor, key = shop.visitor(), new_key()
    draft = visitor.begin(name="Ann")
    visitor.post(f"/v1/drafts/{draft}/complete", {"seen": 1, "writer": "w_1", "seq": 2})
    for _ in range(2):
        late = patch(visitor, draft, 2, {"name": "Eve"}, Idempotency_Key=key)
        assert assert_problem(late, 409, "draft-closed")["results"][0]["status"] == "rejected"
    kept, applied = visitor.history(draft)
    assert (kept["status"], kept["code"], kept["ops"]) == (
        "rejected",
        "draft-closed",
        [set_op("/name", "Eve")],
    )
    assert applied["status"] == "applied"
    assert visitor.data(draft) == {"name": "Ann"}


def test_a_late_patch_with_a_card_number_is_not_kept(shop: Shop) -> None:
    """409 all the same; the history knows that it came, not what it said."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    visitor.ask("DELETE", f"/v1/drafts/{draft}")
    assert_problem(patch(visitor, draft, 2, {"a": "4111-1111-1111-1111"}), 409, "draft-closed")
    assert [item["ops"] for item in visitor.history(draft)] == [[]]


@pytest.mark.parametrize("body", [b"[]", b"null", b'"a"', b"7"])
def test_a_patch_is_an_object(shop: Shop, body: bytes) -> None:
    """422 for any other JSON."""
    visitor = shop.visitor()
    assert_problem(patch(visitor, visitor.begin(), 0, body), 422, "validation-failed")


def test_a_patch_for_nothing_new_leaves_the_revision(shop: Shop) -> None:
    """The same value, equal as JSON, changes nothing."""
    visitor = shop.visitor()
    draft = visitor.begin(age=7)
    assert patch(visitor, draft, 1, {"age": 7.0}).get_json()["revision"] == 1
