"""The page behind a link, in a real browser, on a real server."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.stories import converse
from tests.servers.retoma_server import RetomaServer


@dataclass
class Owner:
    """Somebody who makes links, and picks the digits of whoever opened the last one."""

    server: RetomaServer
    draft: str = ""
    token: str = ""

    def answer(self, question: str) -> str:
        """What the story asks for: a link, or a pick."""
        wish, _, digits = question.partition(" ")
        return self.link(wish) if wish in ("plain", "sensitive", "nowhere") else self.pick(wish, digits)

    def link(self, process: str) -> str:
        """A link to a new draft, which was only looked at a hundred times."""
        page = self.server.publishable_key
        self.token = ask("POST", f"{self.server.url}/v1/visitors", page)["token"]
        opened = ask("POST", f"{self.server.url}/v1/drafts", self.token, {"process": process})
        self.draft = opened["id"]
        change = {"seen": 0, "ops": [{"op": "set", "path": "/ssn", "value": "078-05-1120"}]}
        ask("POST", f"{self.server.url}/v1/drafts/{self.draft}/changes", self.token, change)
        made: str = ask("POST", self.handoffs, self.token, {})["url"]
        for _ in range(50):
            requests.get(made, timeout=30)
            requests.head(made, timeout=30)
        return made

    @property
    def handoffs(self) -> str:
        """The address of the handoffs of the last draft."""
        return f"{self.server.url}/v1/drafts/{self.draft}/handoffs"

    def pick(self, which: str, digits: str) -> str:
        """Pick the right digits, or wrong ones among the choices."""
        [waiting] = ask("GET", self.handoffs, self.token)["items"]
        picked = next(each for each in waiting["choices"] if (each == digits) == (which == "right"))
        place = f"{self.server.url}/v1/handoffs/{waiting['id']}/confirm"
        ask("POST", place, self.token, {"digits": picked})
        return "done"


def ask(method: str, address: str, credential: str, body: Any = None) -> Any:
    """The JSON of an answer."""
    headers = {
        "Authorization": f"Bearer {credential}",
        "Retoma-Channel": "web",
        "Idempotency-Key": os.urandom(8).hex(),
    }
    answer = requests.request(method, address, json=body, headers=headers, timeout=30)
    return answer.json() if answer.content else None


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_the_page_behind_a_link_in_every_state(tmp_path: Path) -> None:
    """By day and night, on a phone and a desktop, in both languages, by keyboard alone (case 52)."""
    with RetomaServer(tmp_path) as server:
        secret = {"Authorization": f"Bearer {server.secret_key}", "Retoma-Channel": "api"}
        for name in ("plain", "sensitive"):
            process: dict[str, Any] = {
                "titles": {"en": "Mortgage application", "es": "Solicitud de hipoteca"},
                "url": f"{server.url}/docs",
                "fields": {"/ssn": "restricted" if name == "sensitive" else "personal"},
            }
            place = f"{server.url}/v1/processes/{name}"
            requests.put(place, json=process, headers=secret, timeout=30).raise_for_status()
        look = ("--name", "Acme Bank", "--name-es", "Banco Acme", "--colour", "#7a1f3d")
        server.cli("tenants", "look", "default", *look)
        converse("landing", Owner(server).answer)
