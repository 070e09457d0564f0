"""A whole form: its steps, their sections and fields, each answer in exactly one of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from retoma_server.adapters.schemas import violations
from retoma_server.domain.authors import STAFF
from retoma_server.domain.pointers import Json, covers, join, leaves, nest, tokens
from retoma_server.domain.processes import FieldClass, Process, Step

from .fields import (
    LEFT,
    Column,
    Field,
    Kind,
    holds_numbers,
    id_of,
    is_local,
    is_mask,
    is_number,
    kind_of,
    options_of,
    text_of,
)
from .maps import ENTRY, Blank, entry_of, is_full, name_rules, takes_entries
from .schema import Book, Place, Schema, as_schema
from .words import helped, said, titled, worded

MOST_EMPTY = 500
"""How many fields without an answer are shown: a schema may describe more than anybody fills in."""
Cells = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together, as in an address; `step` is the step that it is, where it is one.

    `blank` is where an entry is added, where it is a map; what is `removable` is an entry of one.
    """

    path: str
    title: str | None
    items: tuple["Field | Section", ...]
    help: str | None = None
    step: str | None = None
    conflict: Mapping[str, Any] | None = None
    blank: Blank | None = None
    removable: bool = False

    @property
    def id(self) -> str:
        """What the section is called on the page."""
        return f"s-{self.step}" if self.step else f"g{id_of(self.path)[1:]}"

    def fields(self) -> Iterator[Field]:
        """Every field in here, in order."""
        for item in self.items:
            if isinstance(item, Section):
                yield from item.fields()
            else:
                yield item

    def sections(self) -> Iterator["Section"]:
        """This one, and every section in here."""
        yield self
        for item in self.items:
            if isinstance(item, Section):
                yield from item.sections()


@dataclass(slots=True)
class Twig:
    """The answers at and below a path."""

    cell: Mapping[str, Any] | None = None
    below: dict[str, "Twig"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a draft holds as a member of staff may see it: live cells, open conflicts, by path."""

    cells: Cells
    conflicts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    revisions: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Cells, conflicts: Sequence[Mapping[str, Any]] = ()) -> "Answers":
        """The answers of a delta since the beginning, without what was unset."""
        live = {path: cell for path, cell in cells.items() if "unset" not in cell}
        waiting = {each["path"]: each for each in conflicts if each["status"] == "open"}
        newest: dict[str, int] = {}
        for path, part in (*cells.items(), *((each["path"], each) for each in conflicts)):
            newest[path] = max(newest.get(path, 0), part["revision"])
        return cls(live, waiting, newest)

    @property
    def known(self) -> Json:
        """All that may be read, as one object."""
        return nest({path: cell["value"] for path, cell in self.cells.items() if not is_mask(cell["value"])})

    @property
    def hidden(self) -> list[str]:
        """Where there is an answer that may not be read."""
        return [path for path, cell in self.cells.items() if is_mask(cell["value"])]

    def twig(self) -> Twig:
        """The answers as a tree."""
        root = Twig()
        for path in (*self.cells, *self.conflicts):
            at = root
            for token in tokens(path):
                at = at.below.setdefault(token, Twig())
            at.cell = self.cells.get(path)
        return root

    def concerns(self, path: str) -> bool:
        """Whether two answers met at or below a path."""
        return any(covers(path, met) for met in self.conflicts)


def form_of(process: Process, answers: Answers, language: str, writable: bool = True) -> tuple[Section, ...]:
    """The form of a draft, step by step where its process has steps, else as one section."""
    return Forming(process, answers, language, writable).steps()


class Forming:
    """One form being made."""

    def __init__(self, process: Process, answers: Answers, language: str, writable: bool) -> None:
        """Begin with a process and what is answered."""
        self.process = process
        self.answers = answers
        self.language = language
        self.writable = writable
        known = answers.known
        self.book = Book(process.schema, known, answers.hidden)
        found = violations(process.schema, known, 1_000)
        self.problems = {each["pointer"]: each["code"] for each in reversed(found)}
        self.left = MOST_EMPTY

    def steps(self) -> tuple[Section, ...]:
        """Every step with something in it, and last what belongs to none."""
        root = self.book.at("", self.book.root)
        twig = self.answers.twig()
        items = list(self.members("", root, twig))
        of_step: dict[str | None, list[Field | Section]] = {}
        for item in items:
            of_step.setdefault(self.step_of(root, item.path), []).append(item)
        made = [self.step(each, of_step.get(each.id, [])) for each in self.process.steps]
        rest = of_step.get(None, [])
        shown = [each for each in made if each.items]
        last = Section("", None, tuple(rest), blank=self.blank("", None, root, twig))
        return (*shown, last) if rest or last.blank or not shown else tuple(shown)

    def step(self, step: Step, items: list[Field | Section]) -> Section:
        """One step; a section that is all of it is the step itself."""
        title = step.titles.get(self.language) or next(iter(step.titles.values()), worded(step.id))
        alone = items[0] if len(items) == 1 and isinstance(items[0], Section) else None
        if alone is not None and tokens(alone.path)[-1:] == [step.id]:
            return replace(alone, title=title, step=step.id)
        return Section("", title, tuple(items), step=step.id)

    def step_of(self, root: Place, path: str) -> str | None:
        """The step of a top member: what its schema says by `x-step`, else the one of its name."""
        name = tokens(path)[0]
        said = (root.member(name) or {}).get("x-step", name)
        return next((each.id for each in self.process.steps if each.id == said), None)

    def members(self, path: str, place: Place, twig: Twig) -> Iterator[Field | Section]:
        """What an object holds: what its schema tells of, then what else is answered."""
        named = as_schema(place.schema.get("properties"))
        for name in (*named, *(each for each in twig.below if each not in named)):
            is_removable = self.is_removable(place, name, join(path, name))
            for item in self.member(path, name, place, twig.below.get(name) or Twig()):
                yield replace(item, removable=True) if is_removable else item

    def member(self, path: str, name: str, place: Place, twig: Twig) -> Iterator[Field | Section]:
        """One member: a field, a section, or both where an answer stands where others should be."""
        schema = {**(place.member(name) or {}), **fixed_by(place.schema)}
        at = join(path, name)
        is_empty = twig.cell is None and not twig.below and not self.answers.concerns(at)
        if is_empty and (schema.get("$ref") in place.refs or self.left <= 0 or schema.get("deprecated")):
            return
        # Where there are answers a circle goes once more round: it ends with them.
        here = self.book.at(at, schema, place.refs if is_empty else frozenset())
        has_members = bool(twig.below) or (here.is_object and not is_plain(twig))
        if twig.cell is not None and not (has_members and twig.cell["value"] == {}):
            yield self.field(at, name, place, here, twig.cell)
        if has_members:
            yield from self.section(at, name, place, here, twig)
        elif twig.cell is None:
            self.left -= 1
            yield self.field(at, name, place, here, None)

    def title(self, name: str, within: Place, here: Place) -> str:
        """What a member is called: one of many that are described alike has only its name."""
        return titled(here.schema, self.language, name) if within.names(name) else worded(name)

    def section(self, path: str, name: str, within: Place, place: Place, twig: Twig) -> Iterator[Section]:
        """The members of an object, where there are any."""
        items = tuple(self.members(path, place, twig))
        title = self.title(name, within, place)
        blank = self.blank(path, title, place, twig)
        if items or twig.cell is not None or blank:
            about = helped(place.schema, self.language)
            met = self.answers.conflicts.get(path)
            yield Section(path, title, items, about, conflict=met, blank=blank)

    def is_removable(self, place: Place, name: str, path: str) -> bool:
        """Whether a member is an entry that staff may take away: nobody removes what they cannot read."""
        is_entry = takes_entries(place.schema) and not place.names(name)
        return is_entry and self.may_write(path) and not fixed_by(place.schema) and not self.book.hides(path)

    def blank(self, path: str, title: str | None, place: Place, twig: Twig) -> Blank | None:
        """Where an entry is added to a map, where staff may, and there is a name for one more."""
        schema, at = place.schema, path + ENTRY
        if self.left <= 0 or not takes_entries(schema) or fixed_by(schema) or is_full(schema, twig.below):
            return None
        self.left -= 1
        here = self.book.at(at, entry_of(schema), place.refs)
        field = self.field(at, "", place, here, None)
        if not (self.may_write(at) and field.kept and (here.is_object or field.writable)):
            return None
        answer = (
            None if here.is_object else replace(field, label=said(here.schema, "title", self.language) or "")
        )
        taken = frozenset((*twig.below, *as_schema(schema.get("properties"))))
        return self.named(Blank(path, title, name_rules(schema, self.book.root), taken, field=answer), place)

    def named(self, blank: Blank, place: Place) -> Blank | None:
        """A blank with what its names are called; None where they are counted, and none is left."""
        naming = self.book.at(
            blank.path + ENTRY, as_schema(place.schema.get("propertyNames")), place.refs
        ).schema
        counted = options_of(naming, self.language)
        left = tuple(each for each in counted if each.value not in blank.taken)
        label, about = said(naming, "title", self.language), helped(naming, self.language)
        return None if counted and not left else replace(blank, label=label, help=about, names=left)

    def field(
        self, path: str, name: str, within: Place, here: Place, cell: Mapping[str, Any] | None
    ) -> Field:
        """One field."""
        schema = here.schema
        value = None if cell is None or is_mask(cell["value"]) else cell["value"]
        items = self.book.at(f"{path}/0", as_schema(schema.get("items")), here.refs)
        kind = kind_of(here, items.schema, value)
        several = value if isinstance(value, list) else []
        choosing = items.schema if kind is Kind.CHOICES else schema
        present = several if kind is Kind.CHOICES else (value,)
        kept = self.process.field_class(path) is not FieldClass.NEVER_STORE
        return Field(
            path,
            kind,
            self.title(name, within, here),
            helped(schema, self.language),
            example_of(schema, self.language),
            name in within.schema.get("required", ()),
            self.may_write(path) and kept and kind not in LEFT and not is_fixed(schema),
            kept,
            options_of(choosing, self.language, *present) if kind in CHOOSING else (),
            tuple(self.columns(path, items, several)) if kind is Kind.ROWS else (),
            holds_numbers(items.schema, value),
            is_local(schema),
            cell,
            self.answers.conflicts.get(path),
            None if value is None else self.problem(path, schema),
            self.answers.revisions.get(path, 0),
            self.is_unconfirmed(path, cell),
            self.writable
            and (self.process.is_customers_alone(path) or kind in LEFT)
            and not is_fixed(schema),
        )

    def is_unconfirmed(self, path: str, cell: Mapping[str, Any] | None) -> bool:
        """Whether staff entered an answer that the customer has still to confirm."""
        return cell is not None and cell["by"]["kind"] == STAFF and self.process.wants_confirmation(path)

    def may_write(self, path: str) -> bool:
        """Whether staff may enter something at a path."""
        return self.writable and not self.process.is_customers_alone(path)

    def problem(self, path: str, schema: Schema) -> tuple[str, Json] | None:
        """Why an answer that may be read does not fit yet."""
        for pointer, code in self.problems.items():
            if covers(path, pointer):
                limit = schema.get(code) if pointer == path else None
                return code, limit if isinstance(limit, int | float) else None
        return None

    def columns(self, path: str, items: Place, rows: Sequence[Json]) -> Iterator[Column]:
        """The members of each item of a list, those that only some items have last."""
        told = dict(self.described(f"{path}/0", "", items))
        answered: dict[str, list[Json]] = {}
        for row in rows:
            for at, value in leaves("", row):
                if at:
                    answered.setdefault(at, []).append(value)
        for at in (*told, *(each for each in answered if each not in told)):
            yield self.column(path, at, told.get(at, Place({})), answered.get(at, []))

    def described(self, path: str, at: str, place: Place) -> Iterator[tuple[str, Place]]:
        """What a schema tells of an item's members, by where they are in it."""
        for name, schema in as_schema(place.schema.get("properties")).items():
            if as_schema(schema).get("$ref") in place.refs:
                continue
            here = self.book.at(join(path, name), as_schema(schema), place.refs)
            if here.is_object:
                yield from self.described(join(path, name), join(at, name), here)
            else:
                yield join(at, name), here

    def column(self, path: str, at: str, place: Place, present: list[Json]) -> Column:
        """One member of each item; of a kind that shows all that is answered in it."""
        items = self.book.at(f"{path}/0{at}/0", as_schema(place.schema.get("items")), place.refs).schema
        kind = kind_of_all({kind_of(place, items, value) for value in present or [None]})
        several = [each for value in present for each in (value if isinstance(value, list) else [value])]
        choosing = items if kind is Kind.CHOICES else place.schema
        options = options_of(choosing, self.language, *several) if kind in CHOOSING else ()
        title = titled(place.schema, self.language, tokens(at)[-1])
        return Column(at, kind, title, options, holds_numbers(items, several), is_local(place.schema))


def kind_of_all(kinds: set[Kind]) -> Kind:
    """The one kind that shows all of some answers; none is made for a list within an item of a list."""
    if kinds == {Kind.TEXT, Kind.LONG}:
        return Kind.LONG
    return kinds.pop() if len(kinds) == 1 and Kind.ROWS not in kinds else Kind.OTHER


CHOOSING = (Kind.CHOICE, Kind.CHOICES, Kind.BOOLEAN)


def is_plain(twig: Twig) -> bool:
    """Whether an answer stands at a path that may be read, and has no members."""
    return twig.cell is not None and not is_mask(twig.cell["value"]) and twig.cell["value"] != {}


def is_fixed(schema: Schema) -> bool:
    """Whether nobody is to answer this."""
    return bool(schema.get("readOnly")) or "const" in schema


def fixed_by(schema: Schema) -> Schema:
    """What holds of every member of an object, where nobody is to answer the whole of it."""
    return {"readOnly": True} if schema.get("readOnly") else {}


def example_of(schema: Schema, language: str) -> str | None:
    """The first example, where it is a text or a number."""
    examples = schema.get("examples")
    first = examples[0] if isinstance(examples, list) and examples else None
    return text_of(first, language) if isinstance(first, str) or is_number(first) else None
