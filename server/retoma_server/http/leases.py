"""`/v1/assist/{assist}/lease`: which member of staff may write in a draft just now."""

from typing import Any

from flask import Response
from flask.views import MethodView

from retoma_server.actions import leases
from retoma_server.domain.leases import Lease
from retoma_server.domain.rendering import timestamp

from .answers import json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .drafts import known_id
from .limiting import by_caller, limited
from .parameters import FENCE
from .schemas.leases import LeaseOut, WantedLease

blp = Blueprint("leases", __name__, url_prefix="/v1/assist", description="One member of staff at a time.")


def lease_json(lease: Lease) -> dict[str, Any]:
    """A lease as its holder sees it."""
    assert lease.holder is not None, "a lease that was just taken or renewed is somebody's"
    holder = {"name": lease.holder.name, "store": lease.holder.store}
    return {"fence": lease.fence, "expires_at": timestamp(lease.expires_at), "holder": holder}


@blp.route("/<string:assist>/lease")
class HeldLease(MethodView):
    """The right of one member of staff to write in a draft."""

    @limited("writes", by_caller)
    @blp.arguments(WantedLease)
    @blp.response(200, LeaseOut)
    @blp.fails("not-found", "draft-expired", "lease-held", "lease-lost", body=True)
    def post(self, wanted: dict[str, Any], assist: str) -> Response:
        """Take the lease of a draft, or with its `fence` keep it for another minute."""
        caller, name = current_caller(), known_id(assist, "as")
        if wanted["fence"] is not None:
            return json_answer(lease_json(leases.renew_lease(deps(), caller, name, wanted["fence"])))
        lease = leases.take_lease(deps(), caller, name, take_over=wanted["take_over"])
        return json_answer(lease_json(lease))

    @limited("writes", by_caller)
    @blp.doc(parameters=[{**FENCE, "required": True}])
    @blp.response(204, description="It is theirs no more.")
    @blp.fails("not-found", "draft-expired")
    def delete(self, assist: str) -> Response:
        """Let the lease go: a colleague may take it at once."""
        leases.release_lease(deps(), current_caller(), known_id(assist, "as"))
        return Response(status=204)
