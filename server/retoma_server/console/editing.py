"""What the editor of a draft shows: its form or cart, what was just saved, and what has changed since."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from retoma_server.actions.callers import Caller
from retoma_server.actions.deps import Deps
from retoma_server.actions.editing import Sheet, read_sheet
from retoma_server.domain.assists import Assist

from .cart import Line, lines_of, totals_of, unavailable_of
from .form.fields import Field
from .form.tree import Answers, Section, form_of

MAY_WRITE = ("edit", "complete")


@dataclass(frozen=True, slots=True)
class Note:
    """What became of a submit: `code` says what; `typed` is what a page without scripts shows again.

    `revision` is that of the draft in which what was typed is the answer, so that it was seen there.
    """

    code: str
    typed: str | None = None
    revision: int | None = None

    @property
    def is_saved(self) -> bool:
        """Whether what was typed is kept."""
        return self.code in ("saved", "met", "same", "resolved")

    @property
    def kind(self) -> str:
        """What the page does with what was typed."""
        return self.code if self.code in ("met", "resolved") else "saved" if self.is_saved else "refused"


@dataclass(frozen=True)
class Editor:
    """A draft as a member of staff reads and fills it in; `notes` are of what was just sent, by path."""

    assist: Assist
    sheet: Sheet
    language: str
    notes: Mapping[str, Note] = field(default_factory=dict)

    @property
    def writable(self) -> bool:
        """Whether the draft is open, and the customer lets more be done than look."""
        consent = getattr(self.assist, "consent", None)
        scope = str(consent.scope) if consent else "edit"
        return self.sheet.draft["status"] == "open" and scope in MAY_WRITE

    @property
    def is_cart(self) -> bool:
        """Whether it is a cart."""
        return bool(self.sheet.draft["kind"] == "cart")

    @property
    def revision(self) -> int:
        """The revision that is on the page."""
        return self.sheet.revision

    @property
    def epoch(self) -> str:
        """The history that the revision belongs to."""
        return str(self.sheet.delta["epoch"])

    @property
    def step(self) -> str | None:
        """Where the customer is."""
        position = self.sheet.draft["position"]
        return str(position["step"]) if position else None

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The form."""
        answers = Answers.of(self.sheet.delta["cells"], self.sheet.delta["conflicts"])
        return form_of(self.sheet.process, answers, self.language, self.writable)

    @cached_property
    def fields(self) -> list[Field]:
        """Every field of the form, in order."""
        return [each for section in self.sections for each in section.fields()]

    def find(self, path: str) -> Field | None:
        """The field of a path."""
        return next((each for each in self.fields if each.path == path), None)

    def changed(self, since: int) -> Iterator[Field]:
        """The fields that are newer than a revision, and those that there is something to say of."""
        return (each for each in self.fields if each.revision > since or each.path in self.notes)

    @cached_property
    def shape(self) -> str:
        """What is the same while there are the same fields in the same places."""
        if self.is_cart:
            return "cart"
        parts = [f"{self.writable}", *(part for section in self.sections for part in outline(section))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    @property
    def lines(self) -> list[Line]:
        """The lines of the cart that can be had."""
        return lines_of(self.sheet.draft, self.language)

    @property
    def unavailable(self) -> list[tuple[Line, str | None]]:
        """The lines that cannot be had, and why."""
        return unavailable_of(self.sheet.draft, self.language)

    @property
    def totals(self) -> list[str]:
        """What the cart comes to."""
        return totals_of(self.sheet.draft, self.language)


def read_editor(
    deps: Deps, caller: Caller, assist: Assist, language: str, notes: Mapping[str, Note] | None = None
) -> Editor:
    """The editor of the draft that an assist opens."""
    return Editor(assist, read_sheet(deps, caller, assist.draft), language, notes or {})


def outline(section: Section) -> Iterator[str]:
    """What a section consists of, in order."""
    yield f"[{section.id} {section.title} {section.conflict and section.conflict['id']}"
    for item in section.items:
        if isinstance(item, Section):
            yield from outline(item)
        else:
            yield f"{item.id} {item.required} {item.writable}"
    yield "]"


def author_words(by: Mapping[str, Any] | None) -> str:
    """Which words say who wrote an answer: the customer, a colleague, or the shop."""
    kind = by["kind"] if by else ""
    return "staff" if kind == "staff" else "shop" if kind == "service" else "customer"
