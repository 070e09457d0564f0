"""`/v1/processes`: what a tenant registers of its processes."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import processes
from retoma_server.actions.retrying import retried
from retoma_server.domain.errors import Invalid, NotFound
from retoma_server.domain.rendering import process_json

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .cursors import read_place, sign_place
from .limiting import by_caller, limited
from .schemas.formats import PROCESS_NAME
from .schemas.pages import PageQuery
from .schemas.processes import NewProcess, ProcessesOut, ProcessOut, known_policies, process_of

blp = Blueprint("processes", __name__, url_prefix="/v1/processes", description="What customers are doing.")


def known_name(name: str) -> str:
    """A process's name from the path; what cannot be one is absent."""
    if not PROCESS_NAME.fullmatch(name):
        raise NotFound
    return name


@blp.route("")
class Processes(MethodView):
    """All registered processes."""

    @limited("reads", by_caller)
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, ProcessesOut)
    @blp.fails("invalid-cursor")
    def get(self, query: dict[str, Any]) -> Response:
        """List the registered processes, the one registered last first."""
        before = read_place("processes", query["cursor"])
        page = processes.list_processes(deps(), current_caller(), before, query["limit"])
        items = [process_json(each) for each in page.items]
        return json_answer({"items": items, "next": sign_place("processes", page.next)})


@blp.route("/<string:name>")
class Process(MethodView):
    """One process."""

    @limited("reads", by_caller)
    @blp.response(200, ProcessOut)
    @blp.fails("not-found")
    def get(self, name: str) -> Response:
        """Read a registered process."""
        return json_answer(process_json(processes.get_process(deps(), current_caller(), known_name(name))))

    @limited("writes", by_caller)
    @blp.arguments(NewProcess)
    @blp.response(200, ProcessOut, description="Registered anew.")
    @blp.alt_response(201, schema=ProcessOut, description="Registered for the first time.")
    @blp.fails("policy-not-supported", "url-not-allowed", "not-found", body=True)
    def put(self, new: dict[str, Any], name: str) -> Response:
        """Register a process, with the secret key."""
        policies = known_policies(new["policies"])
        if policies is None:
            raise Invalid("policy-not-supported")
        process = process_of(known_name(name), {**new, "policies": policies})
        fresh = retried(deps(), lambda: processes.register_process(deps(), current_caller(), process))
        return json_answer(process_json(process), 201 if fresh else 200)
