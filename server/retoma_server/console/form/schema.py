"""A JSON Schema as it stands at one place: references followed, parts merged, conditions decided."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retoma_server.adapters.codec import json_bytes
from retoma_server.adapters.schemas import holds
from retoma_server.domain.pointers import Json, covers, is_pointer, join, same, tokens

Schema = Mapping[str, Any]

MOST_PARTS = 400
"""How many parts of one place are merged: a schema that says the same in ever new words ends somewhere."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a schema says of one place, and the references that led there, which is how a circle is known."""

    schema: Schema
    refs: frozenset[str] = frozenset()

    @property
    def is_object(self) -> bool:
        """Whether what stands here has members of its own."""
        types = types_of(self.schema)
        return "properties" in self.schema or "object" in types or (not types and is_open(self.schema))

    def names(self, name: str) -> bool:
        """Whether the schema tells of a member by its name, and not of any that there may be."""
        return name in as_schema(self.schema.get("properties"))

    def member(self, name: str) -> Schema | None:
        """The schema of a member, None where nothing is said of one with this name."""
        properties = self.schema.get("properties", {})
        if name in properties:
            return as_schema(properties[name])
        patterns = as_schema(self.schema.get("patternProperties"))
        fitting = [part for pattern, part in patterns.items() if holds({"pattern": pattern}, {}, name)]
        if fitting:
            return as_schema(fitting[0]) if len(fitting) == 1 else {"allOf": fitting}
        rest = rest_of(self.schema)
        return rest if isinstance(rest, Mapping) else None


class Book:
    """A whole schema, with what is known of the answers: conditions are decided by nothing else."""

    def __init__(self, schema: Schema | None, known: Json, hidden: Collection[str] = ()) -> None:
        """Read `schema` beside the answers that may be read; at `hidden` places there are more."""
        self.root: Schema = schema or {}
        self.known = known
        self.hidden = hidden

    def at(self, path: str, schema: Schema, refs: frozenset[str] = frozenset()) -> Place:
        """What a schema comes to at a path."""
        reading = Reading(self, path)
        merged = reading.whole(schema, refs)
        return Place(merged, reading.refs | refs)

    def find(self, ref: str) -> Schema:
        """What a reference within the schema names; nothing is said by one that leads nowhere."""
        pointer = ref.removeprefix("#")
        if not ref.startswith("#") or not is_pointer(pointer):
            return {}
        found: Json = self.root
        for token in tokens(pointer):
            found = step(found, token)
        return as_schema(found)

    def value(self, path: str) -> Json:
        """What is known at a path; None where nothing is."""
        found = self.known
        for token in tokens(path):
            found = step(found, token)
        return found

    def decided(self, condition: Schema, path: str) -> bool | None:
        """Whether a condition holds for what stands at a path; None where that hangs on what is hidden."""
        asked = [join(path, name) for name in mentioned(condition)] or [path]
        if any(covers(one, hidden) or covers(hidden, one) for one in asked for hidden in self.hidden):
            return None
        value = self.value(path)
        return holds(condition, self.root, {} if value is None else value)

    def hides(self, path: str) -> bool:
        """Whether there is an answer at a path that may not be read."""
        return any(covers(path, hidden) for hidden in self.hidden)


class Reading:
    """One place of a schema being put together."""

    def __init__(self, book: Book, path: str) -> None:
        """Begin at a path."""
        self.book = book
        self.path = path
        self.refs: frozenset[str] = frozenset()
        self.left = MOST_PARTS

    def whole(self, schema: Schema, refs: frozenset[str]) -> Schema:
        """A schema with all of its parts, its own words first."""
        merged: Schema = {key: value for key, value in schema.items() if key not in PARTS}
        for part, optional, seen in self.parts(schema, refs):
            if self.left <= 0:
                break
            self.left -= 1
            merged = joined(merged, self.whole(part, seen), optional)
        return merged

    def parts(self, schema: Schema, refs: frozenset[str]) -> Iterator[tuple[Schema, bool, frozenset[str]]]:
        """The other schemas that hold here too; whether each only may."""
        ref = schema.get("$ref")
        if isinstance(ref, str) and ref not in refs:
            self.refs |= {ref}
            yield self.book.find(ref), False, refs | {ref}
        for part in listed(schema.get("allOf")):
            yield part, False, refs
        yield from ((part, True, seen) for part, seen in self.variants(schema, refs))
        for part, optional in self.conditional(schema):
            yield part, optional, refs
        yield from ((part, False, refs) for part in self.dependent(schema))

    def variants(self, schema: Schema, refs: frozenset[str]) -> Iterator[tuple[Schema, frozenset[str]]]:
        """What tells alternatives apart, and those that what is known does not exclude; a choice has none."""
        for key in ("oneOf", "anyOf"):
            if choices_of(schema):
                continue
            found = [self.opened(part, refs) for part in answers_of(schema, key)]
            if several := types_of_several([part for part, _ in found]):
                yield {"type": several}, refs
                continue
            telling = telling_of([part for part, _ in found], as_schema(schema.get("properties")))
            if telling:
                yield {"properties": telling}, refs
            yield from ((without(part, telling), seen) for part, seen in found if not self.excluded(part))

    def opened(self, part: Schema, refs: frozenset[str]) -> tuple[Schema, frozenset[str]]:
        """An alternative with what it refers to."""
        ref = part.get("$ref")
        if not isinstance(ref, str) or ref in refs:
            return part, refs
        self.refs |= {ref}
        return {**self.book.find(ref), **{key: part[key] for key in part if key != "$ref"}}, refs | {ref}

    def excluded(self, part: Schema) -> bool:
        """Whether an alternative asks for a constant that the answers are known not to have."""
        for name, member in as_schema(part.get("properties")).items():
            wanted = constants(as_schema(member))
            value = self.book.value(join(self.path, name))
            if wanted and value is not None and not any(same(value, each) for each in wanted):
                return True
        return False

    def conditional(self, schema: Schema) -> Iterator[tuple[Schema, bool]]:
        """What follows from a condition; both of its ends where nobody here can tell."""
        condition = schema.get("if")
        if not isinstance(condition, Mapping):
            return
        decided = self.book.decided(condition, self.path)
        if decided is not False:
            yield as_schema(schema.get("then")), decided is None
        if decided is not True:
            yield as_schema(schema.get("else")), decided is None

    def dependent(self, schema: Schema) -> Iterator[Schema]:
        """What follows from the presence of a member, hidden or not."""
        for key in ("dependentSchemas", "dependentRequired", "dependencies"):
            for name, part in as_schema(schema.get(key)).items():
                place = join(self.path, name)
                if self.book.value(place) is not None or self.book.hides(place):
                    yield {"required": part} if isinstance(part, list) else as_schema(part)


PARTS = frozenset(("$ref", "allOf", "if", "then", "else", "dependentSchemas", "dependentRequired"))
"""What `Reading` turns into what it means."""
VALUES = frozenset(("string", "number", "integer", "boolean"))


def joined(one: Schema, other: Schema, optional: bool = False) -> Schema:
    """Two schemas that both hold, as one; what an `optional` one requires may be left out."""
    both = {**other, **one}
    required = [*one.get("required", ()), *(() if optional else other.get("required", ()))]
    mine, theirs = as_schema(one.get("properties")), as_schema(other.get("properties"))
    if mine or theirs:
        shared = {name: {"allOf": [mine[name], theirs[name]]} for name in mine.keys() & theirs.keys()}
        both["properties"] = {**mine, **theirs, **shared}
    both["required"] = list(dict.fromkeys(required))
    return both


def choices_of(schema: Schema) -> list[tuple[Json, Schema]]:
    """The values that one may choose from, each with what is said of it; none where it is no choice."""
    for key in ("oneOf", "anyOf"):
        parts = [(constants(part), part) for part in answers_of(schema, key)]
        if parts and all(values for values, _ in parts):
            told = [(value, part if len(values) == 1 else {}) for values, part in parts for value in values]
            return [(value, part) for value, part in told if value is not None]
    values = schema.get("enum")
    return [(value, {}) for value in values if value is not None] if isinstance(values, list) else []


def answers_of(schema: Schema, key: str) -> list[Schema]:
    """The alternatives of a schema that are answers: null is how some say that there may be none."""
    return [part for part in listed(schema.get(key)) if part.get("type") != "null"]


def types_of_several(parts: Sequence[Schema]) -> list[str]:
    """What several alternatives may be that are no objects and no lists: no one of them has the say."""
    plain = all(constants(part) or (types_of(part) and VALUES.issuperset(types_of(part))) for part in parts)
    free = [types_of(part) for part in parts if not constants(part)]
    return list(dict.fromkeys(each for types in free for each in types)) if plain and len(parts) > 1 else []


def telling_of(parts: Sequence[Schema], known: Schema) -> dict[str, Schema]:
    """The members by whose constants alternatives are told apart, each as the choice that it is.

    Of those that are `known` by other words the choice is made there.
    """
    members = [as_schema(part.get("properties")) for part in parts]
    names = [
        name for name in (members[0] if len(parts) > 1 else ()) if not choices_of(as_schema(known.get(name)))
    ]
    found = {name: [as_schema(each.get(name)) for each in members] for name in names}
    return {name: choice_between(parts, each) for name, each in found.items() if tells(each)}


def tells(members: Sequence[Schema]) -> bool:
    """Whether each of these has constants, and none of them is another's."""
    values = [constants(each) for each in members]
    keys = [json_bytes(value) for each in values for value in each]
    return all(values) and len(keys) == len(set(keys))


def choice_between(parts: Sequence[Schema], members: Sequence[Schema]) -> Schema:
    """One choice of all constants of a member; a sole one is called as its alternative is."""
    shared = named(members[0]) if all(named(each) == named(members[0]) for each in members) else {}
    options = [
        {
            "const": value,
            **((named(part) or (not shared and named(member)) or {}) if len(values) == 1 else {}),
        }
        for part, member in zip(parts, members, strict=True)
        for values in [constants(member)]
        for value in values
    ]
    return {**shared, "oneOf": options}


def named(schema: Schema) -> dict[str, Json]:
    """What a schema is called."""
    return {key: schema[key] for key in ("title", "titles") if key in schema}


def without(part: Schema, telling: Collection[str]) -> Schema:
    """An alternative without its own name, and without the members that only tell it apart."""
    rest = {key: part[key] for key in part if key not in ("title", "titles")}
    if "properties" not in part:
        return rest
    members = {name: each for name, each in as_schema(part["properties"]).items() if name not in telling}
    return {**rest, "properties": members}


def constants(schema: Schema) -> list[Json]:
    """The values that a schema allows, where it counts them."""
    return [schema["const"]] if "const" in schema else list(schema.get("enum") or ())


def types_of(schema: Schema) -> list[str]:
    """The types that a schema names, without null."""
    named = schema.get("type", [])
    return [each for each in ([named] if isinstance(named, str) else named) if each != "null"]


def rest_of(schema: Schema) -> Json:
    """What is said of the members that an object does not name; None where nothing is."""
    return schema.get("additionalProperties", schema.get("unevaluatedProperties"))


def is_open(schema: Schema) -> bool:
    """Whether a schema tells of members by no name."""
    rest = rest_of(schema)
    return bool(schema.get("patternProperties")) or (isinstance(rest, Mapping) and bool(rest))


def mentioned(condition: Schema) -> set[str]:
    """The members that a condition asks about, those of its parts too."""
    names = {*as_schema(condition.get("properties")), *(condition.get("required") or ())}
    for key in ("allOf", "anyOf", "oneOf"):
        for part in listed(condition.get(key)):
            names |= mentioned(part)
    return names | (mentioned(condition["not"]) if isinstance(condition.get("not"), Mapping) else set())


def listed(parts: Json) -> list[Schema]:
    """The schemas of a list of them."""
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []


def as_schema(value: Json) -> Schema:
    """A schema as an object: true, and whatever is none, says nothing."""
    return value if isinstance(value, Mapping) else {}


def step(value: Json, token: str) -> Json:
    """The member of an object or item of an array, None where there is none."""
    if isinstance(value, Mapping):
        return value.get(token)
    if isinstance(value, list) and token.isdecimal() and int(token) < len(value):
        return value[int(token)]
    return None
