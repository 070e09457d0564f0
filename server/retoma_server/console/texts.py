"""What the console says, in English and Spanish: the sections of every catalog in `translations/`."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from flask import request
from markupsafe import Markup

from retoma_server.domain.rendering import timestamp
from retoma_server.http.texts import LANGUAGES, language_of

FOLDER = Path(__file__).parent / "translations"
LANGUAGE_COOKIE = "retoma-language"

Texts = Mapping[str, Mapping[str, str]]


@cache
def console_texts(language: str) -> Texts:
    """The texts of a language, by section and name."""
    sections: dict[str, Mapping[str, str]] = {}
    for path in sorted(FOLDER.glob(f"*.{language}.toml")):
        sections |= tomllib.loads(path.read_text("utf-8"))
    return sections


def console_language() -> str:
    """The language of this request: `?lang=`, else the one chosen last, else what the browser prefers."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if "lang" not in request.args and chosen in LANGUAGES:
        return chosen
    return language_of(request)


def clock(milliseconds: int) -> Markup:
    """A time of day, which `console.js` tells as the clock of whoever reads it does."""
    return _time(milliseconds, "clock", "%H:%M UTC")


def moment(milliseconds: int) -> Markup:
    """A day and a time of day."""
    return _time(milliseconds, "moment", "%Y-%m-%d %H:%M UTC")


def told(text: str) -> Markup:
    """The same of a moment as the API tells it."""
    return moment(int(datetime.fromisoformat(text).timestamp() * 1000))


def _time(milliseconds: int, how: str, form: str) -> Markup:
    shown = datetime.fromtimestamp(milliseconds / 1000, UTC).strftime(form)
    return Markup('<time datetime="{}" data-time="{}">{}</time>').format(timestamp(milliseconds), how, shown)


def filled(text: str, **facts: object) -> str:
    """A text with its facts filled in; what they hold is escaped like any text once it is shown."""
    return text.format(**facts)
