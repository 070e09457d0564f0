"""One field of a form: what kind of answer it takes, and what is answered so far."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from retoma_server.adapters.codec import json_bytes
from retoma_server.domain.pointers import Json, same

from .schema import Place, Schema, as_schema, choices_of, types_of
from .times import Clock, is_day
from .words import titled

LONG = 200
"""From how many characters on a text gets more than one line."""


class Kind(StrEnum):
    """What kind of answer a field takes."""

    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date"
    TIME = "time"
    MOMENT = "datetime-local"
    EMAIL = "email"
    TEL = "tel"
    URL = "url"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"
    LINES = "lines"
    ROWS = "rows"
    FILE = "file"
    OTHER = "other"


FORMATS = {
    "date": Kind.DATE,
    "time": Kind.TIME,
    "time-local": Kind.TIME,
    "date-time": Kind.MOMENT,
    "date-time-local": Kind.MOMENT,
    "datetime-local": Kind.MOMENT,
    "email": Kind.EMAIL,
    "idn-email": Kind.EMAIL,
    "tel": Kind.TEL,
    "phone": Kind.TEL,
    "uri": Kind.URL,
    "url": Kind.URL,
    "textarea": Kind.LONG,
    "data-url": Kind.FILE,
    "byte": Kind.FILE,
    "binary": Kind.FILE,
}
TYPES = {"string": Kind.TEXT, "boolean": Kind.BOOLEAN, "number": Kind.NUMBER, "integer": Kind.INTEGER}
"""Where several may be, the first of these takes what the others do."""
NUMBERS = (Kind.NUMBER, Kind.INTEGER)
TIMES = (Kind.TIME, Kind.MOMENT)
LEFT = (Kind.FILE, Kind.OTHER)
"""What no control of ours takes: it is left to the customer."""
DECIMAL_SIGNS = {"en": ".", "es": ","}
"""What stands between a number and its fraction, by language."""
LOOKS_GROUPED = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values to choose from; without a label it is shown as any answer is."""

    value: Json
    label: str | None = None

    @property
    def key(self) -> str:
        """The value as a control carries it."""
        return json_bytes(self.value).decode()


@dataclass(frozen=True, slots=True)
class Column:
    """One member of each item of a list: where within the item it is, and how it is answered.

    What is `local` is a time that has no offset.
    """

    path: str
    kind: Kind
    label: str
    options: tuple[Option, ...] = ()
    numbers: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field; `cell` is its answer as a member of staff may see it, `{value, revision, by}`.

    `conflict` holds two answers that met in it; `problem` is why the answer does not fit yet, by the
    keyword of the schema and its limit. `revision` is when anything of it was last written; `unconfirmed`
    is what staff entered and the customer has still to confirm. What is `local` is a time that has no
    offset. What is `customers` nobody else enters, or no control of ours takes it; what is `removable` is an
    entry of a map.
    """

    path: str
    kind: Kind
    label: str
    help: str | None = None
    example: str | None = None
    required: bool = False
    writable: bool = True
    kept: bool = True
    options: tuple[Option, ...] = ()
    columns: tuple[Column, ...] = ()
    numbers: bool = False
    local: bool = False
    cell: Mapping[str, Any] | None = None
    conflict: Mapping[str, Any] | None = None
    problem: tuple[str, Json] | None = None
    revision: int = 0
    unconfirmed: bool = False
    customers: bool = False
    removable: bool = False

    @property
    def id(self) -> str:
        """What the field is called on the page: nothing of its name can get out of there."""
        return id_of(self.path)

    @property
    def answered(self) -> bool:
        """Whether there is an answer, whoever may read it."""
        return self.cell is not None

    @property
    def masked(self) -> bool:
        """Whether there is an answer that may not be read."""
        return self.cell is not None and is_mask(self.cell["value"])

    @property
    def hint(self) -> str | None:
        """What may be shown of an answer that may not be read."""
        return str(self.cell["value"].get("hint", "")) or None if self.cell and self.masked else None

    @property
    def is_personal(self) -> bool:
        """Whether it is masked as a personal one: what is restricted has no hint, and no staff read it."""
        return self.hint is not None

    @property
    def value(self) -> Json:
        """The answer, None where there is none or it may not be read."""
        return None if self.cell is None or self.masked else self.cell["value"]

    @property
    def by(self) -> Mapping[str, Any] | None:
        """Who wrote the answer."""
        return self.cell["by"] if self.cell else None


def id_of(path: str) -> str:
    """A name for a path that is safe in any attribute."""
    return f"f-{hashlib.sha256(path.encode()).hexdigest()[:16]}"


def text_of(value: Json, language: str) -> str:
    """An answer as text."""
    if isinstance(value, list):
        return "\n".join(text_of(each, language) for each in value)
    if is_number(value):
        return figure(value, language)
    return "" if value is None else value if isinstance(value, str) else json_bytes(value).decode()


def carried(kind: Kind, value: Json, language: str) -> str:
    """An answer as a control of this kind carries it."""
    told = Clock.of(value) if kind in TIMES else None
    return told.shown if told else text_of(value, language)


def figure(value: float, language: str) -> str:
    """A number as people write it; 1.234 has one more digit, as it could be a thousand and more to others."""
    text = json_bytes(value).decode()
    whole = f"{text}0" if LOOKS_GROUPED.fullmatch(text) else text
    return whole.replace(".", DECIMAL_SIGNS[language])


def is_number(value: Json) -> bool:
    """Whether this is a number: yes and no are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_mask(value: Json) -> bool:
    """Whether this stands for a value that may not be read."""
    return isinstance(value, Mapping) and value.get("$masked") is True


def kind_of(place: Place, items: Schema, value: Json) -> Kind:
    """The kind of a field: its schema's, where the present answer can be shown so, else the answer's own."""
    by_schema = kind_by_schema(place.schema, items)
    if value is None:
        return by_schema or Kind.TEXT
    return by_schema if by_schema and fits(by_schema, value) else kind_by_value(value)


def kind_by_schema(schema: Schema, items: Schema) -> Kind | None:
    """The kind that a schema says; None where it says nothing."""
    types = types_of(schema)
    if "prefixItems" in schema or isinstance(schema.get("items"), list):
        return Kind.OTHER
    if "array" in types or "items" in schema:
        return kind_of_list(items)
    if choices_of(schema):
        return Kind.CHOICE
    known = next((kind for each, kind in TYPES.items() if each in types), None)
    if known is Kind.TEXT or (known is None and ("format" in schema or "contentEncoding" in schema)):
        return kind_of_text(schema)
    return known


def kind_of_list(items: Schema) -> Kind:
    """The kind of a list, by its items."""
    if choices_of(items):
        return Kind.CHOICES
    if "properties" in items:
        return Kind.ROWS
    return Kind.LINES if set(types_of(items)) <= {"string", "number", "integer"} else Kind.OTHER


def kind_of_text(schema: Schema) -> Kind:
    """The kind of a text, by its format and length."""
    known = Kind.FILE if "contentEncoding" in schema else FORMATS.get(str(schema.get("format")))
    longest = schema.get("maxLength")
    is_long = isinstance(longest, int) and longest > LONG
    return known or (Kind.LONG if is_long else Kind.TEXT)


def fits(kind: Kind, value: Json) -> bool:
    """Whether a control of this kind shows a value as it is, with nothing of it lost."""
    match kind:
        case Kind.NUMBER | Kind.INTEGER:
            return isinstance(value, int | float | str) and not isinstance(value, bool) and one_line(value)
        case Kind.DATE:
            return isinstance(value, str) and is_day(value)
        case Kind.TIME | Kind.MOMENT:
            told = Clock.of(value)
            return told is not None and bool(told.day) is (kind is Kind.MOMENT)
        case Kind.BOOLEAN | Kind.CHOICE:
            return not isinstance(value, dict | list)
        case Kind.CHOICES:
            return isinstance(value, list) and not any(isinstance(each, dict | list) for each in value)
        case Kind.LINES:
            return isinstance(value, list) and (all(map(is_number, value)) or all(map(is_line, value)))
        case Kind.ROWS:
            return isinstance(value, list) and all(isinstance(each, dict) and each for each in value)
        case Kind.FILE:
            return isinstance(value, str)
        case Kind.LONG:
            return isinstance(value, str) and "\r" not in value
        case _:
            return isinstance(value, str) and one_line(value)


def kind_by_value(value: Json) -> Kind:
    """The kind that an answer has by itself."""
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int | float):
        return Kind.INTEGER if isinstance(value, int) else Kind.NUMBER
    if isinstance(value, str):
        return Kind.TEXT if one_line(value) else Kind.LONG if fits(Kind.LONG, value) else Kind.OTHER
    for kind in (Kind.LINES, Kind.ROWS):
        if value and fits(kind, value):
            return kind
    return Kind.OTHER


def one_line(value: str | float) -> bool:
    """Whether nothing of a text gets lost in one line, as browsers read it."""
    text = str(value)
    return not any(sign in text for sign in "\r\n\0")


def is_line(value: Json) -> bool:
    """Whether an item of a list is one line of text, with nothing around it that would get lost."""
    is_text = isinstance(value, str) and bool(value.strip())
    return is_text and value == value.strip() and len(value.splitlines()) == 1


def holds_numbers(items: Schema, value: Json) -> bool:
    """Whether the lines of a list are numbers: its schema says so, or what is answered."""
    return kind_by_schema(items, {}) in NUMBERS or (isinstance(value, list) and any(map(is_number, value)))


def is_local(schema: Schema) -> bool:
    """Whether a time is meant as the clocks tell it wherever it is read, and has no offset.

    So is `time`, though RFC 3339 gives it one: the `<input type="time">` of a customer's page shows no other.
    """
    return str(schema.get("format")).endswith("-local") or schema.get("format") == "time"


def options_of(schema: Schema, language: str, *present: Json) -> tuple[Option, ...]:
    """What one may choose from; a present answer that is none of them is one more."""
    known = [
        Option(value, labelled(value, said, schema, number, language))
        for number, (value, said) in enumerate(choices_of(schema))
    ]
    if not known and "boolean" in types_of(schema):
        known = [Option(True), Option(False)]
    strange = [
        each for each in present if each is not None and not any(same(each, one.value) for one in known)
    ]
    return (*known, *(Option(each, each if isinstance(each, str) else None) for each in strange))


def labelled(value: Json, said: Schema, schema: Schema, number: int, language: str) -> str | None:
    """What a choice is called: its title, the schema's names of the values, or the value in words."""
    names = schema.get("x-enumNames") or schema.get("enumNames") or as_schema(schema.get("x-titles"))
    if isinstance(names, list) and number < len(names) and not said:
        return str(names[number])
    if isinstance(value, str):
        return titled(said, language, value)
    return titled(said, language, "") if "title" in said or "titles" in said else None
