"""Promises while the store fails: a retryable 503 or 507, never 404 or 500, and then all goes on."""

import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.app import app_of, wire
from tests.actions.business import Clock
from tests.http.asserting import assert_problem
from tests.http.shop import ORIGIN, Person, Shop, new_key, open_tenant, set_op, token_of
from tests.servers.redis_server import RedisServer


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis of one's own, to be broken."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def shop(redis: RedisServer) -> Iterator[Shop]:
    """A shop on it, with limits on requests."""
    variables = {"RETOMA_STORE": redis.url(), "RETOMA_KEYRING": Keyring.create().dump()}
    deps = wire(Settings.from_env(variables))
    yield Shop(app_of(deps), deps, Clock(), open_tenant(deps))
    redis.resume()
    deps.store.close()


def begun(shop: Shop) -> tuple[Person, str, str]:
    """A customer, their draft, and the token of a link to it."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    return visitor, draft, token_of(visitor.hand_off(draft))


def everything(shop: Shop, visitor: Person, draft: str, token: str) -> list[tuple[Person, str, str, Any]]:
    """(who, method, path, body) of a request to every route."""
    path = f"/v1/drafts/{draft}"
    return [
        (shop.page, "POST", "/v1/visitors", {}),
        (shop.service, "POST", "/v1/customer-tokens", {"external_id": "u"}),
        (shop.service, "DELETE", f"/v1/customers/cu_00{'A' * 20}", None),
        (shop.service, "GET", "/v1/drafts", None),
        (shop.service, "GET", "/v1/processes", None),
        (shop.service, "PUT", "/v1/processes/loan", {}),
        (visitor, "POST", "/v1/drafts", {"process": "loan"}),
        (visitor, "GET", "/v1/drafts", None),
        (visitor, "GET", path, None),
        (visitor, "GET", f"{path}?since=0", None),
        (visitor, "GET", f"{path}/history", None),
        (visitor, "GET", "/v1/events", None),
        (visitor, "PATCH", path, {"a": 1}),
        (visitor, "POST", f"{path}/changes", {"seen": 1, "ops": [set_op("/a", 1)]}),
        (visitor, "POST", f"{path}/complete", {"seen": 1}),
        (visitor, "POST", f"{path}/handoffs", {}),
        (visitor, "DELETE", path, None),
        (shop.nobody, "POST", "/v1/handoffs/preview", {"token": token}),
        (shop.page, "POST", "/v1/handoffs/redeem", {"token": token, "nonce": "12345678"}),
        (visitor, "DELETE", f"/v1/handoffs/ho_00{'A' * 20}", None),
        (shop.nobody, "GET", "/readyz", None),
    ]


@contextmanager
def silence(redis: RedisServer) -> Iterator[list[int]]:
    """The store answers nobody while the body runs; afterwards the list holds how often it was waited for.

    Every connection that it knew is cut before, and none is kept after a wait that was in vain, so whoever
    waits connects anew; the last to connect is this count itself.
    """
    waits: list[int] = []
    redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    before = redis.command("INFO", "stats")["total_connections_received"]
    redis.pause()
    try:
        yield waits
    finally:
        redis.resume()
    waits.append(redis.command("INFO", "stats")["total_connections_received"] - before - 1)


def ask(person: Person, method: str, path: str, body: Any, **headers: str) -> Any:
    """The answer to one of these."""
    strict = {"If_Match": '"e.1"', "Idempotency_Key": new_key(), "Accept": "application/json"}
    return person.ask(method, path, body, **strict, **headers)


def test_while_the_store_is_gone_every_request_is_to_be_retried(shop: Shop, redis: RedisServer) -> None:
    """503 `store-unavailable` with Retry-After on every route; then it goes on (case 73)."""
    visitor, draft, token = begun(shop)
    requests = everything(shop, visitor, draft, token)
    redis.kill()
    for request in requests:
        problem = assert_problem(ask(*request), 503, "store-unavailable")
        assert problem["retryable"] is True
    assert shop.nobody.get("/healthz").status_code == 200
    redis.restart()
    assert visitor.data(draft) == {"name": "Ann"}
    assert visitor.save(draft, 2, seen=1, name="Anne").status_code == 200


def test_while_the_store_is_silent_everybody_is_told_soon(shop: Shop, redis: RedisServer) -> None:
    """503 after one wait for it, on every route at once; afterwards nothing is lost or done twice
    (case 73).
    """
    visitor, draft, token = begun(shop)
    routes = len(everything(shop, visitor, draft, token))
    # Each to a draft of its own: at the same one they would wait together.
    requests = [everything(shop, *begun(shop))[route] for route in range(routes)]
    with silence(redis) as waits, ThreadPoolExecutor(len(requests)) as pool:
        for answer in pool.map(lambda request: ask(*request), requests):
            assert_problem(answer, 503, "store-unavailable")
    assert waits == [len(requests)]
    assert shop.nobody.get("/readyz").status_code == 200
    again = [visitor.save(draft, seq, seen=1, name=f"A{seq}") for seq in (2, 3)]
    assert [answer.status_code for answer in again] == [200, 200]
    assert visitor.data(draft)["name"] == "A3"


def test_a_line_at_one_draft_is_told_together(shop: Shop, redis: RedisServer) -> None:
    """Thirty who save to one draft while the store is silent wait for it once, not one after the other."""
    visitor, draft, _ = begun(shop)
    with silence(redis) as waits, ThreadPoolExecutor(30) as pool:
        sent = [pool.submit(visitor.plain, draft, 1, set_op(f"/f{number}", 1)) for number in range(30)]
        for future in sent:
            assert_problem(future.result(), 503, "store-unavailable")
    assert waits[0] < len(sent)
    assert visitor.plain(draft, 1, set_op("/after", 1)).status_code == 200


def test_a_page_can_read_that_the_store_is_away(shop: Shop, redis: RedisServer) -> None:
    """The answer still names the shop's origin, and nobody waits twice for it."""
    visitor, draft, _ = begun(shop)
    assert visitor.get(f"/v1/drafts/{draft}", Origin=ORIGIN).status_code == 200
    with silence(redis) as waits:
        answer = visitor.get(f"/v1/drafts/{draft}", Origin=ORIGIN)
    assert waits == [1]
    assert_problem(answer, 503, "store-unavailable")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    redis.kill()
    missing = shop.nobody.get("/v1/nothing", Origin=ORIGIN)
    assert_problem(missing, 404, "not-found")
    redis.restart()


def test_a_full_store_says_so_and_loses_nothing(shop: Shop, redis: RedisServer) -> None:
    """507 `storage-full`, retryable, for what writes; what is there can be read; with room it goes on
    (case 73).
    """
    visitor, draft, token = begun(shop)
    requests = everything(shop, visitor, draft, token)
    redis.command("CONFIG", "SET", "maxmemory", "1mb")
    statuses = {}
    for person, method, path, body in requests:
        if method != "DELETE":  # which makes room
            answer = ask(person, method, path, body)
            statuses[method, path.replace(draft, "")] = answer.status_code
            if answer.status_code == 507:
                assert assert_problem(answer, 507, "storage-full")["retryable"] is True
    assert {status for (method, _), status in statuses.items() if method == "GET"} == {200}
    writing = {key: status for key, status in statuses.items() if key[0] != "GET" and status != 507}
    assert writing == {("POST", "/v1/drafts"): 200, ("PATCH", "/v1/drafts/"): 412}
    saved = visitor.save(draft, 2, seen=1, name="Anne")
    assert_problem(saved, 507, "storage-full")
    redis.command("CONFIG", "SET", "maxmemory", "0")
    assert visitor.data(draft) == {"name": "Ann"}
    assert visitor.save(draft, 2, seen=1, name="Anne").get_json()["results"][0]["status"] == "applied"


def test_a_read_only_store_can_be_read(shop: Shop, redis: RedisServer) -> None:
    """503 `store-unavailable` for what writes, until it is the primary again (case 73)."""
    visitor, draft, _ = begun(shop)
    redis.command("REPLICAOF", "127.0.0.1", "1")
    assert_problem(visitor.save(draft, 2, seen=1, name="Anne"), 503, "store-unavailable")
    assert visitor.data(draft) == {"name": "Ann"}
    redis.command("REPLICAOF", "NO", "ONE")
    assert visitor.save(draft, 2, seen=1, name="Anne").status_code == 200


@contextmanager
def a_full_disk(room: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path) -> None:
    """507 `storage-full` once the file cannot grow; reading goes on, and with room so does everything."""
    variables = {
        "RETOMA_STORE": f"sqlite:///{tmp_path}/retoma.db",
        "RETOMA_KEYRING": Keyring.create().dump(),
    }
    deps = wire(Settings.from_env(variables))
    shop = Shop(app_of(deps), deps, Clock(), open_tenant(deps))
    visitor = shop.visitor()
    draft = visitor.begin()
    saved, text = 0, "x" * 20_000
    with a_full_disk(1_000_000):
        while (answer := visitor.save(draft, saved + 1, text=f"{saved}{text}")).status_code == 200:
            saved += 1
        assert assert_problem(answer, 507, "storage-full")["retryable"] is True
        while (answer := shop.page.post("/v1/visitors")).status_code == 201:
            pass  # what is small may still find a place
        assert_problem(answer, 507, "storage-full")
        assert visitor.data(draft) == {"text": f"{saved - 1}{text}"}
    again = visitor.save(draft, saved + 1, text=f"{saved}{text}").get_json()
    assert again["results"][0]["status"] == "applied"
    assert again["revision"] == saved + 1
    deps.store.close()


def test_a_file_that_is_no_database_is_a_store_that_is_away(tmp_path: Path) -> None:
    """503 `store-unavailable`, also for whether the server is ready."""
    (tmp_path / "retoma.db").write_bytes(b"this is not a database" * 1_000)
    variables = {
        "RETOMA_STORE": f"sqlite:///{tmp_path}/retoma.db",
        "RETOMA_KEYRING": Keyring.create().dump(),
    }
    nobody = Person(app_of(wire(Settings.from_env(variables))))
    assert_problem(nobody.get("/readyz"), 503, "store-unavailable")
    key = Person(nobody.app, f"pk_00{'A' * 10}")
    assert_problem(key.get("/v1/processes"), 503, "store-unavailable")
