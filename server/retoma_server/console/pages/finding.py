"""`/staff/find`: from the code that a customer reads out to their process."""

from flask import Response, request

from retoma_server.actions.assist import redeem_code
from retoma_server.console.blueprint import console
from retoma_server.console.callers import staffed
from retoma_server.console.refusing import words
from retoma_server.console.showing import by_htmx, lead, show
from retoma_server.domain.errors import NotFound
from retoma_server.http.auth import current_caller, deps

from .home import work_of

LONGEST = 64


@console.post("/find")
@staffed("writes")
def find() -> Response:
    """Redeem a code and go on to what it opens; one that opens nothing leaves what was typed."""
    typed = request.form.get("code", "")[:LONGEST]
    try:
        done = redeem_code(deps(), current_caller(), typed)
    except NotFound:
        return not_found(typed)
    if done.passage is None:  # a customer's own device has none, and no customer signs in here
        raise NotFound
    return lead(f"/help/{done.passage.id}")


def not_found(typed: str) -> Response:
    """Why a code opens nothing, and what to do."""
    refusal = words("handoff-invalid", 404)
    if by_htmx():
        return show("console/_refusal.html", 404, refusal=refusal, minutes=1)
    return show("console/home.html", 404, refusal=refusal, minutes=1, typed=typed, **work_of())
