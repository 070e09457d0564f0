"""Saving over a bad network: everything arrives, once, and what cannot is told."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

import retoma

from .wire import CHANGES, DRAFT, conflict_json, delta_json, draft_json, problem_json, reply_json


def sent(network: responses.RequestsMock) -> list[dict[str, Any]]:
    """The bodies that were sent, in order."""
    return [json.loads(call.request.body) for call in network.calls if call.request.body]


def test_a_save_says_what_became_of_it(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """One request carries the change, and its answer brings what others did."""
    network.post(CHANGES, json=reply_json(5, 7, {1: "applied"}, {"/city": "Rome", "/age": 40}))
    draft.set("age", 40)

    saved = draft.save()

    assert (saved.revision, saved.arrived, saved.rejected) == (7, ("/city",), ())
    assert [result.status for result in saved.results] == ["applied"]
    assert not draft.unsaved
    assert sent(network)[0]["changes"] == [
        {"seq": 1, "ops": [{"op": "set", "path": "/age", "value": 40, "seen": 5}]}
    ]
    assert (sent(network)[0]["epoch"], sent(network)[0]["since"]) == ("e1", 5)


def test_saving_nothing_sends_nothing(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """It answers at once, at the revision that is known."""
    assert draft.save() == retoma.SaveResult(5)


@pytest.mark.parametrize(
    "fault",
    [
        {"body": requests.ConnectionError()},
        {"body": requests.ReadTimeout()},
        {"body": requests.exceptions.ChunkedEncodingError()},
        {"status": 502, "body": "<html>Bad gateway</html>"},
        {"status": 200, "body": "<html>Please sign in to this network</html>"},
        {"status": 200, "body": '{"revision": 6, "resul'},
        {"status": 200, "body": "[]"},
        {"status": 408},
        {"status": 503, "json": problem_json("busy", 503, retryable=True)},
        {"status": 507, "json": problem_json("storage-full", 507, retryable=True)},
        {"status": 409, "json": problem_json("in-progress", 409, retryable=True)},
    ],
    ids=str,
)
def test_a_fault_is_met_by_sending_the_same_bytes(
    draft: retoma.Draft, network: responses.RequestsMock, pauses: list[float], fault: dict[str, Any]
) -> None:
    """Whether the first attempt was done or not, the second carries the same numbers."""
    network.post(CHANGES, **fault)
    network.post(CHANGES, json=reply_json(5, 6, {1: "replayed"}))
    draft.set("age", 40)

    draft.save()

    assert network.calls[0].request.body == network.calls[1].request.body
    assert pauses == [0.25]
    assert not draft.unsaved


def test_an_answer_that_leaves_a_change_out_is_no_answer(
    draft: retoma.Draft, network: responses.RequestsMock
) -> None:
    """Nothing is dropped that was not acknowledged."""
    network.post(CHANGES, json=reply_json(5, 5, {}))
    draft.set("age", 40)

    with pytest.raises(retoma.NetworkError, match="incomplete-answer"):
        draft.save()
    assert draft["age"] == 40
    assert draft.unsaved


def test_when_trying_again_does_not_help_everything_is_kept(
    draft: retoma.Draft, network: responses.RequestsMock, pauses: list[float]
) -> None:
    """The next save sends the same change under the same number."""
    for _ in range(4):
        network.post(CHANGES, body=requests.ConnectionError())
    network.post(CHANGES, json=reply_json(5, 6, {1: "applied"}))
    draft.set("age", 40)

    with pytest.raises(retoma.NetworkError):
        draft.save()
    assert (draft["age"], draft.unsaved) == (40, True)
    draft.save()

    assert pauses == [0.25, 0.5, 1.0]
    assert len({call.request.body for call in network.calls}) == 1


def test_retry_after_wins(draft: retoma.Draft, network: responses.RequestsMock, pauses: list[float]) -> None:
    """In seconds, or as a date, which counts from the server's own clock."""
    limited = problem_json("rate-limited", 429, retryable=True)
    dates = {"Date": "Thu, 01 Jan 2026 10:00:00 GMT", "Retry-After": "Thu, 01 Jan 2026 10:00:09 GMT"}
    network.post(CHANGES, json=limited, status=429, headers={"Retry-After": "7"})
    network.post(CHANGES, json=limited, status=429, headers=dates)
    network.post(CHANGES, json=reply_json(5, 6, {1: "applied"}))
    draft.set("age", 40)

    draft.save()

    assert pauses == [7.0, 9.0]


def test_a_long_retry_after_is_the_callers_to_wait_out(
    draft: retoma.Draft, network: responses.RequestsMock, pauses: list[float]
) -> None:
    """More than a minute: the error says how long."""
    network.post(
        CHANGES, json=problem_json("rate-limited", 429, True), status=429, headers={"Retry-After": "61"}
    )
    draft.set("age", 40)

    with pytest.raises(retoma.RateLimitedError) as raised:
        draft.save()
    assert raised.value.retry_after == 61
    assert (pauses, draft.unsaved) == ([], True)


def test_a_fault_that_says_so_is_not_tried_again(
    draft: retoma.Draft, network: responses.RequestsMock
) -> None:
    """`retryable: false` wins over the status."""
    network.post(CHANGES, json=problem_json("integrity-failure", 500), status=500)
    draft.set("age", 40)

    with pytest.raises(retoma.ServerError) as raised:
        draft.save()
    assert (raised.value.code, raised.value.request_id) == ("integrity-failure", "req_1")
    assert draft.unsaved


def test_a_redirect_is_not_followed(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """Following could send the credential elsewhere or turn the POST into a GET; a loop never begins
    (case 80).
    """
    network.post(CHANGES, status=302, headers={"Location": CHANGES})
    draft.set("age", 40)

    with pytest.raises(retoma.NetworkError, match="unexpected-redirect") as raised:
        draft.save()
    assert raised.value.facts["location"] == CHANGES
    assert draft.unsaved


def test_a_conflict_is_told_and_kept(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """Both values are there to choose from, and a choice is saved like an edit."""
    conflict = conflict_json(6, stored="Bo", arriving="Anna")
    cells = {"/name": "Bo"}
    network.post(CHANGES, json=reply_json(5, 6, {1: "conflict"}, cells, conflicts=[conflict]))
    network.post(CHANGES, json=reply_json(6, 7, {2: "applied"}, {"/name": "Anna"}))
    draft.set("name", "Anna")

    (met,) = draft.save().conflicts
    assert (draft["name"], met.stored.value, met.arriving.value, met.stored.by.device) == (
        "Bo",
        "Bo",
        "Anna",
        "iPhone",
    )
    draft.resolve(met, "arriving")
    assert (draft["name"], draft.conflicts) == ("Anna", ())
    draft.save()

    assert sent(network)[1]["changes"][0]["ops"] == [
        {"op": "resolve", "conflict": "cf_6_0", "choice": "arriving", "seen": 6}
    ]


def test_a_refused_change_is_told_and_blocks_nothing(
    draft: retoma.Draft, network: responses.RequestsMock
) -> None:
    """What was in it stays readable; what comes after it is saved."""
    network.post(CHANGES, json=reply_json(5, 6, {1: "rejected", 2: "applied"}, {"/b": 2}))
    draft.set("a", 1)
    with draft.transaction() as transaction:
        transaction.set("b", 2)

    saved = draft.save()

    assert [(each.seq, each.code, each.ops[0]["path"]) for each in saved.rejected] == [
        (1, "draft-full", "/a")
    ]
    assert draft.rejected == saved.rejected
    assert draft.data == {"name": "Ann", "b": 2}


def test_a_refusal_that_was_lost_is_told_when_it_is_replayed(
    draft: retoma.Draft, network: responses.RequestsMock
) -> None:
    """`replayed` says what it was the first time."""
    replayed = {"seq": 1, "status": "replayed", "was": "rejected", "code": "draft-full", "revision": 5}
    network.post(CHANGES, json=reply_json(5, 5, {}) | {"results": [replayed]})
    draft.set("a", 1)

    assert [each.code for each in draft.save().rejected] == ["draft-full"]


def test_a_change_that_cannot_be_read_is_found_and_stepped_over(
    draft: retoma.Draft, network: responses.RequestsMock
) -> None:
    """The batch is sent singly; the bad one uses up its number empty, and the others are saved."""
    network.post(CHANGES, json=problem_json("number-out-of-range", 400), status=400)
    network.post(CHANGES, json=problem_json("number-out-of-range", 400), status=400)
    network.post(CHANGES, json=reply_json(5, 5, {1: "noop"}))
    network.post(CHANGES, json=reply_json(5, 6, {2: "applied"}))
    draft.set("a", 10**400)
    with draft.transaction() as transaction:
        transaction.set("b", 2)

    saved = draft.save()

    assert [[change["seq"] for change in body["changes"]] for body in sent(network)] == [
        [1, 2],
        [1],
        [1],
        [2],
    ]
    assert sent(network)[2]["changes"] == [{"seq": 1, "ops": []}]
    assert [(each.code, each.ops[0]["value"]) for each in saved.rejected] == [
        ("number-out-of-range", 10**400)
    ]


def test_when_even_nothing_is_refused_the_change_is_put_back(
    draft: retoma.Draft, network: responses.RequestsMock
) -> None:
    """Then the fault is not the change's, and it must not be lost to it."""
    network.post(CHANGES, json=problem_json("bad-request", 400), status=400)
    network.post(CHANGES, json=problem_json("bad-request", 400), status=400)
    draft.set("a", 1)

    with pytest.raises(retoma.InvalidRequestError):
        draft.save()
    assert (draft["a"], draft.unsaved, draft.rejected) == (1, True, ())


def test_a_gap_is_filled_from_the_number_that_is_expected(
    draft: retoma.Draft, network: responses.RequestsMock
) -> None:
    """A server that has forgotten a number is given an empty change for it."""
    network.post(CHANGES, json=reply_json(5, 6, {1: "applied"}))
    network.post(CHANGES, json=problem_json("sequence-gap", 409, expected=1), status=409)
    network.post(CHANGES, json=reply_json(6, 7, {1: "noop", 2: "applied"}))
    draft.set("a", 1)
    draft.save()
    draft.set("b", 2)
    draft.save()

    assert [(each["seq"], len(each["ops"])) for each in sent(network)[2]["changes"]] == [(1, 0), (2, 1)]


def test_a_gap_that_never_closes_is_an_error(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """The SDK does not try for ever."""
    for _ in range(4):
        network.post(CHANGES, json=problem_json("sequence-gap", 409, expected=1), status=409)
    draft.set("a", 1)

    with pytest.raises(retoma.ConflictError) as raised:
        draft.save()
    assert (raised.value.expected, draft.unsaved) == (1, True)


def test_after_a_restore_the_draft_is_read_again_and_edits_are_kept(
    draft: retoma.Draft, network: responses.RequestsMock
) -> None:
    """The server keeps what differs as a conflict, since nothing was seen in the new epoch."""
    network.post(CHANGES, json=problem_json("resync", 409), status=409)
    network.get(DRAFT, json=draft_json(3, {"name": "An"}), headers={"ETag": '"e2.3"'})
    network.post(
        CHANGES, json=reply_json(3, 4, {1: "applied"}) | {"delta": delta_json(3, 4) | {"epoch": "e2"}}
    )
    draft.set("age", 40)

    draft.save()

    (first, second) = sent(network)
    assert (second["epoch"], second["changes"][0]["ops"][0]["seen"]) == ("e2", 0)
    assert first["writer"] != second["writer"]
    assert (draft["name"], draft.revision) == ("An", 4)


def test_an_older_answer_of_the_same_epoch_is_an_error_and_loses_nothing(
    draft: retoma.Draft, network: responses.RequestsMock
) -> None:
    """The server forgot what it had acknowledged: nobody may overlook that (case 80)."""
    network.post(CHANGES, json=reply_json(2, 3, {1: "applied"}))
    draft.set("age", 40)

    with pytest.raises(retoma.LostUpdateError) as raised:
        draft.save()
    assert (raised.value.acknowledged, raised.value.answered) == (5, 3)
    assert (draft.data, draft.unsaved) == ({"name": "Ann", "age": 40}, True)


def test_a_server_that_forgot_is_told_apart_from_a_restore(
    draft: retoma.Draft, network: responses.RequestsMock
) -> None:
    """An older revision in the same epoch: nothing here is given up for it."""
    network.post(CHANGES, json=problem_json("resync", 409), status=409)
    network.get(DRAFT, json=draft_json(3, {}), headers={"ETag": '"e1.3"'})
    draft.set("age", 40)

    with pytest.raises(retoma.LostUpdateError):
        draft.save()
    assert (draft.data, draft.revision) == ({"name": "Ann", "age": 40}, 5)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "token-expired", retoma.AuthenticationError),
        (403, "writer-mismatch", retoma.PermissionDeniedError),
        (404, "not-found", retoma.NotFoundError),
        (409, "draft-closed", retoma.ClosedError),
        (410, "draft-expired", retoma.ClosedError),
        (415, "unsupported-media-type", retoma.InvalidRequestError),
    ],
)
def test_a_refusal_is_typed_and_keeps_the_edits(
    draft: retoma.Draft,
    network: responses.RequestsMock,
    status: int,
    code: str,
    kind: type[retoma.RetomaError],
) -> None:
    """A caller catches by what they would do about it."""
    network.post(CHANGES, json=problem_json(code, status), status=status)
    draft.set("age", 40)

    with pytest.raises(kind, match=code):
        draft.save()
    assert (draft["age"], draft.unsaved) == (40, True)


def test_many_changes_go_in_batches(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """At most a hundred changes a request, oldest first."""
    network.post(CHANGES, json=reply_json(5, 105, dict.fromkeys(range(1, 101), "applied")))
    network.post(CHANGES, json=reply_json(105, 106, {101: "applied"}))
    for number in range(101):
        with draft.transaction() as transaction:
            transaction.set("n", number)

    assert len(draft.save().results) == 101
    assert [len(body["changes"]) for body in sent(network)] == [100, 1]


def test_large_changes_go_in_batches(draft: retoma.Draft, network: responses.RequestsMock) -> None:
    """At most 60 kB a request, but one change at least."""
    network.post(CHANGES, json=reply_json(5, 6, {1: "applied"}))
    network.post(CHANGES, json=reply_json(6, 7, {2: "applied"}))
    for name in ("a", "b"):
        with draft.transaction() as transaction:
            transaction.set(name, "x" * 40_000)
    draft.save()

    assert [len(body["changes"]) for body in sent(network)] == [1, 1]


@pytest.mark.parametrize(
    "edit",
    [lambda d: d.set("a", float("nan")), lambda d: d.set("a", "\ud800"), lambda d: d.set("a", object())],
)
def test_what_json_cannot_hold_is_refused_at_once(
    draft: retoma.Draft, edit: Callable[[retoma.Draft], None]
) -> None:
    """Where the mistake is made, not when it is sent."""
    with pytest.raises((TypeError, ValueError)):
        edit(draft)
    assert not draft.unsaved


def test_a_value_is_what_it_was_when_it_was_set(draft: retoma.Draft) -> None:
    """Altering a list afterwards alters no edit, nor does altering what was read."""
    items = [1]
    draft.set("items", items)
    items.append(2)
    draft["items"].append(3)
    draft.data["items"].append(4)

    assert draft["items"] == [1]
