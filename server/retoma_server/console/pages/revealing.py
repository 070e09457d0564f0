"""`/staff/help/{id}/reveal`: a supervisor reads one masked answer for a minute, for a reason."""

from typing import Any

from flask import Response, request

from retoma_server.actions.revealing import reveal
from retoma_server.console.blueprint import console
from retoma_server.console.callers import staffed
from retoma_server.console.showing import by_htmx, place, show
from retoma_server.http.auth import current_caller, deps
from retoma_server.http.drafts import known_id

from .editing import editor_of, help_shown

SECONDS = 60
SHORTEST, LONGEST = 3, 200
"""How long a reason is, in characters."""


@console.post("/help/<as_id>/reveal")
@staffed("writes")
def read_it(as_id: str) -> Response:
    """One answer, whole, for a minute; on record before it is shown."""
    path, reason = request.form.get("path", ""), request.form.get("reason", "").strip()
    if not SHORTEST <= len(reason) <= LONGEST:
        return shown(as_id, path, 422, unrevealed=path)
    found = reveal(deps(), current_caller(), known_id(as_id, "as"), path, reason)
    return shown(as_id, path, 200, revealed=found)


def shown(as_id: str, path: str, status: int, **more: Any) -> Response:
    """The field with its answer for a page with scripts, else the page, which goes by itself."""
    if by_htmx():
        editor = editor_of(as_id)
        return show("help/_revealed.html", status, editor=editor, field=editor.find(path), **more)
    answer = help_shown(as_id, None, status, **more)
    if "revealed" in more:
        answer.headers["Refresh"] = f"{SECONDS};url={place()}/help/{as_id}"
    return answer
