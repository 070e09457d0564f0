"""What a customer did before, on every channel, as a member of staff reads it: in words, without answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from retoma_server.actions.tenants import Tenants
from retoma_server.domain.processes import Process

from .form.words import called, step_called, worded

LATEST = 6
"""How many are shown at once; the others are opened by a click."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: `type` is what texts call it, `name` what a tenant did that no text knows.

    `title` is the process's, `step` that of the step, `by` whose doing it was, `answers` how many were given
    to a form.
    """

    at: int
    type: str
    by: str
    channel: str
    name: str
    title: str | None = None
    step: str | None = None
    answers: int = 0
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """The touchpoints of a customer, newest first, in a language."""

    tenants: Tenants
    tenant: str
    language: str
    items: Sequence[Mapping[str, Any]]

    @property
    def latest(self) -> list[Happening]:
        """What is shown at once."""
        return list(self.told(self.items[:LATEST]))

    @property
    def earlier(self) -> list[Happening]:
        """What happened before that."""
        return list(self.told(self.items[LATEST:]))

    def told(self, items: Sequence[Mapping[str, Any]]) -> Iterator[Happening]:
        """Touchpoints in words, as far as they are not the page's own."""
        for item in items:
            known = self.tenants.registered(self.tenant, item["process"]) if item["process"] else None
            title, step = self.names(known, item["process"], item["step"])
            about = (item["type"], item["actor"], item["channel"], worded(item["type"]))
            answers = 0 if known and known.kind == "cart" else item["fields"]
            yield Happening(moment_of(item["until"]), *about, title, step, answers, item["note"])

    def names(
        self, known: Process | None, process: str | None, step: str | None
    ) -> tuple[str | None, str | None]:
        """What a process and its step are called."""
        if known is None:
            return process and worded(process), step and worded(step)
        found = next((each for each in known.steps if each.id == step), None)
        name = step_called(found, self.language) if found else step and worded(step)
        return called(known, self.language), name


def moment_of(stamp: str) -> int:
    """A time of the wire in milliseconds."""
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)
