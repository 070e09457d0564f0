"""`python -m benchmarks.asking`: a server in this program, asked in rounds; each line read names a round.

It knows no more of the server than its settings, `create_app`, a new tenant and what HTTP says, which older
versions have too: `benchmarks.hot_path` runs it against them, with their folder first on the path.
"""

import io
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any
from wsgiref.types import WSGIEnvironment

import orjson
from flask import Flask
from werkzeug.test import create_environ

from retoma_server.actions.tenants import create_tenant
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.app import create_app

ROUND = 100
"""Requests of a round, some 50 ms: short enough to be left alone by the rest of the machine at times."""
FIELDS = 16
WRITER = "w_asking"
SETTINGS = {
    "RETOMA_STORE": "sqlite://",
    "RETOMA_KEYRING": Keyring.create().dump(),
    "RETOMA_RATE_LIMITS": "off",
    "RETOMA_LOG_LEVEL": "warning",
}


class Visitor:
    """A visitor with a draft of sixteen fields, who reads it and changes it."""

    def __init__(self, app: Flask) -> None:
        """Come to a new tenant."""
        self.app, self.seq = app, 0
        deps = app.extensions["retoma"]
        tenant = create_tenant(deps.store, deps.vault, deps.ids, "Bench", frozenset())
        self.token = tenant.publishable_key
        self.token = self.ask(self.request("POST", "/v1/visitors", {}))["token"]
        draft = self.ask(self.request("POST", "/v1/drafts", {"process": "mortgage-application"}))["id"]
        self.place = f"/v1/drafts/{draft}"
        for _ in range(FIELDS):
            self.ask(self.save())

    def request(self, method: str, path: str, body: Any = None) -> WSGIEnvironment:
        """A request as a server hands it to the app."""
        headers = {"Authorization": f"Bearer {self.token}"}
        content = {} if body is None else {"data": orjson.dumps(body), "content_type": "application/json"}
        return create_environ(path, method=method, headers=headers, **content)

    def resume(self) -> WSGIEnvironment:
        """Read the draft."""
        return self.request("GET", self.place)

    def save(self) -> WSGIEnvironment:
        """Change one of the draft's fields."""
        self.seq += 1
        path = f"/applicant/field_{self.seq % FIELDS}"
        value = f"a value as people type it, of some sixty characters, number {self.seq}"
        ops = [{"op": "set", "path": path, "value": value, "seen": 0}]
        changes = [{"seq": self.seq, "ops": ops}]
        return self.request("POST", f"{self.place}/changes", {"writer": WRITER, "changes": changes})

    def ask(self, environ: WSGIEnvironment) -> Any:
        """The answer, which must be a good one."""
        said = io.BytesIO()
        answer = self.app.wsgi_app(environ, checked)
        said.writelines(answer)
        return orjson.loads(said.getvalue())


def checked(status: str, headers: object, exc_info: object = None) -> Callable[[bytes], object]:
    """Start a response as a server would, unless it is a refusal."""
    assert status[0] == "2", status
    return lambda written: None


def spent(visitor: Visitor, request: Callable[[], WSGIEnvironment]) -> float:
    """The CPU time in µs of one of a round's requests, on its way through the app alone."""
    asked = [request() for _ in range(ROUND)]
    began = time.process_time()
    for each in asked:
        visitor.ask(each)
    return (time.process_time() - began) * 1_000_000 / ROUND


def main() -> None:
    """Answer each line that names a round with what one of its requests took."""
    visitor = Visitor(create_app(Settings.from_env(SETTINGS)))
    rounds: Mapping[str, Callable[[], WSGIEnvironment]] = {"resume": visitor.resume, "save": visitor.save}
    for line in sys.stdin:
        print(spent(visitor, rounds[line.strip()]), flush=True)


if __name__ == "__main__":
    main()
