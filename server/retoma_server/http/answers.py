"""How answers are written, and the headers that say which request or revision is meant."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, request

from retoma_server.actions.once import Once
from retoma_server.adapters.codec import json_bytes
from retoma_server.domain.errors import Malformed, RetomaError

JSON = ("Content-Type", "application/json")
# One way to write each number: ETags are compared letter by letter, and `\d` would be digits of any script.
REVISION = re.compile(r"0|[1-9][0-9]{0,14}")
CURSOR = re.compile(rf"([A-Za-z0-9_-]{{1,32}})\.({REVISION.pattern})")
ETAG = re.compile(f'"{CURSOR.pattern}"')
KEY = re.compile(r'(?P<quote>"?)(?P<key>[A-Za-z0-9_.:-]{8,255})(?P=quote)')


def json_answer(value: Any, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """A JSON answer; bytes are finished JSON already."""
    body = value if isinstance(value, bytes) else json_bytes(value)
    return Response(body, status, (JSON, *headers))


def once_answer(value: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON answer that says so when it was given before."""
    replayed = value.get("replayed", False)
    answer = json_answer({name: each for name, each in value.items() if name != "replayed"}, status)
    return marked(answer) if replayed else answer


def marked(answer: Response) -> Response:
    """An answer that says that what it tells was done before."""
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def etag(epoch: str, revision: int) -> str:
    """The strong ETag of a draft: `"epoch.revision"` (RFC 9110 §8.8.3)."""
    return f'"{epoch}.{revision}"'


def if_match() -> tuple[str, int]:
    """The (epoch, revision) of If-Match; raises RetomaError `precondition-required` without one."""
    header = request.headers.get("If-Match")
    if header is None:
        raise RetomaError("precondition-required")
    match = ETAG.fullmatch(header.strip(" \t"))
    if match is None:
        raise Malformed("invalid-etag")
    return match[1], int(match[2])


def none_match(tag: str) -> bool:
    """Whether If-None-Match names this very ETag, so that 304 is the answer (RFC 9110 §13.1.2)."""
    header: str | None = request.environ.get("HTTP_IF_NONE_MATCH")
    if header is None:
        return False
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in header.split(","))


def since_of(text: str) -> tuple[str | None, int]:
    """A `since` as (epoch or None, revision); raises Malformed `invalid-cursor`."""
    if REVISION.fullmatch(text):
        return None, int(text)
    match = CURSOR.fullmatch(text)
    if match is None:
        raise Malformed("invalid-cursor")
    return match[1], int(match[2])


def idempotency() -> Once | None:
    """The Idempotency-Key with the fingerprint of this request, None without one."""
    keys = request.headers.getlist("Idempotency-Key")
    if not keys:
        return None
    match = KEY.fullmatch(keys[0].strip(" \t"))
    if len(keys) > 1 or match is None:
        raise Malformed("invalid-idempotency-key")
    parts = (request.method, request.path, request.headers.get("If-Match", ""))
    digest = hashlib.sha256("\n".join(parts).encode() + b"\n" + request.get_data())
    return Once(match["key"], digest.hexdigest())
