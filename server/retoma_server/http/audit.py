"""`/v1/audit`: what staff looked at and changed, for whoever watches over them."""

from datetime import datetime
from typing import Any

import orjson
from flask import Response
from flask.views import MethodView

from retoma_server.actions import audit_log

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .cursors import read_places, sign_places
from .drafts import known_id
from .limiting import by_caller, limited
from .schemas.audit import AuditOut, AuditPageQuery

blp = Blueprint("audit", __name__, url_prefix="/v1", description="What staff looked at and changed.")


def milliseconds(at: datetime | None) -> int | None:
    """A moment in milliseconds since 1970."""
    return None if at is None else max(0, int(at.timestamp() * 1000))


@blp.route("/audit")
class Audit(MethodView):
    """The audit log of a tenant."""

    @limited("reads", by_caller)
    @blp.arguments(AuditPageQuery, location="query")
    @blp.response(200, AuditOut)
    @blp.fails("invalid-cursor")
    def get(self, query: dict[str, Any]) -> Response:
        """Read what staff looked at and changed, newest first (auditors, supervisors); this is an entry too.

        A page may hold fewer than you asked for, even none, where few entries match: go on while there is a
        `next`.
        """
        wanted = audit_log.AuditQuery(
            query["actor"],
            query["draft"] and known_id(query["draft"]),
            query["customer"] and known_id(query["customer"], "cu"),
            query["action"],
            milliseconds(query["since"]) or 0,
            milliseconds(query["until"]),
            query["limit"],
        )
        name = f"audit/{orjson.dumps(audit_log.filters(wanted)).decode()}"
        before = read_places(name, query["cursor"])
        page = audit_log.read_audit(deps(), current_caller(), wanted, before)
        body = {"items": page.items, "next": sign_places(name, page.next)}
        return json_answer(body, headers=[("Cache-Control", "no-store")])
