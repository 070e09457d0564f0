"""The promise of the editor: every answer of every draft is on the page once, and no secret ever."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from retoma_server.adapters.schemas import is_schema
from retoma_server.console.form.tree import Answers, Section, form_of
from retoma_server.domain.authors import Author
from retoma_server.domain.changes import Rejected, read_change
from retoma_server.domain.drafts import Draft, delta
from retoma_server.domain.masking import Sight
from retoma_server.domain.merging import merge
from retoma_server.domain.processes import FieldClass, Process, Step
from retoma_server.domain.rendering import masked_delta_json

NAMES = st.sampled_from(["a", "b", "c d", "e/f", "g~h", "0", "", "<b>"])
SECRETS = st.integers(10_000, 99_999).map("a secret of {}".format)
LEAVES = (
    SECRETS
    | st.integers()
    | st.booleans()
    | st.none()
    | st.just("1\n2")
    | st.floats(allow_nan=False, allow_infinity=False)
)
ITEMS = LEAVES | st.dictionaries(NAMES, LEAVES | st.lists(LEAVES, max_size=2), max_size=2)
VALUES = st.recursive(
    LEAVES | st.lists(ITEMS, max_size=3),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)

SMALL: st.SearchStrategy[Any] = st.sampled_from(
    [
        True,
        {},
        {"type": "string"},
        {"type": "string", "format": "date"},
        {"type": "string", "format": "date-time"},
        {"type": "number"},
        {"type": "boolean"},
        {"enum": ["a", 1]},
        {"oneOf": [{"const": "a", "title": "A"}]},
        {"type": "array", "items": {"enum": ["a"]}},
        {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}},
        {"type": "object"},
        {"$ref": "#/$defs/one"},
        {"readOnly": True},
        {"type": "null"},
        {"contentEncoding": "base64"},
    ]
)


def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas made of others."""
    members = st.dictionaries(NAMES, inner, max_size=3)
    return (
        members.map(lambda each: {"type": "object", "properties": each})
        | st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"allOf": parts})
        | st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"oneOf": parts})
        | members.map(lambda each: {"additionalProperties": {"properties": each}})
        | st.tuples(NAMES, inner, inner).map(
            lambda each: {"if": {"required": [each[0]]}, "then": each[1], "else": each[2]}
        )
    )


SCHEMAS = st.recursive(SMALL, larger, max_leaves=8)
WHOLE = st.none() | st.tuples(SCHEMAS, SCHEMAS).map(
    lambda each: (each[0] if isinstance(each[0], dict) else {}) | {"$defs": {"one": each[1]}}
)
CLASSES = st.dictionaries(
    NAMES.map(lambda name: "/" + name.replace("~", "~0").replace("/", "~1")),
    st.sampled_from([FieldClass.PUBLIC, FieldClass.PERSONAL, FieldClass.RESTRICTED]),
    max_size=3,
)


def filled(data: dict[str, Any], process: Process) -> Draft:
    """A draft with these answers, each put as its own change."""
    draft = Draft("dr_1", "loan", "form", "default", "cu_1", 0, 0, 0)
    for name, value in data.items():
        path = "/" + name.replace("~", "~0").replace("/", "~1")
        change = read_change(
            {"ops": [{"op": "set", "path": path, "value": value}]}, draft.revision, draft.revision
        )
        draft, _ = merge(draft, change, Author("customer", "web", "w_1"), process.rules)
    return draft


def places(items: tuple[Any, ...]) -> Iterator[str]:
    """The paths of all fields and sections."""
    for item in items:
        if isinstance(item, Section):
            yield from places(item.items)
            yield from [item.path] if item.path else []
        elif item.answered:
            yield item.path


@given(st.dictionaries(NAMES, VALUES, max_size=4), WHOLE, CLASSES)
def test_every_answer_is_shown_once_and_masked(data: dict[str, Any], schema: Any, classes: Any) -> None:
    """Whatever the schema says or the data holds; what staff may not read is nowhere in the form."""
    assume(is_schema(schema) or schema is None)
    process = Process("loan", schema=schema, fields=classes, steps=(Step("a"), Step("b")))
    try:
        draft = filled(data, process)
    except Rejected:
        return
    shown = masked_delta_json(delta(draft, 0), "e", Sight(process))
    form = form_of(process, Answers.of(shown["cells"], shown["conflicts"]), "en")
    answered = [each.path for section in form for each in section.fields() if each.answered]
    assert max(Counter(answered).values(), default=1) == 1
    is_empty_object = {path for path, cell in draft.cells.items() if cell.value == {}}
    assert {path for path, cell in draft.cells.items() if cell.live} - is_empty_object <= set(answered)
    assert is_empty_object <= set(places(form))
    for path, cell in draft.cells.items():
        if process.strictest(path) is not FieldClass.PUBLIC and isinstance(cell.value, str):
            others = {
                str(each.value)
                for at, each in draft.cells.items()
                if process.strictest(at) is FieldClass.PUBLIC
            }
            if cell.value.startswith("a secret") and not any(cell.value in other for other in others):
                assert cell.value not in repr(form)
