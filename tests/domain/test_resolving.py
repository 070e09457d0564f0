"""Choosing in a conflict: an edit like any other, and the end of the record if nothing in it was unseen."""

import pytest

from retoma_server.domain.changes import Rejected
from retoma_server.domain.rules import Rules

from .stories import OPEN, RESOLVED, Story, meeting, moved_house, put, resolve, sides


@pytest.mark.parametrize(("choice", "name"), [("stored", "Ann"), ("arriving", "Anna"), ("value", "Annabel")])
@pytest.mark.parametrize("policy", ["incumbent", "incoming"])
def test_each_choice_does_what_it_says_under_either_policy(policy: str, choice: str, name: str) -> None:
    """The record closes with both sides as they were."""
    story = meeting(name=policy)
    assert story.change("till", resolve("cf_2_0", choice, 2, "Annabel")).status == "applied"
    assert story.data == {"name": name}
    assert story.conflict.status is RESOLVED
    assert sides(story.conflict) == ("Ann", "Anna", [])


def test_a_choice_means_the_value_that_was_on_screen() -> None:
    """A record that has grown meanwhile stays open for what its chooser was not told of."""
    story = meeting()
    story.change("desktop", put("/name", "Annabel", 0))
    assert story.change("till", resolve("cf_2_0", "arriving", 2)).status == "conflict"
    assert story.data == {"name": "Anna"}
    assert story.conflict.status is OPEN
    assert sides(story.conflict) == ("Anna", "Annabel", ["Anna"])


def test_to_keep_the_stored_value_closes_no_record_that_has_grown() -> None:
    """Nobody refuses what they have not seen."""
    story = meeting()
    story.change("desktop", put("/name", "Annabel", 0))
    assert story.change("till", resolve("cf_2_0", "stored", 2)).status == "conflict"
    assert story.open() == ["cf_2_0"]


def test_a_choice_that_meets_a_newer_value_is_a_conflict_of_its_own() -> None:
    """The old record is settled; the chosen value waits in a new one, so nobody is asked twice."""
    story = meeting()
    story.change("phone", put("/name", "Annie", 2))
    assert story.change("till", resolve("cf_2_0", "arriving", 2)).conflicts == ("cf_4_0",)
    assert story.data == {"name": "Annie"}
    assert story.open() == ["cf_4_0"]
    assert sides(story.draft.conflicts["cf_4_0"]) == ("Annie", "Anna", [])


def test_a_devices_own_record_takes_its_choice_when_that_meets_a_newer_value() -> None:
    """Its one record stays the one, and stays open."""
    story = meeting()
    story.change("phone", put("/name", "Annie", 2))
    assert story.change("desktop", resolve("cf_2_0", "value", 2, "Anne")).conflicts == ("cf_2_0",)
    assert sides(story.conflict) == ("Annie", "Anne", ["Anna"])
    assert story.conflict.status is OPEN


def test_two_people_who_choose_alike_agree() -> None:
    """The second choice does nothing."""
    story = meeting()
    story.change("till", resolve("cf_2_0", "arriving", 2))
    assert story.change("phone", resolve("cf_2_0", "arriving", 2)).status == "noop"


@pytest.mark.parametrize(
    ("first", "second"), [("arriving", "stored"), ("value", "stored"), ("value", "arriving")]
)
def test_two_people_who_choose_differently_are_told(first: str, second: str) -> None:
    """The second choice is kept like any value that met another unseen."""
    story = meeting()
    story.change("till", resolve("cf_2_0", first, 2, "Annabel"))
    assert story.change("phone", resolve("cf_2_0", second, 2)).status == "conflict"
    resolved, asked = story.draft.conflicts.values()
    chosen = resolved.stored if second == "stored" else resolved.arriving
    assert asked.arriving.value == chosen.value


def test_a_choice_is_checked_like_any_value() -> None:
    """An own value in a resolve gets no further than in a set."""
    story = Story(groups=("/home",), never_store=frozenset({"/home/secret"}))
    story.change("phone", put("/home/street", "Elm", 0))
    story.change("desktop", put("/home/street", "Oak", 0))
    for value, code in (
        ({"secret": "x"}, "field-not-storable"),
        ({"note": "4111 1111 1111 1111"}, "payment-data-refused"),
        ({"street": {"$masked": True}}, "masked-value-echo"),
    ):
        with pytest.raises(Rejected, match=code):
            story.change("till", resolve("cf_2_0", "value", 2, value))
    assert story.open() == ["cf_2_0"]


def test_an_unknown_conflict_is_refused() -> None:
    """There is nothing to choose."""
    with pytest.raises(Rejected, match="unknown-conflict"):
        Story().change("till", resolve("cf_9_0", "stored", 0))


def test_resolving_puts_a_whole_group_back() -> None:
    """Leaves that the chosen value does not have go."""
    story = moved_house()
    story.change("phone", resolve("cf_3_0", "arriving", 3))
    assert story.data == {"home": {"street": "Oak 2"}}
    assert story.conflict.status is RESOLVED
    assert story.conflict.stored.value == {"street": "Elm 1", "zip": "101"}


def test_a_record_of_a_group_that_is_none_any_more_can_still_be_resolved() -> None:
    """A process may be registered anew while a conflict waits."""
    for choice, street in (("stored", "Elm 1"), ("arriving", "Oak 2")):
        story = moved_house()
        story.rules = Rules()
        story.change("phone", resolve("cf_3_0", choice, 3))
        assert story.conflict.status is RESOLVED
        assert story.data["home"]["street"] == street
