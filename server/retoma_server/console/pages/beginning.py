"""`/staff/begin`: something new for a person who has no account; it is theirs who get its link."""

from flask import Response, request

from retoma_server.actions.assist import Assisted
from retoma_server.actions.beginning import begin_for_nobody, go_on_for_nobody
from retoma_server.actions.processes import list_processes
from retoma_server.console.blueprint import console
from retoma_server.console.callers import may, staffed
from retoma_server.console.form.words import called
from retoma_server.console.showing import lead, show
from retoma_server.console.texts import console_language
from retoma_server.domain.access import Verb
from retoma_server.domain.errors import Forbidden, NotFound
from retoma_server.http.auth import current_caller, deps
from retoma_server.http.drafts import known_id
from retoma_server.http.processes import known_name

MOST = 100
"""How many processes are shown, those registered last."""


@console.get("/begin")
@staffed("reads")
def begin_page() -> Response:
    """What can be begun here."""
    if not may(Verb.BEGIN_FOR_NOBODY):
        raise Forbidden
    language, known = console_language(), list_processes(deps(), current_caller(), limit=MOST).items
    return show("console/begin.html", processes=sorted(known, key=lambda each: called(each, language)))


@console.post("/begin")
@staffed("writes")
def begin() -> Response:
    """Begin one, and go on to it."""
    return led(begin_for_nobody(deps(), current_caller(), known_name(request.form.get("process", ""))))


@console.post("/begin/<draft>")
@staffed("writes")
def go_on(draft: str) -> Response:
    """Go on with what one began oneself, as long as nobody has it."""
    return led(go_on_for_nobody(deps(), current_caller(), known_id(draft)))


def led(done: Assisted) -> Response:
    """On to what somebody is at work on now."""
    if done.assist is None:  # whoever begins is in it
        raise NotFound
    return lead(f"/help/{done.assist.id}")
