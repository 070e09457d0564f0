"""Promises to those who speak HTTP wrongly on purpose: what can be read in two ways is not read at all."""

import socket
from collections.abc import Iterator

import pytest

from tests.servers.retoma_server import RetomaServer

HEAD = "POST /v1/visitors HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"

AMBIGUOUS = {
    "two lengths": "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
    "a length that is none": "Content-Length: +2\r\n\r\n{}",
    "a length with a sign": "Content-Length: -1\r\n\r\n{}",
    "chunks under another name": "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a space before a colon": "Content-Length : 2\r\n\r\n{}",
    "a folded header": "X-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "a bare carriage return": "X-Bare: a\rb\r\nContent-Length: 2\r\n\r\n{}",
    "a NUL in a header": "X-Nul: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "a header without end": "X-Long: " + "a" * 100_000,
}


@pytest.fixture(scope="module", params=["all", "api"])
def listening(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RetomaServer]:
    """A server of each kind: gunicorn, and granian."""
    with RetomaServer(tmp_path_factory.mktemp("wire"), role=request.param) as server:
        yield server


def answers(listening: RetomaServer, rest: str) -> bytes:
    """All that comes back to a request that ends like this, and to another one smuggled behind it."""
    smuggled = "\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    request = HEAD.format(key=listening.publishable_key) + rest + smuggled
    with socket.create_connection(("127.0.0.1", listening.port), timeout=10) as line:
        line.sendall(request.encode("latin-1"))
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65_536), b""))


@pytest.mark.parametrize("rest", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_an_ambiguous_request_is_refused(listening: RetomaServer, rest: str) -> None:
    """4xx or 501, the connection is closed, and what was smuggled behind it gets no answer (case 79)."""
    answer = answers(listening, rest)
    assert answer.split(b" ", 2)[1] in (b"400", b"431", b"501"), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'"status":"ok"' not in answer


def test_nothing_hides_behind_chunks_that_have_a_length_too(listening: RetomaServer) -> None:
    """Refused, or read by its chunks alone; either way the connection ends there (RFC 9112 §6.3)."""
    rest = "Content-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    answer = answers(listening, rest)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'"status":"ok"' not in answer
