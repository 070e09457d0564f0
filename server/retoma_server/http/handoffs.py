"""`/v1/handoffs` and `/v1/drafts/{id}/handoffs`: pass a draft on, pick it up, decline it, take it back."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request
from flask.views import MethodView

from retoma_server.actions import handoffs, matching, revoking
from retoma_server.actions.tenants import Tenant
from retoma_server.adapters.qr import qr_svg
from retoma_server.adapters.tokens import Credential, parse_credential
from retoma_server.domain.errors import NotFound, Unauthenticated
from retoma_server.domain.handoffs import Handoff as HandoffRecord
from retoma_server.domain.rendering import timestamp
from retoma_server.domain.spelling import spelled

from .answers import json_answer
from .auth import clean_label, current_caller, deps
from .blueprint import STANDS_AGAINST, Blueprint
from .drafts import known_id
from .identity import token_json
from .limiting import by_caller, by_ip, limited
from .schemas.handoffs import (
    HandoffOut,
    HandoffPage,
    HandoffToken,
    NewHandoff,
    Picked,
    PreviewOut,
    RedeemedOut,
    Redemption,
)

blp = Blueprint("handoffs", __name__, url_prefix="/v1", description="The one-time passage of a draft.")


def read_token(text: str) -> Credential:
    """A link's token; one that is malformed is as invalid as one that is unknown."""
    try:
        return parse_credential(text)
    except Unauthenticated:
        raise NotFound("handoff-invalid") from None


@blp.route("/drafts/<string:draft>/handoffs")
class DraftHandoffs(MethodView):
    """The handoffs of a draft."""

    @limited("reads", by_caller)
    @blp.response(200, HandoffPage)
    @blp.fails("not-found", "draft-expired")
    def get(self, draft: str) -> Response:
        """List what is on offer; where a device waits for its digits to be picked, with the choices."""
        found = matching.list_handoffs(deps(), current_caller(), known_id(draft))
        return json_answer({"items": [waiting_json(*each) for each in found], "next": None})

    @limited("handoffs", by_caller)
    @blp.arguments(NewHandoff)
    @blp.response(201, HandoffOut)
    @blp.fails(
        "not-found",
        "draft-expired",
        *STANDS_AGAINST,
        "draft-parked",
        "url-not-allowed",
        "sending-unavailable",
        "sending-failed",
        body=True,
    )
    def post(self, new: dict[str, Any], draft: str) -> Response:
        """Offer a draft to another device (on screen, by e-mail, text message) or to staff (short code)."""
        offer = handoffs.create_handoff(deps(), current_caller(), known_id(draft), handoffs.Wish(**new))
        return json_answer(offer_json(offer), 201)


def handoff_json(made: HandoffRecord) -> dict[str, Any]:
    """A handoff without its secret."""
    return {
        "id": made.id,
        "to": made.to,
        "draft": made.draft,
        "status": str(made.status),
        "expires_at": timestamp(made.expires_at),
    }


def waiting_json(made: HandoffRecord, device: str | None, choices: tuple[str, ...]) -> dict[str, Any]:
    """A handoff on offer, with the device that waits for its digits to be picked, if one does."""
    return handoff_json(made) | ({"device": device, "choices": choices} if choices else {})


def offer_json(offer: handoffs.Offer) -> dict[str, Any]:
    """A handoff as its maker sees it, once."""
    shown = handoff_json(offer.handoff)
    if offer.link is not None:
        return {**shown, "url": offer.link, "qr_svg": qr_svg(offer.link)}
    if offer.code is None:
        return shown
    letters = spelled(offer.code, offer.handoff.language)
    # Staff scan it as they would type it: no address that a customer's own camera would open.
    return {**shown, "code": offer.code, "spelled": letters, "qr_svg": qr_svg(offer.code.replace("-", ""))}


@blp.route("/handoffs/preview")
class Preview(MethodView):
    """What a link leads to."""

    @limited("previews", by_ip)
    @blp.arguments(HandoffToken)
    @blp.response(200, PreviewOut)
    @blp.fails("handoff-invalid", body=True)
    def post(self, token: dict[str, str]) -> Response:
        """Tell what a link leads to, without using it up."""
        return json_answer(preview_json(handoffs.preview_handoff(deps(), read_token(token["token"]))))


def preview_json(shown: handoffs.Preview) -> dict[str, Any]:
    """What a link leads to, in the language of this request."""
    return {
        "tenant": look_json(shown.tenant),
        "process": shown.process.name,
        "title": shown.process.title(best_language(shown.process.titles)),
        "started_at": timestamp(shown.started_at),
        "channel": shown.channel,
        "expires_at": timestamp(shown.expires_at),
        "host": shown.url and urlsplit(shown.url).hostname,
    }


def look_json(tenant: Tenant) -> dict[str, Any]:
    """How a tenant shows itself, in the language of this request."""
    look = tenant.look
    name = look.name(best_language(look.names), tenant.name)
    return {"name": name, "colour": look.colour, "dark_colour": look.dark_colour}


def best_language(known: Iterable[str]) -> str:
    """The language that a request prefers among those there are."""
    return request.accept_languages.best_match(list(known) or ["en"]) or "en"


@blp.route("/handoffs/decline")
class Decline(MethodView):
    """A link that nobody here asked for."""

    @limited("redemptions", by_ip)
    @blp.arguments(HandoffToken)
    @blp.response(204, description="Nobody can redeem it any more.")
    @blp.fails("handoff-invalid", body=True)
    def post(self, token: dict[str, str]) -> Response:
        """End a link that you did not ask for, and let its maker know."""
        handoffs.decline_link(deps(), current_caller(), read_token(token["token"]))
        return Response(status=204)


@blp.route("/handoffs/redeem")
class Redeem(MethodView):
    """The passage itself."""

    @limited("redemptions", by_ip)
    @blp.arguments(Redemption)
    @blp.response(200, RedeemedOut)
    @blp.fails(
        "handoff-invalid",
        "code-required",
        "code-wrong",
        "match-required",
        "too-many-attempts",
        "sending-unavailable",
        "sending-failed",
        body=True,
    )
    def post(self, new: dict[str, Any]) -> Response:
        """Redeem a link, once; the same nonce again within a minute gets the same grant.

        A link that was sent needs a code too: without one, one is sent to the same address. Others may
        need the digits of the answer to be picked by the owner: ask again with the same nonce. A draft that
        staff began for nobody is yours then: keep the token of its `visitor`.
        """
        device = new["device"] and clean_label(new["device"])
        attempt = handoffs.Attempt(new["nonce"], device, new["code"])
        done = handoffs.redeem_link(deps(), current_caller(), read_token(new["token"]), attempt)
        head = {"grant": done.grant, "expires_at": timestamp(done.expires_at), "url": done.url}
        visitor = done.visitor and token_json(done.visitor)
        return json_answer(with_draft({**head, "visitor": visitor}, done.draft))


def with_draft(head: dict[str, Any], draft: bytes) -> bytes:
    """An object with a finished draft pasted in."""
    return json_answer(head).get_data()[:-1] + b',"draft":' + draft + b"}"


@blp.route("/handoffs/<string:handoff>")
class Handoff(MethodView):
    """One handoff."""

    @limited("writes", by_caller)
    @blp.response(204, description="Taken back.")
    @blp.fails("not-found", "draft-expired")
    def delete(self, handoff: str) -> Response:
        """Take a handoff back, and end the access that it gave."""
        revoking.revoke_handoff(deps(), current_caller(), known_id(handoff, "ho"))
        return Response(status=204)


@blp.route("/handoffs/<string:handoff>/confirm")
class Confirm(MethodView):
    """The two digits that both sides see."""

    @limited("writes", by_caller)
    @blp.arguments(Picked)
    @blp.response(204, description="The device that shows them has the draft.")
    @blp.fails("not-found", "draft-expired", "match-wrong", "handoff-not-waiting", body=True)
    def post(self, picked: dict[str, str], handoff: str) -> Response:
        """Pick the digits that the other device shows; any others end the handoff."""
        matching.confirm_handoff(deps(), current_caller(), known_id(handoff, "ho"), picked["digits"])
        return Response(status=204)
