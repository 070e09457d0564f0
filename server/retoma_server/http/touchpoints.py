"""`/v1/customers/{id}/touchpoints`: what a tenant tells of a customer's journey."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import touchpoints
from retoma_server.actions.touchpoints import NewTouchpoint

from .answers import idempotency, once_answer
from .audit import milliseconds
from .auth import current_caller, deps
from .blueprint import Blueprint
from .drafts import known_id
from .limiting import by_caller, limited
from .parameters import IDEMPOTENCY_KEY
from .schemas.own_data import TouchpointIn, TouchpointOut

blp = Blueprint("touchpoints", __name__, url_prefix="/v1", description="What happened elsewhere.")


@blp.route("/customers/<string:customer>/touchpoints")
class Touchpoints(MethodView):
    """What happened to a customer outside of Retoma."""

    @limited("writes", by_caller)
    @blp.arguments(TouchpointIn)
    @blp.doc(parameters=[IDEMPOTENCY_KEY])
    @blp.response(201, TouchpointOut)
    @blp.fails(
        "not-found",
        "idempotency-key-required",
        "invalid-idempotency-key",
        "idempotency-key-reused",
        "payment-data-refused",
        body=True,
    )
    def post(self, new: dict[str, Any], customer: str) -> Response:
        """Put a call, a visit or a comment into a customer's journey, once a key (with the secret key)."""
        told = NewTouchpoint(new["name"], new["channel"], milliseconds(new["at"]), new["note"])
        owner = known_id(customer, "cu")
        answer = touchpoints.add_touchpoint(deps(), current_caller(), owner, told, idempotency())
        return once_answer(answer, 201)
