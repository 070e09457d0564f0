"""Shows a page of the console, and leads from one to another: whole, or the part that htmx asked for."""

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, make_response, redirect, render_template, request

from retoma_server.actions.staff_sessions import SignedIn
from retoma_server.domain.access import Verb
from retoma_server.http.auth import deps
from retoma_server.http.texts import LANGUAGES

from .blueprint import console
from .callers import may
from .form.words import called, step_called
from .texts import LANGUAGE_COOKIE, clock, console_language, console_texts, filled, moment, told

WAY = re.compile(r"(/[a-z][A-Za-z0-9_-]*)+", re.ASCII)
YEAR = 365 * 86_400
WAYS = {
    "": Verb.OWN_SESSION,
    "/activity": Verb.OWN_SESSION,
    "/people": Verb.MANAGE_STAFF,
    "/devices": Verb.MANAGE_STORE_DEVICES,
    "/stores": Verb.MANAGE_STORES,
    "/record": Verb.READ_AUDIT,
}
"""Where the navigation leads, and what must be allowed for it."""

console.add_app_template_filter(filled)
console.add_app_template_filter(clock)
console.add_app_template_filter(moment)
console.add_app_template_filter(told)
console.add_app_template_filter(called)
console.add_app_template_filter(step_called)


def show(template: str, status: int = 200, **values: Any) -> Response:
    """A page in the language of this request; `t` are its texts, `who` is signed in, `csrf` guards forms."""
    language = console_language()
    other = next(each for each in LANGUAGES if each != language)
    known = {"t": console_texts(language), "lang": language, "other": other, "root": root(), "staff": place()}
    person = {"ways": ways(), "who": person_of(g.get("who")), "csrf": g.get("csrf", "")}
    answer = make_response(render_template(template, **known, **person, **values), status)
    answer.headers["Content-Language"] = language
    answer.vary.update(("Accept-Language", "Cookie", "HX-Request"))
    return speaking(answer)


def speaking(answer: Response) -> Response:
    """The answer, which has the browser remember the language that the address asked for."""
    if "lang" in request.args:
        remember(answer, LANGUAGE_COOKIE, console_language())
    return answer


def ways() -> list[str]:
    """Where who is signed in may go."""
    return [path for path, verb in WAYS.items() if g.get("who") and may(verb)]


def person_of(known: SignedIn | None) -> dict[str, Any] | None:
    """Who is signed in, as pages name them."""
    if known is None:
        return None
    account = known.account
    shown = {"id": account.id, "name": account.name, "roles": account.roles, "store": known.store}
    return {**shown, "has_password": account.password is not None}


def lead(path: str) -> Response:
    """Lead on to another page of the console: by a redirect, or by what htmx takes for one."""
    address = place() + path
    if not by_htmx():
        return speaking(make_response(redirect(address, 303)))
    answer = Response(status=200)
    answer.headers["HX-Redirect"] = address
    return answer


def by_htmx() -> bool:
    """Whether a part of the page that is open asks, and not the browser for a whole one."""
    return "HX-Request" in request.headers


def root() -> str:
    """The path of the public address, with which every link begins."""
    return urlsplit(deps().public_url).path


def place() -> str:
    """Where the console is."""
    return f"{root()}/staff"


def here() -> str:
    """The page that somebody is at: what they open, or whose form they send; empty for the start."""
    is_page = request.method == "GET" and not by_htmx()
    at = request.path if is_page else request.headers.get("HX-Current-URL") or request.referrer or ""
    return known_way(urlsplit(at).path.rpartition("/staff")[2])


def known_way(path: str) -> str:
    """A path that leads to a page of the console and nowhere else; empty for any other."""
    return path if WAY.fullmatch(path) else ""


def remember(answer: Response, name: str, text: str) -> None:
    """Have the browser keep something that is no secret, for a year."""
    secure = deps().public_url.startswith("https:")
    answer.set_cookie(name, text, max_age=YEAR, path=place(), secure=secure, httponly=True, samesite="Lax")
