"""What the editor of a draft shows: its form or cart, what was just saved, and what has changed since."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from retoma_server.actions.editing import Sheet
from retoma_server.domain.assists import Assist, Scope
from retoma_server.domain.leases import Lease

from .cart import Line, lines_of, totals_of, unavailable_of
from .form.fields import Field
from .form.maps import Blank
from .form.tree import Answers, Section, form_of


@dataclass(frozen=True, slots=True)
class Note:
    """What became of a submit: `code` says what; `typed` is what a page without scripts shows again.

    So is `name`, of an entry that was to be. `revision` is that of the draft in which what was typed is the
    answer, so that it was seen there.
    """

    code: str
    typed: str | None = None
    revision: int | None = None
    name: str | None = None

    @property
    def is_saved(self) -> bool:
        """Whether what was typed is kept."""
        return self.code in ("saved", "met", "same", "resolved", "added", "removed")

    @property
    def kind(self) -> str:
        """What the page does with what was typed."""
        return self.code if self.code in ("met", "resolved") else "saved" if self.is_saved else "refused"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a form was not sent: `code` says it; `paths` are the fields that it is about."""

    code: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Editor:
    """A draft as a member of staff reads and fills it in; `notes` are of what was just sent, by path.

    `refusal` is why it was not sent as a whole. Who `supervises` takes over from colleagues, and reads a
    masked answer where there is a reason.
    """

    assist: Assist
    sheet: Sheet
    language: str
    notes: Mapping[str, Note] = field(default_factory=dict)
    refusal: Refusal | None = None
    supervises: bool = False

    @property
    def barred(self) -> str:
        """Why nothing can be entered: `closed`, only to `view`, or `busy` with a colleague; else empty."""
        if self.sheet.draft["status"] != "open":
            return "closed"
        if not self.assist.consent.scope.allows(Scope.EDIT):
            return "view"
        return "busy" if self.colleague else ""

    @property
    def writable(self) -> bool:
        """Whether anything can be entered."""
        return not self.barred

    @property
    def colleague(self) -> Lease | None:
        """The lease of a colleague who is at work in it just now."""
        return self.sheet.others

    @property
    def may_complete(self) -> bool:
        """Whether the customer lets this form be sent for them; a cart is ordered on the shop's own page."""
        return not self.is_cart and self.writable and self.assist.consent.scope.allows(Scope.COMPLETE)

    @property
    def wanting(self) -> list[Field]:
        """The fields that kept it from being sent."""
        paths = self.refusal.paths if self.refusal else ()
        return [each for each in self.fields if each.path in paths]

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
        """The form; a cart has none."""
        if self.is_cart:
            return ()
        answers = Answers.of(self.sheet.delta["cells"], self.sheet.delta["conflicts"])
        return form_of(self.sheet.process, answers, self.language, self.writable)

    @cached_property
    def fields(self) -> list[Field]:
        """Every field of the form, in order."""
        return [each for section in self.sections for each in section.fields()]

    def find(self, path: str) -> Field | None:
        """The field of a path."""
        return next((each for each in self.fields if each.path == path), None)

    @cached_property
    def blanks(self) -> list[Blank]:
        """Where entries are added to maps, in order."""
        return [each.blank for section in self.sections for each in section.sections() if each.blank]

    def blank(self, path: str) -> Blank | None:
        """Where entries are added to the map at a path."""
        return next((each for each in self.blanks if each.path == path), None)

    def is_removable(self, path: str) -> bool:
        """Whether there is an entry of a map at a path that may be taken away."""
        inside = [item for section in self.sections for each in section.sections() for item in each.items]
        return any(item.removable and item.path == path for item in inside)

    def changed(self, since: int) -> Iterator[Field]:
        """The fields that are newer than a revision, and those that there is something to say of."""
        return (each for each in self.fields if each.revision > since or each.path in self.notes)

    @cached_property
    def shape(self) -> str:
        """What is the same while there are the same fields in the same places."""
        parts = [f"{self.is_cart} {self.barred} {self.assist.consent.shows_answers}"]
        if not self.is_cart:
            parts += [part for section in self.sections for part in outline(section)]
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


def outline(section: Section) -> Iterator[str]:
    """What a section consists of, in order."""
    yield f"[{section.id} {section.title} {section.conflict and section.conflict['id']} {section.removable}"
    for item in section.items:
        if isinstance(item, Section):
            yield from outline(item)
        else:
            yield f"{item.id} {item.required} {item.writable} {item.removable}"
    yield f"{section.blank and section.blank.id}]"


def author_words(by: Mapping[str, Any] | None) -> str:
    """Which words say who wrote an answer: the customer, a colleague, or the shop."""
    kind = by["kind"] if by else ""
    return "staff" if kind == "staff" else "shop" if kind == "service" else "customer"
