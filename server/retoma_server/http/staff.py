"""`/v1/staff/session`: staff sign in on a page of this server, and out."""

from typing import Any

from flask import Response, request
from flask.views import MethodView

from retoma_server.actions import signing_out, staff_sessions
from retoma_server.actions.staff_sessions import Attempt, Browser, SignedIn
from retoma_server.adapters.tokens import csrf_token, parse_credential
from retoma_server.domain.rendering import timestamp

from .answers import json_answer
from .auth import (
    check_own_page,
    cookie_name,
    current_caller,
    deps,
    device_cookie,
    session_cookie,
)
from .blueprint import Blueprint
from .limiting import by_caller, limited, network
from .schemas.staff import NewSession, SignedInOut

blp = Blueprint("staff", __name__, url_prefix="/v1/staff", description="Staff, signed in.")


def session_answer(known: SignedIn, status: int = 200) -> Response:
    """Who is signed in, until when, and what a page must send with every write."""
    held = parse_credential(known.cookie) if known.cookie else current_caller().credential
    session, account, store = known.session, known.account, known.store
    body = {
        "id": account.id,
        "name": account.name,
        "roles": sorted(account.roles),
        "store": store and {"id": store.id, "name": store.name},
        "idle_until": session and timestamp(session.idle_until),
        "ends_at": session and timestamp(session.ends_at),
        "csrf": csrf_token(held.secret) if held and session else None,
    }
    return json_answer(body, status, [("Cache-Control", "no-store"), ("Vary", "Authorization, Cookie")])


def set_cookie(
    response: Response, name: str, text: str, seconds: int | None = None, same_site: str = "Strict"
) -> Response:
    """The answer, with a cookie that no script reads, until the browser closes; an empty one goes at once."""
    named = cookie_name(name, deps().public_url)
    about: dict[str, Any] = {
        "path": "/",
        "secure": named.startswith("__Host-"),
        "httponly": True,
        "samesite": same_site,
    }
    response.set_cookie(named, text, max_age=seconds if text else 0, **about)
    return response


def this_browser() -> Browser:
    """What the browser that asks has already."""
    return Browser(session_cookie(), device_cookie())


@blp.route("/session")
class StaffSession(MethodView):
    """A member of staff signed in on one browser."""

    @limited("sign-ins", by_caller)
    @blp.arguments(NewSession)
    @blp.response(201, SignedInOut)
    @blp.fails("sign-in-refused", "device-not-registered", "too-many-attempts", body=True)
    def post(self, new: dict[str, str]) -> Response:
        """Sign in by name and password, on a page of this server with the publishable key."""
        check_own_page(request.environ)
        address = network(request.remote_addr or "")
        attempt = Attempt(new["sign_in_name"], new["password"], address, this_browser())
        known = staff_sessions.sign_in_staff(deps(), current_caller(), attempt)
        return set_cookie(session_answer(known, 201), "staff", known.cookie)

    @limited("reads", by_caller)
    @blp.response(200, SignedInOut)
    @blp.fails()
    def get(self) -> Response:
        """Tell who is signed in, with which roles, in which store, and until when."""
        return session_answer(staff_sessions.signed_in(deps(), current_caller()))

    @limited("writes", by_caller)
    @blp.response(204, description="Signed out.")
    @blp.fails("storage-full", "durability-unconfirmed")
    def delete(self) -> Response:
        """Sign out: the session is over on every running instance; with the last one, so is all help."""
        signing_out.sign_out(deps(), current_caller())
        return set_cookie(Response(status=204), "staff", "")
