"""`/v1/me/consents`, and the same under `/v1/customers/{id}` for the service: what a customer agrees to."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import consents
from retoma_server.actions.consents import Decision
from retoma_server.domain.errors import NotFound
from retoma_server.domain.people_rendering import consent_json

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .drafts import known_id
from .limiting import by_caller, limited
from .schemas.consents import ConsentIn, ConsentOut, ConsentsOut
from .schemas.formats import PROCESS_NAME

blp = Blueprint("consents", __name__, url_prefix="/v1", description="What a customer agrees to.")


def all_consents(customer: str | None) -> Response:
    """What a customer says of every purpose."""
    known = consents.read_consents(deps(), current_caller(), customer)
    return json_answer({"items": [consent_json(each) for each in known.values()]})


def decided(decision: dict[str, Any], customer: str | None, purpose: str) -> Response:
    """What a customer says of a purpose from now on."""
    if not PROCESS_NAME.fullmatch(purpose):
        raise NotFound
    kept = consents.decide_consent(deps(), current_caller(), customer, Decision(purpose, **decision))
    return json_answer(consent_json(kept))


@blp.route("/me/consents")
class MyConsents(MethodView):
    """What one agrees to."""

    @limited("reads", by_caller)
    @blp.response(200, ConsentsOut)
    @blp.fails("not-found", "integrity-failure")
    def get(self) -> Response:
        """Read what one has agreed to, and what no longer, purpose by purpose."""
        return all_consents(None)


@blp.route("/me/consents/<string:purpose>")
class MyConsent(MethodView):
    """What one says of a purpose."""

    @limited("writes", by_caller)
    @blp.arguments(ConsentIn)
    @blp.response(200, ConsentOut)
    @blp.fails("not-found", "integrity-failure", body=True)
    def put(self, decision: dict[str, Any], purpose: str) -> Response:
        """Agree to a purpose, or no longer; every decision is kept with the version of the words."""
        return decided(decision, None, purpose)


@blp.route("/customers/<string:customer>/consents")
class CustomersConsents(MethodView):
    """What a customer agrees to."""

    @limited("reads", by_caller)
    @blp.response(200, ConsentsOut)
    @blp.fails("not-found", "integrity-failure")
    def get(self, customer: str) -> Response:
        """Read what a customer has agreed to, purpose by purpose (with the secret key)."""
        return all_consents(known_id(customer, "cu"))


@blp.route("/customers/<string:customer>/consents/<string:purpose>")
class CustomersConsent(MethodView):
    """What a customer says of a purpose."""

    @limited("writes", by_caller)
    @blp.arguments(ConsentIn)
    @blp.response(200, ConsentOut)
    @blp.fails("not-found", "integrity-failure", body=True)
    def put(self, decision: dict[str, Any], customer: str, purpose: str) -> Response:
        """Keep what a customer told you of a purpose (with the secret key)."""
        return decided(decision, known_id(customer, "cu"), purpose)
