"""Promises of `POST …/changes`: merged in order, each once, and what is refused never blocks."""

from typing import Any

import pytest

from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key, set_op

CARD = "4111 1111 1111 1111"
WIDE_CARD = "".join(chr(ord("\uff10") + int(digit)) for digit in "4111111111111111")


def results(answer: Any) -> list[tuple[Any, ...]]:
    """(status, code) of each change of a batch."""
    assert answer.status_code == 200, answer.text
    return [(each["status"], each.get("code")) for each in answer.get_json()["results"]]


def only(answer: Any) -> dict[str, Any]:
    """The one result of a request."""
    assert answer.status_code == 200, answer.text
    [result] = answer.get_json()["results"]
    return dict(result)


def test_a_change_is_applied_and_counted(shop: Shop) -> None:
    """The revision rises; an object is taken apart; the same value again is nothing new."""
    visitor = shop.visitor()
    draft = visitor.begin()
    ops = [set_op("/who", {"name": "Ann", "age": 7}, 0), {"op": "position", "step": "you", "cursor": "c"}]
    answer = visitor.send(draft, {"seq": 1, "ops": ops}, {"seq": 2, "ops": [set_op("/who/age", 7.0, 0)]})
    assert results(answer) == [("applied", None), ("noop", None)]
    assert answer.get_json().keys() == {"revision", "epoch", "results", "conflicts"}
    found = visitor.draft(draft)
    assert (found["revision"], found["data"]) == (1, {"who": {"name": "Ann", "age": 7}})
    assert found["position"] == {"step": "you", "cursor": "c"}


def test_a_change_sent_again_is_answered_as_it_was(shop: Shop) -> None:
    """`replayed`, with the first status, alone or ahead of new ones; with other content `sequence-reused`."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    again = visitor.save(draft, 1, name="Ann")
    assert only(again).items() >= {"seq": 1, "status": "replayed", "was": "applied", "revision": 1}.items()
    changes = [{"seq": seq, "ops": [set_op("/name", "Ann" if seq == 1 else "Anne", 0)]} for seq in (1, 2)]
    assert results(visitor.send(draft, *changes)) == [("replayed", None), ("applied", None)]
    assert results(visitor.save(draft, 1, name="Eve")) == [("rejected", "sequence-reused")]
    assert visitor.data(draft) == {"name": "Anne"}


def test_a_gap_names_the_number_that_is_expected(shop: Shop) -> None:
    """409 `sequence-gap`; nothing of the batch is done."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    for changes in ([3], [2, 4], [2, 2], [3, 2]):
        answer = visitor.send(draft, *({"seq": seq, "ops": [set_op("/a", seq, 1)]} for seq in changes))
        assert assert_problem(answer, 409, "sequence-gap")["expected"] == 2
    assert visitor.draft(draft)["revision"] == 1


def test_a_writer_belongs_to_who_used_it_first(shop: Shop) -> None:
    """403 `writer-mismatch` for anybody else who may write; the same person's new token goes on."""
    ann = shop.customer("ann")
    draft = ann.begin(name="Ann")
    for other in (shop.grant(ann, draft), shop.assist(ann, draft), shop.service):
        assert_problem(other.save(draft, 2, name="Eve"), 403, "writer-mismatch")
    assert results(shop.customer("ann").save(draft, 2, seen=1, name="Anne")) == [("applied", None)]


def test_what_met_unseen_is_kept_beside_it(shop: Shop) -> None:
    """The stored value stays, the arriving one is in the conflict, each with its author; one resolves it."""
    ann = shop.customer("bea").sending(Retoma_Device="Desktop")
    draft = ann.begin(name="Ann")
    phone = shop.customer("bea").sending(Retoma_Device="Phone", Retoma_Channel="mobile_web")
    met = phone.save(draft, 1, writer="w_2", name="Anna")
    assert results(met) == [("conflict", None)]
    [conflict] = met.get_json()["conflicts"]
    assert (conflict["path"], conflict["policy"], conflict["status"]) == ("/name", "incumbent", "open")
    assert (conflict["stored"]["value"], conflict["stored"]["by"]["device"]) == ("Ann", "Desktop")
    assert (conflict["arriving"]["value"], conflict["arriving"]["by"]["channel"]) == ("Anna", "mobile_web")
    assert ann.draft(draft)["conflicts"] == [conflict]
    choice = {"op": "resolve", "conflict": conflict["id"], "choice": "arriving", "seen": 2}
    assert results(ann.send(draft, {"seq": 2, "ops": [choice]})) == [("applied", None)]
    left = ann.draft(draft)
    assert (left["data"], left["conflicts"]) == ({"name": "Anna"}, [])


def test_a_reply_brings_what_else_is_new(shop: Shop) -> None:
    """With `since` a delta comes along, own cells included."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    visitor.save(draft, 1, writer="w_2", seen=1, city="Vigo")
    change = {"seq": 2, "ops": [set_op("/age", 7, 1)]}
    delta = visitor.send(draft, change, since=1, epoch=shop.deps.store.epoch).get_json()["delta"]
    assert (delta["from"], delta["revision"], delta["cells"].keys()) == (1, 3, {"/city", "/age"})


@pytest.mark.parametrize(
    "more", [{"since": 9}, {"epoch": "other"}, {"since": 2**53 - 1}, {"epoch": "other", "since": 0}]
)
def test_another_history_is_refused(shop: Shop, more: dict[str, Any]) -> None:
    """409 `resync`, and nothing is done; so for a `seen` that is still to come."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    change = {"seq": 2, "ops": [set_op("/name", "Eve", 1)]}
    assert_problem(visitor.send(draft, change, **more), 409, "resync")
    assert_problem(visitor.save(draft, 2, seen=2, name="Eve"), 409, "resync")
    assert visitor.data(draft) == {"name": "Ann"}


REFUSED: dict[str, tuple[Any, str]] = {
    "an op that nobody knows": ({"op": "rename", "path": "/a"}, "unknown-op"),
    "no op at all": ("set", "unknown-op"),
    "an op without a value": ({"op": "set", "path": "/a", "seen": 0}, "invalid-op"),
    "an op without seen": ({"op": "set", "path": "/a", "value": 1}, "invalid-op"),
    "a seen that is no integer": ({"op": "set", "path": "/a", "value": 1, "seen": True}, "invalid-op"),
    "a path that is none": (set_op("a", 1, 0), "invalid-path"),
    "a path with a lone tilde": (set_op("/a~2", 1, 0), "invalid-path"),
    "the whole draft": (set_op("", 1, 0), "invalid-path"),
    "a path too deep": (set_op("/a" * 33, 1, 0), "invalid-path"),
    "a forbidden key": (set_op("/__proto__/x", 1, 0), "forbidden-key"),
    "a path below a value": (set_op("/name/first", 1, 1), "path-collision"),
    "a card number": (set_op("/a", CARD, 0), "payment-data-refused"),
    "a card number with dashes": (set_op("/a", "4111-1111-1111-1111", 0), "payment-data-refused"),
    "a card number in wide digits": (set_op("/a", WIDE_CARD, 0), "payment-data-refused"),
    "a card number as a number": (set_op("/a", 4111111111111111, 0), "payment-data-refused"),
    "a card number in an array": (set_op("/a", [[CARD]], 0), "payment-data-refused"),
    "a card number as a name": (set_op(f"/{CARD}", 1, 0), "payment-data-refused"),
    "a field for a security code": (set_op("/card/cvv", "123", 0), "payment-data-refused"),
    "a conflict that is none": (
        {"op": "resolve", "conflict": "cf_9_9", "choice": "stored", "seen": 0},
        "unknown-conflict",
    ),
    "a masked value": (set_op("/a", {"$masked": True, "hint": "A•••"}, 0), "masked-value-echo"),
    "a name too long": (set_op("/" + "a" * 257, 1, 0), "limit-exceeded"),
}


@pytest.mark.parametrize(("op", "code"), REFUSED.values(), ids=REFUSED)
def test_a_change_that_cannot_be_taken_never_blocks_the_queue(shop: Shop, op: Any, code: str) -> None:
    """It is answered `rejected`, its number is used up, the next one is applied; again it is replayed."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    answer = visitor.send(draft, {"seq": 2, "ops": [op]}, {"seq": 3, "ops": [set_op("/b", 1, 1)]})
    expected = "invalid-op" if op == "set" else code
    assert results(answer) == [("rejected", expected), ("applied", None)]
    again = only(visitor.send(draft, {"seq": 2, "ops": [op]}))
    assert (again["status"], again["was"], again["code"]) == ("replayed", "rejected", expected)
    assert visitor.data(draft) == {"name": "Ann", "b": 1}
    noted = [item for item in visitor.history(draft) if item["status"] == "rejected"]
    assert [item["code"] for item in noted] == [expected]
    assert CARD not in str(noted)


@pytest.mark.parametrize(("op", "code"), REFUSED.values(), ids=REFUSED)
def test_a_plain_caller_learns_the_same_as_a_problem(shop: Shop, op: Any, code: str) -> None:
    """With the code, for ops that inherit `seen`: 422, and 400 for a mask that came back."""
    if isinstance(op, dict) and "seen" in op and op["seen"] is not True:
        op = {name: value for name, value in op.items() if name != "seen"}
    if code == "invalid-op" and isinstance(op, dict) and op.get("value") == 1 and "seen" not in op:
        op = {**op, "also": [1]}
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    expected = "invalid-op" if op == "set" else code
    status = 400 if code == "masked-value-echo" else 422
    assert_problem(visitor.plain(draft, 1, op), status, expected)
    assert visitor.draft(draft)["revision"] == 1


def test_what_must_not_be_stored_is_not_stored_as_refused_either(shop: Shop) -> None:
    """Whatever op of a change is refused, no card number and no `never_store` field is kept (case 35)."""
    shop.register("secretive", fields={"/password": "never_store"})
    visitor = shop.visitor()
    draft = visitor.begin("secretive", name="Ann")
    tried = [
        [set_op("/password", "hunter2", 1)],
        [set_op("/name/first", "x", 1), set_op("/password", "hunter2", 1)],
        [{"op": "rename", "value": CARD}],
        [{"op": "resolve", "conflict": CARD, "choice": "stored", "seen": 1}],
        [set_op("password", "hunter2", 1)],
        [{"op": "set", "pointer": "/password", "value": "hunter2", "seen": 1}],
        [{"op": "add", "name": "password", "value": "hunter2", "seen": 1}],
        [set_op("/ok", {"$masked": True}, 1), {"op": "position", "step": CARD}],
    ]
    for seq, ops in enumerate(tried, 2):
        assert only(visitor.send(draft, {"seq": seq, "ops": ops}))["status"] == "rejected"
    visitor.post(f"/v1/drafts/{draft}/complete", {"seen": 1, "writer": "w_1", "seq": len(tried) + 2})
    late = {"seq": 1, "ops": [set_op("/password", "hunter2", 1)]}
    assert_problem(visitor.send(draft, late, writer="w_2"), 409, "draft-closed")
    told = str(visitor.history(draft))
    assert "hunter2" not in told
    assert CARD not in told
    assert_problem(visitor.plain(draft, 1, set_op("/password", "hunter2")), 409, "draft-closed")


def test_a_field_that_is_never_stored_is_refused(shop: Shop) -> None:
    """`field-not-storable`, at and below its pointer, while the rest goes on."""
    shop.register("careful", fields={"/secret": "never_store"})
    visitor = shop.visitor()
    draft = visitor.begin("careful")
    assert only(visitor.save(draft, 1, secret={"a": 1}))["code"] == "field-not-storable"
    assert_problem(visitor.plain(draft, 0, set_op("/secret", 1)), 422, "field-not-storable")
    assert visitor.data(draft) == {}


def test_a_closed_draft_takes_nothing_but_keeps_what_came_late(shop: Shop) -> None:
    """409 `draft-closed`, the same again when sent again, and the payload is in the history."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    visitor.post(f"/v1/drafts/{draft}/complete", {"seen": 1, "writer": "w_1", "seq": 2})
    for _ in range(2):
        problem = assert_problem(visitor.save(draft, 3, seen=1, name="Anne"), 409, "draft-closed")
        assert problem["results"][0]["code"] == "draft-closed"
    key = new_key()
    for _ in range(2):
        assert_problem(visitor.plain(draft, 2, set_op("/city", "Vigo"), key=key), 409, "draft-closed")
    assert visitor.data(draft) == {"name": "Ann"}
    late = [item["ops"] for item in visitor.history(draft) if item["status"] == "rejected"]
    assert late == [[set_op("/city", "Vigo")], [set_op("/name", "Anne", 1)]]


def test_refused_changes_are_kept_up_to_a_quota(shop: Shop) -> None:
    """Beyond 64 KiB a principal's refused changes are noted without their payload."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    for seq in (2, 3, 4):
        visitor.send(draft, {"seq": seq, "ops": [set_op("/name/x", "a" * 30_000, 1)]})
    assert [len(item["ops"]) for item in visitor.history(draft)[:3]] == [0, 1, 1]


def test_refusals_alone_do_not_push_a_drafts_changes_out_of_its_history(shop: Shop) -> None:
    """However many come, and under however many writers' names, what was accepted can still be read."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    grant = shop.grant(visitor, draft)
    for number in range(70):
        below = {"seq": 1, "ops": [set_op("/name/x", number, 1)]}
        refused = grant.send(draft, below, writer=f"w_{number}x")
        assert refused.get_json()["results"][0]["status"] == "rejected"
    noted = [item["status"] for item in visitor.history(draft)]
    assert noted == ["rejected"] * 64 + ["applied"]


def test_a_choice_that_came_late_is_not_kept_where_its_field_is_never_stored(shop: Shop) -> None:
    """The class may be newer than the conflict; the history knows that the choice came, not what it said."""
    visitor = shop.visitor()
    draft = visitor.begin(iban="A")
    visitor.save(draft, 2, seen=1, iban="B")
    conflict = only(visitor.save(draft, 1, writer="w_2", seen=1, iban="C"))["conflicts"][0]
    shop.register("loan", fields={"/iban": "never_store"})
    choice = {"op": "resolve", "conflict": conflict, "choice": "value", "value": "DE89", "seen": 3}
    ended = {"seen": 3, "keep_stored": True}
    assert visitor.post(f"/v1/drafts/{draft}/complete", ended, Idempotency_Key=new_key()).status_code == 200
    assert_problem(visitor.send(draft, {"seq": 3, "ops": [choice]}), 409, "draft-closed")
    assert visitor.history(draft)[0]["ops"] == []


def test_plain_callers_have_each_a_quota_of_their_own(shop: Shop) -> None:
    """Without writers it is the principal who has 64 KiB: nobody uses up another's, no key begins anew."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    people = [visitor, visitor, visitor, shop.grant(visitor, draft), shop.service]
    for person in people:
        refused = person.plain(draft, 1, set_op("/name/x", "a" * 30_000))
        assert_problem(refused, 422, "path-collision")
    assert [len(item["ops"]) for item in visitor.history(draft)[:5]] == [1, 1, 0, 1, 1]


BATCHES: dict[str, tuple[Any, str]] = {
    "no changes": ({"writer": "w_1", "changes": []}, "validation-failed"),
    "too many changes": (
        {"writer": "w_1", "changes": [{"seq": n, "ops": []} for n in range(1, 102)]},
        "limit-exceeded",
    ),
    "no writer": ({"changes": [{"seq": 1, "ops": []}]}, "validation-failed"),
    "a writer that cannot be": ({"writer": "a/b", "changes": [{"seq": 1, "ops": []}]}, "validation-failed"),
    "a writer with a newline": ({"writer": "w\n", "changes": [{"seq": 1, "ops": []}]}, "validation-failed"),
    "a number that is none": ({"writer": "w_1", "changes": [{"seq": "1", "ops": []}]}, "validation-failed"),
    "a number that is true": ({"writer": "w_1", "changes": [{"seq": True, "ops": []}]}, "validation-failed"),
    "a number with a fraction": (
        {"writer": "w_1", "changes": [{"seq": 1.9, "ops": []}]},
        "validation-failed",
    ),
    "number zero": ({"writer": "w_1", "changes": [{"seq": 0, "ops": []}]}, "validation-failed"),
    "a change that is none": ({"writer": "w_1", "changes": [7]}, "validation-failed"),
    "changes that are none": ({"writer": "w_1", "changes": {"seq": 1}}, "validation-failed"),
    "a field of a change": ({"writer": "w_1", "changes": [{"seq": 1, "ops": [], "by": 1}]}, "unknown-field"),
    "a field of the batch": (
        {"writer": "w_1", "revision": 1, "changes": [{"seq": 1, "ops": []}]},
        "unknown-field",
    ),
    "a since that is none": (
        {"writer": "w_1", "since": "1", "changes": [{"seq": 1, "ops": []}]},
        "validation-failed",
    ),
    "an epoch that is none": (
        {"writer": "w_1", "epoch": "", "changes": [{"seq": 1, "ops": []}]},
        "validation-failed",
    ),
    "plain ops without seen": ({"ops": []}, "validation-failed"),
    "a seen that is text": ({"seen": "0", "ops": []}, "validation-failed"),
    "a seen with a fraction": ({"seen": 0.9, "ops": []}, "validation-failed"),
    "a seen that is false": ({"seen": False, "ops": []}, "validation-failed"),
    "plain ops that are none": ({"seen": 0, "ops": 7}, "validation-failed"),
    "plain ops with a writer": ({"seen": 0, "ops": [], "writer": "w_1"}, "unknown-field"),
    "nothing": ({}, "validation-failed"),
}


@pytest.mark.parametrize(("body", "code"), BATCHES.values(), ids=BATCHES)
def test_a_batch_that_cannot_be_read_changes_nothing(shop: Shop, body: Any, code: str) -> None:
    """422, with the place that is wrong (case 32)."""
    visitor = shop.visitor()
    draft = visitor.begin()
    answer = visitor.post(f"/v1/drafts/{draft}/changes", body, Idempotency_Key=new_key())
    assert_problem(answer, 422, code)
    assert results(visitor.save(draft, 1, name="Ann")) == [("applied", None)]


@pytest.mark.parametrize("ops", [None, 7, "set", {"op": "set"}, [7], [None], [[]]])
def test_ops_that_are_none_use_up_their_number(shop: Shop, ops: Any) -> None:
    """`rejected` with `invalid-op`; the history can be read by everybody afterwards."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    change = {"seq": 2} if ops is None else {"seq": 2, "ops": ops}
    assert results(visitor.send(draft, change)) == [("rejected", "invalid-op")]
    for reader in (visitor, shop.grant(visitor, draft), shop.assist(visitor, draft), shop.service):
        assert [item["status"] for item in reader.history(draft)] == ["rejected", "applied"]
        assert all(isinstance(item["ops"], list) for item in reader.history(draft))


def test_an_empty_change_steps_over_a_number(shop: Shop) -> None:
    """`noop`, so that a client can go on after a change that the server could not even parse."""
    visitor = shop.visitor()
    draft = visitor.begin()
    assert results(visitor.send(draft, {"seq": 1, "ops": []})) == [("noop", None)]
    assert results(visitor.save(draft, 2, name="Ann")) == [("applied", None)]


def test_a_draft_holds_so_much_and_no_more(shop: Shop) -> None:
    """2,000 values and 256 KiB; what is too much is refused with `draft-full`, and less goes on."""
    visitor = shop.visitor()
    many = visitor.begin("many")
    values = {f"f{n}": n for n in range(1_990)}
    assert results(visitor.send(many, {"seq": 1, "ops": [set_op("", values, 0)]})) == [("applied", None)]
    assert only(visitor.save(many, 2, seen=1, **{f"g{n}": n for n in range(11)}))["code"] == "draft-full"
    assert results(visitor.save(many, 3, seen=1, **{f"g{n}": n for n in range(10)})) == [("applied", None)]
    large = visitor.begin("large")
    for seq in range(1, 5):
        assert only(visitor.save(large, seq, **{f"f{seq}": "a" * 60_000}))["status"] == "applied"
    assert only(visitor.save(large, 5, f5="a" * 60_000))["code"] == "draft-full"
    assert only(visitor.send(large, {"seq": 6, "ops": [{"op": "unset", "path": "/f1", "seen": 4}]}))
    assert only(visitor.save(large, 7, f5="a" * 60_000))["status"] == "applied"


def test_hostile_text_is_only_text(shop: Shop) -> None:
    """SQL, Lua, HTML, glob and format characters are stored as they are (cases 34, 57)."""
    visitor = shop.visitor()
    hostile = ["'; DROP TABLE records;--", "%s %d {0} ${x}", "<script>alert(1)</script>", "redis.call('X')"]
    draft = visitor.begin(**{f"f{n}": text for n, text in enumerate(hostile)})
    assert list(visitor.data(draft).values()) == hostile
    odd = {"": 1, "*": 2, "a/b": 3, "~": 4, "{x}": 5, "é\u202e": 6}
    assert results(visitor.send(draft, {"seq": 2, "ops": [set_op("/odd", odd, 1)]})) == [("applied", None)]
    assert visitor.data(draft)["odd"] == odd


def test_a_number_that_looks_like_a_card_may_be_something_else(shop: Shop) -> None:
    """A loyalty number with a right check digit but no issuer's prefix is stored (case 37)."""
    visitor = shop.visitor()
    assert visitor.data(visitor.begin(loyalty="7992739871300000")) == {"loyalty": "7992739871300000"}


def test_a_field_may_be_said_to_hold_lookalikes(shop: Shop) -> None:
    """At and below it a number may be like a card's; elsewhere, in lists and by name it may not (case 37)."""
    shop.register("club", lookalikes=["/loyalty"])
    visitor = shop.visitor()
    draft = visitor.begin("club", loyalty={"number": CARD, "digits": 4111111111111111})
    assert visitor.data(draft) == {"loyalty": {"number": CARD, "digits": 4111111111111111}}
    for path, value in {"/note": CARD, "/loyalty/all": [CARD], "/loyalty/cvv": "123"}.items():
        op = set_op(path, value, 1)
        assert_problem(visitor.plain(draft, 1, op), 422, "payment-data-refused")


def test_plain_ops_need_a_key(shop: Shop) -> None:
    """400 `idempotency-key-required`, and nothing is done (case 41)."""
    visitor = shop.visitor()
    draft = visitor.begin()
    answer = visitor.post(f"/v1/drafts/{draft}/changes", {"seen": 0, "ops": [set_op("/a", 1)]})
    assert_problem(answer, 400, "idempotency-key-required")
    assert visitor.draft(draft)["revision"] == 0


def test_plain_ops_merge_like_any_others(shop: Shop) -> None:
    """They inherit `seen`, so that what met unseen is a conflict."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    assert only(visitor.plain(draft, 1, set_op("/city", "Vigo")))["status"] == "applied"
    assert "seq" not in only(visitor.plain(draft, 2, set_op("/city", "Vigo")))
    assert only(visitor.plain(draft, 0, set_op("/name", "Eve")))["status"] == "conflict"
    assert visitor.data(draft) == {"name": "Ann", "city": "Vigo"}


def kept_paths(person: Person, draft: str) -> list[Any]:
    """The paths in the newest item of a draft's history."""
    return [op.get("path") for op in person.history(draft)[0]["ops"]]


def test_the_history_holds_what_was_sent(shop: Shop) -> None:
    """Ops as they came, newest change first."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    visitor.save(draft, 2, seen=1, city="Vigo")
    assert kept_paths(visitor, draft) == ["/city"]
