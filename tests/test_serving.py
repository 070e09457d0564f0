"""Serving: the real command as a real running server, from its first start to its end."""

import os
import signal
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from retoma_server.actions import records
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.stores import Commit, SqliteStore, Write
from tests.servers.redis_server import RedisServer
from tests.servers.retoma_server import RetomaServer, word_after


def visitor(server: RetomaServer) -> requests.Session:
    """A new visitor's requests."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {server.publishable_key}"
    minted = session.post(f"{server.url}/v1/visitors", json={}, timeout=30)
    assert minted.status_code == 201, minted.text
    session.headers["Authorization"] = f"Bearer {minted.json()['token']}"
    return session


def begin(server: RetomaServer, session: requests.Session) -> str:
    """The address of a new draft with one value."""
    opened = session.post(f"{server.url}/v1/drafts", json={"process": "mortgage"}, timeout=30)
    assert opened.status_code == 201, opened.text
    draft = f"{server.url}/v1/drafts/{opened.json()['id']}"
    ops = [{"op": "set", "path": "/name", "value": "Ann", "seen": 0}]
    change = {"writer": "w_1", "changes": [{"seq": 1, "ops": ops}]}
    saved = session.post(f"{draft}/changes", json=change, timeout=30)
    assert saved.json()["results"][0]["status"] == "applied"
    return draft


def data(session: requests.Session, draft: str) -> object:
    """The values of a draft."""
    answer = session.get(draft, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_the_first_start_makes_everything_and_prints_it_once(tmp_path: Path) -> None:
    """Keyring, tenant, keys, addresses and a snippet to paste; the second start shows no key again."""
    server = RetomaServer(tmp_path)
    with server:
        said = server.said()
        assert f"Made the keyring {tmp_path}/keyring.json" in said
        assert server.publishable_key.startswith("pk_")
        assert said.count(server.secret_key) == 1
        assert f'from "{server.url}/sdk/retoma.js"' in said
        assert "retoma-server tenants allow default --origin" in said
        draft = begin(server, session := visitor(server))
    server.log.unlink()
    with server:
        assert "sk_" not in server.said()
        assert "Made" not in server.said()
        assert server.url in server.said()
        assert data(session, draft) == {"name": "Ann"}


def test_a_taken_port_is_said_before_anything_is_made_or_shown_once(tmp_path: Path) -> None:
    """The keys of the first start are not printed for a server that never starts."""
    server = RetomaServer(tmp_path)
    with socket.create_server(("127.0.0.1", server.port)):
        done = server.run("serve", "--port", str(server.port))
    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
    assert f"Port {server.port} of 127.0.0.1 is taken: choose another one with --port." in done.stderr


def test_the_address_that_a_server_tells_leads_to_its_documentation(tmp_path: Path) -> None:
    """Whoever opens it in a browser wants to read."""
    with RetomaServer(tmp_path) as server:
        assert requests.get(server.url, timeout=30).url == f"{server.url}/docs"


def test_what_is_made_is_closed_to_others(tmp_path: Path) -> None:
    """Keyring and database are readable by their owner alone."""
    folder = tmp_path / "made"
    folder.mkdir()
    with RetomaServer(folder, RETOMA_STORE=f"sqlite:///{folder}/data/retoma.db"):
        assert stat.S_IMODE((folder / "keyring.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "data" / "retoma.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("role", ["all", "events", "api"])
def test_each_role_answers_on_redis(redis_url: str, tmp_path: Path, role: str) -> None:
    """Every role serves drafts; they differ in how many of what they can hold."""
    with RetomaServer(tmp_path, redis_url, role, RETOMA_WORKERS="2") as server:
        session = visitor(server)
        assert data(session, begin(server, session)) == {"name": "Ann"}


def test_roles_share_one_store(redis_url: str, tmp_path: Path) -> None:
    """A draft begun at one is read at the other, by the same token."""
    with (
        RetomaServer(tmp_path, redis_url, "api") as api,
        RetomaServer(tmp_path, redis_url, "events") as events,
    ):
        session = visitor(api)
        draft = begin(api, session)
        assert data(session, draft.replace(api.url, events.url)) == {"name": "Ann"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("role", ["all", "api"])
def test_a_server_ends_when_told_to(tmp_path: Path, role: str, number: signal.Signals) -> None:
    """SIGTERM and Ctrl-C end it within seconds, with exit code 0 and not a line of an error."""
    server = RetomaServer(tmp_path, role=role)
    with server:
        session = visitor(server)
        begin(server, session)
        assert server.end(number) == 0
        assert "Traceback" not in server.said()
        assert "KeyboardInterrupt" not in server.said()
        assert '"level":"error"' not in server.said()


def test_a_worker_that_hears_ctrl_c_first_leaves_the_end_to_the_server(tmp_path: Path) -> None:
    """A terminal tells every process at once, in no order: no worker may look as if it had crashed."""
    with RetomaServer(tmp_path, role="api") as server:
        session = visitor(server)
        (worker,) = server.workers()
        os.kill(int(worker), signal.SIGINT)
        begin(server, session)
        assert server.workers() == {worker}
        assert server.end(signal.SIGTERM) == 0
        assert '"level":"error"' not in server.said()


def test_open_streams_do_not_hold_a_server_up(tmp_path: Path) -> None:
    """A server that is told to stop ends its streams quietly, so that their devices go on elsewhere."""
    with RetomaServer(tmp_path) as server, visitor(server) as resting, visitor(server) as session:
        begin(server, resting)
        begin(server, session)
        stream = session.get(
            f"{server.url}/v1/events", headers={"Accept": "text/event-stream"}, stream=True, timeout=30
        )
        lines = stream.iter_lines()
        assert next(lines) is not None
        assert server.end(signal.SIGTERM) == 0
        assert ended(lines)
        assert "graceful timeout" not in server.said()
        assert '"level":"error"' not in server.said()


def ended(lines: Iterator[bytes]) -> bool:
    """Whether a stream comes to its end."""
    try:
        for _ in lines:
            pass
    except requests.RequestException:
        pass
    return True


def test_a_killed_server_loses_nothing_that_it_answered(tmp_path: Path) -> None:
    """`kill -9` right after an answer: the value is there at the next start."""
    with RetomaServer(tmp_path) as server:
        session = visitor(server)
        draft = begin(server, session)
        server.kill()
        server.start()
        assert data(session, draft) == {"name": "Ann"}


def test_the_embedded_server_sweeps_by_itself(tmp_path: Path) -> None:
    """What is due is gone after a while, without a worker beside it."""
    with RetomaServer(tmp_path) as server:
        store = SqliteStore(tmp_path / "retoma.db")
        key = records.once(server.publishable_key.replace("pk", "te"), "dr_00" + "a" * 20, "h")
        store.commit(0, Commit({key: 0}, [Write(key, b"", due=store.now())]))
        deadline = time.monotonic() + 30
        while store.read(0, [key]).get(key) is not None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        store.close()


@pytest.mark.parametrize("url", ["redis", "embedded"])
def test_a_keyring_that_opens_nothing_stops_the_start(tmp_path: Path, redis_url: str, url: str) -> None:
    """Better no server than one that cannot read a single draft (case 65)."""
    server = RetomaServer(tmp_path, redis_url if url == "redis" else None)
    with server:
        pass
    Keyring.create().save(tmp_path / "keyring.json")
    done = server.run("serve")
    assert done.returncode == 1
    assert "This keyring does not open the tenants of this store" in done.stderr


def test_a_missing_keyring_stops_the_start_where_the_store_is_shared(tmp_path: Path, redis_url: str) -> None:
    """There a new keyring would be a mistake: other servers have the one that counts (case 65)."""
    done = RetomaServer(tmp_path, redis_url).run("serve")
    assert done.returncode == 1
    assert "keyring.json cannot be read" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_may_forget_stops_the_start(tmp_path: Path) -> None:
    """A Redis that syncs once a second is refused, unless the operator says that this is enough."""
    with RedisServer("--appendfsync", "everysec") as redis:
        server = RetomaServer(tmp_path, redis.url())
        Keyring.create().save(tmp_path / "keyring.json")
        done = server.run("serve")
        assert done.returncode == 1
        assert "appendfsync everysec" in done.stderr
        assert "RETOMA_DURABILITY=relaxed" in done.stderr
        (tmp_path / "keyring.json").unlink()
        with RetomaServer(tmp_path, redis.url(), RETOMA_DURABILITY="relaxed") as relaxed:
            begin(relaxed, visitor(relaxed))


@contextmanager
def asking(ask: Callable[[], None]) -> Iterator[list[BaseException]]:
    """Ask again and again, for as long as the body runs; gives the list of what went wrong."""
    stop, failures = threading.Event(), list[BaseException]()

    def run() -> None:
        while not stop.wait(0.05):
            try:
                ask()
            except BaseException as failure:
                failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield failures
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(("role", "again"), [("all", 0), ("api", 3)])
def test_root_keys_rotate_under_a_server_that_goes_on_answering(
    tmp_path: Path, redis_url: str, role: str, again: int
) -> None:
    """add, promote, rewrap, remove, with a reload after each that changes the keyring: no failed request.

    Each granian worker has a queue of its own, so a connection that nobody has read from yet may be cut
    with it: that one is made `again`, as every SDK does.
    """
    with RetomaServer(tmp_path, redis_url, role) as server:
        session = visitor(server)
        draft = begin(server, session)
        headers = dict(session.headers)

        def ask() -> None:
            with requests.Session() as asker:
                asker.mount("http://", HTTPAdapter(max_retries=Retry(again, backoff_factor=0.1)))
                answer = asker.get(draft, headers=headers, timeout=20)
            assert answer.status_code == 200, answer.text

        with asking(ask) as failures:
            old = word_after("root", server.cli("keys", "status"))
            new = server.cli("keys", "add").split()[1].rstrip(".")
            server.reload()
            server.cli("keys", "promote", new)
            server.reload()
            server.cli("keys", "rewrap")
            server.cli("keys", "remove", old)
            server.reload()
        assert failures == []
        assert data(session, draft) == {"name": "Ann"}
