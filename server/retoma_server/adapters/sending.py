"""Sending to addresses that tenants name: never to a machine of ours, never for longer than was given.

An address is resolved once, all that it resolves to is checked against our own table, and the connection
is made to what was checked: a name that leads elsewhere the next time leads nowhere. No redirect is
followed, no proxy of the environment used. A watchdog cuts the connection when the time is over, however
slowly the other side goes on.
"""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from time import monotonic
from urllib.parse import urlsplit

RESTS = 10.0
"""Seconds for which whoever need not ask leaves an address alone that gave no answer."""
MOST_RESTING = 10_000
PORTS = frozenset((443, 8443))
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]", re.ASCII)
PATH = re.compile(r"[!-~]*", re.ASCII)
NUMERIC = re.compile(r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)(?:\.(?:0[xX][0-9A-Fa-f]*|[0-9]+))*", re.ASCII)

INTERNAL = [
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's metadata
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        # Of IPv6 only global unicast (2000::/3) is outside, and of that not what wraps another address.
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
]
GLOBAL_6 = IPv6Network("2000::/3")
LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

Resolve = Callable[[str, int], Sequence[str]]
"""From a host and a port to addresses."""


class Refused(Exception):
    """Raised for an address that nothing is ever sent to."""


class NotSent(Exception):
    """Raised when there is no answer that can be used: none in time, too long a one, or not a plain 200."""


@dataclass(frozen=True, slots=True)
class Target:
    """A web address, taken apart."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the header Host has them."""
        return self.host if self.port == (443 if self.secure else 80) else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked at an address."""

    method: str
    headers: Mapping[str, str]
    body: bytes | None = None


def target_of(url: str, *, loopback: bool = False) -> Target:
    """A web address taken apart; raises Refused for one that is not https on a usual port, or has a user.

    With `loopback`, http on any port passes too: whether it leads to this machine is for `checked`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused from None
    secure, netloc = parts.scheme == "https", parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    if not (secure or (loopback and parts.scheme == "http")) or parts.fragment or "@" in parts.netloc:
        raise Refused
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    if not HOST.fullmatch(netloc) or not PATH.fullmatch(path) or "\\" in url:
        raise Refused
    port = port or (443 if secure else 80)
    if not loopback and port not in PORTS:
        raise Refused
    return Target(secure, netloc, port, path)


def is_internal(address: str) -> bool:
    """Whether an address is not one of the public internet; also where it cannot be read."""
    try:
        known = ip_address(address)
    except ValueError:
        return True
    if known.version == 6 and known not in GLOBAL_6:
        return True
    return any(known in network for network in INTERNAL if network.version == known.version)


def is_loopback(address: str) -> bool:
    """Whether an address is this very machine."""
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return any(known in network for network in LOOPBACK if network.version == known.version)


def resolve_host(host: str, port: int) -> Sequence[str]:
    """The addresses that the system's resolver gives for a host."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class Sender:
    """Sends to addresses that tenants name. With `loopback`, to this very machine too: for development."""

    def __init__(
        self,
        *,
        loopback: bool = False,
        resolve: Resolve = resolve_host,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Ask `resolve` for addresses; `clock` counts the seconds for which an address rests."""
        self._loopback = loopback
        self._resolve = resolve
        self._clock = clock
        self._resting: dict[str, float] = {}

    def check(self, url: str) -> None:
        """Raise Refused for an address that can be told to be none of ours without asking anybody."""
        target = target_of(url, loopback=self._loopback)
        name = target.host.rstrip(".").lower()
        if name == "localhost" or name.endswith(".localhost"):
            self.checked(target, ["127.0.0.1"])
        elif target.host.startswith("[") or NUMERIC.fullmatch(name):
            self.checked(target, numeric(target))

    def checked(self, target: Target, addresses: Sequence[str]) -> Sequence[str]:
        """The addresses, if every one may be sent to; raises Refused. Plain http is for this machine only."""
        for address in addresses:
            here = self._loopback and is_loopback(address)
            if not here and (is_internal(address) or not target.secure):
                raise Refused
        return addresses

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float, most: int) -> bytes:
        """The body of the answer to a POST of JSON, had within so many seconds and of so many bytes at most.

        Raises Refused, and NotSent for any answer but 200, a redirect too.
        """
        question = Question("POST", {"Content-Type": "application/json", **headers}, body)
        try:
            answer = self._ask(url, question, seconds, most)
        except NotSent:
            if len(self._resting) >= MOST_RESTING:
                self._resting.clear()
            self._resting[url] = self._clock() + RESTS
            raise
        self._resting.pop(url, None)
        return answer

    def get(self, url: str, *, seconds: float, most: int) -> bytes:
        """The body of the answer to a GET, had within so many seconds and of so many bytes at most.

        Raises Refused, and NotSent for any answer but 200, a redirect too.
        """
        return self._ask(url, Question("GET", {"Accept": "application/json"}), seconds, most)

    def rests(self, url: str) -> bool:
        """Whether an address just gave no answer: who asks it all the same may wait for nothing."""
        return self._clock() < self._resting.get(url, 0.0)

    def _ask(self, url: str, question: Question, seconds: float, most: int) -> bytes:
        until = monotonic() + seconds
        target = target_of(url, loopback=self._loopback)
        addresses = self.checked(target, self._resolved(target, until))
        try:
            with (
                connect(addresses, target.port, until) as plain,
                watched(plain, until),
                self._secured(plain, target) as stream,
                exchange(stream, target, question) as response,
            ):
                answer = answered(response, most)
            left(until)  # what was cut at the end may look whole
            return answer
        except (OSError, HTTPException, ValueError):
            raise NotSent from None

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Certificates that the system trusts: read once, for that takes longer than many an answer."""
        return ssl.create_default_context()

    def _secured(self, plain: socket.socket, target: Target) -> socket.socket:
        """The connection under TLS, with a certificate for the host; as it is where that is not wanted."""
        if not target.secure:
            return plain
        return self._tls.wrap_socket(plain, server_hostname=target.host.strip("[]"))

    def _resolved(self, target: Target, until: float) -> Sequence[str]:
        """The addresses of a host, asked for in a thread because a resolver knows no deadline."""
        asked: Future[Sequence[str]] = Future()

        def ask() -> None:
            try:
                asked.set_result(self._resolve(target.host, target.port))
            except Exception as error:
                asked.set_exception(error)

        threading.Thread(target=ask, name="resolver", daemon=True).start()
        try:
            addresses = asked.result(until - monotonic())
        except (OSError, UnicodeError, TimeoutError):
            raise NotSent from None
        if not addresses:
            raise NotSent
        return addresses


def numeric(target: Target) -> Sequence[str]:
    """The address that a host of digits means to the system, which knows more ways to write one than we."""
    try:
        host = target.host.strip("[]")
        found = socket.getaddrinfo(host, target.port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        raise Refused from None
    return [str(address[0]) for *_, address in found]


def connect(addresses: Sequence[str], port: int, until: float) -> socket.socket:
    """A connection to the first of these addresses that takes one; raises OSError where none does."""
    refusal = OSError()
    for address in addresses:
        try:
            return socket.create_connection((address, port), left(until))
        except OSError as error:
            refusal = error
    raise refusal


def left(until: float) -> float:
    """The seconds that are left; raises TimeoutError when none are."""
    seconds = until - monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


@contextmanager
def watched(plain: socket.socket, until: float) -> Iterator[None]:
    """Cut a connection when its time is over: whoever waits on it then meets its end."""
    other = plain.dup()  # TLS takes the first one over
    watchdog = threading.Timer(left(until), cut, [other])
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
        other.close()


def cut(connection: socket.socket) -> None:
    """End a connection for both sides; one that has ended already is no matter."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def exchange(stream: socket.socket, target: Target, question: Question) -> HTTPResponse:
    """The answer to one request on a connection."""
    connection = HTTPConnection(target.host, target.port)
    connection.sock = stream
    about = {"Host": target.authority, "Connection": "close"}
    connection.request(question.method, target.path, question.body, {**about, **question.headers})
    return connection.getresponse()


def answered(response: HTTPResponse, most: int) -> bytes:
    """The whole body of an answer; raises NotSent."""
    if response.status != 200 or response.getheader("Content-Encoding", "identity") != "identity":
        raise NotSent
    body = response.read(most + 1)
    if len(body) > most or (response.length or 0) > 0:
        raise NotSent
    return body
