"""The editor of the staff console beside its customer's own page, in real browsers, on a real server."""

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.stories import tell
from tests.servers.retoma_server import RetomaServer

PASSWORD = "correct horse battery"
FORM = {
    "titles": {"en": "Mortgage application", "es": "Solicitud de hipoteca"},
    "steps": [
        {"id": "applicant", "titles": {"en": "About you", "es": "Sobre ti"}},
        {"id": "home", "titles": {"en": "Your home", "es": "Tu vivienda"}},
    ],
    "fields": {"/home": "public", "/applicant/name": "public", "/applicant/iban": "restricted"},
    "schema": {
        "properties": {
            "applicant": {
                "type": "object",
                "required": ["name", "born"],
                "properties": {
                    "name": {"title": "Full name", "titles": {"es": "Nombre completo"}, "type": "string"},
                    "email": {"title": "E-mail", "type": "string", "format": "email"},
                    "born": {
                        "title": "Date of birth",
                        "titles": {"es": "Fecha de nacimiento"},
                        "type": "string",
                        "format": "date",
                    },
                    "iban": {"title": "Account number", "titles": {"es": "Número de cuenta"}},
                },
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
                    "price": {
                        "title": "Price",
                        "titles": {"es": "Precio"},
                        "type": "number",
                        "minimum": 10000,
                        "description": "In euros, as asked for.",
                        "descriptions": {"es": "En euros, el precio pedido."},
                        "examples": [210000],
                    },
                    "first": {
                        "title": "First home?",
                        "titles": {"es": "¿Primera vivienda?"},
                        "type": "boolean",
                    },
                    "extras": {
                        "title": "Extras",
                        "type": "array",
                        "items": {"enum": ["garden", "garage", "lift"]},
                    },
                    "owners": {
                        "title": "Owners",
                        "titles": {"es": "Propietarios"},
                        "type": "array",
                        "items": {
                            "properties": {
                                "name": {"title": "Name", "titles": {"es": "Nombre"}, "type": "string"},
                                "share": {"title": "Share", "titles": {"es": "Parte"}, "type": "number"},
                            }
                        },
                    },
                    "costs": {
                        "title": "Costs",
                        "titles": {"es": "Gastos"},
                        "type": "object",
                        "additionalProperties": {"type": "number"},
                    },
                    "viewing": {
                        "title": "Viewing",
                        "titles": {"es": "Visita"},
                        "type": "string",
                        "format": "date-time",
                    },
                    "notes": {
                        "title": "Notes",
                        "titles": {"es": "Notas"},
                        "type": "string",
                        "maxLength": 2000,
                    },
                },
                "if": {"properties": {"kind": {"const": "flat"}}, "required": ["kind"]},
                "then": {
                    "properties": {"floor": {"title": "Floor", "titles": {"es": "Planta"}, "type": "integer"}}
                },
            },
        }
    },
}


def register(server: RetomaServer, name: str, process: dict[str, Any]) -> None:
    """Register a process, as the shop does."""
    secret = {"Authorization": f"Bearer {server.secret_key}", "Retoma-Channel": "api"}
    place = f"{server.url}/v1/processes/{name}"
    requests.put(place, json=process, headers=secret, timeout=30).raise_for_status()


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_a_form_is_filled_in_by_two_at_once(tmp_path: Path) -> None:
    """What each types the other sees; nobody's typing is taken from them, and nothing is lost."""
    with RetomaServer(tmp_path) as server:
        register(server, "mortgage", FORM)
        register(server, "gifts", {"kind": "cart", "fields": {"/info": "public"}})
        server.cli("stores", "add", "Sol")
        made = server.cli(
            "staff", "add", "Marta", "--sign-in", "marta", "--store", "Sol", typed=f"{PASSWORD}\n"
        )
        server.cli("staff", "add", "Eva", "--sign-in", "eva", "--role", "supervisor", typed=f"{PASSWORD}\n")
        tell(
            "console_editor",
            SERVER=server.url,
            KEY=server.publishable_key,
            CONSOLE=made.split()[-1],
            PASSWORD=PASSWORD,
        )
