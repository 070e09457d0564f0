"""Promises of the form that staff read: what a schema says of each field, and what is answered in it."""

from collections.abc import Mapping
from typing import Any

import pytest

from retoma_server.console.form.fields import Field, Kind, text_of
from retoma_server.console.form.tree import Answers, Section, form_of
from retoma_server.console.form.words import worded
from retoma_server.domain.processes import FieldClass, Process, Step

MASK = {"$masked": True, "hint": "A•••"}
BY = {"kind": "visitor", "channel": "web", "writer": "w_1", "device": None, "name": None}


def cells(**values: Any) -> dict[str, dict[str, Any]]:
    """Live cells; `__` in a name is a step down."""
    return {
        f"/{name.replace('__', '/')}": {"value": value, "revision": 1, "by": BY}
        for name, value in values.items()
    }


def sections(schema: Mapping[str, Any] | None, language: str = "en", **values: Any) -> tuple[Section, ...]:
    """The form of a process with this schema and these answers."""
    return form_of(Process("loan", schema=schema), Answers.of(cells(**values)), language)


def fields(schema: Mapping[str, Any] | None, language: str = "en", **values: Any) -> dict[str, Field]:
    """Its fields by path."""
    found = [each for section in sections(schema, language, **values) for each in section.fields()]
    assert len({each.path for each in found}) == len(found)
    return {each.path: each for each in found}


def only(schema: Mapping[str, Any], *value: Any, language: str = "en") -> Field:
    """The one field of a form whose only member is this."""
    (made,) = fields({"properties": {"it": schema}}, language, **({"it": value[0]} if value else {})).values()
    return made


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, Kind.TEXT),
        ({"type": ["string", "null"]}, Kind.TEXT),
        ({"type": "string", "maxLength": 2000}, Kind.LONG),
        ({"type": "string", "format": "date"}, Kind.DATE),
        ({"type": "string", "format": "time"}, Kind.TIME),
        ({"type": "string", "format": "date-time"}, Kind.MOMENT),
        ({"format": "datetime-local"}, Kind.MOMENT),
        ({"type": "string", "format": "email"}, Kind.EMAIL),
        ({"type": "string", "format": "tel"}, Kind.TEL),
        ({"format": "uri"}, Kind.URL),
        ({"type": "number"}, Kind.NUMBER),
        ({"type": "integer"}, Kind.INTEGER),
        ({"type": "boolean"}, Kind.BOOLEAN),
        ({"enum": ["a", "b"]}, Kind.CHOICE),
        ({"oneOf": [{"const": 1, "title": "One"}, {"const": 2}]}, Kind.CHOICE),
        ({"anyOf": [{"const": 1}, {"type": "null"}]}, Kind.CHOICE),
        ({"type": "array", "items": {"enum": ["a"]}}, Kind.CHOICES),
        ({"type": "array", "items": {"type": "string"}}, Kind.LINES),
        ({"type": "array", "items": {"type": "object", "properties": {"a": {}}}}, Kind.ROWS),
        ({"type": "array", "items": {"type": "array"}}, Kind.OTHER),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]}, Kind.OTHER),
        ({"type": "string", "contentEncoding": "base64"}, Kind.FILE),
        ({"type": "string", "format": "data-url"}, Kind.FILE),
        ({"type": ["integer", "string"]}, Kind.TEXT),
        ({}, Kind.TEXT),
        (True, Kind.TEXT),
    ],
)
def test_a_schema_says_what_kind_of_answer_a_field_takes(schema: Any, kind: Kind) -> None:
    """Each type, format and list of values has its control."""
    assert only(schema).kind is kind


NONE = {"type": "null"}
DAY = {"type": "string", "format": "date"}


@pytest.mark.parametrize("key", ["anyOf", "oneOf"])
@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ([DAY, NONE], Kind.DATE),
        ([NONE, {"type": "integer"}], Kind.INTEGER),
        ([{"$ref": "#/$defs/plan"}, NONE], Kind.CHOICE),
        ([{"type": "array", "items": {"anyOf": [{"type": "string"}, NONE]}}, NONE], Kind.LINES),
        ([{"type": "integer"}, {"type": "string"}], Kind.TEXT),
        ([{"enum": ["a", "b"]}, {"type": "string"}], Kind.TEXT),
        ([{"type": "number"}, {"const": "unknown"}], Kind.NUMBER),
        ([{"enum": ["a"], "title": "A!"}, {"enum": ["b"]}], Kind.CHOICE),
    ],
)
def test_a_member_that_may_be_this_or_that_has_a_field(key: str, parts: list[Any], kind: Kind) -> None:
    """Programs write so of an answer that there may be none of: it has the control of what it may be."""
    defs = {"plan": {"type": "string", "enum": ["basic", "gold"]}}
    (made,) = fields({"properties": {"it": {key: parts}}, "$defs": defs}).values()
    assert (made.kind, made.writable) == (kind, True)


def test_a_list_whose_places_differ_is_left_to_the_customer_in_the_words_of_draft_7_too() -> None:
    """Its lines would all be texts."""
    pair = {"type": "array", "items": [{"type": "string"}, {"type": "number"}]}
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"it": pair}}
    assert fields(schema)["/it"].kind is Kind.OTHER


def test_values_that_are_told_apart_by_a_list_of_one_are_choices() -> None:
    """With the title of each; a list of several says its values in words."""
    made = only({"oneOf": [{"enum": ["a"], "title": "The first"}, {"enum": ["b", "c"], "title": "Others"}]})
    assert [(one.value, one.label) for one in made.options] == [("a", "The first"), ("b", "B"), ("c", "C")]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Ann", Kind.TEXT),
        ("two\nlines", Kind.LONG),
        ("odd\r\nlines", Kind.OTHER),
        (3, Kind.INTEGER),
        (3.5, Kind.NUMBER),
        (False, Kind.BOOLEAN),
        (["a", "b"], Kind.LINES),
        ([{"a": 1}], Kind.ROWS),
        ([1, 2.5], Kind.LINES),
        (["a", 1], Kind.OTHER),
        ([["a"]], Kind.OTHER),
        ([], Kind.OTHER),
        ([{}], Kind.OTHER),
    ],
)
def test_without_a_schema_the_answer_says_it(value: Any, kind: Kind) -> None:
    """A process that nobody registered has a form too."""
    (made,) = fields(None, it=value).values()
    assert made.kind is kind


@pytest.mark.parametrize(
    ("schema", "value", "kind"),
    [
        ({"type": "string", "format": "date"}, "12/05/1980", Kind.TEXT),
        ({"type": "string", "format": "time"}, "noon", Kind.TEXT),
        ({"type": "string"}, "two\nlines", Kind.LONG),
        ({"type": "integer"}, ["a"], Kind.LINES),
        ({"type": "boolean"}, "maybe", Kind.BOOLEAN),
        ({"type": "array", "items": {"type": "string"}}, "alone", Kind.TEXT),
        ({"type": "array", "items": {"properties": {"a": {}}}}, ["no object"], Kind.LINES),
    ],
)
def test_an_answer_is_shown_whole_even_where_the_schema_thinks_otherwise(
    schema: dict[str, Any], value: Any, kind: Kind
) -> None:
    """A browser's date control would show nothing of `12/05/1980`, and the next save would lose it."""
    assert (only(schema, value).kind, only(schema, value).value) == (kind, value)


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        (2400.5, "2400.5", "2400,5"),
        (3, "3", "3"),
        (1.234, "1.2340", "1,2340"),
        ([1, 0.5], "1\n0.5", "1\n0,5"),
    ],
)
def test_a_number_is_written_as_whoever_reads_it_does(value: Any, english: str, spanish: str) -> None:
    """And so that it is the same number when it comes back."""
    assert (text_of(value, "en"), text_of(value, "es")) == (english, spanish)


def test_a_strange_choice_is_one_more_option() -> None:
    """What the customer chose is shown, also where the schema does not list it."""
    made = only({"enum": ["house", "flat"]}, "boat")
    assert [(each.value, each.label) for each in made.options] == [
        ("house", "House"),
        ("flat", "Flat"),
        ("boat", "boat"),
    ]
    assert [each.value for each in only({"type": "boolean"}, "maybe").options] == [True, False, "maybe"]


def test_words_come_from_the_schema_in_the_language_of_the_page() -> None:
    """`titles` and `descriptions` by language, else title and description, else the name."""
    schema = {
        "title": "Income",
        "titles": {"es": "Ingresos"},
        "description": "After tax",
        "examples": [2400],
        "type": "number",
    }
    english, spanish = only(schema), only(schema, language="es")
    assert (english.label, english.help, english.example) == ("Income", "After tax", "2400")
    assert (spanish.label, spanish.help) == ("Ingresos", "After tax")
    assert only({}).label == "It"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("monthly_income", "Monthly income"),
        ("monthlyIncome", "Monthly income"),
        ("IBAN", "IBAN"),
        ("taxID", "Tax ID"),
        ("first-name", "First name"),
        ("Ana Rey", "Ana Rey"),
        ("by the sea", "By the sea"),
        ("", "—"),
        ("___", "___"),
    ],
)
def test_a_name_is_made_into_words(name: str, words: str) -> None:
    """What developers call a field is not what people read."""
    assert worded(name) == words


def test_objects_are_sections_and_references_are_followed() -> None:
    """Nested as in the schema; a member may come from `$defs` and from parts that are merged."""
    schema = {
        "properties": {
            "home": {"allOf": [{"$ref": "#/$defs/address"}, {"title": "Home", "required": ["city"]}]}
        },
        "$defs": {"address": {"type": "object", "properties": {"street": {"type": "string"}, "city": {}}}},
    }
    ((home,),) = (section.items for section in sections(schema))
    assert isinstance(home, Section)
    assert (home.title, [each.path for each in home.fields()]) == ("Home", ["/home/street", "/home/city"])
    assert [each.required for each in home.fields()] == [False, True]


def test_a_schema_that_goes_round_in_circles_ends() -> None:
    """As deep as there are answers; a reference to itself alone says nothing."""
    schema = {
        "properties": {"boss": {"$ref": "#/$defs/person"}, "loop": {"$ref": "#/$defs/loop"}},
        "$defs": {
            "person": {"properties": {"name": {"title": "Called"}, "boss": {"$ref": "#/$defs/person"}}},
            "loop": {"$ref": "#/$defs/loop"},
        },
    }
    assert list(fields(schema)) == ["/boss/name", "/loop"]
    deep = fields(schema, boss__boss__name="Eve")
    assert list(deep) == ["/boss/name", "/boss/boss/name", "/loop"]
    assert deep["/boss/boss/name"].label == "Called"


def test_a_schema_of_endless_width_ends() -> None:
    """Ten members of ten members and so on are not all shown to anybody."""
    defs = {
        f"d{level}": {"properties": {f"m{at}": {"$ref": f"#/$defs/d{level + 1}"} for at in range(10)}}
        for level in range(6)
    }
    assert len(fields({"$ref": "#/$defs/d0", "$defs": {**defs, "d6": {"type": "string"}}})) <= 500


CONDITIONAL = {
    "properties": {"work": {"enum": ["employed", "self"]}},
    "if": {"properties": {"work": {"const": "self"}}, "required": ["work"]},
    "then": {"properties": {"tax_number": {"type": "string"}}, "required": ["tax_number"]},
    "else": {"properties": {"employer": {"type": "string"}}},
}


@pytest.mark.parametrize(
    ("work", "shown"),
    [
        ("self", {"/work": False, "/tax_number": True}),
        ("employed", {"/work": False, "/employer": False}),
        (MASK, {"/work": False, "/tax_number": False, "/employer": False}),
    ],
)
def test_conditions_are_decided_by_what_may_be_read(work: Any, shown: dict[str, bool]) -> None:
    """Where it hangs on an answer that staff may not read, both ends are offered: neither tells it."""
    assert {path: made.required for path, made in fields(CONDITIONAL, work=work).items()} == shown


def test_an_answer_outside_the_condition_stays_in_sight() -> None:
    """It is in the draft, so it is on the page."""
    assert list(fields(CONDITIONAL, work="employed", tax_number="X1")) == [
        "/work",
        "/employer",
        "/tax_number",
    ]


def test_alternatives_are_offered_until_an_answer_excludes_them() -> None:
    """By their constants; what follows from a member's presence comes with it."""
    schema = {
        "oneOf": [
            {"properties": {"pay": {"const": "bank"}, "iban": {}}},
            {"properties": {"pay": {"const": "cash"}, "till": {}}},
        ],
        "dependentSchemas": {"iban": {"properties": {"bank": {}}, "required": ["bank"]}},
    }
    assert list(fields(schema)) == ["/pay", "/iban", "/till"]
    assert list(fields(schema, pay="bank", iban=MASK)) == ["/pay", "/iban", "/bank"]


CARD = {"title": "By card", "properties": {"by": {"const": "card"}, "holder": {}}, "required": ["by"]}
BANK = {"title": "By bank", "properties": {"by": {"const": "bank"}, "iban": {}}, "required": ["by"]}


@pytest.mark.parametrize(
    "schema", [{"oneOf": [CARD, BANK]}, {"$defs": {"c": CARD}, "anyOf": [{"$ref": "#/$defs/c"}, BANK]}]
)
def test_alternatives_are_chosen_between_by_what_tells_them_apart(schema: dict[str, Any]) -> None:
    """All of them stay to be chosen, by their titles; the fields are those of the one that was chosen."""
    open_to_both, by_bank = fields(schema), fields(schema, by="bank")
    assert (list(open_to_both), list(by_bank)) == (["/by", "/holder", "/iban"], ["/by", "/iban"])
    for by in (open_to_both["/by"], by_bank["/by"]):
        assert (by.kind, by.writable, by.required) == (Kind.CHOICE, True, False)
        assert [(one.value, one.label) for one in by.options] == [("card", "By card"), ("bank", "By bank")]


def test_alternatives_of_several_values_are_one_choice_of_all() -> None:
    """Values are in words where an alternative has several; a choice that is told already stays as it is."""
    few = {"properties": {"n": {"enum": ["one", "two"]}}}
    many = {"properties": {"n": {"const": "many"}, "how_many": {}}}
    made = fields({"properties": {"n": {"title": "Children"}}, "oneOf": [few, many]})
    assert (made["/n"].label, [one.label for one in made["/n"].options]) == (
        "Children",
        ["One", "Two", "Many"],
    )
    told = fields({"properties": {"n": {"enum": ["many", "one"]}}, "oneOf": [few, many]})
    assert [one.value for one in told["/n"].options] == ["many", "one"]


def test_members_that_are_described_alike_have_their_own_names() -> None:
    """Two of a map are not both called by the title of whatever may be in it."""
    schema = {"properties": {"rents": {"additionalProperties": {"title": "Rent", "type": "number"}}}}
    made = fields(schema, rents__may=600, rents__june=610)
    assert [(each.label, each.kind) for each in made.values()] == [
        ("May", Kind.NUMBER),
        ("June", Kind.NUMBER),
    ]


def test_what_no_control_takes_is_left_to_the_customer() -> None:
    """And what is theirs alone; not what is fixed, nor anything where staff only look."""
    schema = {
        "properties": {
            "grid": {"items": {"type": "array"}},
            "scan": {"contentEncoding": "base64"},
            "terms": {},
            "fixed": {"const": [[1]]},
            "a": {},
        }
    }
    process = Process("loan", schema=schema, customer_only=("/terms",))
    (form,) = form_of(process, Answers({}), "en")
    assert [each.customers for each in form.fields()] == [True, True, True, False, False]
    (form,) = form_of(process, Answers({}), "en", writable=False)
    assert not any(each.customers for each in form.fields())


def test_nobody_writes_what_is_fixed_or_never_kept() -> None:
    """Read-only, constant, never stored, the customer's alone; and all of it where staff may only look."""
    schema = {
        "properties": {
            "a": {"readOnly": True},
            "b": {"const": 1},
            "c": {},
            "d": {},
            "e": {},
            "f": {"readOnly": True, "properties": {"g": {"properties": {"h": {}}}}},
        }
    }
    process = Process("loan", schema=schema, fields={"/c": FieldClass.NEVER_STORE}, customer_only=("/e",))
    (form,) = form_of(process, Answers({}), "en")
    assert [each.path for each in form.fields() if each.writable] == ["/d"]
    (form,) = form_of(process, Answers({}), "en", writable=False)
    assert not any(each.writable for each in form.fields())


def test_a_masked_answer_shows_its_hint_and_no_value() -> None:
    """And a restricted one not even that."""
    made = fields(None, name=MASK, iban={"$masked": True, "present": True})
    assert [(each.masked, each.hint, each.value) for each in made.values()] == [
        (True, "A•••", None),
        (True, None, None),
    ]


def test_an_answer_where_members_should_be_is_shown_beside_them() -> None:
    """Nothing that is in the draft is hidden by what its schema expects; an empty object gives way."""
    schema = {"properties": {"home": {"type": "object", "properties": {"city": {}}}}}
    assert list(fields(schema, home=MASK)) == ["/home", "/home/city"]
    assert list(fields(schema, home="Elm 1")) == ["/home"]
    assert list(fields(schema, home={})) == ["/home/city"]
    assert list(fields({"properties": {"home": {"type": "string"}}}, home__city="Bonn")) == ["/home/city"]


def test_a_list_has_columns_of_what_its_items_hold() -> None:
    """Nested members too; what no control can show is carried along."""
    schema = {
        "type": "array",
        "items": {
            "properties": {"name": {"type": "string"}, "at": {"properties": {"city": {"title": "Town"}}}}
        },
    }
    made = only(schema, [{"name": "Ann", "tags": ["x"], "odd": [["y"]]}, {"age": 3}])
    assert [(each.path, each.kind, each.label) for each in made.columns] == [
        ("/name", Kind.TEXT, "Name"),
        ("/at/city", Kind.TEXT, "Town"),
        ("/tags", Kind.LINES, "Tags"),
        ("/odd", Kind.OTHER, "Odd"),
        ("/age", Kind.INTEGER, "Age"),
    ]


def test_an_item_has_every_kind_of_answer_but_lists_of_items() -> None:
    """Several lines, several choices and lists of lines too, with or without a present answer."""
    parts = {
        "note": {"type": "string", "maxLength": 900},
        "tags": {"items": {"type": "string"}},
        "days": {"items": {"enum": ["mon", "tue"]}},
        "sums": {"items": {"type": "number"}},
        "subs": {"items": {"properties": {"a": {}}}},
    }
    kinds = [Kind.LONG, Kind.LINES, Kind.CHOICES, Kind.LINES, Kind.OTHER]
    schema = {"type": "array", "items": {"properties": parts}}
    row = {"note": "a\nb", "tags": ["x"], "days": ["tue"], "sums": [1, 2.5], "subs": [{"a": "b"}]}
    for made in (only(schema), only(schema, [row])):
        assert [each.kind for each in made.columns] == kinds
        assert [each.numbers for each in made.columns] == [False, False, False, True, False]
        assert [one.value for one in made.columns[2].options] == ["mon", "tue"]


def test_steps_are_sections_and_what_belongs_to_none_is_last() -> None:
    """By name or by `x-step`; a section that is a whole step is not named twice."""
    schema = {
        "properties": {
            "you": {"type": "object", "properties": {"name": {}}},
            "wage": {"x-step": "income"},
            "bonus": {"x-step": "income"},
            "note": {},
        }
    }
    steps = (Step("income", {"en": "Income"}), Step("you", {"en": "About you"}), Step("done"))
    form = form_of(Process("loan", schema=schema, steps=steps), Answers({}), "en")
    assert [(each.step, each.title, [one.path for one in each.fields()]) for each in form] == [
        ("income", "Income", ["/wage", "/bonus"]),
        ("you", "About you", ["/you/name"]),
        (None, None, ["/note"]),
    ]


def test_a_problem_is_said_of_answers_that_may_be_read() -> None:
    """With its limit; of a masked answer nothing is told that its look would not tell."""
    assert only({"type": "integer", "minimum": 18}, 3).problem == ("minimum", 18)
    assert only({"type": "integer", "minimum": 18}, 30).problem is None
    assert only({"type": "string", "pattern": "^x"}, MASK).problem is None
