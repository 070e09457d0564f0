"""A tenant's identity provider, as a real HTTP server on 127.0.0.1 that signs tokens and rotates its keys.

It also signs people in: whoever `person` is at the time comes back with a code, good once, for who proves to
have sent them (RFC 6749 §4.1, RFC 7636).
"""

import base64
import json
import secrets
import threading
import time
from collections.abc import Mapping
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

AUDIENCE = "retoma"
SECRET = "shared with the shop's server"


class IdentityProvider:
    """Answers discovery and keys, counts how often it was asked, and falls silent when `down`."""

    def __init__(self) -> None:
        self.keys: list[Key] = [new_key("k1")]
        self.asked: list[str] = []
        self.down = False
        self.documents: dict[str, bytes] = {}
        self.person: dict[str, Any] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def rotate(self, kid: str, algorithm: str = "RS256") -> None:
        """Sign with a new key from now on, and show only that one."""
        self.keys = [new_key(kid, algorithm)]

    def claims(self, now: int, **more: Any) -> dict[str, Any]:
        """What a good token says at this time (milliseconds); None leaves a claim out."""
        seconds = now // 1000
        about = {"iss": self.issuer, "aud": AUDIENCE, "sub": "u-17", "iat": seconds, "exp": seconds + 300}
        return {name: value for name, value in {**about, **more}.items() if value is not None}

    def token(self, now: int, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A token signed with the newest key."""
        key = self.keys[-1]
        algorithm = {"RSA": "RS256", "EC": "ES256", "OKP": "Ed25519"}[key.key_type]
        head = {"alg": algorithm, "kid": key.kid, **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        return jwt.encode(head, self.claims(now, **claims), key, algorithms=[head["alg"]])

    def _answer(self, path: str) -> bytes | None:
        if self.down:
            return None
        if path in self.documents:
            return self.documents[path]
        if path == "/.well-known/openid-configuration":
            return json.dumps(self._described()).encode()
        if path == "/keys":
            return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()
        return None

    def _described(self) -> dict[str, str]:
        ends = {"jwks_uri": "keys", "authorization_endpoint": "authorize", "token_endpoint": "token"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{end}" for name, end in ends.items()}}

    def _sent_back(self, path: str) -> str:
        """Where a browser goes that came to sign in, which this person does at once."""
        asked = dict(parse_qsl(urlsplit(path).query))
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def _exchanged(self, body: str, authorization: str | None) -> bytes | None:
        """The answer to a code, None where whoever asks is not who sent the person."""
        sent = dict(parse_qsl(body))
        asked = self._codes.pop(sent.get("code", ""), None)
        if asked is None or sent.get("redirect_uri") != asked["redirect_uri"]:
            return None
        digest = sha256(sent["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        pair = base64.b64encode(f"{AUDIENCE}:{SECRET.replace(' ', '+').replace(chr(39), '%27')}".encode())
        if authorization != f"Basic {pair.decode()}":
            return None
        claims = {"nonce": asked["nonce"], **self.person}
        token = self.token(time.time_ns() // 1_000_000, **claims)
        return json.dumps({"access_token": "a", "token_type": "Bearer", "id_token": token}).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                if self.path.startswith("/authorize?"):
                    self.send_response(302)
                    self.send_header("Location", provider._sent_back(self.path))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self._send(provider._answer(self.path))

            def do_POST(self) -> None:
                provider.asked.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._send(provider._exchanged(body, self.headers["Authorization"]))

            def _send(self, body: bytes | None) -> None:
                self.send_response(503 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def new_key(kid: str, algorithm: str = "RS256") -> Key:
    """A fresh key for an algorithm."""
    about = {"kid": kid, "use": "sig"}
    match algorithm:
        case "ES256":
            return ECKey.generate_key("P-256", about)
        case "Ed25519":
            return OKPKey.generate_key("Ed25519", about)
    return RSAKey.generate_key(2048, about)
