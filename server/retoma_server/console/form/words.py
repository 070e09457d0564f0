"""What a field is called: as its schema says, else in words made of its name."""

import re
from collections.abc import Mapping

from retoma_server.domain.processes import Process, Step

from .schema import Schema, as_schema

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
GAP = re.compile(r"[\s_.\-]+")


def worded(name: str) -> str:
    """A name as people read it: `monthly_income` and `monthlyIncome` are "Monthly income".

    What has spaces is in words already, such as what people are called.
    """
    if " " in name.strip():
        return name[:1].upper() + name[1:]
    parts = [part for part in GAP.split(HUMP.sub(" ", name)) if part]
    told = [part if part.isupper() and len(part) > 1 else part.lower() for part in parts]
    text = " ".join(told)
    return text[:1].upper() + text[1:] or name or "—"


def called(process: Process, language: str) -> str:
    """What a process is called: its title, else its name in words, where nobody has registered it."""
    return process.title(language) if process.titles else worded(process.name)


def step_called(step: Step, language: str) -> str:
    """What a step is called: its title, else its name in words."""
    return step.title(language) or worded(step.id)


def titled(schema: Schema, language: str, name: str) -> str:
    """The title of what a schema describes: `titles` by language, `title`, or its name in words."""
    return said(schema, "title", language) or worded(name)


def helped(schema: Schema, language: str) -> str | None:
    """What helps to answer: `descriptions` by language, or `description`."""
    return said(schema, "description", language)


def said(schema: Schema, key: str, language: str) -> str | None:
    """A text of a schema in a language, else in the one that it is in."""
    by_language: Mapping[str, object] = as_schema(schema.get(f"{key}s"))
    text = by_language.get(language) or schema.get(key)
    return text if isinstance(text, str) and text.strip() else None
