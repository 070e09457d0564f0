"""`/v1/processes`: what a tenant registers of its processes."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import processes
from retoma_server.actions.retrying import retried
from retoma_server.domain.errors import Invalid, NotFound
from retoma_server.domain.rendering import process_json

from .answer_schemas import ProcessesOut, ProcessOut
from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .limiting import by_caller, limited
from .schemas import PROCESS_NAME, NewProcess, known_policies, process_of

blp = Blueprint("processes", __name__, url_prefix="/v1/processes", description="What customers are doing.")


def known_name(name: str) -> str:
    """A process's name from the path; what cannot be one is absent."""
    if not PROCESS_NAME.fullmatch(name):
        current_caller().home  # noqa: B018 who is not signed in learns that first
        raise NotFound
    return name


@blp.route("")
class Processes(MethodView):
    """All registered processes."""

    @blp.response(200, ProcessesOut)
    @blp.fails()
    @limited("reads", by_caller)
    def get(self) -> Response:
        """List the registered processes."""
        found = processes.list_processes(deps(), current_caller())
        return json_answer({"items": [process_json(each) for each in found], "next": None})


@blp.route("/<string:name>")
class Process(MethodView):
    """One process."""

    @blp.response(200, ProcessOut)
    @blp.fails("not-found")
    @limited("reads", by_caller)
    def get(self, name: str) -> Response:
        """Read a registered process."""
        return json_answer(process_json(processes.get_process(deps(), current_caller(), known_name(name))))

    @blp.arguments(NewProcess)
    @blp.response(200, ProcessOut, description="Registered anew.")
    @blp.alt_response(201, schema=ProcessOut, description="Registered for the first time.")
    @blp.fails("kind-not-supported", "policy-not-supported", "url-not-allowed", "not-found", body=True)
    @limited("writes", by_caller)
    def put(self, new: dict[str, Any], name: str) -> Response:
        """Register a process, with the secret key."""
        policies = known_policies(new["policies"])
        if policies is None:
            raise Invalid("policy-not-supported")
        process = process_of(known_name(name), {**new, "policies": policies})
        fresh = retried(deps(), lambda: processes.register_process(deps(), current_caller(), process))
        return json_answer(process_json(process), 201 if fresh else 200)
