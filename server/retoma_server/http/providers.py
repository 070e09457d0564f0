"""`/v1/identity-provider`: the tenant's own sign-in, whose tokens are taken as they are."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import providers
from retoma_server.adapters.codec import provider_bytes
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.providers import SUBJECT, Provider

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .limiting import by_caller, limited
from .schemas.providers import NewProvider, ProviderOut

blp = Blueprint(
    "providers", __name__, url_prefix="/v1/identity-provider", description="The shop's own sign-in."
)


def provider_of(new: dict[str, Any]) -> Provider:
    """The identity provider of a body."""
    claims = {IdentifierKind(kind): name for kind, name in new["claims"].items()}
    return Provider(
        new["issuer"], tuple(new["audiences"]), new["keys_url"], {**SUBJECT, **claims}, tuple(new["types"])
    )


@blp.route("")
class IdentityProvider(MethodView):
    """The one identity provider of a tenant."""

    @limited("reads", by_caller)
    @blp.response(200, ProviderOut)
    @blp.fails("not-found")
    def get(self) -> Response:
        """Read the identity provider (with a secret key)."""
        return json_answer(provider_bytes(providers.get_provider(deps(), current_caller())))

    @limited("tokens", by_caller)
    @blp.arguments(NewProvider)
    @blp.response(200, ProviderOut, description="Registered anew.")
    @blp.alt_response(201, schema=ProviderOut, description="Registered for the first time.")
    @blp.fails("identity-provider-unusable", body=True)
    def put(self, new: dict[str, Any]) -> Response:
        """Take the tokens of your identity provider as customer tokens (with a secret key).

        Its keys are fetched at once, so that a mistake shows here.
        """
        provider = provider_of(new)
        is_first = providers.register_provider(deps(), current_caller(), provider)
        return json_answer(provider_bytes(provider), 201 if is_first else 200)

    @limited("writes", by_caller)
    @blp.response(204, description="No token is taken any more, now or before.")
    @blp.fails("storage-full", "durability-unconfirmed")
    def delete(self) -> Response:
        """Take no more tokens of the identity provider (with a secret key)."""
        providers.delete_provider(deps(), current_caller())
        return Response(status=204)
