"""`/v1/carts`: many carts at once, for whoever brings them from another system or takes them there."""

from collections.abc import Iterator
from typing import Any

from flask import Response, request, stream_with_context
from flask.views import MethodView
from marshmallow import ValidationError

from retoma_server.actions import importing, listing
from retoma_server.actions.callers import Caller
from retoma_server.actions.deps import Deps
from retoma_server.adapters.codec import json_bytes
from retoma_server.adapters.stores import StoreUnavailable
from retoma_server.adapters.strict_json import parse
from retoma_server.domain.errors import Invalid, RetomaError

from .auth import current_caller, deps
from .blueprint import Blueprint, flat
from .cursors import sign_place
from .drafts import query_of, signed_query
from .limiting import by_caller, limited
from .ndjson import NDJSON, check_media, read_lines
from .openapi import EXPORT, IMPORT_BODY, IMPORTED
from .problems import CATALOGUE
from .schemas.carts import ExportQuery, NewCart

blp = Blueprint("carts", __name__, url_prefix="/v1/carts", description="Many carts at once.")

PAGE = 100
"""How many carts are read from the store at once."""


@blp.route("/import")
class Import(MethodView):
    """Carts from another system."""

    @limited("writes", by_caller)
    @blp.doc(requestBody=IMPORT_BODY, responses={"200": IMPORTED})
    @blp.fails("content-too-large", "unsupported-media-type")
    def post(self) -> Response:
        """Import up to 10,000 carts, one a line, each once (with a secret key).

        A line's result comes as soon as it is done. What was refused harms nothing, and what was
        imported before is only told again: send the same file until every line is `imported` or `replayed`.
        """
        importing.may_import(deps(), current_caller())
        check_media(request)
        return stream(results(deps(), current_caller(), read_lines(request)))


@blp.route("/export")
class Export(MethodView):
    """Carts for another system."""

    @limited("reads", by_caller)
    @blp.arguments(ExportQuery, location="query")
    @blp.doc(responses={"200": EXPORT})
    @blp.fails("invalid-cursor")
    def get(self, query: dict[str, Any]) -> Response:
        """Export carts, one a line, the one changed last first (with a secret key).

        Each line has the cursor that goes on after it; the last line has neither cart nor cursor.
        """
        asked = {**query, "limit": PAGE}
        signed = "carts?" + signed_query(asked)
        found = listing.export_carts(deps(), current_caller(), query_of(asked, signed))
        return stream(lines_of(found, signed))


def stream(lines: Iterator[bytes]) -> Response:
    """An answer that is written line by line, while it is made."""
    answer = Response(stream_with_context(lines), content_type=NDJSON)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def lines_of(found: Iterator[listing.Exported], signed: str) -> Iterator[bytes]:
    """The lines of an export."""
    for each in found:
        cursor = json_bytes(sign_place(signed, each.place))
        yield b'{"cart":' + each.json + b',"cursor":' + cursor + b"}\n"
    yield b'{"cart":null,"cursor":null}\n'


def results(deps: Deps, caller: Caller, lines: Iterator[tuple[int, bytes | RetomaError]]) -> Iterator[bytes]:
    """What becomes of each line; nothing more is tried once the store is away."""
    for number, line in lines:
        try:
            if isinstance(line, RetomaError):
                raise line
            done = importing.import_cart(deps, caller, read_cart(line))
        except RetomaError as refusal:
            yield json_bytes(refused(number, refusal)) + b"\n"
            if isinstance(refusal, StoreUnavailable):
                return
        else:
            status = "imported" if done.fresh else "replayed"
            yield json_bytes({"line": number, "status": status, "draft": done.draft}) + b"\n"


def refused(number: int, refusal: RetomaError) -> dict[str, Any]:
    """A line that was refused: why, and where, without what it said."""
    facts = {name: refusal.facts[name] for name in ("errors", "draft") if name in refusal.facts}
    retryable = CATALOGUE[refusal.code].retryable
    return {"line": number, "status": "rejected", "code": refusal.code, "retryable": retryable, **facts}


def read_cart(line: bytes) -> importing.Foreign:
    """The cart of a line; raises Invalid and Malformed."""
    raw = parse(line)
    if not isinstance(raw, dict):
        raise Invalid(errors=[{"pointer": "", "code": "not-an-object"}])
    try:
        loaded = NewCart().load(raw)
    except ValidationError as error:
        raise Invalid(errors=flat("", error.messages)) from None
    if ("customer" in loaded) == ("external_id" in loaded):
        raise Invalid(errors=[{"pointer": "/external_id", "code": "one-of-two"}])
    return importing.Foreign(**loaded)
