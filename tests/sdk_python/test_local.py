"""The client algorithm: what is seen, what is sent, what survives."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retoma._local_form import LocalForm
from retoma._ops import patch_ops, position_op, set_ops, unset_op
from retoma._stored import Base

from .wire import EPOCH, conflict_json, delta_json, draft_json, reply_json


def local(revision: int = 5, data: dict[str, Any] | None = None, **members: Any) -> LocalForm:
    """A local draft with nothing unsaved."""
    return LocalForm("w_me", Base(draft_json(revision, data, **members), EPOCH))


def sending(draft: LocalForm) -> LocalForm:
    """The draft once its next batch is on its way."""
    return draft.sending(draft.outbox.batch())


def wires(draft: LocalForm) -> list[list[dict[str, Any]]]:
    """The ops of every unacknowledged change."""
    return [change.wire["ops"] for change in draft.outbox.changes]


def test_edits_show_at_once_and_wait_as_one_change() -> None:
    """Plain edits gather in one change; the last value of a field counts."""
    draft = local(data={"name": "Ann"}).edited(set_ops("name", "An")).edited(set_ops("city", "Rome"))
    draft = draft.edited(set_ops("name", "Anna"))

    assert draft.view == {"name": "Anna", "city": "Rome"}
    assert wires(draft) == [
        [
            {"op": "set", "path": "/name", "value": "Anna", "seen": 5},
            {"op": "set", "path": "/city", "value": "Rome", "seen": 5},
        ]
    ]


def test_what_changes_nothing_on_screen_is_no_edit() -> None:
    """Setting what is there, or taking away what is not, sends nothing."""
    draft = local(data={"name": "Ann"}).edited(set_ops("name", "Ann")).edited([unset_op("city")])

    assert draft.outbox.changes == ()


def test_an_object_sets_its_leaves_and_leaves_the_rest() -> None:
    """Setting an object is setting each of its fields."""
    draft = local(data={"address": {"zip": "1"}}).edited(set_ops("address", {"street": "High"}))

    assert draft.view == {"address": {"zip": "1", "street": "High"}}


def test_a_patch_takes_away_what_it_names_none() -> None:
    """As RFC 7396 has it: objects merge, null removes, all else replaces."""
    draft = local(data={"a": {"b": 1, "c": 2}, "d": 3}).edited(
        patch_ops({"a": {"b": None, "e": [None]}, "d": None})
    )

    assert draft.view == {"a": {"c": 2, "e": [None]}}


def test_seen_is_fixed_when_the_edit_is_made() -> None:
    """News that arrives later never raises it: that would overwrite the news unseen."""
    draft = local(5).edited(set_ops("name", "Ann")).caught_up(delta_json(5, 9, {"/name": "Bo"}))

    assert draft.base.revision == 9
    assert draft.view == {"name": "Ann"}
    assert wires(draft) == [[{"op": "set", "path": "/name", "value": "Ann", "seen": 5}]]


def test_an_edit_over_an_unsaved_one_has_seen_no_more_than_that() -> None:
    """The person sees their own unsaved value and not what arrived below it, above or beneath too."""
    draft = sending(local(5).edited(set_ops("a.b", 1))).caught_up(delta_json(5, 9, {"/a/b": 2}))
    draft = draft.edited(set_ops("a.b", 3)).edited([unset_op("a")]).edited(set_ops("z", 1))

    assert [(op["path"], op["seen"]) for op in wires(draft)[1]] == [("/a/b", 5), ("/a", 5), ("/z", 9)]


def test_a_replacement_never_jumps_over_an_op_that_meets_it() -> None:
    """Setting, clearing and setting again ends as set."""
    draft = local().edited(set_ops("a.b", 1)).edited([unset_op("a")]).edited(set_ops("a.b", 2))

    assert draft.view == {"a": {"b": 2}}
    assert [op["op"] for op in wires(draft)[0]] == ["set", "unset", "set"]


def test_a_sent_change_is_immutable() -> None:
    """Later edits go into a change of their own, under the next number."""
    draft = sending(local().edited(set_ops("name", "Ann"))).edited(set_ops("name", "Bo"))

    assert [(change.seq, change.sent) for change in draft.outbox.changes] == [(1, True), (2, False)]
    assert [ops[0]["value"] for ops in wires(draft)] == ["Ann", "Bo"]


def test_what_was_sent_and_not_answered_goes_first_and_alone() -> None:
    """The resent batch is the same as before, whatever was typed meanwhile."""
    draft = sending(local().edited(set_ops("name", "Ann")))
    before = draft.request(draft.outbox.batch())
    draft = draft.edited(set_ops("city", "Rome"))

    assert draft.request(draft.outbox.batch()) == before


def test_a_transaction_is_a_change_of_its_own() -> None:
    """Nothing is merged into it, before or after."""
    draft = (
        local()
        .edited(set_ops("a", 1))
        .transacted([*set_ops("b", 2), *set_ops("c", 3)])
        .edited(set_ops("d", 4))
    )

    assert [[op["path"] for op in ops] for ops in wires(draft)] == [["/a"], ["/b", "/c"], ["/d"]]


def test_an_empty_transaction_is_nothing() -> None:
    """It uses up no number."""
    assert local().transacted([]).outbox.changes == ()


def test_moves_show_and_the_last_one_counts() -> None:
    """The position is an edit like another."""
    draft = (
        local()
        .edited([position_op("you", None)])
        .edited(set_ops("a", 1))
        .edited([position_op("income", "c1")])
    )

    assert draft.position == {"op": "position", "step": "income", "cursor": "c1"}
    assert len(wires(draft)[0]) == 2


def test_a_choice_shows_at_once_and_closes_the_conflict_here() -> None:
    """Under `incumbent` choosing what arrived puts it into the view."""
    draft = local(6, {"name": "Ann"}, conflicts=[conflict_json()]).resolved("cf_6_0", "arriving")

    assert draft.view == {"name": "Anna"}
    assert draft.conflicts == ()
    assert wires(draft) == [[{"op": "resolve", "conflict": "cf_6_0", "choice": "arriving", "seen": 6}]]


def test_a_choice_of_no_value_takes_the_field_away() -> None:
    """One side of a conflict may be that the field was taken away."""
    unset = conflict_json(arriving=None) | {"arriving": {"unset": True, "by": {"kind": "customer"}}}

    assert local(6, {"name": "Ann"}, conflicts=[unset]).resolved("cf_6_0", "arriving").view == {}


def test_a_masked_choice_is_sent_although_nobody_here_sees_it() -> None:
    """Staff may settle a conflict between values that they are not shown."""
    masked = conflict_json() | {"stored": {"masked": True, "by": {"kind": "customer"}}}
    draft = local(6, {"name": {"$masked": True}}, conflicts=[masked]).resolved("cf_6_0", "stored")

    assert draft.view == {"name": {"$masked": True}}
    assert wires(draft)[0][0]["choice"] == "stored"


def test_a_delta_settles_conflicts_that_are_known() -> None:
    """A conflict that is no longer open is no longer shown."""
    draft = local(6, conflicts=[conflict_json()])
    draft = draft.caught_up(delta_json(6, 7, conflicts=[conflict_json(status="resolved")]))

    assert draft.conflicts == ()


def test_a_delta_may_turn_a_value_into_an_object_and_back() -> None:
    """Whatever the order of its cells."""
    draft = local(5, {"a": 1}).caught_up(delta_json(5, 6, {"/a/b": 2, "/a": None}))
    assert draft.view == {"a": {"b": 2}}

    assert draft.caught_up(delta_json(6, 7, {"/a": 3, "/a/b": None})).view == {"a": 3}


@pytest.mark.parametrize(
    "delta", [delta_json(3, 5), delta_json(7, 8, {"/a": 1}), delta_json(5, 8) | {"epoch": "e2"}]
)
def test_a_delta_that_does_not_go_on_from_here_changes_nothing(delta: dict[str, Any]) -> None:
    """Older ones are old news; after a gap, or in another epoch, the draft is read again."""
    draft = local(5, {"name": "Ann"})

    assert draft.caught_up(delta) == draft


def test_a_refused_change_of_gathered_edits_is_taken_apart() -> None:
    """One bad field does not take the others with it; one that was replaced meanwhile is left out."""
    draft = sending(local().edited([*set_ops("a", 1), *set_ops("b", 2), *set_ops("c", 3)])).edited(
        set_ops("c", 4)
    )
    draft = draft.replied(reply_json(5, 5, {1: "rejected"}))

    assert [[op["path"] for op in ops] for ops in wires(draft)] == [["/c"], ["/a"], ["/b"]]
    assert draft.rejected == ()
    assert draft.view == {"a": 1, "b": 2, "c": 4}


def test_a_refused_transaction_stays_whole() -> None:
    """All or nothing means nothing; what was in it can be read."""
    draft = sending(local().transacted([*set_ops("a", 1), *set_ops("b", 2)])).replied(
        reply_json(5, 5, {1: "rejected"})
    )

    assert draft.outbox.changes == ()
    assert [op["value"] for op in draft.rejected[0].ops] == [1, 2]


def test_a_new_epoch_begins_with_a_new_writer_who_has_seen_nothing() -> None:
    """Revisions and numbers of the old epoch mean nothing in the new one."""
    draft = sending(local(9).edited(set_ops("a", 1))).edited(set_ops("b", 2))
    draft = draft.reread(draft_json(4, {"c": 3}), "e2", "w_new")

    assert draft.view == {"a": 1, "b": 2, "c": 3}
    assert (draft.writer, draft.base.epoch) == ("w_new", "e2")
    assert [(change.seq, change.sent) for change in draft.outbox.changes] == [(1, False), (2, False)]
    assert {op["seen"] for ops in wires(draft) for op in ops} == {0}


@given(st.lists(st.sampled_from(["edit", "transact", "send", "answer", "refuse"]), max_size=30))
def test_numbers_never_have_a_gap_and_are_never_used_twice(steps: list[str]) -> None:
    """Whatever happens in whatever order, the server meets 1, 2, 3, …"""
    draft, met = local(), list[int]()
    for value, step in enumerate(steps):
        draft, answered = play(draft, step, value)
        met += answered

    assert met + [change.seq for change in draft.outbox.changes] == list(range(1, draft.outbox.last + 1))


def play(draft: LocalForm, step: str, value: int) -> tuple[LocalForm, list[int]]:
    """One step, and the numbers that the server has answered in it."""
    if step == "edit":
        return draft.edited([*set_ops(f"f{value % 3}", value), *set_ops("g", value)]), []
    if step == "transact":
        return draft.transacted(set_ops("h", value)), []
    batch = draft.outbox.batch()
    draft = draft.sending(batch)
    if step == "send":
        return draft, []
    status = "applied" if step == "answer" else "rejected"
    revision = draft.base.revision
    seqs = [change.seq for change in batch]
    return draft.replied(reply_json(revision, revision + 1, dict.fromkeys(seqs, status))), seqs
