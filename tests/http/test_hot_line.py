"""One line that fifty people fill at once, over real HTTP: none of their adds is lost, none counts twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.servers.retoma_server import RetomaServer

WRITERS = 50
ADDS = 50


@pytest.fixture(params=["sqlite", "redis"])
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetomaServer]:
    """A real server on each store, whose carts take 2,500 of a line."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else None
    with RetomaServer(tmp_path, url) as server:
        process = {"kind": "cart", "limits": {"line_quantity": WRITERS * ADDS}}
        ask(requests.Session(), server, "PUT", "processes/cart", server.secret_key, process)
        yield server


def ask(
    session: requests.Session, server: RetomaServer, method: str, path: str, token: str, body: Any
) -> Any:
    """The answer; whoever is told to come again does."""
    while True:
        answer = session.request(
            method,
            f"{server.url}/v1/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        if answer.status_code != 503:
            assert answer.ok, answer.text
            return answer.json()


def add_all(server: RetomaServer, token: str, cart: str, writer: str, batch: int) -> list[str]:
    """What became of one writer's adds, sent so many a request."""
    told: list[str] = []
    with requests.Session() as session:
        for first in range(1, ADDS + 1, batch):
            ops = [{"op": "add", "sku": "tee", "seen": 0}]
            changes = [{"seq": seq, "ops": ops} for seq in range(first, first + batch)]
            body = {"writer": writer, "changes": changes}
            results = ask(session, server, "POST", f"drafts/{cart}/changes", token, body)["results"]
            told += (result.get("was", result["status"]) for result in results)
    return told


@pytest.mark.timeout(600)
@pytest.mark.parametrize("batch", [10, pytest.param(1, marks=pytest.mark.soak)])
def test_fifty_writers_make_one_line_of_2500(real: RetomaServer, batch: int) -> None:
    """Each adds the same product fifty times; ten changes a request in `make test`, one in `make soak`."""
    session = requests.Session()
    token = ask(session, real, "POST", "visitors", real.publishable_key, {})["token"]
    cart = ask(session, real, "POST", "drafts", token, {"process": "cart"})["id"]
    with ThreadPoolExecutor(WRITERS) as writers:
        running = [
            writers.submit(add_all, real, token, cart, f"w_{number}", batch) for number in range(WRITERS)
        ]
    assert [each.result() for each in running] == [["applied"] * ADDS] * WRITERS
    lines = ask(session, real, "GET", f"drafts/{cart}", token, None)["lines"]
    assert [(line["sku"], line["quantity"]) for line in lines] == [("tee", WRITERS * ADDS)]
