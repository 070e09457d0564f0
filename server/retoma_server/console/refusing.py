"""What whoever is refused sees: a page, or a part of one, that says in plain words what to do next."""

from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as WerkzeugResponse

from retoma_server.domain.errors import NotFound, RetomaError, Unauthenticated
from retoma_server.http.auth import session_cookie
from retoma_server.http.problems import CATALOGUE, FAILURE, http_code

from .blueprint import console
from .showing import by_htmx, here, lead, show
from .texts import console_language, console_texts

KNOWN = {"handoff-invalid": "code", "not-found": "gone", "draft-expired": "gone", "customer-erased": "gone"}
"""Codes of problems that are said in the words of another name."""


@console.route("/<path:rest>")
def nowhere(rest: str) -> Response:
    """No page of the console is there."""
    raise NotFound


def register_refusals(pages: Blueprint) -> None:
    """Answer everything that is raised on the console's pages with words."""
    pages.register_error_handler(RetomaError, refused)
    pages.register_error_handler(HTTPException, refused_by_http)
    pages.register_error_handler(Exception, failed)


def refused(error: RetomaError) -> Response:
    """Whoever is not signed in comes to sign in; others are told what to do."""
    if isinstance(error, Unauthenticated):
        return lead(
            f"/sign-in?{urlencode({'said': 'ended', 'to': here()})}" if session_cookie() else "/sign-in"
        )
    status = CATALOGUE[error.code].status
    if status >= 500:
        request.environ[FAILURE] = error
    answer = refusal(error.code, status, minutes=minutes(error))
    if "retry_after" in error.facts:
        answer.headers["Retry-After"] = str(error.facts["retry_after"])
    return answer


def refused_by_http(error: HTTPException) -> Response | WerkzeugResponse:
    """What Flask refuses by itself."""
    if error.code is None or error.code < 400:
        return error.get_response(request.environ)
    if isinstance(error, InternalServerError):
        request.environ[FAILURE] = error.original_exception or error
    return refusal(http_code(error.code), error.code)


def failed(error: Exception) -> Response:
    """Something went wrong here."""
    request.environ[FAILURE] = error
    return refusal("internal-error", 500)


def refusal(code: str, status: int, minutes: int = 1) -> Response:
    """The page, or for htmx the part of one, that says what a code means."""
    template = "console/_refusal.html" if by_htmx() else "console/refused.html"
    return show(template, status, refusal=words(code, status), minutes=minutes)


def words(code: str, status: int) -> dict[str, str]:
    """`title` and `what_next` for a code of a problem, in the language of this request."""
    known = console_texts(console_language())["refused"]
    is_nowhere = code == "not-found" and "/help/" not in request.path
    name = "nowhere" if is_nowhere else KNOWN.get(code, code)
    if f"{name}_title" not in known:
        name = "trouble" if status >= 500 else "other"
    return {"title": known[f"{name}_title"], "what_next": known[f"{name}_do"]}


def minutes(error: RetomaError) -> int:
    """For how many minutes somebody must wait."""
    return max(1, -(-int(error.facts.get("retry_after", 60)) // 60))
