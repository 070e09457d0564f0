"""`/v1/customers/{id}/merges`: two customers who turn out to be one person."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import merges

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .drafts import known_id
from .limiting import by_caller, limited
from .schemas.merges import MergeOut, NewMerge

blp = Blueprint("merges", __name__, url_prefix="/v1/customers", description="Customers who are one person.")


@blp.route("/<string:customer>/merges")
class Merges(MethodView):
    """Those who were merged into a customer."""

    @limited("writes", by_caller)
    @blp.arguments(NewMerge)
    @blp.response(200, MergeOut)
    @blp.fails(
        "not-found",
        "same-customer",
        "customer-merged",
        "customer-merging",
        "dest-busy",
        "completing",
        "completion-unknown",
        "claiming",
        body=True,
    )
    def post(self, new: dict[str, Any], customer: str) -> Response:
        """Merge a customer into this one, with the secret key; the same again gives the same receipt."""
        wish = merges.Wish(known_id(new["from_"], "cu"), new["strategy"], new["forms"])
        return json_answer(merges.merge_customers(deps(), current_caller(), known_id(customer, "cu"), wish))


@blp.route("/<string:customer>/merges/<string:merge>")
class Merge(MethodView):
    """What a merge did."""

    @limited("reads", by_caller)
    @blp.response(200, MergeOut)
    @blp.fails("not-found", "integrity-failure")
    def get(self, customer: str, merge: str) -> Response:
        """Read what a merge did, with the secret key."""
        names = known_id(customer, "cu"), known_id(merge, "mg")
        return json_answer(merges.read_merge(deps(), current_caller(), *names))


@blp.route("/<string:customer>/merges/<string:merge>/undo")
class Undoing(MethodView):
    """The end of a merge."""

    @limited("writes", by_caller)
    @blp.response(200, MergeOut)
    @blp.fails(
        "not-found",
        "customer-merged",
        "customer-merging",
        "dest-busy",
        "undo-expired",
        "storage-full",
        "durability-unconfirmed",
    )
    def post(self, customer: str, merge: str) -> Response:
        """Undo a merge, within 24 hours, with the secret key; what was changed since stays."""
        names = known_id(customer, "cu"), known_id(merge, "mg")
        return json_answer(merges.undo_merge(deps(), current_caller(), *names))
