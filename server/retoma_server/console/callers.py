"""Who asks the console: a member of staff by their session's cookie, or a page that knows its tenant."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec
from wsgiref.types import WSGIEnvironment

from flask import Response, g, request

from retoma_server.actions.callers import Caller, caller_of
from retoma_server.actions.staff_sessions import signed_in
from retoma_server.actions.tenants import only_tenant
from retoma_server.adapters.tokens import credential_text, csrf_token, parse_credential
from retoma_server.domain.access import MAY, ROLE_MAY, Kind, Verb
from retoma_server.domain.errors import Unauthenticated
from retoma_server.http.auth import check_guard, current_caller, deps, session_cookie
from retoma_server.http.limiting import by_caller, limited

Arguments = ParamSpec("Arguments")
View = Callable[Arguments, Response]

KEY_COOKIE = "retoma-console"
"""Holds the publishable key of the tenant that a browser last opened the console for; it is no secret."""


def staffed(rule: str, is_use: bool = True) -> Callable[[View[Arguments]], View[Arguments]]:
    """Let only somebody signed in to a page, as often as a limit says; who they are is in `g.who`.

    What a page that is left open asks by itself is no use of the session.
    Raises Unauthenticated `session-ended` for everybody else, Forbidden `csrf-failed` for pages of others.
    """

    def decorate(view: View[Arguments]) -> View[Arguments]:
        def known(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
            g.who = signed_in(deps(), current_caller())
            return view(*args, **kwargs)

        counted = limited(rule, by_caller)(known)

        @wraps(view)
        def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
            enter()
            g.caller.at_work = is_use
            return counted(*args, **kwargs)

        return guarded

    return decorate


def may(verb: Verb) -> bool:
    """Whether any role of who is signed in lets them ask for something."""
    return verb in MAY[Kind.STAFF] or any(verb in ROLE_MAY[role] for role in g.who.account.roles)


def enter() -> None:
    """Take the session's cookie for who asks; staff at the console are in the store's channel."""
    credential = session_cookie()
    if credential is None:
        raise Unauthenticated("session-ended")
    if not is_framed(request.environ):
        check_guard(request.environ, credential)
    g.caller = caller_of(deps(), credential, "store")
    g.csrf = csrf_token(credential.secret)


def is_framed(environ: WSGIEnvironment) -> bool:
    """Whether a browser opens a page in a frame, where the operator lets a page of this host frame it.

    Our policy shows it to that page alone, which can read nothing of it.
    """
    opens = environ["REQUEST_METHOD"] == "GET" and environ.get("HTTP_SEC_FETCH_DEST") == "iframe"
    return deps().frame_ancestor is not None and opens and environ.get("HTTP_SEC_FETCH_SITE") == "same-site"


def page_caller() -> Caller | None:
    """The console as a page of its tenant: of the key that the browser keeps, else the only one there is."""
    kept = request.cookies.get(KEY_COOKIE)
    known = caller_by(kept) if kept else None
    if known is not None:
        return known
    only = only_tenant(deps().store, deps().vault)
    return caller_by(credential_text("pk", only.id)) if only else None


def caller_by(key: str) -> Caller | None:
    """The page of the tenant with this publishable key; None where there is none."""
    with suppress(Unauthenticated):
        credential = parse_credential(key)
        return caller_of(deps(), credential, "web") if credential.kind == "pk" else None
    return None
