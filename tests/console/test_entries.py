"""Promises of maps: staff add an entry by a name and an answer, and take one away, as in a list."""

import re
from typing import Any

import pytest

from retoma_server.console.form.maps import Blank
from retoma_server.console.form.tree import Answers, form_of
from retoma_server.domain.processes import FieldClass, Process
from tests.console.assisting import Counter, at_the_counter, field_of, text_of
from tests.console.test_form import BY, MASK, cells, fields, sections
from tests.http.shop import Shop

RENTS = {"title": "Rents", "type": "object", "additionalProperties": {"title": "Rent", "type": "number"}}


def blanks(schema: Any, **values: Any) -> list[Blank]:
    """Where entries are added in a form of this schema."""
    made = [each for section in sections(schema, **values) for each in section.sections()]
    return [each.blank for each in made if each.blank]


def blank_of(schema: Any, **values: Any) -> Blank | None:
    """Where entries are added to a member of this schema."""
    return next(iter(blanks({"properties": {"it": schema}}, **values)), None)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": ["object", "null"], "additionalProperties": True},
        {"additionalProperties": {"type": "number"}},
        {"properties": {"a": {}}, "additionalProperties": {"type": "string"}},
        {"patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False},
        {"type": "object", "unevaluatedProperties": {"type": "string"}},
        {"type": "object", "additionalProperties": {"type": "object", "properties": {"a": {}}}},
        {"allOf": [{"$ref": "#/$defs/map"}]},
    ],
)
def test_an_object_of_any_names_takes_entries(schema: Any) -> None:
    """Whether it says so of them, or tells of no member at all."""
    map_ = {"type": "object", "additionalProperties": {"type": "string"}}
    (made,) = blanks({"properties": {"it": schema}, "$defs": {"map": map_}})
    assert made.path == "/it"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {"a": {}}, "additionalProperties": True},
        {"type": "object", "additionalProperties": False},
        {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "array"}}},
        {"type": "object", "readOnly": True},
        {"type": "object", "maxProperties": 0},
        {"type": "object", "propertyNames": {"enum": []}, "maxProperties": 0},
        {"type": "string", "additionalProperties": {"type": "string"}},
        {},
    ],
)
def test_others_take_none(schema: Any) -> None:
    """What has names of its own, is full, fixed, or holds what no control of ours takes."""
    assert blank_of(schema) is None


def test_a_whole_form_may_be_a_map() -> None:
    """Of a schema that names nothing; without any schema nothing is made up."""
    (made,) = blanks({"type": "object"})
    assert (made.path, made.place("a/b")) == ("", "/a~1b")
    assert blanks(None) == []


def test_an_entry_has_the_control_of_what_it_may_be() -> None:
    """One with members of its own is only named: its fields come with it."""
    number = blank_of(RENTS)
    assert number
    assert number.field
    assert (number.title, number.field.kind, number.field.label) == ("Rents", "number", "Rent")
    person = blank_of({"additionalProperties": {"properties": {"age": {}}}})
    assert person
    assert person.field is None


def test_an_entry_is_what_the_pattern_of_its_name_says() -> None:
    """Else what is said of all others."""
    map_ = {"patternProperties": {"^n_": {"type": "integer"}}, "additionalProperties": {"type": "boolean"}}
    made = fields({"properties": {"it": map_}}, it__n_a=1, it__b=True)
    assert [(each.kind, each.removable) for each in made.values()] == [("integer", True), ("boolean", True)]


@pytest.mark.parametrize(
    ("schema", "name", "why"),
    [
        ({"type": "object"}, "", "name"),
        ({"type": "object"}, "may", "name-taken"),
        ({"properties": {"june": {}}, "additionalProperties": {"type": "string"}}, "june", "name-taken"),
        ({"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}}, "May", "name-unfit"),
        ({"type": "object", "propertyNames": {"$ref": "#/$defs/short"}}, "december", "name-unfit"),
        ({"patternProperties": {"^x": {}}, "additionalProperties": False}, "y", "name-unfit"),
        ({"patternProperties": {"^x": {}}, "additionalProperties": False}, "xy", None),
        ({"patternProperties": {"^x": {}}}, "y", None),
        ({"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}}, "june", None),
    ],
)
def test_a_name_is_what_the_schema_lets_it_be(schema: Any, name: str, why: str | None) -> None:
    """And that of one entry only."""
    whole = {"properties": {"it": schema}, "$defs": {"short": {"maxLength": 4}}}
    (made,) = blanks(whole, it__may="600")
    assert made.refusal(name) == why


def test_names_that_are_counted_are_chosen_from() -> None:
    """As long as one is left; what they are called is said of them."""
    names = {"title": "Day", "oneOf": [{"const": "mon", "title": "Monday"}, {"const": "tue"}]}
    map_ = {"type": "object", "propertyNames": names}
    made = blank_of(map_, it__tue="x")
    assert made
    assert (made.label, [(one.value, one.label) for one in made.names]) == ("Day", [("mon", "Monday")])
    assert blank_of(map_, it__tue="x", it__mon="y") is None


def test_nobody_adds_or_takes_away_where_nothing_may_be_entered() -> None:
    """Where staff look only, where it is the customer's alone, or never kept; nor what cannot be read."""
    schema = {"properties": {"it": RENTS}}
    answers = Answers.of(cells(it__may=600, it__june=MASK))

    def made(process: Process, writable: bool = True) -> tuple[bool, list[str]]:
        (form,) = form_of(process, answers, "en", writable)
        return any(each.blank for each in form.sections()), [e.path for e in form.fields() if e.removable]

    assert made(Process("loan", schema=schema)) == (True, ["/it/may"])
    assert made(Process("loan", schema=schema), writable=False) == (False, [])
    assert made(Process("loan", schema=schema, customer_only=("/it",))) == (False, [])
    assert made(Process("loan", schema=schema, customer_only=("/it/may",))) == (True, [])
    assert made(Process("loan", schema=schema, fields={"/it": FieldClass.NEVER_STORE}))[0] is False


def test_a_schema_of_maps_in_maps_ends() -> None:
    """Another level comes with an entry."""
    tree = {"type": "object", "additionalProperties": {"$ref": "#/$defs/tree"}}
    schema = {"properties": {"it": {"$ref": "#/$defs/tree"}}, "$defs": {"tree": tree}}
    assert [each.path for each in blanks(schema)] == ["/it"]
    empty = {"/it/a": {"value": {}, "revision": 1, "by": BY}}
    (form,) = form_of(Process("loan", schema=schema), Answers.of(empty), "en")
    assert [each.blank.path for each in form.sections() if each.blank] == ["/it", "/it/a"]


PEOPLE = {
    "title": "People",
    "type": "object",
    "additionalProperties": {"properties": {"age": {"title": "Age", "type": "integer"}}},
}


@pytest.fixture(scope="module")
def counter(shop: Shop) -> Shop:
    """A shop with a process that has maps."""
    rents = {**RENTS, "propertyNames": {"pattern": "^[a-z_]+$"}}
    schema = {"properties": {"rents": rents, "people": PEOPLE}}
    shop.register("letting", schema=schema, fields={"/rents": "public", "/people": "public"})
    return shop


def add(at: Counter, seen: int, path: str = "/rents", **form: Any) -> str:
    """What the page is told after an entry was to be added."""
    return at.shown(at.send("entries", seen, path=path, do="add", **form))


def test_an_entry_is_added_by_its_name_and_its_answer(counter: Shop) -> None:
    """The customer has it; the whole form comes, with its field, and the blank is empty again."""
    at = at_the_counter(counter, "letting")
    said = add(at, 0, name=" june_2 ", value="610", path="/rents")
    assert "The form does not allow this name." in text_of(said)
    said = add(at, 0, name=" june ", value="610,50")
    assert 'id="fields"' in said
    assert 'value="610.5"' in field_of(said, "June")
    assert "Added" in text_of(said)
    assert at.customer.data(at.draft) == {"rents": {"june": 610.5}}


def test_an_entry_with_members_is_named_and_then_filled_in(counter: Shop) -> None:
    """It is there from its name on, and called as it was written."""
    at = at_the_counter(counter, "letting")
    assert "Ana Rey" in text_of(add(at, 0, path="/people", name="Ana Rey"))
    assert at.customer.data(at.draft) == {"people": {"Ana Rey": {}}}
    assert "Saved" in at.save("/people/Ana Rey/age", "33", 1)
    assert at.customer.data(at.draft) == {"people": {"Ana Rey": {"age": 33}}}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": " ", "value": "1"}, "Please write a name."),
        ({"name": "may", "value": "1"}, "There is an entry by this name already."),
        ({"name": "June", "value": "1"}, "The form does not allow this name."),
        ({"name": "june", "value": "about 600"}, "Please write a number"),
        ({"name": "june", "value": " "}, "Please enter an answer, too."),
        ({"name": "__proto__", "value": "1"}, "This name cannot be used."),
        ({"name": "Ana", "path": "/nowhere"}, ""),
        ({"name": "4111 1111 1111 1111", "path": "/people"}, "looks like a card number"),
    ],
)
def test_what_cannot_be_added_is_said_where_it_was_entered(
    counter: Shop, form: dict[str, str], words: str
) -> None:
    """And changes nothing; what was typed is not repeated to a page that has it still."""
    at = at_the_counter(counter, "letting", **{"rents/may": 600})
    said = add(at, 1, **form)
    assert words in text_of(said)
    assert "data-written" not in said
    assert at.customer.data(at.draft) == {"rents": {"may": 600}}
    if words:
        assert re.findall(r'id="(n-\w+)" data-field data-revision="0" data-note="refused"', said)
        assert form["name"].strip() in ("", "may") or form["name"] not in said


def test_an_entry_is_taken_away_with_all_that_is_in_it(counter: Shop) -> None:
    """Only an entry of a map, and only as it was seen: what the customer wrote meanwhile is kept."""
    at = at_the_counter(counter, "letting", **{"rents/may": 600, "people/Ana/age": 33, "people/Ben/age": 34})
    page = at.page()
    assert "Remove this entry: May" in page
    assert "Remove this entry: Ana" in page
    assert "Removed" in text_of(at.send("entries", 1, path="/people/Ana", do="remove").text)
    for path in ("/people/Ben/age", "/rents", "", "/nowhere"):
        at.send("entries", 2, path=path, do="remove")
    assert at.customer.data(at.draft) == {"rents": {"may": 600}, "people": {"Ben": {"age": 34}}}
    at.customer.save(at.draft, 2, seen=2, **{"rents/may": 650})
    assert "Two different answers met here" in text_of(
        at.send("entries", 2, path="/rents/may", do="remove").text
    )
    assert at.customer.data(at.draft)["rents"] == {"may": 650}


def test_without_scripts_an_entry_is_added_and_taken_away(counter: Shop) -> None:
    """The page comes again where it was; what was refused is still in its controls."""
    at = at_the_counter(counter, "letting", **{"rents/may": 600})
    done = at.send("entries", 1, htmx=False, path="/rents", do="add", name="june", value="610")
    assert done.status_code == 303
    place = done.headers["Location"].partition("#")[2]
    assert f'id="{place}"' in at.page()
    gone = at.send("entries", 2, htmx=False, path="/rents/may", do="remove")
    assert (gone.status_code, gone.headers["Location"]) == (303, done.headers["Location"])
    assert at.customer.data(at.draft) == {"rents": {"june": 610}}
    refused = at.send("entries", 3, htmx=False, path="/rents", do="add", name="July", value="a lot")
    assert refused.status_code == 422
    assert 'value="July"' in refused.text
    assert 'value="a lot"' in refused.text


def test_nothing_is_added_where_the_customer_lets_staff_look_only(counter: Shop) -> None:
    """There is no place for it on the page, and none is made by a form that is sent anyway."""
    at = at_the_counter(counter, "letting", consent=("view", False), **{"rents/may": 600})
    assert "/entries" not in at.page()
    add(at, 1, name="june", value="610")
    at.send("entries", 1, path="/rents/may", do="remove")
    assert at.customer.data(at.draft) == {"rents": {"may": 600}}
