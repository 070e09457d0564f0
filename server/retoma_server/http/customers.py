"""`/v1/customers`: the tenant's own view of a customer, and their end."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import erasure, identity, linking
from retoma_server.domain.identifiers import IdentifierKind, Wanted

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .drafts import known_id
from .limiting import by_caller, limited
from .schemas.customers import CustomerOut, Identifiers, OtherIdentifiers

blp = Blueprint(
    "customers", __name__, url_prefix="/v1/customers", description="Customers, as a tenant knows them."
)


def wanted(new: dict[str, Any]) -> Wanted:
    """The identifiers of a body."""
    return {IdentifierKind(name): value for name, value in new.items()}


def customer_answer(known: linking.Known) -> Response:
    """A customer, without the values of their identifiers, which nobody has."""
    return json_answer({"id": known.id, "identifiers": known.identifiers}, 201 if known.created else 200)


@blp.route("/by-external-id/<path:external_id>")
class CustomerByExternalId(MethodView):
    """One customer, by the tenant's own id."""

    @limited("tokens", by_caller)
    @blp.arguments(OtherIdentifiers)
    @blp.response(200, CustomerOut)
    @blp.alt_response(201, schema=CustomerOut, description="A new customer.")
    @blp.fails("identifier-taken", body=True)
    def put(self, new: dict[str, Any], external_id: str) -> Response:
        """Make or find the customer with your own id, and link other identifiers; null unlinks one."""
        return customer_answer(linking.put_customer(deps(), current_caller(), external_id, wanted(new)))


@blp.route("/<string:customer>")
class Customer(MethodView):
    """One customer."""

    @limited("reads", by_caller)
    @blp.response(200, CustomerOut)
    @blp.fails("not-found")
    def get(self, customer: str) -> Response:
        """Read by what kinds of identifier a customer is known."""
        return customer_answer(linking.show_customer(deps(), current_caller(), known_id(customer, "cu")))

    @limited("tokens", by_caller)
    @blp.arguments(Identifiers)
    @blp.response(200, CustomerOut)
    @blp.fails("not-found", "identifier-taken", body=True)
    def patch(self, new: dict[str, Any], customer: str) -> Response:
        """Link identifiers to a customer; null unlinks one."""
        changed = linking.change_customer(deps(), current_caller(), known_id(customer, "cu"), wanted(new))
        return customer_answer(changed)

    @limited("writes", by_caller)
    @blp.response(204, description="Erased, now or before.")
    @blp.fails("not-found", "storage-full", "durability-unconfirmed")
    def delete(self, customer: str) -> Response:
        """Erase a customer for good, with the secret key: drafts, history, events and their key.

        Who comes back under the same external id is a new customer.
        """
        erasure.erase(deps(), current_caller(), known_id(customer, "cu"))
        return Response(status=204)


@blp.route("/<string:customer>/tokens")
class Tokens(MethodView):
    """A customer's tokens."""

    @limited("tokens", by_caller)
    @blp.response(204, description="None that was made until now is good any more.")
    @blp.fails("not-found", "storage-full", "durability-unconfirmed")
    def delete(self, customer: str) -> Response:
        """End every token of a customer that was made so far, on all devices, with the secret key."""
        identity.revoke_tokens(deps(), current_caller(), known_id(customer, "cu"))
        return Response(status=204)
