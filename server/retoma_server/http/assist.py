"""`/v1/assist`: staff pick up a customer's draft."""

from flask import Response
from flask.views import MethodView

from retoma_server.actions import assist
from retoma_server.domain.rendering import timestamp

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .handoffs import with_draft
from .limiting import by_caller, limited
from .schemas.assist import AssistedOut, Code

blp = Blueprint("assist", __name__, url_prefix="/v1/assist", description="Staff at work in a draft.")


@blp.route("/redeem")
class Redeem(MethodView):
    """The code that a customer reads out."""

    @limited("writes", by_caller)
    @blp.arguments(Code)
    @blp.response(200, AssistedOut)
    @blp.fails("handoff-invalid", "too-many-attempts", body=True)
    def post(self, code: dict[str, str]) -> Response:
        """Redeem a short code; the draft comes masked, and the staff token opens it from now on."""
        done = assist.redeem_code(deps(), current_caller(), code["code"])
        passage = done.passage and {
            "id": done.passage.id,
            "expires_at": timestamp(done.passage.expires_at),
            "customer": done.passage.customer,
        }
        return json_answer(with_draft({"assist": passage}, done.shown.json))
