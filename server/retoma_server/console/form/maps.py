"""Maps: objects to which entries are added by names of their own, and from which they are taken away."""

from collections.abc import Collection
from dataclasses import dataclass

from retoma_server.adapters.schemas import holds
from retoma_server.domain.pointers import join

from .fields import Field, Option, id_of
from .schema import Schema, as_schema, is_open, rest_of, types_of

ENTRY = "/~"
"""Stands for the name of an entry that is still to be named: no pointer can have it."""


@dataclass(frozen=True, slots=True)
class Blank:
    """Where one more entry of a map is entered: by its name, which is called `label`, and its answer.

    That is `field`, None where an entry has members, which are filled in once it is there. `names` are those
    to choose from, where they are counted; `rules` is the schema of a name, and `taken` are those in use.
    """

    path: str
    title: str | None
    rules: Schema
    taken: frozenset[str]
    label: str | None = None
    help: str | None = None
    names: tuple[Option, ...] = ()
    field: Field | None = None

    @property
    def id(self) -> str:
        """What it is called on the page."""
        return f"n{id_of(self.path)[1:]}"

    def place(self, name: str) -> str:
        """Where the entry of a name is."""
        return join(self.path, name)

    def refusal(self, name: str) -> str | None:
        """Why no entry can have a name: it is empty, `taken`, or not as the schema wants names; else None."""
        if not name:
            return "name"
        if name in self.taken:
            return "name-taken"
        return "name-unfit" if holds(self.rules, self.rules, name) is False else None


def takes_entries(schema: Schema) -> bool:
    """Whether an object has members of any name: it says so of them, or tells of no member at all."""
    is_bare = "object" in types_of(schema) and not schema.get("properties") and rest_of(schema) is not False
    return is_bare or is_open(schema)


def is_full(schema: Schema, taken: Collection[str]) -> bool:
    """Whether an object may have no more members."""
    most = schema.get("maxProperties")
    return isinstance(most, int) and len(taken) >= most


def entry_of(schema: Schema) -> Schema:
    """What is told of an entry before it has a name."""
    patterns = as_schema(schema.get("patternProperties"))
    return as_schema(rest_of(schema) or next(iter(patterns.values()), None))


def name_rules(schema: Schema, root: Schema) -> Schema:
    """The schema of the names of an object's members."""
    known = {key: root[key] for key in ("$schema", "$defs", "definitions") if key in root}
    patterns = [{"pattern": pattern} for pattern in as_schema(schema.get("patternProperties"))]
    rules = [as_schema(schema.get("propertyNames"))]
    if patterns and rest_of(schema) is False:
        rules.append({"anyOf": patterns})
    return {**known, "allOf": rules}
