"""Keys are replaced under two running servers that go on answering: not one request fails.

The root keys, and with them those that sign, have their own test in `test_serving.py`.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path

import pytest
import requests

from retoma_server.actions import records
from retoma_server.actions.customers import read_customer, wrapped_keys
from retoma_server.actions.deps import Deps
from retoma_server.actions.rotations import SETTLED
from retoma_server.actions.tenants import all_tenants
from retoma_server.adapters.settings import Settings
from retoma_server.app import wire
from tests.servers.retoma_server import RetomaServer

CROWD = 80
"""Customers who do nothing meanwhile, so that a pass over all takes a while."""


@dataclass
class Shop:
    """Two running instances on one store, asked in turn, and what went wrong."""

    one: RetomaServer
    other: RetomaServer
    failures: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Ask one after the other."""
        self._turns = cycle([self.one.url, self.other.url])

    def ask(self, method: str, path: str, credential: str, body: object = None) -> requests.Response:
        """An answer of whose turn it is."""
        headers = {"Authorization": f"Bearer {credential}"}
        url = next(self._turns) + path
        with requests.Session() as session:
            return session.request(method, url, headers=headers, json=body, timeout=20)

    def good(self, method: str, path: str, credential: str, body: object = None) -> dict[str, object]:
        """What a request is answered, which must not fail."""
        answer = self.ask(method, path, credential, body)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        found: dict[str, object] = answer.json()
        return found

    def visitor(self) -> str:
        """The token of a new visitor."""
        return str(self.good("POST", "/v1/visitors", self.one.publishable_key, {})["token"])

    def customer(self, external_id: str) -> str:
        """The token of the customer with an external id, who is the same one every time."""
        minted = self.good("POST", "/v1/customer-tokens", self.one.secret_key, {"external_id": external_id})
        assert self.known.setdefault(external_id, str(minted["customer"])) == minted["customer"]
        return str(minted["token"])


@dataclass
class Work:
    """A draft that is written and read again and again; `saved` is how often it was."""

    shop: Shop
    token: str
    draft: str = ""
    saved: int = 0

    def begin(self) -> "Work":
        """Open the draft."""
        body = {"process": "mortgage"}
        self.draft = str(self.shop.good("POST", "/v1/drafts", self.token, body)["id"])
        return self

    def save(self) -> None:
        """Write once more."""
        ops = [{"op": "set", "path": "/count", "value": self.saved + 1, "seen": self.saved}]
        change = {"writer": "w_1", "changes": [{"seq": self.saved + 1, "ops": ops}]}
        answer = self.shop.good("POST", f"/v1/drafts/{self.draft}/changes", self.token, change)
        assert '"status": "applied"' in str(answer).replace("'", '"')
        self.saved += 1

    def check(self) -> None:
        """Read what was written, values and history."""
        shown = self.shop.good("GET", f"/v1/drafts/{self.draft}", self.token)
        assert shown["data"] == ({"count": self.saved} if self.saved else {})
        history = self.shop.good("GET", f"/v1/drafts/{self.draft}/history?limit=100", self.token)
        assert len(history["items"]) == min(self.saved, 100)  # type: ignore[arg-type]


@contextmanager
def busy(shop: Shop, *jobs: Callable[[], None]) -> Iterator[None]:
    """Do these jobs again and again, each in a thread of its own, for as long as the body runs."""
    stop = threading.Event()

    def run(job: Callable[[], None]) -> None:
        while not stop.is_set():
            try:
                job()
            except Exception as failure:
                shop.failures.append(repr(failure))

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def beside(server: RetomaServer) -> Iterator[Deps]:
    """Collaborators on a server's store, to look at it."""
    deps = wire(Settings.from_env(server.environment))
    yield deps
    deps.store.close()


def newest_keys(deps: Deps) -> Iterator[int]:
    """The version of each customer's newest key."""
    tenant = all_tenants(deps.store, deps.vault)[0]
    for _, record in deps.store.walk(records.customer(tenant.id, "")):
        yield max(wrapped_keys(read_customer(record)))


def kill_in_the_middle(server: RetomaServer, *command: str) -> None:
    """Begin a pass over all customers and `kill -9` it when some are done and some are not.

    On a busy machine it may be over before that was seen: then another one is begun.
    """
    with beside(server) as deps:
        while True:
            before = max(newest_keys(deps))
            running = server.popen(*command)
            while before + 1 not in newest_keys(deps):
                assert running.poll() in (None, 0), "it failed before it was killed"
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait(timeout=10)
            if before in newest_keys(deps):
                return


@pytest.fixture
def shop(tmp_path: Path, redis_url: str, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Two running instances on one SQLite file, or on one Redis."""
    url = redis_url if request.param == "redis" else None
    with RetomaServer(tmp_path, url) as one, RetomaServer(tmp_path, url) as other:
        yield Shop(one, other)


@pytest.mark.parametrize("shop", ["sqlite", "redis"], indirect=True)
@pytest.mark.parametrize("settled", [False, pytest.param(True, marks=pytest.mark.soak)])
@pytest.mark.timeout(300)
def test_keys_are_replaced_while_everybody_goes_on(shop: Shop, settled: bool) -> None:
    """Writers, readers, visitors and sign-ins at both, a pass that is killed, and `finish`: no failure.

    `settled` goes to the end, a minute later: the older keys are gone, and all opens that did.
    """
    crowd = [Work(shop, shop.visitor()).begin() for _ in range(CROWD)]
    writer, reader = Work(shop, shop.visitor()).begin(), Work(shop, shop.visitor()).begin()
    reader.save()
    names = count()

    def come() -> None:
        Work(shop, shop.visitor()).begin().save()

    def sign_in() -> None:
        shop.customer(f"u-{next(names) % 7}")

    def write() -> None:
        writer.save()
        writer.check()

    with busy(shop, write, reader.check, come, sign_in, sign_in):
        cli = shop.one.cli
        cli("keys", "rotate", "index")
        cli("keys", "rotate", "tenant")
        kill_in_the_middle(shop.one, "keys", "rotate", "customers")
        for each in crowd[::9]:
            each.check()
        cli("keys", "finish")
        if settled:
            time.sleep(SETTLED / 1000)
            cli("keys", "finish")
    assert shop.failures == []
    for each in (*crowd, writer, reader):
        each.save()
        each.check()
    with beside(shop.one) as deps:
        chain = all_tenants(deps.store, deps.vault)[0].keys.chain
        assert len(chain.wrapping) == len(chain.index) == (1 if settled else 2)
        assert chain.wrapping[-1].version == chain.index[-1].version == 2
        assert chain.customers > 1
    assert writer.saved > 10
