"""Promises of naming fields outside of a draft: only in words of the process, else as a number."""

from retoma_server.domain.naming import Named, named_fields
from retoma_server.domain.processes import FieldClass, Process

SCHEMA = {
    "type": "object",
    "properties": {"home": {"type": "object", "properties": {"city": {}}}, "a/b": True},
}
LOAN = Process("loan", fields={"/income": FieldClass.PERSONAL, "": FieldClass.PUBLIC}, schema=SCHEMA)


def test_a_registered_field_is_named() -> None:
    """By its class or by its schema, each once, in order."""
    assert named_fields(LOAN, ["/income", "/home/city", "/a~1b", "/income"]) == Named(
        ("/a~1b", "/home/city", "/income"), 0
    )


def test_what_nobody_registered_is_counted() -> None:
    """A name that a customer made up may be their words: below a registered field it is told as that one."""
    told = named_fields(LOAN, ["/Ana owes me", "/income/from Ana", "/home/street", "/income"])
    assert told == Named(("/home", "/income"), 1)


def test_a_schema_of_any_shape_is_read() -> None:
    """What a schema says in other ways names nothing, and stops nothing."""
    for schema in (None, {"properties": ["name"]}, {"properties": {"x": {"properties": 3}}}, {"$ref": "#/a"}):
        assert named_fields(Process("loan", schema=schema), ["/y", "/z/1"]) == Named((), 2)
