"""Problems (RFC 9457): the catalogue of every code, and how whatever was raised becomes an answer.

What each one means, at length and in two languages, is in `translations/problems.*.toml` and is shown
at the address in `type`. An answer holds nothing that the caller sent, and nothing of an exception.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed
from werkzeug.wrappers import Response as WerkzeugResponse

from retoma_server.domain.errors import RetomaError

from .request_ids import request_id

FAILURE = "retoma.failure"
"""Where the environ holds the exception behind a 5xx answer, for the log."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A type of problem. `retryable`: the same request, unchanged, may succeed later."""

    status: int
    title: str
    retryable: bool = False


CATALOGUE: Mapping[str, Problem] = {
    "authentication-required": Problem(401, "A credential is needed"),
    "invalid-token": Problem(401, "The credential is not recognised"),
    "token-expired": Problem(401, "The credential has expired"),
    "token-revoked": Problem(401, "The credential was taken back"),
    "invalid-token-type": Problem(401, "The wrong kind of credential"),
    "session-ended": Problem(401, "The session has ended"),
    "sign-in-refused": Problem(401, "Name and password do not sign in"),
    "csrf-failed": Problem(403, "Not a page of this server asked"),
    "not-allowed-in-assist": Problem(403, "Not while helping a customer"),
    "insufficient-scope": Problem(403, "This credential may not do that"),
    "device-not-registered": Problem(403, "This device is not registered for the store"),
    "device-revoked": Problem(403, "This device was signed out"),
    "secret-key-in-browser": Problem(403, "A secret key was used in a browser"),
    "origin-not-allowed": Problem(403, "This origin is not allowed"),
    "channel-not-allowed": Problem(403, "This channel is not allowed"),
    "code-required": Problem(403, "A code was sent, and is needed"),
    "code-wrong": Problem(403, "The code is not right"),
    "match-required": Problem(403, "Two digits must be picked on the other device"),
    "match-wrong": Problem(403, "Those were not the digits"),
    "writer-mismatch": Problem(403, "The writer belongs to somebody else"),
    "not-found": Problem(404, "Not found"),
    "handoff-invalid": Problem(404, "The link or code cannot be used"),
    "method-not-allowed": Problem(405, "Method not allowed"),
    "not-acceptable": Problem(406, "No acceptable form"),
    "bad-request": Problem(400, "The request cannot be understood"),
    "malformed-json": Problem(400, "The body is not JSON"),
    "json-too-deep": Problem(400, "The JSON is nested too deep"),
    "number-out-of-range": Problem(400, "A number is out of range"),
    "duplicate-key": Problem(400, "A key comes twice"),
    "invalid-string": Problem(400, "A string is not valid text"),
    "idempotency-key-required": Problem(400, "An Idempotency-Key is needed"),
    "invalid-idempotency-key": Problem(400, "The Idempotency-Key is not valid"),
    "invalid-etag": Problem(400, "The ETag is not valid"),
    "invalid-cursor": Problem(400, "The cursor is not valid"),
    "invalid-id": Problem(400, "The id is not valid"),
    "masked-value-echo": Problem(400, "A masked value was sent back"),
    "draft-closed": Problem(409, "The draft is closed"),
    "completing": Problem(409, "The cart is being ordered", retryable=True),
    "completion-unknown": Problem(409, "Nobody knows whether the cart was ordered"),
    "completion-stale": Problem(409, "That attempt is over"),
    "already-committed": Problem(409, "The cart was ordered already"),
    "customer-merged": Problem(409, "The customer is another one by now"),
    "customer-merging": Problem(409, "The customer is being merged", retryable=True),
    "identifier-taken": Problem(409, "The identifier leads to somebody else"),
    "cart-exists": Problem(409, "The customer has a cart already"),
    "price-changed": Problem(409, "The cart comes to something else now"),
    "claiming": Problem(409, "The draft is being taken over", retryable=True),
    "draft-merged": Problem(409, "The draft was taken over into another one"),
    "draft-parked": Problem(409, "The draft is parked"),
    "dest-busy": Problem(409, "The active draft takes nothing just now", retryable=True),
    "preview-outdated": Problem(409, "The carts are not as they were shown"),
    "quantity-unavailable": Problem(409, "There is less than the cart holds"),
    "sequence-gap": Problem(409, "An earlier change is missing"),
    "sequence-reused": Problem(409, "The number was used for something else"),
    "resync": Problem(409, "Read the draft again"),
    "handoff-not-waiting": Problem(409, "No device waits for digits to be picked"),
    "confirmation-needed": Problem(409, "The customer has not confirmed everything yet"),
    "conflicts-open": Problem(409, "Conflicts wait to be resolved"),
    "draft-expired": Problem(410, "The draft has expired"),
    "undo-expired": Problem(410, "It is too late to undo that"),
    "customer-erased": Problem(410, "The customer was erased"),
    "revision-conflict": Problem(412, "The draft has changed"),
    "content-too-large": Problem(413, "The body is too large"),
    "unsupported-media-type": Problem(415, "The body is not declared as JSON"),
    "validation-failed": Problem(422, "Something in the request is not valid"),
    "unknown-field": Problem(422, "A field does not exist"),
    "forbidden-key": Problem(422, "A key is forbidden"),
    "limit-exceeded": Problem(422, "A limit was exceeded"),
    "kind-mismatch": Problem(422, "This process is of another kind"),
    "kind-not-supported": Problem(422, "Drafts of this kind cannot do that"),
    "policy-not-supported": Problem(422, "This policy is not supported"),
    "url-not-allowed": Problem(422, "This address is not allowed"),
    "name-missing": Problem(422, "A name is missing"),
    "roles-missing": Problem(422, "No role is chosen"),
    "contact-unknown": Problem(422, "The customer is not known by this address"),
    "sending-unavailable": Problem(422, "Nothing can be sent that way"),
    "identity-provider-unusable": Problem(422, "The identity provider gives no keys"),
    "hook-url-refused": Problem(422, "Nothing is sent to this address"),
    "same-customer": Problem(422, "The two are the same customer"),
    "idempotency-key-reused": Problem(422, "The Idempotency-Key came with another request"),
    "payment-data-refused": Problem(422, "Card data was refused"),
    "field-not-storable": Problem(422, "This field is never stored"),
    "path-collision": Problem(422, "Two fields would overlap"),
    "unknown-op": Problem(422, "An op is not known"),
    "invalid-op": Problem(422, "An op is not valid"),
    "invalid-identity": Problem(422, "What is added to the cart is not named validly"),
    "invalid-quantity": Problem(422, "A quantity is not a whole number of pieces"),
    "invalid-path": Problem(422, "A path is not valid"),
    "unknown-conflict": Problem(422, "The conflict does not exist"),
    "draft-full": Problem(422, "The draft is full"),
    "lease-lost": Problem(423, "The right to write is not yours just now"),
    "lease-held": Problem(423, "A colleague is at work in it"),
    "precondition-required": Problem(428, "If-Match is needed"),
    "rate-limited": Problem(429, "Too many requests", retryable=True),
    "too-many-attempts": Problem(429, "Too many attempts", retryable=True),
    "internal-error": Problem(500, "Something went wrong in the server", retryable=True),
    "integrity-failure": Problem(500, "A stored record cannot be verified"),
    "validation-unavailable": Problem(503, "The shop gave no word on its prices", retryable=True),
    "sending-failed": Problem(503, "The message could not be sent", retryable=True),
    "identity-provider-unavailable": Problem(503, "The identity provider does not answer", retryable=True),
    "busy": Problem(503, "Too busy just now", retryable=True),
    "store-unavailable": Problem(503, "The store is unavailable", retryable=True),
    "durability-unconfirmed": Problem(503, "The copies are not confirmed yet", retryable=True),
    "storage-full": Problem(507, "The store is full", retryable=True),
}
"""Every code that an answer can carry; one that is raised anywhere and is not here fails a test."""

HTTP_CODES = {
    401: "authentication-required",
    403: "insufficient-scope",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "content-too-large",
    415: "unsupported-media-type",
    422: "validation-failed",
    428: "precondition-required",
    429: "rate-limited",
    503: "store-unavailable",
}
"""The codes of what Flask and its parts refuse by themselves; others are 400 or 500."""


def register_problems(app: Flask, public_url: str) -> None:
    """Answer everything that is raised in `app` with a problem; `public_url` ends without `/`.

    To be called after `flask_smorest.Api(app)`, whose own error handler this replaces.
    """

    def refused(error: RetomaError) -> Response:
        if CATALOGUE[error.code].status >= 500:
            request.environ[FAILURE] = error
        return problem_response(public_url, error.code, error.facts)

    def refused_by_http(error: HTTPException) -> Response | WerkzeugResponse:
        if error.code is None or error.code < 400:
            return error.get_response(request.environ)
        if isinstance(error, InternalServerError):
            request.environ[FAILURE] = error.original_exception or error
        response = problem_response(public_url, http_code(error.code))
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    def failed(error: Exception) -> Response:
        request.environ[FAILURE] = error
        return problem_response(public_url, "internal-error")

    app.register_error_handler(RetomaError, refused)
    app.register_error_handler(HTTPException, refused_by_http)
    app.register_error_handler(Exception, failed)


def http_code(status: int) -> str:
    """The code for a status of HTTP's own."""
    return HTTP_CODES.get(status, "bad-request" if status < 500 else "internal-error")


def problem_response(public_url: str, code: str, facts: Mapping[str, Any] | None = None) -> Response:
    """The answer for a code, with the facts that help to go on."""
    problem = CATALOGUE[code]
    facts = facts or {}
    body = {
        "type": f"{public_url}/problems/{code}",
        "title": problem.title,
        "status": problem.status,
        "code": code,
        "retryable": problem.retryable,
        "request_id": request_id(request.environ),
        **facts,
    }
    response = Response(orjson.dumps(body), problem.status, content_type="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if problem.status in (429, 503):
        response.headers["Retry-After"] = str(facts.get("retry_after", 1))
    return response
