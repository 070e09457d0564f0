"""`/staff/help/{id}/…`: of staff one at a time writes: kept while a page is open, asked for, taken over."""

from contextlib import suppress

from flask import Response, request

from retoma_server.actions.leases import keep_lease, take_lease
from retoma_server.console.blueprint import console
from retoma_server.console.callers import staffed
from retoma_server.console.showing import by_htmx, lead
from retoma_server.domain.errors import Forbidden, Locked
from retoma_server.http.auth import current_caller, deps
from retoma_server.http.drafts import known_id

from .editing import editor_of, news_of_form


def take(as_id: str, take_over: bool = False) -> None:
    """Take the right to write where it can be had: a colleague may have it, or the customer let only look."""
    with suppress(Locked, Forbidden):
        take_lease(deps(), current_caller(), known_id(as_id, "as"), take_over=take_over)


@console.post("/help/<as_id>/keep")
@staffed("writes", is_use=False)
def keep(as_id: str) -> Response:
    """Say that the page is still open: 204 while its reader may write, 423 while a colleague does."""
    try:
        keep_lease(deps(), current_caller(), known_id(as_id, "as"))
    except (Locked, Forbidden):
        return Response(status=423)
    return Response(status=204)


@console.post("/help/<as_id>/lease")
@staffed("writes")
def look_again(as_id: str) -> Response:
    """Ask for the right to write once more; a supervisor takes it over."""
    take(as_id, "take_over" in request.form)
    return news_of_form(editor_of(as_id)) if by_htmx() else lead(f"/help/{as_id}")
