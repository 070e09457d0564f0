"""Claims of forms: two forms become one or wait for a choice, and no value of either vanishes."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from retoma_server.domain.authors import Author
from retoma_server.domain.changes import Change, Seen, Set
from retoma_server.domain.claims import Fate, FormStrategy
from retoma_server.domain.drafts import Draft, Policy, Position
from retoma_server.domain.form_claims import differences, plan_form, undone_form
from retoma_server.domain.merging import merge
from retoma_server.domain.rules import Rules

GUEST = Author("visitor", "mobile_web", "w_g", device="iPhone")
ANA = Author("customer", "web", "w_s")
RULES = Rules(frozenset({"/address"}), {"/notes": Policy.INCOMING})
PATHS = ["/name", "/notes", "/address/street", "/address/city", "/income"]


def form(name: str, author: Author, values: Mapping[str, object], at: int = 0) -> Draft:
    """A form with these values."""
    empty = Draft(name, "loan", "form", "default", "cu_1", at, at, at + 1)
    if not values:
        return empty
    ops = tuple(Set(path, value, Seen(0)) for path, value in values.items())  # type: ignore[arg-type]  # any JSON
    merged, _ = merge(empty, Change(ops, 1), author, RULES)
    return merged


def texts(draft: Draft) -> set[object]:
    """Every value that a form still has somewhere: in it, or in an open conflict."""
    held = {str(cell.value) for cell in draft.cells.values() if cell.live}
    kept = {str(cell.value) for conflict in draft.open_conflicts() for cell in conflict.losers}
    return held | kept | {part for text in kept for part in text.replace("'", " ").split()}


def merged(guest: Draft, saved: Draft) -> Draft:
    """The saved form after a merge."""
    plan = plan_form(guest, saved, FormStrategy.MERGE, RULES)
    assert plan.form is not None, plan
    return plan.form


def test_without_a_saved_form_the_guests_is_adopted() -> None:
    """By any strategy."""
    for strategy in FormStrategy:
        assert plan_form(form("dr_g", GUEST, {"/name": "Eva"}), None, strategy, RULES).fate is Fate.ADOPTED


def test_an_empty_saved_form_is_filled() -> None:
    """There is nothing to choose from."""
    plan = plan_form(form("dr_g", GUEST, {"/name": "Eva"}), form("dr_s", ANA, {}), FormStrategy.ASK, RULES)
    assert plan.fate is Fate.MERGED
    assert plan.form is not None
    assert plan.form.data == {"name": "Eva"}


def test_by_ask_both_are_kept_and_by_newest_the_one_changed_last_goes_on() -> None:
    """The other one waits."""
    old, new = form("dr_g", GUEST, {"/name": "Eva"}, 1), form("dr_s", ANA, {"/name": "Ana"}, 2)
    assert plan_form(old, new, FormStrategy.ASK, RULES).fate is Fate.GUEST_PARKED
    assert plan_form(old, new, FormStrategy.NEWEST, RULES).fate is Fate.GUEST_PARKED
    assert plan_form(new, old, FormStrategy.NEWEST, RULES).fate is Fate.SAVED_PARKED


def test_a_merge_fills_what_is_empty_and_keeps_both_where_they_differ() -> None:
    """With who wrote each, and where; a group stands or falls together."""
    guest = form("dr_g", GUEST, {"/name": "Eva", "/income": 3100, "/address/city": "Leeds"})
    saved = form("dr_s", ANA, {"/name": "Ana", "/address/street": "Mayor 1", "/address/city": "Sevilla"})
    both = merged(guest, saved)
    assert both.data == {
        "name": "Ana",
        "income": 3100,
        "address": {"street": "Mayor 1", "city": "Sevilla"},
    }
    assert both.cells["/income"].by.device == "iPhone"
    conflicts = {each.path: each.arriving.value for each in both.open_conflicts()}
    assert conflicts["/name"] == "Eva"
    assert conflicts["/address"]["city"] == "Leeds"  # type: ignore[index,call-overload]  # a group is an object


def test_the_position_of_whoever_came_last_is_kept() -> None:
    """The customer goes on where they were."""
    guest = form("dr_g", GUEST, {"/name": "Eva"}, 2)._replace(position=Position("income"))
    saved = form("dr_s", ANA, {"/income": 1}, 1)._replace(position=Position("you"))
    assert merged(guest, saved).position == Position("income")
    assert merged(saved, guest).position == Position("income")


def test_two_kinds_are_never_mixed_and_what_overlaps_is_parked() -> None:
    """A field in one form that is a group in the other."""
    guest, saved = form("dr_g", GUEST, {"/name": "Eva"}), form("dr_s", ANA, {"/name/first": "Ana"})
    plan = plan_form(guest, saved, FormStrategy.MERGE, RULES)
    assert (plan.fate, plan.reason) == (Fate.GUEST_PARKED, "path-collision")
    cart = saved._replace(kind="cart")
    assert plan_form(guest, cart, FormStrategy.MERGE, RULES).reason == "kind"


def test_differences_name_what_differs_with_both_values() -> None:
    """What is the same in both is left out, and so is a side that has nothing."""
    guest = form("dr_g", GUEST, {"/name": "Eva", "/income": 1, "/notes": None})
    saved = form("dr_s", ANA, {"/name": "Ana", "/income": 1.0})
    assert differences(guest, saved) == [
        {"path": "/name", "guest": "Eva", "saved": "Ana"},
        {"path": "/notes", "guest": None},
    ]


VALUES = st.dictionaries(st.sampled_from(PATHS), st.text("abc", min_size=1, max_size=3), max_size=5)
TWICE = st.tuples(VALUES, VALUES)


def with_conflicts(name: str, author: Author, values: tuple[dict[str, str], dict[str, str]]) -> Draft:
    """A form that two devices filled without seeing each other."""
    first, second = values
    begun = form(name, author, first)
    ops = tuple(Set(path, value, Seen(0)) for path, value in second.items())
    other = author._replace(writer="w_other", device="iPad")
    return merge(begun, Change(ops, 1), other, RULES)[0] if ops else begun


@given(TWICE, TWICE)
def test_no_value_of_either_vanishes(
    guest: tuple[dict[str, str], dict[str, str]], saved: tuple[dict[str, str], dict[str, str]]
) -> None:
    """The promise: it is in the form or in a conflict; conflicts that were there go along."""
    mine, theirs = with_conflicts("dr_g", GUEST, guest), with_conflicts("dr_s", ANA, saved)
    both = merged(mine, theirs)
    for draft in (mine, theirs):
        assert texts(draft) <= texts(both)
    assert both.revision > theirs.revision


@given(TWICE, TWICE)
def test_an_undone_merge_leaves_the_saved_form_as_it_was(
    guest: tuple[dict[str, str], dict[str, str]], saved: tuple[dict[str, str], dict[str, str]]
) -> None:
    """Its values and its open conflicts, whatever was mixed in."""
    mine, theirs = with_conflicts("dr_g", GUEST, guest), with_conflicts("dr_s", ANA, saved)
    undone = undone_form(merged(mine, theirs), "dr_g", ANA._replace(writer="undo:dr_g"), RULES)
    assert undone.data == theirs.data
    open_then = {(each.path, str(each.kept.value)) for each in theirs.open_conflicts()}
    open_now = {(each.path, str(each.kept.value)) for each in undone.open_conflicts()}
    assert open_then == open_now
