"""Merging: what becomes of a change that meets what its author had not seen.

Cases with plain values are in `tests/vectors/merging.json`; here are those that need more than values.
"""

import pytest

from retoma_server.domain.authors import Author
from retoma_server.domain.changes import Rejected
from retoma_server.domain.drafts import MISSING

from .stories import OPEN, SUPERSEDED, Op, Story, meeting, move, moved_house, put, sides, unset

# -- a plain meeting -------------------------------------------------------------------------------


def test_different_fields_never_meet() -> None:
    """Both changes apply, however stale."""
    story = Story()
    assert story.change("desktop", put("/name", "Ann", 0)).status == "applied"
    assert story.change("phone", put("/phone", "1", 0)).status == "applied"
    assert story.data == {"name": "Ann", "phone": "1"}


def test_by_default_the_stored_value_stays_and_the_arriving_one_is_kept() -> None:
    """Both are on record, with who wrote them."""
    conflict = meeting().conflict
    assert meeting().data == {"name": "Ann"}
    assert sides(conflict) == ("Ann", "Anna", [])
    assert (conflict.stored.by.writer, conflict.arriving.by.writer) == ("phone", "desktop")
    assert conflict.id == "cf_2_0"


def test_by_policy_incoming_the_displaced_value_is_kept() -> None:
    """The other way round, and as safe."""
    story = meeting(name="incoming")
    assert story.data == {"name": "Anna"}
    assert sides(story.conflict) == ("Ann", "Anna", [])
    assert story.conflict.kept.by.writer == "phone"


def test_a_writer_never_meets_itself() -> None:
    """Fast typing, with nothing heard back."""
    story = Story()
    for value in ("A", "An", "Ann"):
        assert story.change("desktop", put("/name", value, 0)).status == "applied"


def test_a_stale_device_adds_every_value_to_its_one_record() -> None:
    """Nothing that it typed is overwritten in the record."""
    story = meeting()
    for value in ("Annab", "Annabel"):
        assert story.change("desktop", put("/name", value, 0)).conflicts == ("cf_2_0",)
    assert sides(story.conflict) == ("Ann", "Annabel", ["Anna", "Annab"])


def test_policy_incoming_keeps_all_that_a_stale_device_displaces() -> None:
    """What others write in between is displaced again, and kept again."""
    story = meeting(name="incoming")
    story.change("phone", put("/name", "Annie", 2))
    story.change("desktop", put("/name", "Annabel", 0))
    assert story.data == {"name": "Annabel"}
    assert sides(story.conflict) == ("Annie", "Annabel", ["Ann"])


def test_whoever_was_told_and_types_on_has_chosen() -> None:
    """The record of their own device closes, and keeps what it held."""
    story = meeting()
    assert story.change("desktop", put("/name", "Annabel", 2)).status == "applied"
    assert story.conflict.status is SUPERSEDED
    assert sides(story.conflict) == ("Ann", "Anna", [])


def test_somebody_elses_typing_closes_no_record() -> None:
    """It follows the draft and waits for a choice."""
    story = meeting()
    story.change("phone", put("/name", "Annie", 2))
    assert story.conflict.status is OPEN
    assert sides(story.conflict) == ("Annie", "Anna", [])
    assert story.conflict.revision == 3


def test_values_displaced_by_a_change_are_not_told_of_in_that_change() -> None:
    """Its own next op closes no record that it has just made."""
    story = Story(name="incoming")
    story.change("phone", put("/name", "Ann", 0))
    story.change("desktop", put("/name", "A", 0), move("next"), put("/name", "Anna", 0))
    assert story.conflict.status is OPEN
    assert sides(story.conflict) == ("Ann", "Anna", [])


def test_the_revision_rises_once_a_change_and_only_when_something_happened() -> None:
    """Several ops, conflicts among them, are one revision; nothing is none."""
    story = meeting()
    story.change("desktop", put("/a", 1, 0), put("/b", 2, 0), put("/name", "Anne", 0))
    assert story.draft.revision == 3
    before = story.draft
    assert story.change("desktop", put("/a", 1.0, 0)).status == "noop"
    assert story.change("desktop", put("/name", "Anne", 0)).status == "conflict"
    assert story.draft is before


# -- writers, installations, plain callers ---------------------------------------------------------


def test_a_reload_goes_on_in_its_installations_record() -> None:
    """A new writer of the same installation is the same device."""
    story = Story()
    story.change("phone", put("/name", "Ann", 0))
    story.change("page1", put("/name", "An", 0), installation="desktop")
    story.change("page2", put("/name", "Anna", 0), installation="desktop")
    assert sides(story.conflict) == ("Ann", "Anna", ["An"])


def test_unsent_changes_of_an_earlier_page_were_seen() -> None:
    """Up to the number that was on screen, and no further."""
    story = Story()
    story.change("page1", put("/name", "A", 0))
    assert story.change("page2", put("/name", "An", 0, page1=1)).status == "applied"
    story.change("page1", put("/phone", "1", 0))
    assert story.change("page2", put("/phone", "2", 0, page1=1)).status == "conflict"


def test_staff_never_go_on_in_a_customers_record() -> None:
    """Writers and installations are names that anybody may use; the kind of principal goes with them."""
    customer, clerk = Author("customer", "web", "w_1", "in_1"), Author("staff", "store", "w_1", "in_1")
    assert customer.origin != clerk.origin
    assert Author("customer", "web").origin is None


def test_plain_callers_are_strangers_even_to_themselves() -> None:
    """Whoever keeps no writer has seen what `seen` says, and gets a record each time."""
    story = Story()
    story.change(None, put("/name", "A", 0))
    assert story.change(None, put("/name", "B", 0)).status == "conflict"
    assert story.change(None, put("/name", "C", 0)).status == "conflict"
    assert story.open() == ["cf_2_0", "cf_3_0"]
    assert story.change(None, put("/name", "D", 3)).status == "applied"
    assert story.open() == ["cf_2_0", "cf_3_0"]


def test_a_plain_callers_ops_know_each_other() -> None:
    """Within one change everything its author did is seen."""
    story = Story()
    assert story.change(None, put("/a", 1, 0), move("next"), put("/a", 2, 0)).status == "applied"
    assert story.data == {"a": 2}


# -- unset -----------------------------------------------------------------------------------------


def test_unset_of_a_section_spares_what_was_not_seen() -> None:
    """Each cell is judged by itself, and each spared one is on record."""
    story = Story()
    story.change("phone", put("/kids/a", {"name": "Al", "age": 4}, 0))
    story.change("phone", put("/kids/b/name", "Bo", 1))
    outcome = story.change("desktop", unset("/kids", 1))
    assert outcome.status == "conflict"
    assert story.data == {"kids": {"b": {"name": "Bo"}}}
    assert sides(story.conflict) == ("Bo", MISSING, [])


def test_what_was_unset_unseen_does_not_come_back() -> None:
    """A tombstone is a value like any other."""
    story = Story()
    story.change("phone", put("/name", "Ann", 0))
    story.change("phone", unset("/name", 1))
    assert story.change("desktop", put("/name", "Ann", 1)).status == "conflict"
    assert story.data == {}
    assert sides(story.conflict) == (MISSING, "Ann", [])


def test_set_and_unset_in_one_change_count_in_order() -> None:
    """The last word for a leaf holds."""
    story = Story()
    story.change("phone", put("/a/b", 1, 0), unset("/a", 0), put("/a/c", 2, 0))
    assert story.data == {"a": {"c": 2}}
    story.change("phone", unset("/a", 1), put("/a", "flat", 1))
    assert story.data == {"a": "flat"}
    story.change("phone", put("/x", 1, 1), unset("", 1))
    assert story.data == {}


# -- paths that collide ----------------------------------------------------------------------------


@pytest.mark.parametrize("op", [put("/a", "flat", 1), put("/a/b/c", 1, 1)])
def test_a_leaf_has_nothing_above_or_below_it(op: Op) -> None:
    """A colliding change is refused whole, may be kept with its payload, and alters nothing."""
    story = Story()
    story.change("phone", put("/a/b", 1, 0))
    before = story.draft
    with pytest.raises(Rejected, match="path-collision") as caught:
        story.change("phone", put("/other", 1, 1), op)
    assert caught.value.keeps_payload
    assert story.draft is before


def test_an_empty_object_gives_way_to_the_first_leaf_below_it() -> None:
    """It was a place, not an answer; and over what is there it does nothing."""
    story = Story()
    story.change("phone", put("/kids", {}, 0))
    assert story.data == {"kids": {}}
    assert story.change("desktop", put("/kids/a", "Al", 0)).status == "applied"
    assert story.change("phone", put("/kids", {}, 2)).status == "noop"
    assert story.data == {"kids": {"a": "Al"}}


def test_a_group_refuses_a_value_that_collides_within_it_even_in_a_conflict() -> None:
    """What is kept for a choice must be something that can be chosen."""
    story = Story(groups=("/home",))
    story.change("phone", put("/home/street", "Elm", 0))
    story.change("tablet", put("/home/zip", "1", 1))
    with pytest.raises(Rejected, match="path-collision"):
        story.change("desktop", put("/home/street/number", 2, 1))
    assert story.data == {"home": {"street": "Elm", "zip": "1"}}


def test_an_empty_object_in_a_group_never_hides_what_is_below_it() -> None:
    """The record holds the leaf, and the draft's own value is not touched by keeping it."""
    story = Story(groups=("/home",))
    story.change("phone", put("/home/geo", {}, 0))
    story.change("tablet", put("/home/zip", "1", 1))
    story.change("desktop", put("/home/geo/x", 5, 1))
    assert story.conflict.arriving.value == {"geo": {"x": 5}}
    assert story.data == {"home": {"geo": {}, "zip": "1"}}


# -- groups ----------------------------------------------------------------------------------------


def test_halves_of_a_group_are_never_mixed() -> None:
    """The whole value stays, and the other whole is kept."""
    story = moved_house()
    assert story.data == {"home": {"street": "Elm 1", "zip": "101"}}
    assert story.conflict.path == "/home"
    assert story.conflict.stored.value == {"street": "Elm 1", "zip": "101"}
    assert story.conflict.arriving.value == {"street": "Oak 2"}


def test_policy_incoming_displaces_a_group_as_a_whole() -> None:
    """What goes in is what its author meant; all of the other is kept."""
    story = moved_house(home="incoming")
    assert story.data == {"home": {"street": "Oak 2"}}
    assert story.conflict.stored.value == {"street": "Elm 1", "zip": "101"}


def test_going_on_in_a_group_untold_closes_nothing() -> None:
    """The author of a refused half believes it stored; that is no choice."""
    story = moved_house()
    story.change("desktop", put("/home/zip", "102", 2))
    assert story.data == {"home": {"street": "Elm 1", "zip": "102"}}
    assert story.conflict.status is OPEN
    assert story.conflict.arriving.value == {"street": "Oak 2"}
    story.change("desktop", put("/home/zip", "103", 4))
    assert story.conflict.status is SUPERSEDED
