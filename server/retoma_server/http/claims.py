"""`/v1/claim` and `/v1/claims`: after sign-in, the visitor's carts become the customer's, or wait, parked."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import claims, parking, undoing
from retoma_server.domain.claims import Strategy

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import STANDS_AGAINST, Blueprint
from .drafts import known_id
from .identity import token_json
from .limiting import by_caller, limited
from .openapi import RECEIPT, RECEIPT_PREVIEW
from .schemas.claims import ASK, ClaimOut, NewClaim, ReceiptOut
from .schemas.drafts import DraftOut

blp = Blueprint("claims", __name__, url_prefix="/v1", description="A guest's carts after the sign-in.")


@blp.route("/claim")
class Claim(MethodView):
    """The carts of a visitor who signed in."""

    @limited("writes", by_caller)
    @blp.arguments(NewClaim)
    @blp.response(200, ClaimOut, examples={"receipt": {"value": RECEIPT}, "ask": {"value": RECEIPT_PREVIEW}})
    @blp.fails("not-found", "dest-busy", "completing", "completion-unknown", "preview-outdated", body=True)
    def post(self, new: dict[str, Any]) -> Response:
        """Take a visitor's carts over, with the customer's token; the same again gives the same receipt.

        With the token of another visitor only what staff began in a store.
        """
        token, strategy = new.pop("visitor"), new.pop("strategy")
        ask = strategy == ASK
        wish = claims.Wish(strategy=None if ask or strategy is None else Strategy(strategy), ask=ask, **new)
        done = claims.claim(deps(), current_caller(), token, wish)
        return json_answer({**done.json, "visitor": done.visitor and token_json(done.visitor)})


@blp.route("/claims/<string:claim>")
class Receipt(MethodView):
    """What a claim did."""

    @limited("reads", by_caller)
    @blp.response(200, ReceiptOut)
    @blp.fails("not-found", "integrity-failure")
    def get(self, claim: str) -> Response:
        """Read a receipt; it is kept for 30 days."""
        return json_answer(claims.read_claim(deps(), current_caller(), known_id(claim, "cl")))


@blp.route("/claims/<string:claim>/undo")
class Undoing(MethodView):
    """The end of a claim."""

    @limited("writes", by_caller)
    @blp.response(200, ReceiptOut)
    @blp.fails(
        "not-found", "dest-busy", "draft-closed", "undo-expired", "storage-full", "durability-unconfirmed"
    )
    def post(self, claim: str) -> Response:
        """Undo a claim, within 24 hours; the guest's cart is then the customer's, parked."""
        return json_answer(undoing.undo_claim(deps(), current_caller(), known_id(claim, "cl")))


@blp.route("/drafts/<string:draft>/activate")
class Activation(MethodView):
    """A parked cart that is wanted again."""

    @limited("writes", by_caller)
    @blp.response(200, DraftOut)
    @blp.fails(
        "not-found",
        "draft-expired",
        "dest-busy",
        *STANDS_AGAINST,
        "kind-mismatch",
        "storage-full",
        "durability-unconfirmed",
    )
    def post(self, draft: str) -> Response:
        """Make a parked cart the active one; the one that was is parked."""
        return json_answer(parking.activate_draft(deps(), current_caller(), known_id(draft)))
