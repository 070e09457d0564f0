"""From what a control sends to an op of a draft; nothing typed is repeated where it cannot be read."""

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from retoma_server.adapters.strict_json import parse
from retoma_server.domain.errors import RetomaError
from retoma_server.domain.pointers import Json, nest, same

from .fields import DECIMAL_SIGNS, LEFT, NUMBERS, Column, Field, Kind, Option, text_of
from .times import Clock, entered

NUMBER = re.compile(r"[-+]?\d{1,15}([.,]\d{1,15})?", re.ASCII)
THOUSANDS = {
    ",": re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d{1,15})?", re.ASCII),
    ".": re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+(,\d{1,15})?", re.ASCII),
}
"""Numbers with signs between their thousands."""
MOST_ROWS = 200
ROW = re.compile(r"row\.(\d{1,3})(/.*)?", re.ASCII | re.DOTALL)


class Unreadable(Exception):
    """What was typed cannot be kept as an answer of this kind; `code` says why."""

    def __init__(self, code: str) -> None:
        """Say why."""
        super().__init__(code)
        self.code = code


def op_of(field: Field, sent: Mapping[str, Sequence[str]], seen: int, here: tzinfo) -> dict[str, Any] | None:
    """The op that makes what was sent the answer, None where it is the answer already.

    A new time is of the zone `here`.
    An answer that may not be read is replaced by another one, never taken away by an empty control.
    Raises Unreadable.
    """
    if not field.writable:
        raise Unreadable("read-only")
    is_shown = field.answered and not field.masked
    if is_shown and list(sent.get("value", ())) in ([text_of(field.value, each)] for each in DECIMAL_SIGNS):
        return None
    value = value_of(field, sent, here)
    if value is None:
        return {"op": "unset", "path": field.path, "seen": seen} if is_shown else None
    if is_shown and same(value, field.value):
        return None
    return {"op": "set", "path": field.path, "value": value, "seen": seen}


def value_of(field: Field, sent: Mapping[str, Sequence[str]], here: tzinfo) -> Json:
    """What was sent as a value; None where nothing was."""
    if field.kind is Kind.ROWS:
        return rows_of(field, sent, here)
    return answer_of(field, sent.get("value", ()), here)


def answer_of(part: Field | Column, given: Sequence[str], here: tzinfo) -> Json:
    """What was sent for one answer, or for one part of an item; None where nothing was."""
    match part.kind:
        case Kind.CHOICES:
            return [chosen(part.options, each) for each in given if each] or None
        case Kind.LINES:
            lines = [line.strip() for line in "\n".join(given).splitlines() if line.strip()]
            return [number(line) if part.numbers else line for line in lines] or None
        case Kind.TIME | Kind.MOMENT:
            typed, before = (*given, "", "")[:2]
            return timed(part, typed, before, here) if typed.strip() else None
        case _:
            return single(part.kind, part.options, given[0] if given else "")


def single(kind: Kind, options: Sequence[Option], text: str) -> Json:
    """The value of one control; None where it is empty."""
    text = text.replace("\r\n", "\n")
    if "\0" in text:
        raise Unreadable("text")
    if not text.strip():
        return None
    if kind in (Kind.CHOICE, Kind.BOOLEAN):
        return chosen(options, text)
    if kind in LEFT:
        return unaltered(text)
    return number(text, whole=kind is Kind.INTEGER) if kind in NUMBERS else text


def timed(part: Field | Column, typed: str, before: str, here: tzinfo) -> str:
    """A time, of which `before` is what the page showed: as long as it reads alike it is not touched."""
    new, old = Clock.of(typed), Clock.of(before)
    if new is None or new.offset or bool(new.day) is not (part.kind is Kind.MOMENT):
        raise Unreadable(part.kind.name.lower())
    if old and old.shown == new.shown:
        return before
    return entered(new, old, here, part.local)


def unaltered(text: str) -> Json:
    """A part of an item that no control shows, as its page carried it; raises Unreadable."""
    try:
        return parse(text.encode())
    except (RetomaError, UnicodeError):
        raise Unreadable("row") from None


def chosen(options: Sequence[Option], key: str) -> Json:
    """The value of the option that was chosen; raises Unreadable for none of them."""
    for option in options:
        if option.key == key:
            return option.value
    raise Unreadable("choice")


def number(text: str, whole: bool = False) -> int | float:
    """A number, with a point or a comma, and its thousands apart or not; raises Unreadable."""
    text = ungrouped("".join(text.split()))
    if not NUMBER.fullmatch(text):
        raise Unreadable("integer" if whole else "number")
    if not text.lstrip("+-").isdecimal():
        if whole:
            raise Unreadable("integer")
        return float(text.replace(",", "."))
    return int(text)


def ungrouped(text: str) -> str:
    """A number without signs between thousands; raises Unreadable for 1,200, which not all read alike."""
    for sign, pattern in THOUSANDS.items():
        if pattern.fullmatch(text):
            if len(re.findall(r"[.,]", text)) == 1:
                raise Unreadable("separator")
            return text.replace(sign, "")
    return text


def rows_of(field: Field, sent: Mapping[str, Sequence[str]], here: tzinfo) -> Json:
    """The items of a list: each control is `row.<number><where in the item>`; empty items are left out."""
    rows: dict[int, dict[str, Json]] = {}
    columns = {column.path: column for column in field.columns}
    for name, given in sent.items():
        match = ROW.fullmatch(name)
        if match and match[2] in columns:
            value = answer_of(columns[match[2]], given, here)
            rows.setdefault(int(match[1]), {})
            if value is not None:
                rows[int(match[1])][match[2]] = value
    if len(rows) > MOST_ROWS:
        raise Unreadable("rows")
    return [nest(rows[at]) for at in sorted(rows) if rows[at]] or None
