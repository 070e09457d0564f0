"""Bodies of many lines, each a JSON value (NDJSON), read as they come: none needs to fit in memory."""

import io
import re
from collections.abc import Iterator
from typing import cast

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from retoma_server.domain.errors import Invalid, RetomaError

from .parsing import MAX_BODY

NDJSON = "application/x-ndjson"
MEDIA = re.compile(r'application/x-ndjson[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?', re.IGNORECASE)
MAX_LINES = 10_000
MAX_BYTES = 1_073_741_824
"""No body is longer, in bytes; a line is at most as long as any other body."""


def check_media(request: Request) -> None:
    """Refuse what is not declared as lines of JSON, and what would have to be unpacked."""
    packed = request.environ.get("HTTP_CONTENT_ENCODING", "identity") not in ("identity", "")
    if packed or not MEDIA.fullmatch(request.environ.get("CONTENT_TYPE", "")):
        raise RetomaError("unsupported-media-type")


def read_lines(request: Request) -> Iterator[tuple[int, bytes | RetomaError]]:
    """Each line that is not blank with its number from 1, or why it cannot be read.

    The body is asked for at once, so that one of which it is known that it is too long is refused
    as a whole; lines are read when they are asked for.
    """
    request.max_content_length = MAX_BYTES
    try:
        stream = request.stream
    except RequestEntityTooLarge:
        raise RetomaError("content-too-large", most=MAX_BYTES) from None
    return _lines(io.BufferedReader(cast(io.RawIOBase, stream), 65_536))


def _lines(stream: io.BufferedReader) -> Iterator[tuple[int, bytes | RetomaError]]:
    taken = number = 0
    while True:
        number += 1
        try:
            line = stream.readline(MAX_BODY + 1)
            long = len(line) > MAX_BODY
            while long and line and not line.endswith(b"\n"):
                line = stream.readline(MAX_BODY)
        except RequestEntityTooLarge:
            yield number, RetomaError("content-too-large", most=MAX_BYTES)
            return
        if not line and not long:
            return
        if long:
            yield number, RetomaError("content-too-large", most=MAX_BODY)
        elif line.strip():
            taken += 1
            if taken > MAX_LINES:
                yield number, Invalid("limit-exceeded", limit="lines", most=MAX_LINES)
                return
            yield number, line
