"""Sending to addresses that tenants name: what is never sent to, and how long anybody waits."""

import time
from collections.abc import Iterator, Sequence

import pytest
from tests.servers.hook_server import HookServer, Say, dripping, raw, silent

from retoma_server.adapters.sending import NotSent, Refused, Sender, is_internal, target_of

INTERNAL = [
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://127.1/",
    "https://017700000001/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fd00:ec2::254]/",
    "https://169.254.169.254/latest/meta-data",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://192.168.1.1/",
    "https://10.1.2.3/",
    "https://224.0.0.1/",
    "https://0/",
    "https://localhost/",
    "https://localhost./",
    "https://shop.localhost/",
]
NO_ADDRESS = [
    "",
    "shop.example",
    "http://shop.example/",
    "ftp://shop.example/",
    "file:///etc/passwd",
    "https://user@shop.example/",
    "https://shop.example:6379/",
    "https://shop.example:0/",
    "https://shop.example:99999/",
    "https://shop.example/#fragment",
    "https://shop.example\\@evil.example/",
    "https://shop.example/a b",
    "https://sh\u00f6p.example/",
    "https:///path",
]


@pytest.fixture
def hook() -> Iterator[HookServer]:
    """A server that answers."""
    with HookServer() as running:
        yield running


def sent(sender: Sender, url: str, seconds: float = 2.0) -> bytes:
    """The answer to a POST."""
    return sender.post(url, {"webhook-id": "msg_1"}, b'{"lines":[]}', seconds=seconds, most=1_000)


@pytest.mark.parametrize("url", INTERNAL + NO_ADDRESS)
def test_an_address_that_cannot_be_is_refused_unasked(url: str) -> None:
    """In whatever way a number may be written; and so it is when something is sent there all the same."""
    with pytest.raises(Refused):
        Sender().check(url)
    with pytest.raises((Refused, NotSent)):
        sent(Sender(), url)


@pytest.mark.parametrize(
    "url", ["https://shop.example/", "https://shop.example:8443/a?b=c", "https://9.9.9.9"]
)
def test_an_ordinary_address_may_be(url: str) -> None:
    """A name is looked up when something is sent."""
    Sender().check(url)
    assert target_of(url).path.startswith("/")


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["9.9.9.9", "10.0.0.1"], ["::1"], ["169.254.169.254"], ["no address"]]
)
def test_a_name_that_leads_inside_is_refused(addresses: Sequence[str]) -> None:
    """If only one of its addresses does."""
    with pytest.raises(Refused):
        sent(Sender(resolve=lambda host, port: addresses), "https://shop.example/")


def test_a_name_is_resolved_once_and_the_checked_address_is_used(hook: HookServer) -> None:
    """So a name that leads elsewhere the next time leads nowhere."""
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])
    asked = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    sender = Sender(loopback=True, resolve=resolve)
    hook.say = raw(b"{}")
    assert sent(sender, f"http://shop.example:{hook.port}/") == b"{}"
    assert asked == ["shop.example"]
    assert hook.headers[0]["host"] == f"shop.example:{hook.port}"


def test_plain_http_is_for_this_machine_only() -> None:
    """Also in development."""
    sender = Sender(loopback=True, resolve=lambda host, port: ["9.9.9.9"])
    with pytest.raises(Refused):
        sent(sender, "http://shop.example/")
    with pytest.raises(Refused):
        Sender(loopback=True).check("http://10.0.0.1/")
    Sender(loopback=True).check("http://localhost:5000/")


def test_this_machine_is_refused_unless_it_is_for_development(hook: HookServer) -> None:
    """Nothing arrives."""
    with pytest.raises(Refused):
        sent(Sender(), hook.url)
    assert hook.asked == []


@pytest.mark.parametrize(
    "say",
    [
        raw(b"", 302, Location="http://127.0.0.1:1/"),
        raw(b"", 500),
        raw(b"", 204),
        raw(b" " * 1_001),
        raw(b"{}", Content_Encoding="gzip"),
    ],
)
def test_only_a_plain_whole_answer_counts(hook: HookServer, say: Say) -> None:
    """No redirect, no error, nothing long or packed."""
    hook.say = say
    with pytest.raises(NotSent):
        sent(Sender(loopback=True), hook.url)


@pytest.mark.parametrize("say", [silent, dripping])
def test_nobody_waits_longer_than_was_given(hook: HookServer, say: Say) -> None:
    """For a server that says nothing, or never ends."""
    hook.say = say
    began = time.monotonic()
    with pytest.raises(NotSent):
        sent(Sender(loopback=True), hook.url, seconds=0.5)
    assert time.monotonic() - began < 2


def test_a_slow_resolver_is_not_waited_for() -> None:
    """It knows no deadline of its own."""

    def resolve(host: str, port: int) -> Sequence[str]:
        time.sleep(3)
        return ["9.9.9.9"]

    began = time.monotonic()
    with pytest.raises(NotSent):
        sent(Sender(resolve=resolve), "https://shop.example/", seconds=0.2)
    assert time.monotonic() - began < 2


def test_an_address_that_was_silent_rests(hook: HookServer) -> None:
    """Until it answers somebody who asks all the same."""
    sender = Sender(loopback=True)
    hook.say = raw(b"", 500)
    with pytest.raises(NotSent):
        sent(sender, hook.url)
    assert sender.rests(hook.url)
    assert not sender.rests("https://shop.example/")
    hook.say = raw(b"{}")
    sent(sender, hook.url)
    assert not sender.rests(hook.url)


def test_nobody_listening_is_told_at_once() -> None:
    """Not an error of ours."""
    with pytest.raises(NotSent):
        sent(Sender(loopback=True), "http://127.0.0.1:9/")


def test_the_public_internet_is_told_from_the_rest() -> None:
    """Of each family."""
    assert not is_internal("9.9.9.9")
    assert not is_internal("2606:4700::1111")
    assert is_internal("2001:0:1::1")
    assert is_internal("fe80::1%lo")
