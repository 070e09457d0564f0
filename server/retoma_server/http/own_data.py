"""`/v1/me`, and the same under `/v1/customers/{id}` for the service: what is kept of a customer."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import erasure, exporting, identity, own_data
from retoma_server.domain.rendering import timestamp

from .answers import JSON, json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .cursors import read_places, sign_places
from .drafts import drafts_answer, known_id
from .limiting import by_caller, limited
from .schemas.drafts import CustomersDraftQuery, DraftsOut
from .schemas.own_data import AccessLogOut, BundleOut, ExportOut, JourneyOut
from .schemas.pages import PageQuery

blp = Blueprint("own_data", __name__, url_prefix="/v1", description="What is known of a customer.")


def customers_drafts(query: dict[str, Any], customer: str | None) -> Response:
    """A page of a customer's drafts."""
    _, owner = own_data.owner_of_data(deps(), current_caller(), customer)
    return drafts_answer({**query, "customer": owner if customer else None})


def journey(customer: str | None) -> Response:
    """A customer's journey."""
    return json_answer({"items": own_data.read_journey(deps(), current_caller(), customer)})


def access_log(query: dict[str, Any], customer: str | None) -> Response:
    """A page of a customer's access log."""
    name = f"access-log/{customer or 'me'}"
    page = own_data.read_access_log(
        deps(), current_caller(), customer, read_places(name, query["cursor"]), query["limit"]
    )
    return json_answer({"items": page.items, "next": sign_places(name, page.next)})


def exported(customer: str | None) -> Response:
    """An export that may be fetched."""
    export = exporting.begin_export(deps(), current_caller(), customer)
    shown = {"id": export.id, "customer": export.customer, "url": f"/v1/exports/{export.id}"}
    return json_answer({**shown, "expires_at": timestamp(export.expires_at)}, 201)


# -- the customer's own ------------------------------------------------------------------------


@blp.route("/me/drafts")
class MyDrafts(MethodView):
    """One's own drafts."""

    @limited("reads", by_caller)
    @blp.arguments(CustomersDraftQuery, location="query")
    @blp.response(200, DraftsOut)
    @blp.fails("not-found", "invalid-cursor")
    def get(self, query: dict[str, Any]) -> Response:
        """List one's own drafts, most recently changed first."""
        return customers_drafts(query, None)


@blp.route("/me/journey")
class MyJourney(MethodView):
    """One's own journey."""

    @limited("reads", by_caller)
    @blp.response(200, JourneyOut)
    @blp.fails("not-found")
    def get(self) -> Response:
        """Read what happened to one's own drafts, on every channel."""
        return journey(None)


@blp.route("/me/access-log")
class MyAccessLog(MethodView):
    """Who looked at one's own drafts."""

    @limited("reads", by_caller)
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, AccessLogOut)
    @blp.fails("not-found", "invalid-cursor")
    def get(self, query: dict[str, Any]) -> Response:
        """Read who of the staff looked at one's own drafts, and what they changed."""
        return access_log(query, None)


@blp.route("/me/export")
class MyExport(MethodView):
    """One's own data."""

    @limited("exports", by_caller)
    @blp.response(201, ExportOut)
    @blp.fails("not-found", "storage-full", "durability-unconfirmed")
    def post(self) -> Response:
        """Export all that is kept of oneself; it is fetched once, within 15 minutes."""
        return exported(None)


@blp.route("/me/tokens")
class MyTokens(MethodView):
    """One's own tokens."""

    @limited("tokens", by_caller)
    @blp.response(204, description="None that was made until now is good any more.")
    @blp.fails("not-found", "storage-full", "durability-unconfirmed")
    def delete(self) -> Response:
        """Sign out everywhere: end every token of one's own that was made so far, this one too."""
        identity.revoke_tokens(deps(), current_caller(), None)
        return Response(status=204)


@blp.route("/me")
class Me(MethodView):
    """Whoever calls."""

    @limited("writes", by_caller)
    @blp.response(204, description="Erased.")
    @blp.fails("not-found", "storage-full", "durability-unconfirmed")
    def delete(self) -> Response:
        """Erase oneself for good: drafts, history, events and the key that opens them."""
        erasure.erase(deps(), current_caller(), None)
        return Response(status=204)


# -- the same for the service ------------------------------------------------------------------


@blp.route("/customers/<string:customer>/drafts")
class CustomersDrafts(MethodView):
    """A customer's drafts."""

    @limited("reads", by_caller)
    @blp.arguments(CustomersDraftQuery, location="query")
    @blp.response(200, DraftsOut)
    @blp.fails("not-found", "invalid-cursor")
    def get(self, query: dict[str, Any], customer: str) -> Response:
        """List a customer's drafts, most recently changed first (with the secret key)."""
        return customers_drafts(query, known_id(customer, "cu"))


@blp.route("/customers/<string:customer>/journey")
class CustomersJourney(MethodView):
    """A customer's journey."""

    @limited("reads", by_caller)
    @blp.response(200, JourneyOut)
    @blp.fails("not-found")
    def get(self, customer: str) -> Response:
        """Read what happened to a customer's drafts, on every channel (with the secret key)."""
        return journey(known_id(customer, "cu"))


@blp.route("/customers/<string:customer>/access-log")
class CustomersAccessLog(MethodView):
    """Who looked at a customer's drafts."""

    @limited("reads", by_caller)
    @blp.arguments(PageQuery, location="query")
    @blp.response(200, AccessLogOut)
    @blp.fails("not-found", "invalid-cursor")
    def get(self, query: dict[str, Any], customer: str) -> Response:
        """Read who of the staff looked at a customer's drafts (with the secret key)."""
        return access_log(query, known_id(customer, "cu"))


@blp.route("/customers/<string:customer>/export")
class CustomersExport(MethodView):
    """A customer's data."""

    @limited("exports", by_caller)
    @blp.response(201, ExportOut)
    @blp.fails("not-found", "storage-full", "durability-unconfirmed")
    def post(self, customer: str) -> Response:
        """Export all that is kept of a customer, to be fetched once in 15 minutes (with the secret key)."""
        return exported(known_id(customer, "cu"))


@blp.route("/exports/<string:export>")
class Export(MethodView):
    """An export to be fetched."""

    @limited("exports", by_caller)
    @blp.response(200, BundleOut)
    @blp.fails("not-found", "integrity-failure")
    def post(self, export: str) -> Response:
        """Fetch an export, once; it is made while it is read, and stored nowhere."""
        pieces = exporting.fetch_export(deps(), current_caller(), known_id(export, "ex"))
        answer = Response(pieces, 200, [JSON, ("Cache-Control", "no-store")])
        answer.headers["Content-Disposition"] = 'attachment; filename="retoma-export.json"'
        return answer
