"""Customers without a code, at the counter and on the phone: both sides in real browsers, a real server."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.e2e.stories import converse
from tests.e2e.test_console import PASSWORD, PROCESS
from tests.servers.mail_server import MailServer
from tests.servers.retoma_server import RetomaServer


@dataclass
class Shop:
    """The back end of the shop, which knows its customers, and a mailbox of all of them."""

    server: RetomaServer
    mail: MailServer

    def answer(self, question: str) -> str:
        """`customer NAME`: a token of somebody who is known by an address; `digits`: what was mailed last."""
        what, _, name = question.partition(" ")
        if what == "digits":
            return self.mail.code
        known = self.asked("PUT", f"customers/by-external-id/{name}", {})["id"]
        self.asked("PATCH", f"customers/{known}", {"email": f"{name}@example.com"})
        return self.asked("POST", "customer-tokens", {"external_id": name})["token"]

    def asked(self, method: str, path: str, body: dict[str, object]) -> dict[str, str]:
        """What the back end is answered."""
        headers = {"Authorization": f"Bearer {self.server.secret_key}", "Retoma-Channel": "api"}
        reply = requests.request(
            method, f"{self.server.url}/v1/{path}", json=body, headers=headers, timeout=30
        )
        reply.raise_for_status()
        told: dict[str, str] = reply.json()
        return told


@pytest.mark.browser
@pytest.mark.timeout(1200)
def test_customers_without_a_code_are_helped(tmp_path: Path) -> None:
    """By spelled code, by their yes, by mailed digits; not after a no; who looks unasked is seen at once."""
    with MailServer() as mail, RetomaServer(tmp_path, RETOMA_SMTP=mail.url) as server:
        shop = Shop(server, mail)
        for name in ("mortgage", "loan"):
            titles = {"en": f"{name.title()} application", "es": f"Solicitud ({name})"}
            shop.asked("PUT", f"processes/{name}", {**PROCESS, "titles": titles})
        server.cli("stores", "add", "Sol")
        rosa = ("Rosa", "--sign-in", "rosa", "--role", "supervisor", "--store", "Sol")
        server.cli("staff", "add", *rosa, typed=f"{PASSWORD}\n")
        made = server.cli(
            "staff", "add", "Marta", "--sign-in", "marta", "--store", "Sol", typed=f"{PASSWORD}\n"
        )
        given = {"server": server.url, "key": server.publishable_key, "console": made.split()[-1]}
        converse("console_asking", shop.answer, json.dumps({**given, "password": PASSWORD}))
