"""The staff console, in a real browser, on a real server."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    "schema": {
        "required": ["name", "income"],
        "properties": {
            "name": {
                "title": "Full name",
                "titles": {"es": "Nombre completo"},
                "type": "string",
                "x-step": "you",
            },
            "email": {
                "title": "E-mail",
                "titles": {"es": "Correo electrónico"},
                "type": "string",
                "format": "email",
                "x-step": "you",
            },
            "home": {
                "type": "object",
                "properties": {
                    "kind": {
                        "title": "Kind of home",
                        "titles": {"es": "Tipo de vivienda"},
                        "oneOf": [
                            {"const": "house", "title": "A house", "titles": {"es": "Una casa"}},
                            {"const": "flat", "title": "A flat", "titles": {"es": "Un piso"}},
                        ],
                    },
                    "price": {"title": "Price", "titles": {"es": "Precio"}, "type": "number"},
                },
            },
            "income": {
                "title": "Income a month",
                "titles": {"es": "Ingresos al mes"},
                "type": "number",
                "x-step": "income",
            },
        },
    },
}
CART = {"kind": "cart", "titles": {"en": "Cart", "es": "Carrito"}, "fields": {"/info": "public"}}
ARTICLES = (("tee", "T-shirt", 1990), ("mug", "Mug", 950))


@dataclass
class Customer:
    """Somebody who needs help with what they began."""

    server: RetomaServer

    def answer(self, question: str) -> str:
        """A code of a form just begun, by somebody of that name, or of a cart."""
        what, _, name = question.partition(" ")
        page = self.server.publishable_key
        token = ask("POST", f"{self.server.url}/v1/visitors", page)["token"]
        wanted = {"process": "gifts", "kind": "cart"} if what == "cart" else {"process": "mortgage"}
        opened = ask("POST", f"{self.server.url}/v1/drafts", token, wanted)
        draft = f"{self.server.url}/v1/drafts/{opened['id']}"
        ask("POST", f"{draft}/changes", token, self.cart() if what == "cart" else self.form(name))
        code: str = ask("POST", f"{draft}/handoffs", token, {"to": "staff"})["code"]
        return code

    def cart(self) -> dict[str, Any]:
        """What is put into a cart."""
        ops = [
            {
                "op": "add",
                "sku": sku,
                "quantity": 2,
                "info": {"title": title},
                "price": {"amount": amount, "currency": "EUR"},
            }
            for sku, title, amount in ARTICLES
        ]
        return {"seen": 0, "ops": ops}

    def form(self, name: str) -> dict[str, Any]:
        """What somebody of a name fills in."""
        values = {"/name": name, "/email": "ana@example.com", "/income": 2450}
        ops = [{"op": "set", "path": path, "value": value} for path, value in values.items()]
        return {"seen": 0, "ops": [*ops, {"op": "position", "step": "home"}]}


@pytest.mark.browser
@pytest.mark.timeout(1200)
def test_a_customer_is_helped_at_the_counter(tmp_path: Path) -> None:
    """By keyboard alone, by day and night, in both languages; nothing planted runs (case 57)."""
    with RetomaServer(tmp_path) as server:
        secret = {"Authorization": f"Bearer {server.secret_key}", "Retoma-Channel": "api"}
        place = f"{server.url}/v1/processes/mortgage"
        requests.put(
            place, json={**PROCESS, "url": f"{server.url}/docs"}, headers=secret, timeout=30
        ).raise_for_status()
        requests.put(
            f"{server.url}/v1/processes/gifts", json=CART, headers=secret, timeout=30
        ).raise_for_status()
        server.cli("stores", "add", "Sol")
        rosa = ("Rosa", "--sign-in", "rosa", "--role", "supervisor", "--role", "admin", "--store", "Sol")
        server.cli("staff", "add", *rosa, typed=f"{PASSWORD}\n")
        server.cli("staff", "add", "Till 3", "--store", "Sol")
        made = server.cli(
            "staff", "add", "Marta", "--sign-in", "marta", "--store", "Sol", typed=f"{PASSWORD}\n"
        )
        address = made.split()[-1]
        assert address.startswith(f"{server.url}/staff?key=pk_")
        converse("console", Customer(server).answer, address, PASSWORD)
