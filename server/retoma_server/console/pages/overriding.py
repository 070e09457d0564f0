"""`/staff/override`: a supervisor looks without consent, in an emergency, after a warning."""

from flask import Response, request

from retoma_server.actions.lookups import Wanted
from retoma_server.actions.overriding import Emergency, override
from retoma_server.console.blueprint import console
from retoma_server.console.callers import may, staffed
from retoma_server.console.refusing import words
from retoma_server.console.showing import lead, show
from retoma_server.console.texts import console_language
from retoma_server.domain.access import Verb
from retoma_server.domain.errors import Forbidden, Invalid, NotFound
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.http.auth import current_caller, deps

from .asking import KINDS

REASON = range(15, 201)
"""How long a reason is."""


@console.get("/override")
@staffed("reads")
def override_page() -> Response:
    """The warning, and where it is said whose and why."""
    check_may()
    return show("console/override.html", kinds=KINDS, typed={})


@console.post("/override")
@staffed("lookups")
def look_without_consent() -> Response:
    """Look, and go on to what the customer has open; what cannot be leaves what was typed."""
    check_may()
    typed = {name: request.form.get(name, "").strip() for name in ("kind", "value", "reason", "ticket")}
    try:
        assist = override(deps(), current_caller(), emergency(typed))
    except (Invalid, NotFound) as refusal:
        code, status = ("override-failed", 404) if isinstance(refusal, NotFound) else ("override-wrong", 422)
        told = {"refusal": words(code, status), "minutes": 1}
        return show("console/override.html", status, kinds=KINDS, typed=typed, **told)
    return lead(f"/help/{assist.id}")


def check_may() -> None:
    """Raise Forbidden for everybody but supervisors, before anything is shown or read."""
    if not may(Verb.OVERRIDE_CONSENT):
        raise Forbidden


def emergency(typed: dict[str, str]) -> Emergency:
    """What a form says; raises Invalid."""
    is_whole = typed["kind"] in KINDS and typed["value"] and 0 < len(typed["ticket"]) <= 64
    if not is_whole or len(typed["reason"]) not in REASON:
        raise Invalid
    kind, language = IdentifierKind(typed["kind"]), console_language()
    whose = Wanted(kind, typed["value"], typed["reason"], language=language)
    return Emergency(typed["reason"], typed["ticket"], whose=whose)
