"""`/v1/assist`: staff pick up a customer's draft."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import assist, handing_back, handoffs
from retoma_server.domain.handoffs import Passage
from retoma_server.domain.rendering import timestamp

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import STANDS_AGAINST, Blueprint
from .drafts import known_id
from .handoffs import offer_json, with_draft
from .limiting import by_caller, limited
from .schemas.assist import AssistedOut, AssistOut, Code, HandedBackOut, NewHandBack
from .schemas.own_data import JourneyOut

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
        head = {"assist": done.passage and assist_json(done.passage)}
        return json_answer(with_draft(head, done.shown.json))


def assist_json(passage: Passage) -> dict[str, Any]:
    """An assist as the member of staff sees it whose it is."""
    return {
        "id": passage.id,
        "draft": passage.draft,
        "expires_at": timestamp(passage.expires_at),
        "customer": passage.customer,
    }


@blp.route("/<string:assist>")
class Assist(MethodView):
    """A member of staff at work in a draft."""

    @limited("reads", by_caller)
    @blp.response(200, AssistOut)
    @blp.fails("not-found", "draft-expired")
    def get(self, assist: str) -> Response:
        """Tell how long an assist lasts if it is not used again, and which draft it opens."""
        found = handing_back.get_assist(deps(), current_caller(), known_id(assist, "as"))
        return json_answer(assist_json(found))

    @limited("writes", by_caller)
    @blp.response(204, description="It opens the draft no more.")
    @blp.fails("not-found", "draft-expired")
    def delete(self, assist: str) -> Response:
        """Leave a draft; its customer is told."""
        handing_back.end_assist(deps(), current_caller(), known_id(assist, "as"))
        return Response(status=204)


@blp.route("/<string:assist>/journey")
class Journey(MethodView):
    """What happened to the customer before."""

    @limited("reads", by_caller)
    @blp.response(200, JourneyOut)
    @blp.fails("not-found", "draft-expired")
    def get(self, assist: str) -> Response:
        """Read the journey of the customer one helps, on every channel, without values; this is on record."""
        found = handing_back.read_assisted_journey(deps(), current_caller(), known_id(assist, "as"))
        return json_answer({"items": found}, headers=[("Cache-Control", "no-store")])


@blp.route("/<string:assist>/handback")
class HandBack(MethodView):
    """The draft on its way back to its customer."""

    @limited("handoffs", by_caller)
    @blp.arguments(NewHandBack)
    @blp.response(200, HandedBackOut)
    @blp.fails(
        "not-found",
        "draft-expired",
        *STANDS_AGAINST,
        "draft-parked",
        "url-not-allowed",
        "contact-unknown",
        "sending-unavailable",
        "sending-failed",
        body=True,
    )
    def post(self, new: dict[str, Any], assist: str) -> Response:
        """Give a draft back to its customer: where it is, by a link on screen, or by one that is sent."""
        wish = handoffs.Wish(**new) if new["to"] else None
        offer = handing_back.hand_back(deps(), current_caller(), known_id(assist, "as"), wish)
        return json_answer({"handoff": offer and offer_json(offer)})
