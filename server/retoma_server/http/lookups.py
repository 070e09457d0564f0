"""`/v1/assist/lookup`: staff ask who has no code; `/v1/me/assist-requests`: the customer answers."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import assist_requests, lookup_codes, lookups, overriding
from retoma_server.actions.assist_requests import Asked, Reply
from retoma_server.domain.assists import Consent, Scope
from retoma_server.domain.lookups import Lookup
from retoma_server.domain.rendering import timestamp

from .answers import json_answer
from .assist import assist_json
from .auth import current_caller, deps
from .blueprint import STANDS_AGAINST, Blueprint
from .drafts import known_id
from .limiting import by_caller, limited
from .schemas.lookups import (
    AnsweredOut,
    Approval,
    AssistRequestsOut,
    LookupBegunOut,
    LookupOut,
    LookupWait,
    NewLookup,
    NewOverride,
    ReadOut,
)

blp = Blueprint("lookups", __name__, url_prefix="/v1", description="Customers without a code.")


def lookup_json(lookup: Lookup) -> dict[str, Any]:
    """A lookup: nothing in it depends on whether it leads to anybody."""
    return {"id": lookup.id, "expires_at": timestamp(lookup.expires_at)}


def told_json(told: lookups.Told) -> dict[str, Any]:
    """A lookup, and what came of it."""
    assist = told.assist and assist_json(told.assist)
    return {**lookup_json(told.lookup), "status": str(told.standing), "assist": assist}


@blp.route("/assist/lookup")
class NewLookups(MethodView):
    """A customer who has no code."""

    @limited("lookups", by_caller)
    @blp.arguments(NewLookup)
    @blp.response(202, LookupBegunOut, description="Whoever it leads to, if anybody, was asked.")
    @blp.fails(body=True)
    def post(self, new: dict[str, Any]) -> Response:
        """Ask whoever is known by an identifier to be let in; the answer never tells whether anybody is."""
        begun = lookups.begin_lookup(deps(), current_caller(), lookups.Wanted(**new))
        return json_answer(lookup_json(begun), 202)


@blp.route("/assist/lookup/<string:lookup>")
class OneLookup(MethodView):
    """A lookup that waits."""

    @limited("reads", by_caller)
    @blp.arguments(LookupWait, location="query")
    @blp.response(200, LookupOut)
    @blp.fails("not-found")
    def get(self, query: dict[str, int], lookup: str) -> Response:
        """Tell what came of a lookup, and wait for that; a no is told like nobody there."""
        told = lookups.wait_lookup(deps(), current_caller(), known_id(lookup, "lk"), query["wait"])
        return json_answer(told_json(told))

    @limited("writes", by_caller)
    @blp.arguments(ReadOut)
    @blp.response(201, AnsweredOut)
    @blp.fails("not-found", "code-wrong", "too-many-attempts", *STANDS_AGAINST, "draft-parked", body=True)
    def post(self, read: dict[str, str], lookup: str) -> Response:
        """Come in by the six digits that the customer reads out, to look and change."""
        done = lookup_codes.try_code(deps(), current_caller(), known_id(lookup, "lk"), read["code"])
        return json_answer({"assist": assist_json(done)}, 201)


@blp.route("/assist/lookup/<string:lookup>/code")
class LookupCode(MethodView):
    """The code to be read out."""

    @limited("writes", by_caller)
    @blp.response(202, LookupBegunOut, description="Whoever it leads to, if anybody, is sent one.")
    @blp.fails("not-found", "sending-unavailable")
    def post(self, lookup: str) -> Response:
        """Have a code sent to where the customer was looked up by, to be read out in the store."""
        wanted = lookup_codes.want_code(deps(), current_caller(), known_id(lookup, "lk"))
        return json_answer(lookup_json(wanted), 202)


@blp.route("/assist/override")
class Override(MethodView):
    """A look without consent."""

    @limited("lookups", by_caller)
    @blp.arguments(NewOverride)
    @blp.response(201, AnsweredOut)
    @blp.fails("not-found", body=True)
    def post(self, new: dict[str, Any]) -> Response:
        """Look into a draft without consent, in an emergency (supervisors); its customer is told at once."""
        done = overriding.override(deps(), current_caller(), emergency(new))
        return json_answer({"assist": assist_json(done)}, 201)


def emergency(new: dict[str, Any]) -> overriding.Emergency:
    """What a supervisor says of an emergency."""
    whose = None
    if new["draft"] is None:
        about = (new["kind"], new["value"], new["reason"], new["process"], new["language"])
        whose = lookups.Wanted(*about)
    return overriding.Emergency(new["reason"], new["ticket"], new["draft"], whose)


# -- the customer's side -----------------------------------------------------------------------


def request_json(asked: Asked) -> dict[str, Any]:
    """A request as the customer reads it: who asks, for what, and why."""
    request = asked.request
    return {
        "id": request.id,
        "staff": {"name": request.name},
        "store": request.store and {"id": request.store, "name": request.store_name},
        "reason": asked.reason,
        "process": request.process,
        "draft": request.draft if request.process else None,
        "began_at": timestamp(request.began_at),
        "expires_at": timestamp(request.expires_at),
    }


@blp.route("/me/assist-requests")
class MyRequests(MethodView):
    """Who asks oneself."""

    @limited("reads", by_caller)
    @blp.response(200, AssistRequestsOut)
    @blp.fails("not-found", "integrity-failure")
    def get(self) -> Response:
        """List who of staff asks to be let in and waits for an answer."""
        listed = assist_requests.list_requests(deps(), current_caller())
        return json_answer({"items": list(map(request_json, listed))})


@blp.route("/me/assist-requests/<string:lookup>")
class MyRequest(MethodView):
    """One who asks oneself."""

    @limited("writes", by_caller)
    @blp.arguments(Approval)
    @blp.response(200, AnsweredOut)
    @blp.fails("not-found", "draft-expired", *STANDS_AGAINST, "draft-parked", body=True)
    def post(self, new: dict[str, Any], lookup: str) -> Response:
        """Let whoever asks into a draft, as far as one says; or say no, which they never hear of."""
        consent = Consent(new["scope"] or Scope.EDIT, bool(new["show_answers"])) if new["approve"] else None
        reply = Reply(consent, new["draft"])
        done = assist_requests.answer_request(deps(), current_caller(), known_id(lookup, "lk"), reply)
        return json_answer({"assist": done and assist_json(done)})
