"""The staff console, in a real browser, on a real server."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.e2e.stories import converse
from tests.e2e.test_landing import ask
from tests.servers.retoma_server import RetomaServer

PASSWORD = "correct horse battery"
PROCESS = {
    "titles": {"en": "Mortgage application", "es": "Solicitud de hipoteca"},
    "fields": {"/name": "public"},
    "steps": [
        {"id": "you", "titles": {"en": "About you", "es": "Sobre ti"}},
        {"id": "home", "titles": {"en": "Your home", "es": "Tu vivienda"}},
        {"id": "income", "titles": {"en": "Income", "es": "Ingresos"}},
    ],
}


@dataclass
class Customer:
    """Somebody who needs help with what they began."""

    server: RetomaServer

    def answer(self, question: str) -> str:
        """A code of a process just begun, by somebody of that name."""
        _, _, name = question.partition(" ")
        page = self.server.publishable_key
        token = ask("POST", f"{self.server.url}/v1/visitors", page)["token"]
        opened = ask("POST", f"{self.server.url}/v1/drafts", token, {"process": "mortgage"})
        draft = f"{self.server.url}/v1/drafts/{opened['id']}"
        values = {"/name": name, "/email": "ana@example.com", "/income": 2450}
        ops = [{"op": "set", "path": path, "value": value} for path, value in values.items()]
        change = {"seen": 0, "ops": [*ops, {"op": "position", "step": "home"}]}
        ask("POST", f"{draft}/changes", token, change)
        code: str = ask("POST", f"{draft}/handoffs", token, {"to": "staff"})["code"]
        return code


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_a_customer_is_helped_at_the_counter(tmp_path: Path) -> None:
    """By keyboard alone, by day and night, in both languages; nothing planted runs (case 57)."""
    with RetomaServer(tmp_path) as server:
        secret = {"Authorization": f"Bearer {server.secret_key}", "Retoma-Channel": "api"}
        place = f"{server.url}/v1/processes/mortgage"
        requests.put(
            place, json={**PROCESS, "url": f"{server.url}/docs"}, headers=secret, timeout=10
        ).raise_for_status()
        server.cli("stores", "add", "Sol")
        made = server.cli(
            "staff", "add", "Marta", "--sign-in", "marta", "--store", "Sol", typed=f"{PASSWORD}\n"
        )
        address = made.split()[-1]
        assert address.startswith(f"{server.url}/staff?key=pk_")
        converse("console", Customer(server).answer, address, PASSWORD)
