"""Promises of what a control sends: it becomes the op that was meant, or a clear refusal."""

from typing import Any

import pytest

from retoma_server.console.form.fields import Field
from retoma_server.console.form.reading import Unreadable, op_of
from tests.console.test_form import MASK, only


def sent(field: Field, *values: str, **more: str) -> dict[str, Any] | None:
    """The op of a control that sends these."""
    return op_of(field, {"value": values, **{name: [value] for name, value in more.items()}}, 7)


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, " Ann ", " Ann "),
        ({"type": "string", "maxLength": 900}, "a\r\nb", "a\nb"),
        ({"type": "number"}, "2400.50", 2400.5),
        ({"type": "number"}, "2400,50", 2400.5),
        ({"type": "number"}, "- 3", -3),
        ({"type": "number"}, "0.125", 0.125),
        ({"type": "number"}, "1.200,50", 1200.5),
        ({"type": "number"}, "1,200.50", 1200.5),
        ({"type": "number"}, "-1.200.000", -1200000),
        ({"type": "integer"}, "12 000", 12000),
        ({"type": "integer"}, "1,200,000", 1200000),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "false", False),
        ({"enum": ["a", 1, False]}, '"a"', "a"),
        ({"enum": ["a", 1, False]}, "1", 1),
        ({"enum": ["a", 1, False]}, "false", False),
        ({"type": "string", "format": "date"}, "1980-05-12", "1980-05-12"),
        ({"type": "array", "items": {"type": "string"}}, " a \n\nb", ["a", "b"]),
        ({"type": "array", "items": {"type": "number"}}, "1\n2,5", [1, 2.5]),
    ],
)
def test_what_is_typed_becomes_the_value_that_was_meant(
    schema: dict[str, Any], text: str, value: Any
) -> None:
    """By the kind of the field."""
    assert sent(only(schema), text) == {"op": "set", "path": "/it", "value": value, "seen": 7}


@pytest.mark.parametrize(
    ("schema", "text", "code"),
    [
        ({"type": "number"}, "about 2000", "number"),
        ({"type": "number"}, "1,200", "separator"),
        ({"type": "number"}, "1.200", "separator"),
        ({"type": "number"}, "1,20.5", "number"),
        ({"type": "number"}, "1.2.3", "number"),
        ({"type": "number"}, "9" * 16, "number"),
        ({"type": "number"}, "Infinity", "number"),
        ({"type": "number"}, "٣", "number"),
        ({"type": "integer"}, "2.5", "integer"),
        ({"type": "integer"}, "two", "integer"),
        ({"enum": ["a"]}, '"b"', "choice"),
        ({"type": "boolean"}, "maybe", "choice"),
        ({"type": "array", "items": {"enum": ["a"]}}, '"b"', "choice"),
        ({"type": "string"}, "a\0b", "text"),
        ({"readOnly": True}, "a", "read-only"),
    ],
)
def test_what_cannot_be_read_is_refused_by_reason(schema: dict[str, Any], text: str, code: str) -> None:
    """And nothing of it is repeated."""
    with pytest.raises(Unreadable) as refusal:
        sent(only(schema), text)
    assert str(refusal.value) == refusal.value.code == code


def test_an_empty_control_takes_the_answer_away_where_it_was_on_screen() -> None:
    """Never an answer that nobody here may read."""
    assert sent(only({"type": "string"}, "Ann"), "") == {"op": "unset", "path": "/it", "seen": 7}
    assert sent(only({"type": "string"}), " ") is None
    assert sent(only({"type": "string"}, MASK), "") is None
    assert sent(only({"type": "string"}, MASK), "Ben") == {
        "op": "set",
        "path": "/it",
        "value": "Ben",
        "seen": 7,
    }


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        ({"type": "string"}, "Ann", "Ann"),
        ({"type": "string"}, 600, "600"),
        ({"type": "number"}, 2400.5, "2400,5"),
        ({"type": "number"}, "1,200", "1,200"),
        ({"type": "number"}, 1.234, "1,2340"),
        ({"type": "number"}, 1.5e21, "1,5e+21"),
        ({}, [1, 2.5], "1\n2,5"),
        ({"type": "boolean"}, False, "false"),
        ({"enum": ["a"]}, "b", '"b"'),
    ],
)
def test_leaving_a_field_as_it_was_changes_nothing(schema: dict[str, Any], value: Any, text: str) -> None:
    """Not even the type of an answer that its schema did not expect."""
    field = only(schema, value)
    assert sent(field, text) is None


def test_several_choices_are_a_list_and_none_is_no_answer() -> None:
    """In the order in which the page sends them."""
    field = only({"type": "array", "items": {"enum": ["a", "b"]}}, ["a"])
    assert sent(field, '"a"', '"b"', "") == {"op": "set", "path": "/it", "value": ["a", "b"], "seen": 7}
    assert sent(field, '"a"') is None
    assert sent(field, "") == {"op": "unset", "path": "/it", "seen": 7}


ROWS = {
    "type": "array",
    "items": {
        "properties": {"name": {"type": "string"}, "at": {"properties": {"floor": {"type": "integer"}}}}
    },
}


def test_the_items_of_a_list_are_sent_together() -> None:
    """A list is one answer; what no control shows comes back as it went out, an empty item is left out."""
    field = only(ROWS, [{"name": "Ann", "tags": [["x"]]}])
    rows = {"row.0/name": "Anna", "row.0/tags": '[["x"]]', "row.2/name": "", "row.10/at/floor": "3"}
    op = sent(field, **rows)
    assert op
    assert op["value"] == [{"name": "Anna", "tags": [["x"]]}, {"at": {"floor": 3}}]
    assert sent(field, **{"row.0/name": "Ann", "row.0/tags": '[["x"]]'}) is None
    assert sent(field) == {"op": "unset", "path": "/it", "seen": 7}


def test_an_item_is_sent_with_all_kinds_of_answers() -> None:
    """Several lines, several choices, a list; and it comes back as it went out."""
    parts = {"note": {"maxLength": 900, "type": "string"}, "days": {"items": {"enum": ["mon", "tue"]}}}
    schema = {"type": "array", "items": {"properties": {**parts, "sums": {"items": {"type": "number"}}}}}
    value = [{"note": "a\nb", "days": ["mon", "tue"], "sums": [1.234, 2]}]
    given = {"row.0/note": ["a\r\nb"], "row.0/days": ['"mon"', '"tue"'], "row.0/sums": ["1,2340\r\n2"]}
    assert op_of(only(schema, value), given, 7) is None
    assert op_of(only(schema), given, 7) == {"op": "set", "path": "/it", "value": value, "seen": 7}


def test_an_item_holds_nothing_but_its_columns() -> None:
    """A name that the page did not offer is left out; a part that was tampered with is refused."""
    field = only(ROWS, [{"name": "Ann", "tags": [["x"]]}])
    assert sent(field, **{"row.0/name": "Ann", "row.0/__proto__": "x", "row.x/name": "y"}) == {
        "op": "set",
        "path": "/it",
        "value": [{"name": "Ann"}],
        "seen": 7,
    }
    for wrong, code in (("{", "row"), ('{"__proto__": 1}', "row")):
        with pytest.raises(Unreadable, match=code):
            sent(field, **{"row.0/tags": wrong})
    with pytest.raises(Unreadable, match="rows"):
        sent(field, **{f"row.{at}/name": "a" for at in range(201)})
