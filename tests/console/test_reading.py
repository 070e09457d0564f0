"""Promises of what a control sends: it becomes the op that was meant, or a clear refusal."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from retoma_server.console.form.fields import Field, Kind, carried
from retoma_server.console.form.reading import Unreadable, op_of
from tests.console.test_form import MASK, only

HERE = ZoneInfo("Europe/Madrid")


def sent(field: Field, *values: str, **more: str) -> dict[str, Any] | None:
    """The op of a control that sends these."""
    return op_of(field, {"value": values, **{name: [value] for name, value in more.items()}}, 7, HERE)


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


def moment(text: str = "date-time") -> dict[str, Any]:
    """The schema of a time."""
    return {"type": "string", "format": text}


@pytest.mark.parametrize(
    ("form", "typed", "zone", "value"),
    [
        ("date-time", "2026-12-01T10:30", "Europe/Madrid", "2026-12-01T10:30:00+01:00"),
        ("date-time", "2027-07-01T10:30", "Europe/Madrid", "2027-07-01T10:30:00+02:00"),
        ("date-time", "2026-12-01T10:30:05", "America/St_Johns", "2026-12-01T10:30:05-03:30"),
        ("date-time", "2027-07-01T10:30", "UTC", "2027-07-01T10:30:00Z"),
        ("date-time", "2026-10-25T02:30", "Europe/Madrid", "2026-10-25T02:30:00+02:00"),
        ("time", "10:30", "Europe/Madrid", "10:30"),
        ("time", "10:30:05", "UTC", "10:30:05"),
        ("date-time-local", "2026-12-01T10:30", "Europe/Madrid", "2026-12-01T10:30"),
        ("datetime-local", "2026-12-01T10:30:05", "Europe/Madrid", "2026-12-01T10:30:05"),
        ("time-local", "10:30", "Europe/Madrid", "10:30"),
    ],
)
def test_a_new_time_is_of_the_zone_of_the_browser(form: str, typed: str, zone: str, value: str) -> None:
    """With the offset of that zone on that day; a local one has none, nor has a time of day."""
    assert op_of(only(moment(form)), {"value": [typed, ""]}, 7, ZoneInfo(zone)) == {
        "op": "set",
        "path": "/it",
        "value": value,
        "seen": 7,
    }


@pytest.mark.parametrize(
    ("form", "stored", "shown", "typed", "value"),
    [
        (
            "date-time",
            "2026-12-01T09:30:00.000Z",
            "2026-12-01T09:30",
            "2027-07-01T10:00",
            "2027-07-01T10:00:00Z",
        ),
        ("date-time", "2026-12-01T09:30Z", "2026-12-01T09:30", "2026-12-01T10:00:05", "2026-12-01T10:00:05Z"),
        (
            "date-time",
            "2026-12-01T09:30:07-05:00",
            "2026-12-01T09:30:07",
            "2026-12-01T10:00",
            "2026-12-01T10:00:00-05:00",
        ),
        ("date-time", "2026-12-01T09:30", "2026-12-01T09:30", "2026-12-01T10:00", "2026-12-01T10:00"),
        ("date-time", "2026-12-01T09:30:00", "2026-12-01T09:30", "2026-12-01T10:00", "2026-12-01T10:00:00"),
        (
            "date-time-local",
            "2026-12-01T09:30:00Z",
            "2026-12-01T09:30",
            "2026-12-01T10:00",
            "2026-12-01T10:00:00Z",
        ),
        ("time", "09:30:00+02:00", "09:30", "10:00", "10:00:00+02:00"),
        ("time", "09:30", "09:30", "10:00", "10:00"),
    ],
)
def test_a_time_keeps_the_offset_that_it_has(
    form: str, stored: str, shown: str, typed: str, value: str
) -> None:
    """It is shown on the clock that it was written by, and replaced by one of the same; none stays none."""
    field = only(moment(form), stored)
    assert carried(field.kind, field.value, "es") == shown
    assert sent(field, shown, stored) is None
    op = sent(field, typed, stored)
    assert op
    assert op["value"] == value
    assert sent(field, "", stored) == {"op": "unset", "path": "/it", "seen": 7}


@pytest.mark.parametrize(
    "stored",
    [
        "2026-12-01T09:30:00.250Z",
        "2016-12-31T23:59:60Z",
        "2026-12-01 09:30:00Z",
        "2026-02-30T09:30:00Z",
        "0000-01-01T09:30:00Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01",
        "09:30",
        "tomorrow",
    ],
)
def test_a_time_that_no_control_shows_whole_is_text(stored: str) -> None:
    """So that nothing of it gets lost where it is left as it was."""
    field = only(moment(), stored)
    assert field.kind is Kind.TEXT
    assert sent(field, stored) is None


@pytest.mark.parametrize(
    ("form", "typed", "code"),
    [
        ("date-time", "10:30", "moment"),
        ("date-time", "2026-02-30T10:30", "moment"),
        ("date-time", "2026-12-01T10:30:00Z", "moment"),
        ("time", "2026-12-01T10:30", "time"),
        ("time", "half past", "time"),
    ],
)
def test_what_is_no_time_is_refused(form: str, typed: str, code: str) -> None:
    """As it is sent by a browser that has no such control."""
    with pytest.raises(Unreadable, match=code):
        sent(only(moment(form)), typed, "")


def test_the_times_of_a_list_are_touched_one_by_one() -> None:
    """An item that is left as it was keeps all of its time, whatever is entered beside it."""
    schema = {"type": "array", "items": {"properties": {"at": moment(), "what": {"type": "string"}}}}
    field = only(
        schema, [{"at": "2026-12-01T09:30:00.000Z", "what": "visit"}, {"at": "2026-12-02T09:30:00-05:00"}]
    )
    given = {
        "row.0/at": ["2026-12-01T09:30", "2026-12-01T09:30:00.000Z"],
        "row.0/what": ["call"],
        "row.1/at": ["2026-12-02T10:00", "2026-12-02T09:30:00-05:00"],
        "row.2/at": ["2026-12-03T10:00", ""],
        "row.3/at": ["", ""],
    }
    op = op_of(field, given, 7, HERE)
    assert op
    assert op["value"] == [
        {"at": "2026-12-01T09:30:00.000Z", "what": "call"},
        {"at": "2026-12-02T10:00:00-05:00"},
        {"at": "2026-12-03T10:00:00+01:00"},
    ]


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
    assert op_of(only(schema, value), given, 7, HERE) is None
    assert op_of(only(schema), given, 7, HERE) == {"op": "set", "path": "/it", "value": value, "seen": 7}


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
