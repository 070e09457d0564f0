"""`/v1/assist`: staff pick up a customer's draft; `/v1/drafts/{id}/assists`: the customer sees who does."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import assist, assists, beginning, handing_back, handoffs, revealing
from retoma_server.domain.assists import Assist as Assisting
from retoma_server.domain.rendering import timestamp

from .answers import idempotency, json_answer, marked
from .auth import current_caller, deps
from .blueprint import STANDS_AGAINST, Blueprint
from .drafts import known_id
from .handoffs import offer_json, with_draft
from .limiting import by_caller, limited
from .parameters import IDEMPOTENCY_KEY
from .schemas.assist import (
    AssistedOut,
    AssistOut,
    AssistsOut,
    ChangedConsent,
    Code,
    HandedBackOut,
    NewAssistedDraft,
    NewHandBack,
    NewReveal,
    RevealedOut,
)
from .schemas.own_data import JourneyOut

blp = Blueprint("assist", __name__, url_prefix="/v1", description="Staff at work in a draft.")


@blp.route("/assist/redeem")
class Redeem(MethodView):
    """The code that a customer reads out."""

    @limited("writes", by_caller)
    @blp.arguments(Code)
    @blp.response(201, AssistedOut, description="The assist, and the draft as staff may see it.")
    @blp.alt_response(200, schema=AssistedOut, description="For the customer's own device: no assist.")
    @blp.fails("handoff-invalid", "too-many-attempts", body=True)
    def post(self, code: dict[str, str]) -> Response:
        """Redeem a short code; the draft comes masked, and the staff token opens it from now on."""
        return assisted(assist.redeem_code(deps(), current_caller(), code["code"]))


def assisted(done: assist.Assisted) -> Response:
    """An assist with the draft that it opens; none for the customer's own device."""
    head = {"assist": done.assist and assist_json(done.assist)}
    answer = json_answer(with_draft(head, done.shown.json), 201 if done.assist else 200)
    return marked(answer) if done.replayed else answer


@blp.route("/assist/drafts")
class Beginning(MethodView):
    """What is begun in the store."""

    @limited("writes", by_caller)
    @blp.arguments(NewAssistedDraft)
    @blp.doc(parameters=[{**IDEMPOTENCY_KEY, "required": False}])
    @blp.response(201, AssistedOut, description="The assist, and the draft, which is nobody's yet.")
    @blp.fails(
        "kind-mismatch",
        "not-found",
        "invalid-idempotency-key",
        "idempotency-key-reused",
        "storage-full",
        "durability-unconfirmed",
        body=True,
    )
    def post(self, new: dict[str, Any]) -> Response:
        """Begin a draft for a person who is not known; whoever opens its link first has it from then on."""
        once = idempotency()
        return assisted(beginning.begin_for_nobody(deps(), current_caller(), **new, once=once))


def assist_json(assist: Assisting) -> dict[str, Any]:
    """An assist as both sides see it: who helps whom with what, how far, and until when."""
    store = assist.store and {"id": assist.store, "name": assist.store_name}
    return {
        "id": assist.id,
        "draft": assist.draft,
        "customer": assist.customer,
        "staff": {"id": assist.staff, "name": assist.name},
        "store": store,
        "method": str(assist.method),
        "scope": str(assist.consent.scope),
        "shows_answers": assist.consent.shows_answers,
        "began_at": timestamp(assist.began_at),
        "expires_at": timestamp(assist.expires_at),
        "ends_at": timestamp(assist.ends_at),
    }


@blp.route("/assist/drafts/<string:draft>")
class GoingOn(MethodView):
    """What was begun in the store, and nobody has yet."""

    @limited("writes", by_caller)
    @blp.response(201, AssistedOut, description="The assist, and the draft, which is nobody's yet.")
    @blp.fails("not-found")
    def post(self, draft: str) -> Response:
        """Go on with a draft that you began, as long as nobody has opened its link; to make another, say."""
        return assisted(beginning.go_on_for_nobody(deps(), current_caller(), known_id(draft)))


@blp.route("/assist/<string:assist>")
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


@blp.route("/assist/<string:assist>/journey")
class Journey(MethodView):
    """What happened to the customer before."""

    @limited("reads", by_caller)
    @blp.response(200, JourneyOut)
    @blp.fails("not-found", "draft-expired")
    def get(self, assist: str) -> Response:
        """Read the journey of the customer one helps, on every channel, without values; this is on record."""
        found = handing_back.read_assisted_journey(deps(), current_caller(), known_id(assist, "as"))
        return json_answer({"items": found}, headers=[("Cache-Control", "no-store")])


@blp.route("/assist/<string:assist>/handback")
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
        "lease-held",
        "sending-unavailable",
        "sending-failed",
        "not-allowed-in-assist",
        "invalid-op",
        "unknown-op",
        "payment-data-refused",
        body=True,
    )
    def post(self, new: dict[str, Any], assist: str) -> Response:
        """Give a draft back to its customer: where it is, by a link on screen, or by one that is sent."""
        step = new.pop("step")
        wish = handoffs.Wish(**new) if new["to"] else None
        offer = handing_back.hand_back(deps(), current_caller(), known_id(assist, "as"), wish, step)
        return json_answer({"handoff": offer and offer_json(offer)})


@blp.route("/assist/<string:assist>/reveal")
class Reveal(MethodView):
    """One masked answer, whole."""

    @limited("writes", by_caller)
    @blp.arguments(NewReveal)
    @blp.response(200, RevealedOut)
    @blp.fails("not-found", "draft-expired", "not-allowed-in-assist", body=True)
    def post(self, new: dict[str, str], assist: str) -> Response:
        """Read one masked answer, for a reason, on the record (supervisors)."""
        wanted = (known_id(assist, "as"), new["path"], new["reason"])
        found = revealing.reveal(deps(), current_caller(), *wanted)
        return json_answer({"path": found.path, "value": found.value})


# -- the customer's side -----------------------------------------------------------------------


@blp.route("/drafts/<string:draft>/assists")
class Assists(MethodView):
    """Who helps with a draft."""

    @limited("reads", by_caller)
    @blp.response(200, AssistsOut)
    @blp.fails("not-found", "draft-expired")
    def get(self, draft: str) -> Response:
        """List who of staff helps with a draft now and how far, and what staff entered for its customer."""
        found = assists.read_help(deps(), current_caller(), known_id(draft))
        answers = [asdict(each) for each in found.answers]
        return json_answer({"items": list(map(assist_json, found.assists)), "answers": answers})


@blp.route("/drafts/<string:draft>/assists/<string:assist>")
class OneAssist(MethodView):
    """One member of staff who helps with a draft."""

    @limited("writes", by_caller)
    @blp.arguments(ChangedConsent)
    @blp.response(200, AssistOut)
    @blp.fails("not-found", "draft-expired", body=True)
    def patch(self, new: dict[str, Any], draft: str, assist: str) -> Response:
        """Let staff do more or less, at once, and show them the answers or no longer."""
        which = (known_id(draft), known_id(assist, "as"))
        wish = (new["scope"], new["show_answers"])
        return json_answer(assist_json(assists.change_assist(deps(), current_caller(), *which, *wish)))

    @limited("writes", by_caller)
    @blp.response(204, description="They are out of the draft.")
    @blp.fails("not-found", "draft-expired")
    def delete(self, draft: str, assist: str) -> Response:
        """Stop being helped: at once."""
        assists.stop_assist(deps(), current_caller(), known_id(draft), known_id(assist, "as"))
        return Response(status=204)
