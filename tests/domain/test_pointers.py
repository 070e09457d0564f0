"""JSON Pointers (RFC 6901), leaves, and equality as JSON has it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retoma_server.domain.pointers import (
    Json,
    Places,
    above,
    covers,
    is_pointer,
    join,
    leaves,
    nest,
    same,
    tokens,
    weight,
)

plain = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4) | st.lists(st.integers(), max_size=2)
)
objects = st.recursive(
    plain, lambda inner: st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=8
)
documents = st.dictionaries(st.text(max_size=3), objects, max_size=4)


@pytest.mark.parametrize(
    ("pointer", "split"),
    [("", []), ("/", [""]), ("/a/b", ["a", "b"]), ("/a~1b", ["a/b"]), ("/m~0n", ["m~n"]), ("/~01", ["~1"])],
)
def test_pointers_read_as_the_rfc_says(pointer: str, split: list[str]) -> None:
    """The RFC's own examples, the trap of `~01` among them."""
    assert tokens(pointer) == split


@given(st.lists(st.text(max_size=4), max_size=4))
def test_any_names_survive_being_joined_and_split(parts: list[str]) -> None:
    """What was joined is what is split, slashes and tildes included."""
    pointer = ""
    for name in parts:
        pointer = join(pointer, name)
    assert is_pointer(pointer)
    assert tokens(pointer) == parts


@pytest.mark.parametrize("text", ["a", "a/b", "/~", "/~2", "/a~", "/~~0"])
def test_what_is_no_pointer_is_known(text: str) -> None:
    """No slash in front, or a tilde that escapes nothing."""
    assert not is_pointer(text)


def test_above_goes_from_the_nearest_to_the_top() -> None:
    """Every parent, without the whole document."""
    assert list(above("/a/b/c")) == ["/a/b", "/a"]
    assert list(above("//a")) == ["/"]
    assert list(above("/a")) == []


def test_covering_stops_at_whole_names() -> None:
    """`/a` covers what is below it, not what merely begins the same."""
    assert covers("/a", "/a")
    assert covers("/a", "/a/b")
    assert covers("", "/a")
    assert not covers("/a", "/ab")
    assert not covers("/a/b", "/a")


def test_arrays_and_empty_objects_are_leaves() -> None:
    """They hold nothing that could be addressed by itself."""
    value = {"list": [{"x": 1}], "none": {}, "deep": {"n": None}}
    assert dict(leaves("/v", value)) == {"/v/list": [{"x": 1}], "/v/none": {}, "/v/deep/n": None}


@given(documents)
def test_a_document_is_its_leaves(document: Json) -> None:
    """Taken apart and put together again it is the same."""
    assert nest(dict(leaves("", document)) if document else {}) == document


def test_leaves_nest_below_a_root() -> None:
    """A unit's value is what lies below its path, or what stands at it."""
    assert nest({"/home/street": "Elm", "/home/geo/x": 1}, "/home") == {"street": "Elm", "geo": {"x": 1}}
    assert nest({"/home": "none"}, "/home") == "none"


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (0, None, False),
        ("", None, False),
        ([], {}, False),
        ([1, [2.0]], [1.0, [2]], True),
        ([1], [True], False),
        ([1, 2], [1], False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": None}, {}, False),
        ("é", "e\u0301", False),
    ],
)
def test_equality_is_that_of_json(one: Json, other: Json, equal: bool) -> None:
    """1 is 1.0 and not true, all the way down; texts are equal sign by sign."""
    assert same(one, other) is equal
    assert same(other, one) is equal


@given(objects)
def test_weight_is_never_below_the_texts_in_a_value(value: Json) -> None:
    """So a limit on weight limits what is stored."""
    texts = [part for _, leaf in leaves("", value) for part in ([leaf] if isinstance(leaf, str) else [])]
    assert weight(value) >= sum(len(text.encode()) for text in texts)
    assert weight({"a": value}) > weight(value)
    assert weight(json.dumps(value)) >= len(json.dumps(value))


def test_places_give_what_lies_below_once() -> None:
    """At and below a pointer, in the order in which it was put in; the empty pointer is above all."""
    places = Places(["/a/b", "/ab", "/a/c/d", "/a"])
    assert places.take("/a/c") == ["/a/c/d"]
    assert places.take("/a") == ["/a/b", "/a"]
    places.add("/a/e")
    assert places.take("/x") == []
    assert places.take("") == ["/ab", "/a/e"]
    assert places.take("") == []
