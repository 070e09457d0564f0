"""`/staff`: where a member of staff begins: their open work, and the field for a customer's code."""

from typing import Any

from flask import Response, request

from retoma_server.actions.overviews import own_work
from retoma_server.actions.tallies import Tallies, read_tallies
from retoma_server.console.blueprint import console
from retoma_server.console.callers import KEY_COOKIE, caller_by, may, staffed
from retoma_server.console.days import day_at
from retoma_server.console.showing import lead, remember, show
from retoma_server.console.texts import console_language
from retoma_server.domain.access import Verb
from retoma_server.domain.spelling import JOINED, WORDS
from retoma_server.http.auth import current_caller, deps

SOON = 5 * 60_000
"""How long before its end a help is said to end soon, in milliseconds."""
SHOWN = 8
"""How many are shown of what somebody was at work on."""


@console.get("")
def home() -> Response:
    """Whoever comes by the address that names a tenant has it remembered; then the page itself."""
    key = request.args.get("key")
    return begin_here() if key is None else remembered(key)


def remembered(key: str) -> Response:
    """Lead to the page without the key in its address."""
    if caller_by(key) is None:
        return show("console/unknown.html", 404)
    answer = lead("")
    remember(answer, KEY_COOKIE, key)
    return answer


@staffed("reads")
def begin_here() -> Response:
    """What somebody is at work on, what they gave back lately, and where a code is typed."""
    return show("console/home.html", said=request.args.get("said"), **work_of())


def work_of() -> dict[str, Any]:
    """What somebody is at work on, nothing for who is there for something else; and how codes are spelled."""
    may_assist = may(Verb.READ_ASSIST)
    live, left = own_work(deps(), current_caller()) if may_assist else ([], [])
    language = console_language()
    spelling = {"words": WORDS[language], "joined": JOINED[language]}
    work = {"live": live, "left": left[:SHOWN], "soon": deps().store.now() + SOON}
    return {**work, "may_assist": may_assist, "tallies": todays(), **spelling}


def todays() -> Tallies | None:
    """What each store's staff did today, for who watches over them."""
    if not may(Verb.READ_AUDIT):
        return None
    return read_tallies(deps(), current_caller(), day_at(deps().store.now()).since)
