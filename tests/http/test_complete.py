"""Promises of `POST …/complete`: once, of what was seen, with nothing left open."""

from typing import Any

from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key


def complete(person: Person, draft: str, seen: Any, **more: Any) -> Any:
    """The answer to a completion by a plain caller."""
    key = more.pop("key", None) or new_key()
    return person.post(f"/v1/drafts/{draft}/complete", {"seen": seen, **more}, Idempotency_Key=key)


def in_conflict(shop: Shop) -> tuple[Person, str]:
    """Somebody with a draft at revision 2 in which a conflict is open."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    visitor.save(draft, 1, writer="w_2", name="Eve")
    return visitor, draft


def test_a_draft_is_completed_once(shop: Shop) -> None:
    """The completed draft comes back, again for the same key; under another key it is closed."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    key = new_key()
    first, again = complete(visitor, draft, 1, key=key), complete(visitor, draft, 1, key=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.get_json()["status"] == "completed"
    assert first.get_json() == again.get_json() == visitor.draft(draft)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert_problem(complete(visitor, draft, 2), 409, "draft-closed")
    assert visitor.begin() != draft


def test_a_writer_completes_with_its_next_number(shop: Shop) -> None:
    """Sent again it is answered again; a gap, another writer's number and a reused one are refused."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    path = f"/v1/drafts/{draft}/complete"
    gap = visitor.post(path, {"seen": 1, "writer": "w_1", "seq": 3})
    assert assert_problem(gap, 409, "sequence-gap")["expected"] == 2
    reused = visitor.post(path, {"seen": 1, "writer": "w_1", "seq": 1})
    assert_problem(reused, 409, "sequence-reused")
    service = shop.service.post(path, {"seen": 1, "writer": "w_1", "seq": 2})
    assert_problem(service, 403, "writer-mismatch")
    answers = [visitor.post(path, {"seen": 1, "writer": "w_1", "seq": 2}) for _ in range(2)]
    assert [answer.get_json()["status"] for answer in answers] == ["completed", "completed"]


def test_a_change_is_not_taken_for_a_completion(shop: Shop) -> None:
    """Whatever it says: its number is used, and the draft stays open."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    for seq, ops in ((2, ["complete"]), (3, [])):
        visitor.send(draft, {"seq": seq, "ops": ops})
        reused = visitor.post(f"/v1/drafts/{draft}/complete", {"seen": 1, "writer": "w_1", "seq": seq})
        assert_problem(reused, 409, "sequence-reused")
    assert visitor.draft(draft)["status"] == "open"


def test_a_draft_that_changed_since_is_not_completed(shop: Shop) -> None:
    """412 `revision-conflict` with the delta."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    visitor.save(draft, 2, seen=1, city="Vigo")
    problem = assert_problem(complete(visitor, draft, 1), 412, "revision-conflict")
    assert problem["delta"]["cells"].keys() == {"/city"}
    assert_problem(complete(visitor, draft, 3), 412, "revision-conflict")
    assert visitor.draft(draft)["status"] == "open"


def test_open_conflicts_stand_in_the_way(shop: Shop) -> None:
    """409 `conflicts-open` with the conflicts themselves."""
    visitor, draft = in_conflict(shop)
    problem = assert_problem(complete(visitor, draft, 2), 409, "conflicts-open")
    assert problem["conflicts"] == visitor.draft(draft)["conflicts"]


def test_one_may_say_to_keep_what_is_stored(shop: Shop) -> None:
    """Then the conflicts are closed with the draft."""
    visitor, draft = in_conflict(shop)
    done = complete(visitor, draft, 2, keep_stored=True).get_json()
    assert (done["status"], done["data"], done["conflicts"]) == ("completed", {"name": "Ann"}, [])


def test_a_schema_is_kept_on_completion(shop: Shop) -> None:
    """422 with a pointer and code for each fault and no value; drafts before may be anything."""
    schema = {
        "type": "object",
        "required": ["name"],
        "properties": {"age": {"type": "integer", "minimum": 18}},
    }
    shop.register("checked", schema=schema)
    visitor = shop.visitor()
    draft = visitor.begin("checked", age="canary-value")
    problem = assert_problem(complete(visitor, draft, 1), 422, "validation-failed")
    assert {(each["pointer"], each["code"]) for each in problem["errors"]} == {
        ("", "required"),
        ("/age", "type"),
    }
    assert "canary" not in str(problem)
    visitor.save(draft, 2, seen=1, name="Ann", age=18)
    assert complete(visitor, draft, 2).status_code == 200


def test_a_completion_says_who_and_what(shop: Shop) -> None:
    """Without key or writer 400, with half a writer 422, with anything unknown 422."""
    visitor = shop.visitor()
    draft = visitor.begin()
    path = f"/v1/drafts/{draft}/complete"
    assert_problem(visitor.post(path, {"seen": 0}), 400, "idempotency-key-required")
    assert_problem(visitor.post(path, {"seen": 0, "seq": 1}), 422, "validation-failed")
    assert_problem(visitor.post(path, {"seen": 0, "writer": "w_1"}), 422, "validation-failed")
    assert_problem(complete(visitor, draft, 0, status="open"), 422, "unknown-field")
    for seen in ("0", 0.0, 1.9, True, None, -1, 2**53):
        assert complete(visitor, draft, seen).status_code in (400, 422)
    for keep in (1, "true", "yes", [], {}):
        assert_problem(complete(visitor, draft, 0, keep_stored=keep), 422, "validation-failed")
    assert visitor.draft(draft)["status"] == "open"
