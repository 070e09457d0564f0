"""Paths and the leaves that they address."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retoma._pointer import ABSENT, assign, leaves, pointer, read, remove, same, touches

KEYS = st.text(min_size=1, max_size=4)
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers(), max_size=2)
TREES = st.recursive(VALUES, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=6)
DOCUMENTS = st.dictionaries(KEYS, TREES, max_size=3)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("applicant.email", "/applicant/email"),
        ("/applicant/email", "/applicant/email"),
        ("name", "/name"),
        ("a/b.c~d", "/a~1b/c~0d"),
        ("/a.b/c~1d", "/a.b/c~1d"),
    ],
)
def test_paths_are_written_with_dots_or_as_pointers(path: str, expected: str) -> None:
    """Both ways name the same field; in the dotted one `/` and `~` are just letters."""
    assert pointer(path) == expected


@pytest.mark.parametrize("path", ["", ".", "a..b", "a.", "/a~", "/a~2"])
def test_what_names_no_field_is_refused(path: str) -> None:
    """A slip in a path is told at once, not by the server later."""
    with pytest.raises(ValueError, match="not a"):
        pointer(path)


def test_leaves_stop_at_lists_empty_objects_and_masked_values() -> None:
    """What counts as one field is one leaf."""
    masked = {"$masked": True, "hint": "j•••"}
    value = {"a": [1, {"b": 2}], "c": {}, "d": {"e": None}, "f": masked}

    assert dict(leaves("", value)) == {"/a": [1, {"b": 2}], "/c": {}, "/d/e": None, "/f": masked}


@given(DOCUMENTS)
def test_a_document_is_its_leaves(document: dict[str, Any]) -> None:
    """Putting every leaf of a document into an empty one gives the document back."""
    rebuilt: dict[str, Any] = {}
    for path, value in leaves("", document):
        if path:
            assign(rebuilt, path, value)

    assert rebuilt == document


@given(DOCUMENTS)
def test_removing_every_leaf_leaves_nothing(document: dict[str, Any]) -> None:
    """An object goes with its last member."""
    for path, _ in list(leaves("", document)):
        if path:
            remove(document, path)

    assert document == {}


def test_a_value_is_read_where_it_was_put() -> None:
    """Reading follows objects by key and lists by index, and says when there is nothing."""
    document = {"people": {"p1": {"names": ["Ann", "Bo"]}}}

    assert read(document, "/people/p1/names/1") == "Bo"
    assert read(document, "/people/p1/names/2", ABSENT) is ABSENT
    assert read(document, "/people/p2/names", "none") == "none"
    assert read(document, "/people/p1/names/x", "none") == "none"


def test_a_plain_value_gives_way_to_an_object() -> None:
    """Setting below a plain value replaces it in the view; the server has the last word."""
    document: dict[str, Any] = {"a": 1}
    assign(document, "/a/b", 2)

    assert document == {"a": {"b": 2}}


def test_an_empty_object_takes_nothing_away() -> None:
    """`{}` says that there is an object: its members stay."""
    document: dict[str, Any] = {"a": {"b": 1}}
    assign(document, "/a", {})

    assert document == {"a": {"b": 1}}


def test_removing_what_is_not_there_changes_nothing() -> None:
    """Nor does it matter where on the way it ends."""
    document: dict[str, Any] = {"a": {"b": 1}, "c": 2}
    for path in ("/x", "/a/x", "/a/b/x", "/c/x/y", "/x/y"):
        remove(document, path)

    assert document == {"a": {"b": 1}, "c": 2}


def test_paths_touch_when_one_is_above_the_other() -> None:
    """A common beginning of a name is not enough."""
    assert touches("/a", "/a")
    assert touches("/a/b", "/a")
    assert touches("/a", "/a/b")
    assert not touches("/a", "/ab")


def test_equality_is_that_of_json() -> None:
    """1 is 1.0, but 1 is not true, anywhere inside."""
    assert same({"a": [1, None]}, {"a": [1.0, None]})
    assert not same({"a": [1]}, {"a": [True]})
    assert not same([1], [1, 2])
    assert not same({}, [])
