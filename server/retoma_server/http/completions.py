"""`/v1/drafts/{id}/completions`: the shop's word on the order of a cart."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import completions

from .answers import once_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .drafts import known_id
from .limiting import by_caller, limited
from .schemas.completions import Attempt, Committed
from .schemas.drafts import DraftOut

blp = Blueprint(
    "completions", __name__, url_prefix="/v1/drafts", description="The orders that shops make of carts."
)


@blp.route("/<string:draft>/completions/<string:completion>/commit")
class Commit(MethodView):
    """The order was made."""

    @limited("writes", by_caller)
    @blp.arguments(Committed)
    @blp.response(200, DraftOut)
    @blp.fails("not-found", "draft-expired", "already-committed", "completion-stale", body=True)
    def post(self, new: dict[str, Any], draft: str, completion: str) -> Response:
        """Note the order that was made of a cart, once and for all (with a secret key)."""
        return once_answer(
            completions.commit_completion(deps(), current_caller(), known_id(draft), completion, **new)
        )


@blp.route("/<string:draft>/completions/<string:completion>/abort")
class Abort(MethodView):
    """No order was made."""

    @limited("writes", by_caller)
    @blp.arguments(Attempt)
    @blp.response(200, DraftOut)
    @blp.fails("not-found", "draft-expired", "already-committed", "completion-stale", body=True)
    def post(self, new: dict[str, Any], draft: str, completion: str) -> Response:
        """Give an attempt up, so that the cart is open again (with a secret key)."""
        return once_answer(
            completions.abort_completion(deps(), current_caller(), known_id(draft), completion, **new)
        )


@blp.route("/<string:draft>/completions/<string:completion>/renew")
class Renew(MethodView):
    """The order takes longer."""

    @limited("writes", by_caller)
    @blp.arguments(Attempt)
    @blp.response(200, DraftOut)
    @blp.fails("not-found", "draft-expired", "completion-stale", body=True)
    def post(self, new: dict[str, Any], draft: str, completion: str) -> Response:
        """Lengthen the lease of an attempt (with a secret key)."""
        return once_answer(
            completions.renew_completion(deps(), current_caller(), known_id(draft), completion, **new)
        )
