"""The stream of events over a network that cuts."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import retoma
from retoma._sse import Message, messages
from retoma_server.domain.events import EventType

from .scripted_server import STAYS_OPEN, ScriptedServer, http, stream
from .wire import problem_json

READY = 'event: ready\ndata: {"cursor":"e1.4"}\n\n'


def event(id: str, **members: Any) -> str:
    """One event as the stream carries it."""
    data = {"type": "draft-changed", "draft": "dr_1", **members}
    return f"id: {id}\nevent: {data['type']}\ndata: {json.dumps(data)}\n\n"


def watching(server: ScriptedServer, credential: Any = "ct_ann") -> retoma.EventStream:
    """A stream from a scripted server, by a client that never really waits."""
    return retoma.Client(server.url, credential, retries=0, sleep=lambda _: None).events(process="mortgage")


def test_messages_are_whole_however_the_bytes_are_cut() -> None:
    """Data lines are joined, comments and unfinished messages dropped, both kinds of line end understood."""
    content = ": hello\r\n\r\nid: 1\r\nevent: a\r\ndata: café\r\ndata:two\r\n\r\n".encode()
    content += b"data: x\n\nid: 2\ndata: unfinished"
    expected = [Message("a", "café\ntwo", "1"), Message("message", "x", None)]

    assert list(messages([content])) == expected
    assert list(messages(bytes([byte]) for byte in content)) == expected


def test_a_stream_is_connected_once_it_is_made() -> None:
    """Whatever happens after that is told."""
    with ScriptedServer([stream(READY, event("e1.5"))]) as server, watching(server) as events:
        assert server.requests[0].startswith(b"GET /v1/events?process=mortgage HTTP/1.1")
        assert (next(events).draft, events.cursor) == ("dr_1", "e1.5")


def test_after_a_cut_the_stream_goes_on_after_the_last_event() -> None:
    """Where the last message, be it a heartbeat, said that it was."""
    beat = 'event: heartbeat\ndata: {"cursor":"e1.6","revision":null}\n\n'
    scripts = [
        stream(READY),
        b"",
        http(b"<html>", "502 Bad"),
        stream(event("e1.5"), beat),
        stream(event("e1.7")),
    ]
    with ScriptedServer(scripts) as server, watching(server) as events:
        told = [next(events).type, next(events).type]

    assert told == ["draft-changed", "draft-changed"]
    assert [server.header(each, "Last-Event-ID") for each in range(5)] == [
        None,
        "e1.4",
        "e1.4",
        "e1.4",
        "e1.6",
    ]


def test_a_stream_can_go_on_where_an_earlier_one_was() -> None:
    """Its cursor can be kept."""
    with (
        ScriptedServer([stream(READY)]) as server,
        retoma.Client(server.url, "ct_ann").events(after="e1.2"),
    ):
        assert server.header(0, "Last-Event-ID") == "e1.2"


def test_a_reset_is_told() -> None:
    """Events are missing: whoever follows must read the drafts again, and goes on from the new cursor."""
    reset = 'id: e2.9\nevent: reset\ndata: {"cursor":"e2.9"}\n\n'
    with ScriptedServer([stream(READY, reset)]) as server, watching(server) as events:
        assert next(events) == retoma.Event(type="reset")
        assert events.cursor == "e2.9"


def test_when_the_credential_ends_it_is_renewed() -> None:
    """The stream goes on under the fresh token."""
    tokens = iter(["ct_old", "ct_new"])
    auth = "event: auth\ndata: {}\n\n"
    with (
        ScriptedServer([stream(READY, auth), stream(READY, event("e1.5"))]) as server,
        watching(server, lambda: next(tokens)) as events,
    ):
        assert next(events).draft == "dr_1"
        assert server.header(1, "Authorization") == "Bearer ct_new"


def test_when_the_credential_ends_for_good_the_stream_does_too() -> None:
    """Waiting would not mend it; the server says why."""
    auth = 'event: auth\ndata: {"code":"token-expired"}\n\n'
    with (
        ScriptedServer([stream(READY, auth)]) as server,
        watching(server) as events,
        pytest.raises(retoma.AuthenticationError, match="token-expired"),
    ):
        next(events)


def test_a_refusal_to_stream_is_told_at_once() -> None:
    """The call that makes the stream raises it."""
    refused = http(json.dumps(problem_json("insufficient-scope", 403)).encode(), "403 Forbidden")
    with ScriptedServer([refused]) as server, pytest.raises(retoma.PermissionDeniedError):
        watching(server)


def test_what_is_no_stream_is_told_as_such() -> None:
    """A page that somebody else put there has no events in it."""
    with (
        ScriptedServer([http(b"<html>", kind="text/html")]) as server,
        pytest.raises(retoma.NetworkError, match="unreadable-answer"),
    ):
        watching(server)


@pytest.fixture
def waiting() -> Iterator[tuple[retoma.EventStream, threading.Thread, list[retoma.Event]]]:
    """A stream on which another thread waits for an event that never comes."""
    told: list[retoma.Event] = []
    with ScriptedServer([stream(READY, STAYS_OPEN.decode())]) as server:
        events = watching(server)
        thread = threading.Thread(target=lambda: told.extend(events))
        thread.start()
        yield events, thread, told


def test_closing_ends_the_wait_of_another_thread(
    waiting: tuple[retoma.EventStream, threading.Thread, list[retoma.Event]],
) -> None:
    """The iteration there just ends."""
    events, thread, told = waiting
    events.close()
    thread.join(30)

    assert (thread.is_alive(), told) == (False, [])


def test_the_types_that_are_documented_are_those_that_the_server_has() -> None:
    """Whoever reads the docstring knows what to expect."""
    documented, _ = (retoma.Event.__doc__ or "").split("`, or `reset`")
    assert documented.split("one of `")[1].split() == list(EventType)
