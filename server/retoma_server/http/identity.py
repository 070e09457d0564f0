"""`/v1/visitors` and `/v1/customer-tokens`: how a customer proves who they are."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import identity
from retoma_server.domain.errors import Invalid
from retoma_server.domain.rendering import timestamp

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .limiting import by_caller, by_ip, limited
from .schemas.identity import NewToken, TokenOut

blp = Blueprint("identity", __name__, url_prefix="/v1", description="Customers and their tokens.")


def minted(token: identity.Minted) -> Response:
    """A token, shown this once."""
    return json_answer(token_json(token), 201)


def token_json(token: identity.Minted) -> dict[str, str]:
    """A token with whose it is and until when."""
    return {"token": token.token, "customer": token.customer, "expires_at": timestamp(token.expires_at)}


@blp.route("/visitors")
class Visitors(MethodView):
    """Customers not yet identified."""

    @limited("visitors", by_ip)
    @blp.response(201, TokenOut)
    @blp.fails("storage-full", "durability-unconfirmed")
    def post(self) -> Response:
        """Open a visitor with the publishable key."""
        return minted(identity.open_visitor(deps(), current_caller()))


@blp.route("/customer-tokens")
class CustomerTokens(MethodView):
    """Tokens for the tenant's own users."""

    @limited("tokens", by_caller)
    @blp.arguments(NewToken)
    @blp.response(201, TokenOut)
    @blp.fails("not-found", "device-revoked", body=True)
    def post(self, new: dict[str, Any]) -> Response:
        """Mint a customer token for one of your users, with the secret key."""
        session = new.pop("device", None)
        if len(new) != 1:
            raise Invalid(errors=[{"pointer": "/external_id", "code": "one-of-two"}])
        about = (new.get("external_id"), new.get("customer"), session)
        return minted(identity.mint_token(deps(), current_caller(), *about))
