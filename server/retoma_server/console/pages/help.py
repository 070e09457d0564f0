"""`/staff/help/{id}`: a customer's process, and leaving it."""

from flask import Response, request

from retoma_server.actions.handing_back import end_assist
from retoma_server.console.blueprint import console
from retoma_server.console.callers import staffed
from retoma_server.console.showing import lead
from retoma_server.http.auth import current_caller, deps
from retoma_server.http.drafts import known_id

from .editing import help_shown
from .writing import take


@console.get("/help/<as_id>")
@staffed("reads")
def help_page(as_id: str) -> Response:
    """What the customer is doing, how far they are, and where it is worked on; whoever opens it may write."""
    take(as_id)
    return help_shown(as_id)


@console.post("/help/<as_id>/leave")
@staffed("writes")
def leave(as_id: str) -> Response:
    """Leave a process; its customer goes on alone."""
    end_assist(deps(), current_caller(), known_id(as_id, "as"))
    return lead("?said=left-begun" if "begun" in request.form else "?said=left")
