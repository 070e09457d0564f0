"""Which pages may call: each tenant's list of origins, and nothing else (Fetch standard, CORS protocol)."""

from contextlib import suppress

from flask import Flask, Response, request

from retoma_server.domain.errors import Forbidden, RetomaError

from .auth import deps, is_own

METHODS = "GET, POST, PATCH, PUT, DELETE"
REQUEST_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID,"
    " Retoma-Channel, Retoma-Device, Retoma-Fence, Retoma-Key"
)
READABLE_HEADERS = "ETag, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, Retoma-Request-Id"
PREFLIGHT_LIFE = "7200"


def register_cors(app: Flask) -> None:
    """Answer preflights, and let allowed pages read what they get."""
    app.before_request(answer_preflight)
    app.after_request(allow_reading)


def answer_preflight() -> Response | None:
    """Answer a preflight for any tenant's origin: it names no tenant, the request after it does."""
    if request.environ["REQUEST_METHOD"] != "OPTIONS" or not request.path.startswith("/v1/"):
        return None
    if "Access-Control-Request-Method" not in request.headers:
        return None
    if not allowed(request.headers.get("Origin", "")):
        raise Forbidden("origin-not-allowed")
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = METHODS
    response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
    response.headers["Access-Control-Max-Age"] = PREFLIGHT_LIFE
    return response


def allow_reading(response: Response) -> Response:
    """Name the page's origin in the answer when it is an allowed one; credentials are never cookies."""
    origin = request.environ.get("HTTP_ORIGIN")
    if origin is None or not request.path.startswith("/v1/"):
        return response
    response.vary.add("Origin")
    if readable(origin, response.status_code):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = READABLE_HEADERS
    return response


def readable(origin: str, status: int) -> bool:
    """Whether a page may read an answer; while the store is away, what was known before goes on."""
    if status != 503:  # else the store was waited for already
        with suppress(RetomaError):
            return allowed(origin)
    return is_own(origin) or deps().tenants.remembers_origin(origin)


def allowed(origin: str) -> bool:
    """Whether pages of an origin may call at all."""
    return is_own(origin) or deps().tenants.allows_origin(origin)
