"""Bodies of requests: declared as JSON, of a bounded length, and read strictly."""

import re
from typing import Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from retoma_server.adapters.strict_json import parse
from retoma_server.domain.errors import Invalid, RetomaError

MAX_BODY = 256 * 1024
"""No request body is longer, in bytes."""
MEDIA = re.compile(r'application/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?', re.IGNORECASE)
PATCH_MEDIA = re.compile(MEDIA.pattern.replace("json", "(merge-patch\\+)?json", 1), re.IGNORECASE)


def read_object(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries; `application/merge-patch+json` is JSON too on PATCH.

    Raises RetomaError `unsupported-media-type` or `content-too-large`, Invalid for JSON that is no
    object, and what `parse` raises.
    """
    check_media(request)
    value = parse(read_body(request))
    if not isinstance(value, dict):
        raise Invalid(errors=[{"pointer": "", "code": "not-an-object"}])
    return value


def check_media(request: Request) -> None:
    """Refuse what is not declared as plain UTF-8 JSON: a form or text/plain needs no CORS preflight."""
    media = request.environ.get("CONTENT_TYPE", "")
    if media != "application/json":
        form = PATCH_MEDIA if request.method == "PATCH" else MEDIA
        if not form.fullmatch(media):
            raise RetomaError("unsupported-media-type")
    # Nothing is unpacked, so nothing can grow while it is read.
    if request.environ.get("HTTP_CONTENT_ENCODING", "identity") not in ("identity", ""):
        raise RetomaError("unsupported-media-type")


def read_body(request: Request) -> bytes:
    """The body, kept for whoever asks `get_data` again; reading stops at the limit, chunked or not."""
    # One byte more, because what is longer and has no length is cut off there, not refused.
    request.max_content_length = MAX_BODY + 1
    try:
        body = request.get_data()
    except RequestEntityTooLarge:
        raise RetomaError("content-too-large", most=MAX_BODY) from None
    if len(body) > MAX_BODY:
        raise RetomaError("content-too-large", most=MAX_BODY)
    return body
