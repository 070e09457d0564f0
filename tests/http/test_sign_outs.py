"""Signing out over the wire: within a second on every instance and open stream; nothing is in clear."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import requests

from tests.servers.redis_server import RedisServer
from tests.servers.retoma_server import RetomaServer, word_after

AT_ONCE = 1.0
"""Within how many seconds a sign-out is felt."""
SOON = 5.0
"""Within how many seconds a stream ends that nobody's heartbeat ends, on however busy a machine."""
JSON = {"Accept": "application/json"}
CANARY = "canary-device"


@dataclass(slots=True)
class Two:
    """Two running instances on one store, whose files lie in a folder."""

    first: RetomaServer
    second: RetomaServer
    files: Path

    def token(self, session: str, user: str = "u-17") -> str:
        """A customer's token for one of their devices."""
        body = {"external_id": user, "device": f"{CANARY}-{session}"}
        return str(ask(self.first, "POST", "customer-tokens", self.first.secret_key, body).json()["token"])


def ask(
    server: RetomaServer, method: str, path: str, token: str, body: Any = None, **more: Any
) -> requests.Response:
    """An answer to somebody with a token."""
    headers = {"Authorization": f"Bearer {token}", "Retoma-Device": f"{CANARY}-label"}
    return requests.request(method, f"{server.url}/v1/{path}", json=body, headers=headers, timeout=20, **more)


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Two instances on SQLite, and on Redis; each test has a customer of its own."""
    folder = tmp_path_factory.mktemp("two")
    if request.param == "sqlite":
        with RetomaServer(folder) as first, RetomaServer(folder) as second:
            second.secret_key = first.secret_key
            second.publishable_key = first.publishable_key
            yield Two(first, second, folder)
        return
    with (
        RedisServer() as redis,
        RetomaServer(folder, redis.url()) as first,
        RetomaServer(folder, redis.url()) as second,
    ):
        yield Two(first, second, Path(redis.command("CONFIG", "GET", "dir")[b"dir"].decode()))


def device_of(server: RetomaServer, token: str) -> str:
    """The id of the device that asks."""
    ask(server, "GET", "me/drafts", token).raise_for_status()
    items = ask(server, "GET", "me/devices", token).json()["items"]
    return str(next(each["id"] for each in items if each["current"]))


def stream(server: RetomaServer, token: str) -> Iterator[str]:
    """The lines of a stream that was begun."""
    return opened(ask(server, "GET", "events", token, stream=True))


def opened(answer: requests.Response) -> Iterator[str]:
    """The lines of a stream that was begun, after it said so."""
    assert answer.status_code == 200, answer.text
    lines = (line.decode() for line in answer.iter_lines(chunk_size=1))
    for line in lines:
        if line.startswith("event: ready"):
            return lines
    raise AssertionError("the stream ended at once")


def seconds_until_ended(lines: Iterator[str]) -> tuple[float, list[str]]:
    """How long a stream goes on, and what it says to the end."""
    began = time.monotonic()
    said = [line for line in lines if line]
    return time.monotonic() - began, said


def test_a_sign_out_is_felt_on_every_instance_at_once(two: Two) -> None:
    """A device is out on the second instance with the next request, and its open stream there ends within
    a second; the other device's goes on until all tokens are ended, which is as quick.
    """
    phone, laptop = two.token("phone"), two.token("laptop")
    lost = device_of(two.second, phone)
    device_of(two.second, laptop)
    phones, laptops = stream(two.second, phone), stream(two.second, laptop)
    assert ask(two.first, "DELETE", f"me/devices/{lost}", laptop).status_code == 204
    assert ask(two.second, "GET", "me/drafts", phone).json()["code"] == "token-revoked"
    lasted, said = seconds_until_ended(phones)
    assert lasted < AT_ONCE
    assert 'data: {"code":"token-revoked"}' in said
    assert ask(two.second, "GET", "me/drafts", laptop).status_code == 200
    Timer(0.2, lambda: ask(two.first, "DELETE", "me/tokens", laptop)).start()
    lasted, said = seconds_until_ended(laptops)
    assert lasted < 0.2 + AT_ONCE + 1  # the request itself takes its time on a busy machine
    assert said.count("event: auth") == 1


PASSWORD = f"{CANARY} horse battery"


def clerk(server: RetomaServer, name: str) -> tuple[str, requests.Session]:
    """A member of staff's id, and the browser where they have just signed in."""
    made = server.cli("staff", "add", "Marta", "--sign-in", name, typed=f"{PASSWORD}\n")
    browser = requests.Session()
    browser.headers["Origin"] = server.url
    key = {"Authorization": f"Bearer {server.publishable_key}"}
    body = {"sign_in_name": name, "password": PASSWORD}
    done = browser.post(f"{server.url}/v1/staff/session", json=body, headers=key, timeout=20)
    assert done.status_code == 201, done.text
    browser.headers["Retoma-CSRF"] = done.json()["csrf"]
    return word_after("staff", made), browser


@pytest.mark.parametrize("how", ["disable", "role", "password"])
def test_staff_are_out_on_every_instance_at_once(two: Two, how: str) -> None:
    """With the next request, and an open stream ends within a second; of disabled accounts, and of those
    that get another role or another password (cases 16, 17).
    """
    staff, browser = clerk(two.second, f"marta-{how}")
    token = two.token("phone", user=f"u-{how}")
    draft = ask(two.first, "POST", "drafts", token, {"process": "loan"}).json()["id"]
    code = ask(two.first, "POST", f"drafts/{draft}/handoffs", token, {"to": "staff"}).json()["code"]
    redeemed = browser.post(f"{two.second.url}/v1/assist/redeem", json={"code": code}, timeout=20)
    assert redeemed.status_code == 201, redeemed.text
    address = f"{two.second.url}/v1/events?draft={draft}"
    lines = opened(browser.get(address, stream=True, timeout=20))
    arguments = {"disable": (), "role": ("auditor",), "password": ()}[how]
    two.first.cli("staff", how, staff, *arguments, typed="another horse battery\n")
    lasted, said = seconds_until_ended(lines)
    assert lasted < AT_ONCE
    assert 'data: {"code":"session-ended"}' in said
    assert browser.get(f"{two.second.url}/v1/staff/session", timeout=20).json()["code"] == "session-ended"


def helped(two: Two, user: str, **consent: Any) -> tuple[str, str, str, requests.Session]:
    """A customer's token and draft, and the assist and browser of somebody who helps them."""
    _, browser = clerk(two.second, f"marta-{user}")
    token = two.token("phone", user=user)
    draft = ask(two.first, "POST", "drafts", token, {"process": "loan"}).json()["id"]
    wish = {"to": "staff", **consent}
    code = ask(two.first, "POST", f"drafts/{draft}/handoffs", token, wish).json()["code"]
    redeemed = browser.post(f"{two.second.url}/v1/assist/redeem", json={"code": code}, timeout=20)
    assert redeemed.status_code == 201, redeemed.text
    return token, draft, redeemed.json()["assist"]["id"], browser


def test_an_open_stream_of_staff_ends_when_the_customer_stops_help(two: Two) -> None:
    """On another instance, long before the next heartbeat would look; and so does every way in."""
    token, draft, assist, browser = helped(two, "u-stops")
    lines = opened(browser.get(f"{two.second.url}/v1/events?draft={draft}", stream=True, timeout=20))
    assert ask(two.first, "DELETE", f"drafts/{draft}/assists/{assist}", token).status_code == 204
    lasted, said = seconds_until_ended(lines)
    assert lasted < SOON
    assert said.count("event: auth") == 1
    for place in (f"drafts/{draft}", f"drafts/{draft}/history", f"assist/{assist}", f"events?draft={draft}"):
        refused = browser.get(f"{two.second.url}/v1/{place}", headers=JSON, timeout=20)
        assert (refused.status_code, refused.json()["code"]) == (404, "not-found"), place
    browser.close()


def test_an_open_stream_of_staff_narrows_when_answers_are_no_longer_shown(two: Two) -> None:
    """What the customer enters next comes as a hint, on the stream that showed it whole before."""
    token, draft, assist, browser = helped(two, "u-hides", show_answers=True)
    address = f"{two.second.url}/v1/events?draft={draft}"
    with browser, browser.get(address, stream=True, timeout=20) as stream:
        lines = opened(stream)
        enter(two.first, token, draft, "shown@example.com")
        assert "shown@example.com" in next(line for line in lines if '"/email"' in line)
        own = f"drafts/{draft}/assists/{assist}"
        assert ask(two.first, "PATCH", own, token, {"show_answers": False}).status_code == 200
        enter(two.first, token, draft, "hidden@example.com")
        told = next(line for line in lines if '"/email"' in line)
    assert "hidden@" not in told
    assert "h•••@e•••.com" in told


def enter(server: RetomaServer, token: str, draft: str, email: str) -> None:
    """Enter an answer as the customer."""
    revision = ask(server, "GET", f"drafts/{draft}", token).json()["revision"]
    op = {"op": "set", "path": "/email", "value": email}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": email.replace("@", "-at-")}
    done = requests.post(
        f"{server.url}/v1/drafts/{draft}/changes",
        json={"seen": revision, "ops": [op]},
        headers=headers,
        timeout=20,
    )
    assert done.status_code == 200, done.text


def test_no_password_and_no_session_is_in_clear(two: Two) -> None:
    """Neither in the store nor in a log: what is kept are hashes."""
    staff, browser = clerk(two.first, "marta-canary")
    secret = (browser.cookies.get("retoma-staff") or "").rpartition("_")[2]
    assert len(secret) == 43
    folders = {two.files, two.first.folder}
    held = {path: path.read_bytes() for each in folders for path in each.rglob("*") if path.is_file()}
    assert any(staff.encode() in text for text in held.values()), "the files are elsewhere"
    for canary in (PASSWORD, secret):
        assert [path.name for path, text in held.items() if canary.encode() in text] == []


def test_nothing_of_a_device_is_in_clear(two: Two) -> None:
    """Not what the service calls the sign-in, what the device calls itself, nor what its customer does."""
    token = two.token("phone", user="u-18")
    own = device_of(two.first, token)
    named = ask(two.first, "PATCH", f"me/devices/{own}", token, {"name": f"{CANARY}-name"})
    assert named.json()["name"] == f"{CANARY}-name"
    opened = ask(two.first, "POST", "drafts", token, {"process": "loan"}).json()["id"]
    ops = [{"op": "set", "path": "/name", "value": "Ana", "seen": 0}]
    body = {"writer": "w_1", "changes": [{"seq": 1, "ops": ops}]}
    ask(two.first, "POST", f"drafts/{opened}/changes", token, body).raise_for_status()
    held = {path.name: path.read_bytes() for path in two.files.rglob("*") if path.is_file()}
    assert any(opened.encode() in text for text in held.values()), "the files are elsewhere"
    assert [name for name, text in held.items() if CANARY.encode() in text] == []
