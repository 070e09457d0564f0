"""Promises under `kill -9`: whoever sends the same numbers again loses nothing and does nothing twice."""

import queue
import threading
from pathlib import Path
from typing import Any

import requests

from tests.servers.redis_server import RedisServer
from tests.servers.retoma_server import RetomaServer

KILLS = 3
SAVES_BETWEEN = 15


class Device(threading.Thread):
    """A device that saves 1, 2, 3 … one after the other, each until it is answered, as every SDK does."""

    def __init__(self, server: RetomaServer, token: str, draft: str, name: str) -> None:
        super().__init__(daemon=True)
        self.address = f"{server.url}/v1/drafts/{draft}/changes"
        self.headers = {"Authorization": f"Bearer {token}"}
        self.name = name
        self.enough = threading.Event()
        self.answered: queue.Queue[int] = queue.Queue()
        self.results: list[dict[str, Any]] = []
        self.again = 0

    def run(self) -> None:
        """Save until it is enough."""
        number = 0
        while not self.enough.is_set():
            number += 1
            ops = [{"op": "set", "path": f"/{self.name}", "value": number, "seen": 0}]
            body = {"writer": self.name, "changes": [{"seq": number, "ops": ops}]}
            self.results.append(self.send(body))
            self.answered.put(number)

    def send(self, body: Any) -> dict[str, Any]:
        """The result of one change, sent again and again until somebody answers."""
        while True:
            try:
                answer = requests.post(self.address, json=body, headers=self.headers, timeout=10)
                assert answer.status_code == 200, answer.text
                return dict(answer.json()["results"][0])
            except requests.RequestException:
                self.again += 1
                self.enough.wait(0.02)


def begin(server: RetomaServer) -> tuple[str, str]:
    """A visitor's token and their draft."""
    key = {"Authorization": f"Bearer {server.publishable_key}"}
    token = requests.post(f"{server.url}/v1/visitors", headers=key, timeout=10).json()["token"]
    own = {"Authorization": f"Bearer {token}"}
    opened = requests.post(f"{server.url}/v1/drafts", json={"process": "loan"}, headers=own, timeout=10)
    return token, opened.json()["id"]


def ask(server: RetomaServer, token: str, path: str) -> Any:
    """The answer to a reader."""
    own = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{server.url}{path}", headers=own, timeout=10).json()


def kill_and_start_again(server: RetomaServer, devices: list[Device]) -> None:
    """Kill the server in the midst of the saves of all devices, several times."""
    for _ in range(KILLS):
        for device in devices:
            for _ in range(SAVES_BETWEEN):
                device.answered.get(timeout=60)
        server.kill()
        server.start()


def assert_once_each(server: RetomaServer, token: str, draft: str, devices: list[Device]) -> None:
    """Every number of every device was done once: in the draft, in the revision and in the history."""
    counts = {device.name: len(device.results) for device in devices}
    found = ask(server, token, f"/v1/drafts/{draft}")
    assert found["data"] == counts
    assert found["revision"] == sum(counts.values())
    assert found["conflicts"] == []
    for device in devices:
        told = [result.get("was", result["status"]) for result in device.results]
        assert told == ["applied"] * counts[device.name]
        assert [result["seq"] for result in device.results] == list(range(1, counts[device.name] + 1))
    newest = ask(server, token, f"/v1/drafts/{draft}/history?limit=100")["items"]
    revisions = [item["revision"] for item in newest]
    assert revisions == list(range(found["revision"], found["revision"] - len(revisions), -1))


def run_through(server: RetomaServer) -> None:
    """Two devices save while the server is killed and started again."""
    with server:
        token, draft = begin(server)
        devices = [Device(server, token, draft, name) for name in ("desktop", "phone")]
        for device in devices:
            device.start()
        kill_and_start_again(server, devices)
        for device in devices:
            device.enough.set()
            device.join(timeout=60)
        assert sum(device.again for device in devices) >= KILLS
        assert_once_each(server, token, draft, devices)


def test_a_server_on_a_file_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    """The embedded store: every answered save is there, none is there twice."""
    run_through(RetomaServer(tmp_path))


def test_a_server_on_redis_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    """The same on Redis."""
    with RedisServer() as redis:
        run_through(RetomaServer(tmp_path, redis.url()))
