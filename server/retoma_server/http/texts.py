"""What pages say, in English and Spanish: read from `translations/`, never written into code."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape
from werkzeug.wrappers import Request

from .problems import CATALOGUE

LANGUAGES = ("en", "es")
"""The languages of every page; the first one is for whoever asks for none of them."""

FOLDER = Path(__file__).parent / "translations"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A problem at length: what happened, why, and what to do."""

    title: str
    what: str
    why: str
    do: str


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts in one language: of pages by section and name, of problems by code."""

    language: str
    pages: Mapping[str, Mapping[str, str]]
    problems: Mapping[str, Explanation]


@cache
def read_texts(language: str) -> Texts:
    """Read a language's texts. English has its titles in the catalogue, because answers carry them too."""
    problems = {
        code: Explanation(**{"title": CATALOGUE[code].title, **texts})
        for code, texts in _read(f"problems.{language}.toml").items()
    }
    return Texts(language, _read(f"pages.{language}.toml"), problems)


def language_of(request: Request) -> str:
    """The language of an answer: `?lang=`, else what the browser prefers, else English."""
    named = request.args.get("lang")
    if named in LANGUAGES:
        return named
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def prose(text: str) -> Markup:
    """A text as HTML, with words in `backquotes` as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)
    )


def _read(name: str) -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((FOLDER / name).read_text("utf-8"))
