"""A guest with a cart who signs in, and a customer with a saved one: what tests of claims begin with."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.app import app_of, wire
from tests.actions.business import Clock
from tests.http.shop import Person, Shop, new_key, open_tenant, shop_in_memory
from tests.http.test_carts import add, change

USD = {"amount": 2190, "currency": "USD"}


@pytest.fixture(scope="module", params=["memory", "redis"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop on SQLite, and one on a real Redis."""
    if request.param == "memory":
        opened = shop_in_memory()
    else:
        variables = {
            "RETOMA_STORE": request.getfixturevalue("redis_server").url(),
            "RETOMA_KEYRING": Keyring.create().dump(),
            "RETOMA_PUBLIC_URL": "https://retoma.test",
            "RETOMA_RATE_LIMITS": "off",
            "RETOMA_DURABILITY": "relaxed",
        }
        deps = wire(Settings.from_env(variables))
        opened = Shop(app_of(deps), deps, Clock(), open_tenant(deps))
    yield opened
    opened.deps.store.close()


def open_cart(person: Person, **more: Any) -> str:
    """The id of a person's cart of a process and key."""
    opened = person.post("/v1/drafts", {"process": "cart", "kind": "cart", **more})
    assert opened.status_code in (200, 201), opened.text
    draft: str = opened.get_json()["id"]
    return draft


def filled(
    person: Person, writer: str = "w_1", price: Any = None, key: str = "default", **pieces: int
) -> str:
    """The id of a person's cart with so many of each sku."""
    cart = open_cart(person, key=key)
    ops = [
        add(sku, quantity=quantity, **({"price": price} if price else {})) for sku, quantity in pieces.items()
    ]
    assert change(person, cart, 1, *ops, writer=writer)["status"] == "applied"
    return cart


def asked(customer: Person, guest: Person, **wish: Any) -> TestResponse:
    """The answer to a claim."""
    return customer.post("/v1/claim", {"visitor": guest.credential, **wish})


def claim(customer: Person, guest: Person, **wish: Any) -> dict[str, Any]:
    """The receipt of a claim that is answered."""
    answer = asked(customer, guest, **wish)
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.get_json()
    return receipt


def only(receipt: dict[str, Any]) -> dict[str, Any]:
    """What a receipt says of the one cart in it."""
    (cart,) = receipt["carts"]
    found: dict[str, Any] = cart
    return found


def renewed(guest: Person, receipt: dict[str, Any]) -> Person:
    """The guest with the token that the claim gave."""
    return replace(guest, credential=receipt["visitor"]["token"])


def listed(person: Person, status: str) -> list[str]:
    """The ids of a person's drafts of a status."""
    items = person.get(f"/v1/drafts?status={status}").get_json()["items"]
    return [item["id"] for item in items]


def told(person: Person, draft: str) -> list[str]:
    """The types of the events of one draft."""
    items = person.get("/v1/events", Accept="application/json").get_json()["items"]
    return [event["type"] for event in items if event["draft"] == draft]


@dataclass(frozen=True)
class Pair:
    """A guest with a cart, and a customer with a saved one."""

    guest: Person
    cart: str
    ann: Person
    saved: str


@pytest.fixture
def pair(shop: Shop) -> Pair:
    """2 tees and 1 lamp of a guest, 3 tees and 1 mug of Ann."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    return Pair(guest, filled(guest, tee=2, lamp=1), ann, filled(ann, tee=3, mug=1))
