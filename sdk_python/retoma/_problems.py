"""Reading answers: the JSON of a good one, a typed error for any other (RFC 9457)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from ._errors import (
    AlreadyCommittedError,
    AuthenticationError,
    ClosedError,
    CompletingError,
    CompletionUnknownError,
    ConflictError,
    InvalidRequestError,
    LeaseLostError,
    MergedError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    PriceChangedError,
    QuantityUnavailableError,
    RateLimitedError,
    RetomaError,
    ServerError,
)

KINDS: Mapping[int, type[RetomaError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: ServerError,
    409: ConflictError,
    410: ClosedError,
    412: ConflictError,
    423: LeaseLostError,
    429: RateLimitedError,
}
CODES: Mapping[str, type[RetomaError]] = {
    "already-committed": AlreadyCommittedError,
    "draft-merged": MergedError,
    "completing": CompletingError,
    "completion-unknown": CompletionUnknownError,
    "draft-closed": ClosedError,
    "price-changed": PriceChangedError,
    "quantity-unavailable": QuantityUnavailableError,
}
NAMED = frozenset({"type", "title", "status", "code", "retryable", "request_id", "detail"})


@dataclass(frozen=True)
class Reply:
    """A good answer: its JSON object (empty where there is none) and the epoch that its ETag names."""

    body: dict[str, Any]
    epoch: str | None


def read_reply(response: requests.Response) -> Reply:
    """The answer in a response; raises the error that it is, or NetworkError for what nobody sent.

    A redirect is no answer: following it would send the credential elsewhere, or turn a POST into a GET.
    """
    if response.is_redirect or 300 <= response.status_code < 400:
        facts = {"location": response.headers.get("Location")}
        raise NetworkError("unexpected-redirect", status=response.status_code, facts=facts)
    if response.status_code >= 400:
        raise error_of(response)
    body = {} if response.status_code == 204 else json_object(response.content)
    if body is None:
        raise NetworkError("unreadable-answer", status=response.status_code, retryable=True)
    return Reply(body, epoch_of(response.headers.get("ETag")))


def error_of(response: requests.Response) -> RetomaError:
    """The typed error of a response with a status of 400 or more, whoever wrote its body."""
    status = response.status_code
    told = json_object(response.content)
    if told is None and was_cut(response):
        return NetworkError("unreadable-answer", status=status, retryable=True)
    problem = told or {}
    code = problem.get("code")
    return kind_of(status, code)(
        code or f"http-{status}",
        status=status,
        retryable=bool(problem.get("retryable", status in (408, 429) or status >= 500)),
        retry_after=seconds_to_wait(response.headers),
        request_id=problem.get("request_id") or response.headers.get("Retoma-Request-Id"),
        detail=problem.get("detail") or problem.get("title"),
        help=problem.get("type"),
        facts={name: value for name, value in problem.items() if name not in NAMED},
    )


def was_cut(response: requests.Response) -> bool:
    """Whether a refusal without a problem in it was cut short: by its type, or as only Retoma says that."""
    json_type = "json" in response.headers.get("Content-Type", "")
    return json_type or response.status_code in (409, 410, 412, 422, 428)


def kind_of(status: int, code: str | None) -> type[RetomaError]:
    """The class of a refusal, by its code where that has one of its own, else by its status."""
    if code is not None and code in CODES:
        return CODES[code]
    return KINDS.get(status, ServerError if status >= 500 else InvalidRequestError)


def json_object(content: bytes) -> dict[str, Any] | None:
    """The JSON object in a body, or None where it is cut short or something else."""
    try:
        body = json.loads(content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def epoch_of(etag: str | None) -> str | None:
    """The epoch in a draft's ETag, `"<epoch>.<revision>"`; a proxy may have made it weak."""
    return etag.removeprefix("W/").strip('"').rpartition(".")[0] or None if etag else None


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds (RFC 9110 §10.2.3); a date counts from the server's own `Date`."""
    text = headers.get("Retry-After", "")
    if text.strip().isdecimal():
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    return max(0.0, (until - now).total_seconds())
