"""One request to the server, from headers to typed answer, and the loop that tries it again."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from threading import local
from typing import Any, TypeVar
from urllib.parse import quote
from weakref import WeakSet

import requests
from requests.auth import AuthBase

from ._credential import Credential
from ._errors import AuthenticationError, NetworkError
from ._problems import Reply, read_reply
from ._retry import Retry

Answer = TypeVar("Answer")


class Sessions:
    """One `requests.Session` a thread, since requests does not promise that one may be shared.

    A session that is given in is used as it is, on whatever thread.
    """

    def __init__(self, given: requests.Session | None = None) -> None:
        """Use the session given in, else make them as threads come."""
        self._given = given
        self._of_thread = local()
        self._made: WeakSet[requests.Session] = WeakSet()

    def current(self) -> requests.Session:
        """The session of the calling thread."""
        if self._given is not None:
            return self._given
        if not hasattr(self._of_thread, "session"):
            self._of_thread.session = requests.Session()
            self._made.add(self._of_thread.session)
        session: requests.Session = self._of_thread.session
        return session

    def close(self) -> None:
        """Close the connections of every session made here; one given in is its owner's to close."""
        for session in list(self._made):
            session.close()


class Bearer(AuthBase):
    """Sends the token; being an auth object it also keeps requests from putting a .netrc's in its place."""

    def __init__(self, token: str | None, publishable_key: str | None = None) -> None:
        """Hold the token, or None to send none, and the key that names the shop of an identity provider."""
        self.token = token
        self.publishable_key = publishable_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token on a request."""
        if self.token is not None:
            request.headers["Authorization"] = f"Bearer {self.token}"
            if self.publishable_key is not None and is_jwt(self.token):
                request.headers["Retoma-Key"] = self.publishable_key
        return request


def is_jwt(token: str) -> bool:
    """Whether a token is one of an identity provider (RFC 7515 §7.1), and not of a Retoma server."""
    return token.startswith("ey") and token.count(".") == 2


@dataclass(frozen=True)
class Transport:
    """Everything that a request needs besides what it asks; safe to share between threads.

    `timeout` is (to connect, between bytes) in seconds. `publishable_key` goes beside the tokens of the
    shop's own identity provider.
    """

    url: str
    credential: Credential
    sessions: Sessions
    retry: Retry
    channel: str
    device: str | None
    timeout: tuple[float, float]
    publishable_key: str | None = None

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        key: str | None = None,
        fence: int | None = None,
    ) -> Reply:
        """Send a request and read its answer, again where that may help and does no harm.

        Every attempt sends the same bytes. What a server could do twice carries a name made before
        the first attempt: the changes' own numbers, or an idempotency key (`key` where given).
        `fence` is that of the lease by which staff write.
        """
        data = None if body is None else encoded(body)
        headers = self.headers(body, key or self.fresh_key(method, body))
        if fence is not None:
            headers["Retoma-Fence"] = str(fence)
        once = self.sender(method, path, data=data, params=query, headers=headers)
        return self.authorized(lambda token: self.retry.run(lambda: read_reply(once(token))))

    def stream(
        self, path: str, query: Mapping[str, Any], headers: Mapping[str, str], idle: float
    ) -> requests.Response:
        """Open a stream, once; answers the response, not read. `idle` is the longest silence in seconds."""
        once = self.sender(
            "GET",
            path,
            params=query,
            stream=True,
            headers={**self.headers(None, None), **headers},
            timeout=(self.timeout[0], idle),
        )
        return self.authorized(lambda token: checked(once(token)))

    def authorized(self, call: Callable[[str | None], Answer]) -> Answer:
        """Call with the token, and once more with a renewed one when it was refused."""
        token = self.credential.token()
        try:
            return call(token)
        except AuthenticationError:
            if not self.credential.renew(token):
                raise
        return call(self.credential.token())

    def sender(self, method: str, path: str, **options: Any) -> Callable[[str | None], requests.Response]:
        """A function that sends one request with a token; raises NetworkError where no answer comes."""
        options = {"timeout": self.timeout, "allow_redirects": False, **options}

        def send(token: str | None) -> requests.Response:
            session = self.sessions.current()
            try:
                response = session.request(
                    method, self.url + path, auth=Bearer(token, self.publishable_key), **options
                )
                if response.status_code != 200:
                    _ = response.content  # a stream's too: a cut in a refusal is a cut, not another error
                return response
            except requests.RequestException as error:
                detail = f"{self.url} does not answer ({type(error).__name__})"
                raise NetworkError("no-answer", retryable=True, detail=detail) from error

        return send

    def headers(self, body: Mapping[str, Any] | None, key: str | None) -> dict[str, str]:
        """The headers of a request."""
        headers = {"Accept": "application/json", "User-Agent": user_agent(), "Retoma-Channel": self.channel}
        if self.device:
            headers["Retoma-Device"] = quote(self.device)
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        return headers

    def fresh_key(self, method: str, body: Mapping[str, Any] | None) -> str | None:
        """An idempotency key for a request that could be done twice and has no name of its own."""
        named = body is not None and "writer" in body
        return str(uuid.uuid4()) if method == "POST" and not named else None


def checked(response: requests.Response) -> requests.Response:
    """A response that may be streamed; any other raises the error that it is, and is closed."""
    streams = response.headers.get("Content-Type", "").startswith("text/event-stream")
    if response.status_code == 200 and streams:
        return response
    with response:
        if response.status_code != 200:
            read_reply(response)
    raise NetworkError("unreadable-answer", status=response.status_code, retryable=True)


def encoded(body: Mapping[str, Any]) -> bytes:
    """A body as the bytes that are sent."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


@cache
def user_agent() -> str:
    """The name and release that the SDK gives itself."""
    return f"retoma-python/{version('retoma')}"
