"""Promises of Idempotency-Key: a request sent twice is answered twice and done once."""

from typing import Any

import pytest

from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key, set_op


def patch(person: Person, draft: str, tag: str, body: Any, key: str) -> Any:
    """The answer to a patch."""
    return person.ask("PATCH", f"/v1/drafts/{draft}", body, If_Match=tag, Idempotency_Key=key)


def tag_of(person: Person, draft: str) -> str:
    """A draft's ETag."""
    tag: str = person.get(f"/v1/drafts/{draft}").headers["ETag"]
    return tag


def test_a_change_sent_twice_is_done_once(shop: Shop) -> None:
    """The same answer, byte for byte, said to be a replay; even after the draft went on."""
    visitor = shop.visitor()
    draft, key = visitor.begin(), new_key()
    first = visitor.plain(draft, 0, set_op("/name", "Ann"), key=key)
    visitor.plain(draft, 1, set_op("/name", "Anne"))
    again = visitor.plain(draft, 0, set_op("/name", "Ann"), key=key)
    assert first.data == again.data
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert visitor.data(draft) == {"name": "Anne"}


def test_a_patch_sent_twice_is_done_once(shop: Shop) -> None:
    """200 both times with the same revision, not 412."""
    visitor = shop.visitor()
    draft, key = visitor.begin(), new_key()
    tag = tag_of(visitor, draft)
    first, again = (patch(visitor, draft, tag, {"name": "Ann"}, key) for _ in range(2))
    assert (first.status_code, first.data) == (again.status_code, again.data) == (200, first.data)
    assert first.headers["ETag"] == again.headers["ETag"]
    assert visitor.draft(draft)["revision"] == 1


def test_a_refusal_is_answered_again(shop: Shop) -> None:
    """A rejected change is refused the same way, and is in the history once."""
    visitor = shop.visitor()
    draft, key = visitor.begin(), new_key()
    for _ in range(3):
        assert_problem(visitor.plain(draft, 0, {"op": "rename"}, key=key), 422, "unknown-op")
    assert len(visitor.history(draft)) == 1


def test_a_request_that_could_not_be_done_may_be_done_later(shop: Shop) -> None:
    """Nothing is kept of a 412: the same key goes with what was put right."""
    visitor = shop.visitor()
    draft, key = visitor.begin(name="Ann"), new_key()
    assert_problem(patch(visitor, draft, '"e.0"', {"a": 1}, key), 412, "revision-conflict")
    assert patch(visitor, draft, tag_of(visitor, draft), {"a": 1}, key).status_code == 200


def test_an_answer_given_again_wears_todays_mask(shop: Shop) -> None:
    """What was public when staff changed or completed a draft and no longer is, is masked in the replay."""
    shop.register("plans", fields={"/plan": "public"})
    visitor = shop.visitor()
    draft = visitor.begin("plans", plan="silver")
    visitor.save(draft, 2, seen=1, plan="gold")
    staff, change, completion = shop.assist(visitor, draft), new_key(), new_key()

    def answers() -> list[str]:
        changed = staff.plain(draft, 1, set_op("/plan", "lead"), key=change)
        body = {"seen": 3, "keep_stored": True}
        done = staff.post(f"/v1/drafts/{draft}/complete", body, Idempotency_Key=completion)
        assert (changed.status_code, done.status_code) == (200, 200), done.text
        return [changed.text, done.text]

    assert ["gold" in answer for answer in answers()] == [True, True]
    shop.register("plans", fields={"/plan": "restricted"})
    assert ["gold" in answer for answer in answers()] == [False, False]


def test_a_key_goes_with_one_request(shop: Shop) -> None:
    """422 `idempotency-key-reused` with another body, other spacing or another If-Match; nothing is done
    (case 42).
    """
    visitor = shop.visitor()
    draft, key = visitor.begin(), new_key()
    tag = tag_of(visitor, draft)
    assert patch(visitor, draft, tag, {"a": 1}, key).status_code == 200
    for body, seen in (({"a": 2}, tag), (b'{ "a": 1 }', tag), ({"a": 1}, tag_of(visitor, draft))):
        assert_problem(patch(visitor, draft, seen, body, key), 422, "idempotency-key-reused")
    assert visitor.data(draft) == {"a": 1}
    plain = new_key()
    visitor.plain(draft, 1, set_op("/b", 1), key=plain)
    assert_problem(visitor.plain(draft, 1, set_op("/b", 2), key=plain), 422, "idempotency-key-reused")


def test_a_key_is_ones_own(shop: Shop) -> None:
    """The same key of others, on other drafts and for other verbs is another, with its own answer
    (case 44).
    """
    visitor = shop.visitor()
    draft, other, key = visitor.begin("one"), visitor.begin("two"), new_key()
    grant = shop.grant(visitor, draft)
    answers = [
        visitor.plain(draft, 0, set_op("/a", 1), key=key),
        grant.plain(draft, 1, set_op("/b", 1), key=key),
        shop.service.plain(draft, 2, set_op("/c", 1), key=key),
        visitor.plain(other, 0, set_op("/a", 1), key=key),
        patch(visitor, draft, tag_of(visitor, draft), {"d": 1}, key),
        visitor.post(f"/v1/drafts/{draft}/complete", {"seen": 4}, Idempotency_Key=key),
    ]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert not [answer for answer in answers if "Idempotency-Replayed" in answer.headers]
    stranger = shop.neighbour().visitor()
    assert_problem(stranger.plain(draft, 0, set_op("/a", 1), key=key), 404, "not-found")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "short",
        "x" * 256,
        "with space inside",
        "new\tline",
        "ü" * 8,
        "a,bcdefgh",
        "a/bcdefgh",
        '""',
        '"half-quoted',
        '""twice-quoted""',
    ],
)
def test_a_key_that_cannot_be_is_refused(shop: Shop, key: str) -> None:
    """400 `invalid-idempotency-key` (case 45)."""
    visitor = shop.visitor()
    draft = visitor.begin()
    answer = visitor.post(f"/v1/drafts/{draft}/changes", {"seen": 0, "ops": []}, Idempotency_Key=key)
    assert_problem(answer, 400, "invalid-idempotency-key")


def test_two_keys_are_none(shop: Shop) -> None:
    """400 for two headers (case 45)."""
    visitor = shop.visitor()
    path = f"/v1/drafts/{visitor.begin()}/changes"
    headers = [
        ("Authorization", f"Bearer {visitor.credential}"),
        ("Idempotency-Key", "key-number-one"),
        ("Idempotency-Key", "key-number-two"),
    ]
    answer = shop.app.test_client().post(path, json={"seen": 0, "ops": []}, headers=headers)
    assert_problem(answer, 400, "invalid-idempotency-key")


def test_a_key_may_be_quoted(shop: Shop) -> None:
    """As a structured field's string it is the same key (RFC 8941)."""
    visitor = shop.visitor()
    draft, key = visitor.begin(), new_key()
    visitor.plain(draft, 0, set_op("/a", 1), key=key)
    again = visitor.plain(draft, 0, set_op("/a", 1), key=f'"{key}"')
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_of_eight_to_255_characters_is_taken(shop: Shop) -> None:
    """Both ends of the range."""
    visitor = shop.visitor()
    draft = visitor.begin()
    assert visitor.plain(draft, 0, set_op("/a", 1), key="12345678").status_code == 200
    assert visitor.plain(draft, 1, set_op("/a", 2), key="x" * 255).status_code == 200
