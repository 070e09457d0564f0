"""`/staff/ask`: a customer who has no code is asked, and the page goes on once they say yes."""

from typing import Any

from flask import Response, request

from retoma_server.actions.letters import SENT
from retoma_server.actions.lookup_codes import try_code, want_code
from retoma_server.actions.lookups import Told, Wanted, begin_lookup, wait_lookup
from retoma_server.console.blueprint import console
from retoma_server.console.callers import may, staffed
from retoma_server.console.refusing import words
from retoma_server.console.showing import lead, show
from retoma_server.console.texts import console_language
from retoma_server.domain.access import Verb
from retoma_server.domain.errors import Forbidden, Invalid
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.lookups import Standing
from retoma_server.http.auth import current_caller, deps
from retoma_server.http.drafts import known_id
from retoma_server.http.texts import LANGUAGES

KINDS = ("email", "phone", "loyalty_number", "external_id")
REASON = range(3, 201)
"""How long a reason is."""


@console.get("/ask")
@staffed("reads")
def ask_page() -> Response:
    """Where it is typed by what the customer is known."""
    return show("console/ask.html", kinds=KINDS, typed={}, may_override=may(Verb.OVERRIDE_CONSENT))


@console.post("/ask")
@staffed("lookups")
def ask() -> Response:
    """Ask the customer, whether or not there is one; what cannot be asked leaves what was typed."""
    typed = {name: request.form.get(name, "").strip() for name in ("kind", "value", "reason")}
    try:
        begun = begin_lookup(deps(), current_caller(), wanted(typed))
    except Invalid:
        refusal = words("asking-failed", 422)
        return show("console/ask.html", 422, kinds=KINDS, typed=typed, refusal=refusal, minutes=1)
    return lead(f"/ask/{begun.id}")


def wanted(typed: dict[str, str]) -> Wanted:
    """What a form asks; raises Invalid."""
    if typed["kind"] not in KINDS or not typed["value"] or len(typed["reason"]) not in REASON:
        raise Invalid
    chosen = request.form.get("language")
    language = chosen if chosen in LANGUAGES else console_language()
    return Wanted(IdentifierKind(typed["kind"]), typed["value"], typed["reason"], language=language)


@console.get("/ask/<lookup>")
@staffed("reads")
def asked_page(lookup: str) -> Response:
    """Where staff wait, or the help that came of it."""
    told = told_of(lookup)
    return led(told) or asked(told, is_sent=request.args.get("said") == "sent")


@console.get("/ask/<lookup>/news")
@staffed("reads")
def news(lookup: str) -> Response:
    """What is new while staff wait; nothing most of the time. Once it is over the page is another."""
    told = told_of(lookup)
    if told.standing is Standing.WAITING:
        return Response(status=204)
    return led(told) or lead(f"/ask/{told.lookup.id}")


def told_of(lookup: str) -> Told:
    """What became of a lookup by now."""
    return wait_lookup(deps(), current_caller(), known_id(lookup, "lk"), 0)


def led(told: Told) -> Response | None:
    """On to the customer's process, once they have said yes."""
    return lead(f"/help/{told.assist.id}") if told.assist else None


def asked(told: Told, status: int = 200, **more: Any) -> Response:
    """The page where staff wait; it is the same whoever was asked, and if nobody was."""
    may_send, over = told.lookup.kind in SENT, told.standing is Standing.OVER
    return show("console/asked.html", status, lookup=told.lookup, may_send=may_send, over=over, **more)


@console.post("/ask/<lookup>/send")
@staffed("writes")
def send_digits(lookup: str) -> Response:
    """Have a code sent that the customer reads out."""
    want_code(deps(), current_caller(), known_id(lookup, "lk"))
    return lead(f"/ask/{known_id(lookup, 'lk')}?said=sent")


@console.post("/ask/<lookup>/code")
@staffed("writes")
def read_out(lookup: str) -> Response:
    """Go on to the customer's process by the code that they read out."""
    typed = request.form.get("code", "")[:16]
    try:
        assist = try_code(deps(), current_caller(), known_id(lookup, "lk"), typed)
    except Forbidden as refusal:
        if refusal.code != "code-wrong":
            raise
        return asked(told_of(lookup), 403, refusal=words("code-wrong", 403), minutes=1)
    return lead(f"/help/{assist.id}")
