"""`GET /v1/events` over the wire: pages, streams, and what it costs to hold many of them."""

import gc
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from retoma_server.adapters.bus import Subscription
from tests.http.shop import Shop
from tests.servers.retoma_server import RetomaServer

LONGEST = 60


@dataclass(slots=True)
class Message:
    """One message of a stream."""

    event: str
    id: str | None
    data: dict[str, Any]


@dataclass(slots=True)
class Device:
    """A device that calls with one credential."""

    url: str
    token: str

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        """An answer."""
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        return requests.request(method, f"{self.url}/v1/{path}", json=body, headers=headers, timeout=LONGEST)

    def draft(self, process: str = "mortgage") -> str:
        """The id of this customer's draft of a process."""
        return str(self.ask("POST", "drafts", {"process": process}).json()["id"])

    def set(self, draft: str, seq: int, value: str) -> None:
        """Set one field, as change number `seq`."""
        ops = [{"op": "set", "path": "/name", "value": value, "seen": 0}]
        self.ask(
            "POST", f"drafts/{draft}/changes", {"writer": "w_1", "changes": [{"seq": seq, "ops": ops}]}
        ).raise_for_status()

    def page(self, query: str = "") -> requests.Response:
        """A page of events."""
        return self.ask("GET", f"events{query}", Accept="application/json")

    def follow(self, query: str = "", **headers: str) -> requests.Response:
        """A stream of events, to be closed."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "text/event-stream", **headers}
        return requests.get(f"{self.url}/v1/events{query}", headers=headers, stream=True, timeout=LONGEST)


@pytest.fixture
def ann(server: RetomaServer) -> Device:
    """A new visitor's device."""
    return visitor(server)


def visitor(server: RetomaServer) -> Device:
    """A new visitor's device."""
    token = Device(server.url, server.publishable_key).ask("POST", "visitors").json()["token"]
    return Device(server.url, token)


def messages(stream: requests.Response) -> Iterator[Message]:
    """The messages of a stream as they arrive."""
    fields: dict[str, str] = {}
    for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        else:
            yield Message(fields["event"], fields.get("id"), json.loads(fields["data"]))
            fields = {}


# -- what is asked for -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/event-stream", "text/event-stream"),
        ("*/*", "text/event-stream"),
        (None, "text/event-stream"),
        ("text/html, */*;q=0.8", "text/event-stream"),
        ("application/json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream"),
    ],
)
def test_accept_decides_between_stream_and_page(ann: Device, accept: str | None, kind: str) -> None:
    """Whoever does not say gets the stream."""
    with ann.follow(Accept=accept) as answer:  # type: ignore[arg-type]  # None: requests leaves it out
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)


@pytest.mark.parametrize(
    ("query", "headers", "status", "code"),
    [
        ("", {"Accept": "image/png"}, 406, "not-acceptable"),
        ("?after=yesterday", {}, 400, "invalid-cursor"),
        ("?after=k3x9.-1", {}, 400, "invalid-cursor"),
        ("", {"Last-Event-ID": "12"}, 400, "invalid-cursor"),
        ("?wait=26", {}, 422, "validation-failed"),
        ("?limit=0", {}, 422, "validation-failed"),
        ("?type=draft-eaten", {}, 422, "validation-failed"),
        ("?colour=red", {}, 422, "unknown-field"),
        ("?draft=dr_00aaaaaaaaaaaaaaaaaaaa", {}, 404, "not-found"),
        ("", {"Authorization": "Bearer vt_a_b_c"}, 401, "invalid-token"),
    ],
)
def test_what_cannot_be_followed_is_refused(
    ann: Device, query: str, headers: dict[str, str], status: int, code: str
) -> None:
    """With a problem, also where a stream was asked for."""
    with ann.follow(query, **headers) as answer:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_nobody_follows_without_a_credential(server: RetomaServer) -> None:
    """The first thing to be said."""
    answer = requests.get(f"{server.url}/v1/events?after=yesterday", timeout=LONGEST)
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication-required")


def test_both_kinds_of_answer_are_documented(server: RetomaServer) -> None:
    """With their parameters and examples."""
    described = requests.get(f"{server.url}/openapi.json", timeout=LONGEST).json()["paths"]["/v1/events"][
        "get"
    ]
    assert described["responses"]["200"]["content"].keys() == {"application/json", "text/event-stream"}
    assert "heartbeat" in described["responses"]["200"]["content"]["text/event-stream"]["example"]
    assert {parameter["name"] for parameter in described["parameters"]} == {
        "Last-Event-ID",
        "after",
        "wait",
        "process",
        "type",
        "draft",
        "customer",
        "limit",
    }


# -- pages -------------------------------------------------------------------------------------


def test_a_page_holds_events_and_where_to_go_on(ann: Device) -> None:
    """Each event as it is documented; the next page begins after the last one."""
    draft = ann.draft()
    ann.set(draft, 1, "Ann")
    page = ann.page("?limit=1").json()
    rest = ann.page(f"?after={page['next']}").json()
    assert [each["type"] for each in page["items"] + rest["items"]] == ["draft-opened", "draft-changed"]
    changed = rest["items"][0]
    assert (changed["draft"], changed["from"], changed["revision"]) == (draft, 0, 1)
    assert changed["delta"]["cells"]["/name"]["value"] == "Ann"
    assert ann.page(f"?after={rest['next']}").json() == {"items": [], "next": rest["next"], "reset": False}


def test_a_page_of_another_epoch_says_reset(ann: Device) -> None:
    """And where to go on from."""
    ann.draft()
    page = ann.page("?after=elsewhere.1").json()
    assert (page["items"], page["reset"]) == ([], True)
    assert page["next"] == ann.page().json()["next"]


def test_a_page_waits_for_an_event(ann: Device) -> None:
    """`wait` makes polling as quick as a stream."""
    draft = ann.draft()
    after = ann.page().json()["next"]
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(ann.page, f"?after={after}&wait=25")
        ann.set(draft, 1, "Ann")
        assert [each["type"] for each in waiting.result().json()["items"]] == ["draft-changed"]


# -- streams -----------------------------------------------------------------------------------


def test_a_stream_is_passed_on_as_it_comes(ann: Device) -> None:
    """Neither caches nor proxies hold it back, and it has no end that anybody could wait for."""
    with ann.follow() as stream:
        assert stream.headers["Cache-Control"] == "no-store"
        assert stream.headers["X-Accel-Buffering"] == "no"
        assert "Content-Length" not in stream.headers


def test_a_stream_tells_each_change(ann: Device) -> None:
    """`ready`, then events under their types, each with the id that goes on after it."""
    with ann.follow() as stream:
        told = messages(stream)
        ready = next(told)
        assert (ready.event, ready.data) == ("ready", {"cursor": ready.id})
        draft = ann.draft()
        ann.set(draft, 1, "Ann")
        opened, changed = islice(told, 2)
    assert (opened.event, changed.event) == ("draft-opened", "draft-changed")
    assert (changed.data["type"], changed.data["draft"]) == ("draft-changed", draft)
    assert changed.data["delta"]["cells"]["/name"]["value"] == "Ann"


@pytest.mark.parametrize("by", ["header", "query", "both"])
def test_a_stream_resumes_after_the_last_message(ann: Device, by: str) -> None:
    """By `Last-Event-ID` or by `?after=`; browsers repeat the address, so the header wins."""
    draft = ann.draft()
    ann.set(draft, 1, "Ann")
    opened, changed = (message.id for message in islice(messages(ann.follow("?after=elsewhere.0")), 2))
    first = str(ann.page("?limit=1").json()["next"])
    query, headers = {
        "header": ("", {"Last-Event-ID": first}),
        "query": (f"?after={first}", {}),
        "both": ("?after=elsewhere.0", {"Last-Event-ID": first}),
    }[by]
    with ann.follow(query, **headers) as stream:
        ready, told = islice(messages(stream), 2)
    assert (opened, ready.id) == ("elsewhere.0", first)
    assert (told.event, told.id) == ("draft-changed", changed)


def test_a_stream_from_another_epoch_says_reset(ann: Device) -> None:
    """And goes on."""
    draft = ann.draft()
    with ann.follow("?after=elsewhere.1") as stream:
        told = messages(stream)
        assert [message.event for message in islice(told, 2)] == ["ready", "reset"]
        ann.set(draft, 1, "Ann")
        assert next(told).event == "draft-changed"


def test_a_device_that_is_shut_out_learns_it_at_once(ann: Device) -> None:
    """Its stream says `auth` and ends, and it cannot come back."""
    draft = ann.draft()
    handoff = ann.ask("POST", f"drafts/{draft}/handoffs", {"to": "device"}).json()
    token = {"token": handoff["url"].partition("#")[2], "nonce": "n" * 22}
    grant = Device(ann.url, Device(ann.url, ann.token).ask("POST", "handoffs/redeem", token).json()["grant"])
    with grant.follow(f"?draft={draft}") as stream:
        told = messages(stream)
        assert next(told).event == "ready"
        ann.ask("DELETE", f"handoffs/{handoff['id']}").raise_for_status()
        assert list(told)[-1] == Message("auth", None, {"code": "token-revoked"})
    assert grant.page().status_code == 401


def test_a_stream_crosses_running_instances(redis_url: str, tmp_path: Path) -> None:
    """Saved at one server, told by another on the same store."""
    with (
        RetomaServer(tmp_path, redis_url) as one,
        RetomaServer(tmp_path, redis_url) as another,
    ):
        here = visitor(one)
        there = Device(another.url, here.token)
        draft = here.draft()
        with there.follow() as stream:
            told = messages(stream)
            next(told)
            here.set(draft, 1, "Ann")
            assert next(told).data["delta"]["cells"]["/name"]["value"] == "Ann"


def test_a_client_that_goes_leaves_nothing_behind(shop: Shop) -> None:
    """What its stream held is given back when the connection is closed."""
    stream = shop.visitor().get("/v1/events?after=elsewhere.1")
    assert [part.split(b"\n")[1] for part in islice(stream.iter_encoded(), 2)] == [
        b"event: ready",
        b"event: reset",
    ]
    assert subscriptions() == 1
    stream.close()
    assert subscriptions() == 0


def subscriptions() -> int:
    """How many subscriptions there are in this very interpreter."""
    gc.collect()
    return sum(isinstance(each, Subscription) for each in gc.get_objects())


# -- many --------------------------------------------------------------------------------------

STREAMS = 500


def test_many_streams_share_one_worker(tmp_path: Path) -> None:
    """Hundreds of idle devices take a few threads and little memory, and the server goes on answering."""
    with RetomaServer(tmp_path) as server, ExitStack() as stack:
        ann = visitor(server)
        draft = ann.draft()
        told = messages(stack.enter_context(ann.follow()))
        next(told)
        ann.set(draft, 1, "warm")
        next(told)
        before = worker(server)
        for _ in range(STREAMS):
            stack.enter_context(open_stream(ann))
        after = worker(server)
        assert after.threads == before.threads
        assert (after.bytes - before.bytes) / STREAMS < 40_000
        ann.set(draft, 2, "Ann")
        assert next(told).data["revision"] == 2


@dataclass(frozen=True, slots=True)
class Worker:
    """What one worker of a server takes."""

    threads: int
    bytes: int


def worker(server: RetomaServer) -> Worker:
    """The one worker of a server: the process that holds its sockets and has no children."""
    family = sorted(descendants(server.pid))
    assert family
    facts = dict(
        line.split(":", 1)
        for line in Path(f"/proc/{family[-1]}/status").read_text().splitlines()
        if ":" in line
    )
    return Worker(int(facts["Threads"]), int(facts["VmRSS"].split()[0]) * 1024)


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(each for child in children for each in descendants(child))]


def open_stream(device: Device) -> socket.socket:
    """A stream on a bare socket, once it is ready."""
    address = urlsplit(device.url)
    link = socket.create_connection((address.hostname, address.port), timeout=LONGEST)
    link.sendall(
        b"GET /v1/events HTTP/1.1\r\nHost: retoma\r\nAccept: text/event-stream\r\n"
        b"Authorization: Bearer " + device.token.encode() + b"\r\n\r\n"
    )
    heard = b""
    while b"event: ready" not in heard:
        part = link.recv(4096)
        assert part, heard
        heard += part
    return link
