"""`/v1/events`: what happens to drafts, as a stream (server-sent events) or in JSON pages."""

from collections.abc import Generator
from typing import Any

from flask import Response, request
from flask.views import MethodView

from retoma_server.actions.following import Message, follow, wait_events
from retoma_server.actions.journey import Cursor, EventPage, EventQuery
from retoma_server.adapters.codec import json_bytes
from retoma_server.domain.errors import Malformed, RetomaError

from .answers import CURSOR, json_answer
from .auth import current_caller, deps
from .blueprint import Blueprint
from .limiting import by_caller, limited
from .schemas.events import EventsHeaders, EventsOut, EventsQuery

STREAM = "text/event-stream"
PAGE = "application/json"

blp = Blueprint("events", __name__, url_prefix="/v1/events", description="What happens to drafts.")


STREAMED: dict[str, Any] = {
    STREAM: {
        "schema": {
            "type": "string",
            "description": "`ready` first; then each event under its type, with the data of an `EventOut`; "
            "`heartbeat` every 15 seconds; `reset` when events are lost and drafts must be read again; "
            "`auth` and the end when the credential or the access has ended.",
        },
        "example": 'id: k3x9.41\nevent: ready\ndata: {"cursor":"k3x9.41"}\n\n'
        'id: k3x9.42\nevent: draft-changed\ndata: {"type":"draft-changed","at":"2026-11-22T09:00:00.000Z",'
        '"customer":"cu_3f0YzQ7mJ2nE5hT8kLqRpW","draft":"dr_3fB1c2D3e4F5g6H7i8J9k0","process":"mortgage",'
        '"revision":9,"from":8,"actor":"visitor","channel":"web","step":"income","fields":1,"handoff":null}\n\n'
        'id: k3x9.42\nevent: heartbeat\ndata: {"cursor":"k3x9.42","revision":null}\n\n',
    }
}


@blp.route("")
class Events(MethodView):
    """What happens to the drafts that a caller may read."""

    @limited("reads", by_caller)
    @blp.arguments(EventsQuery, location="query")
    @blp.arguments(EventsHeaders, location="headers")
    @blp.doc(responses={200: {"content": STREAMED}})
    @blp.response(200, EventsOut, description="A page, or with `Accept: text/event-stream` a stream.")
    @blp.fails("not-found", "not-acceptable", "invalid-cursor")
    def get(self, query: dict[str, Any], headers: dict[str, Any]) -> Response:
        """Follow events: as they happen, or page by page with `Accept: application/json`."""
        media, caller = wanted_media(), current_caller()
        seconds, after = query.pop("wait"), query.pop("after")
        # A client repeats its old address, so that only the header knows how far it came.
        wanted = EventQuery(**query, after=cursor_of(headers["last_event_id"] or after))
        if media == PAGE:
            return page_answer(wait_events(deps(), caller, wanted, seconds))
        return stream_answer(follow(deps(), caller, wanted))


def wanted_media() -> str:
    """Stream or page, by Accept; raises RetomaError `not-acceptable` for anything else."""
    if not request.accept_mimetypes:
        return STREAM
    media = request.accept_mimetypes.best_match([STREAM, PAGE])
    if media is None:
        raise RetomaError("not-acceptable")
    return media


def cursor_of(text: str | None) -> Cursor | None:
    """A cursor as the wire carries it, None where there is none; raises Malformed `invalid-cursor`."""
    if not text:
        return None
    match = CURSOR.fullmatch(text)
    if match is None:
        raise Malformed("invalid-cursor")
    return Cursor(match[1], int(match[2]))


def page_answer(page: EventPage) -> Response:
    """A page as JSON."""
    items = [told.json for told in page.items]
    return json_answer({"items": items, "next": str(page.next), "reset": page.reset})


def stream_answer(messages: Generator[Message]) -> Response:
    """A stream, until the client has gone; proxies are asked to pass each message on at once."""
    response = Response(map(sent, messages), content_type=STREAM)
    response.call_on_close(messages.close)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def sent(message: Message) -> bytes:
    """A message as a stream carries it (HTML standard, §9.2.6)."""
    name = f"id: {message.cursor}\n" if message.cursor else ""
    return f"{name}event: {message.event}\ndata: ".encode() + json_bytes(message.data) + b"\n\n"
