"""Letters to customers, in English and Spanish: read from `translations/`, never written into code."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "es")
"""The languages of every letter; the first one is for whoever reads none of them."""

_FOLDER = Path(__file__).parent / "translations"
_TEXTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    language: tomllib.loads((_FOLDER / f"letters.{language}.toml").read_text("utf-8"))
    for language in LANGUAGES
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter: its subject, one line, and its plain text; a text message has no subject."""

    subject: str
    text: str
    language: str


def letter(name: str, language: str, **values: str) -> Letter:
    """The letter of that name in a language, else in English, with these values filled in."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    texts = _TEXTS[known][name]
    one_line = {key: " ".join(value.split()) for key, value in values.items()}
    subject = texts.get("subject", "").format(**one_line)
    return Letter(subject, texts["text"].lstrip().format(**one_line), known)
