"""A device of a customer who is merged into another meanwhile goes on, with all that it had not sent yet."""

import uuid
from collections.abc import Iterator

import pytest

import retoma
from tests.servers.retoma_server import RetomaServer

from .people import service


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetomaServer]:
    """A server of these tests' own."""
    with RetomaServer(tmp_path_factory.mktemp("sdk")) as server:
        yield server


def merged(server: RetomaServer, into: retoma.Client, other: retoma.Client) -> None:
    """Merge one customer into another, as the shop's back end does."""
    ids = [client.draft("any").customer for client in (into, other)]
    transport = service(server)._transport
    reply = transport.request("POST", f"/v1/customers/{ids[0]}/merges", {"from": ids[1]})
    assert reply.body["status"] == "merged"


def test_a_cart_goes_on_as_the_customers(server: RetomaServer) -> None:
    """What was added before, during and after the merge counts once."""
    shop = service(server)
    ann, other = (shop.customer(f"u-{uuid.uuid4()}") for _ in range(2))
    saved, cart = ann.cart(), other.cart()
    saved.add("tee", 3)
    saved.save()
    cart.add("lamp")
    cart.save()
    cart.add("mug", 2)  # not sent yet
    merged(server, ann, other)
    cart.save()
    cart.add("mug")
    cart.save()
    assert cart.id == saved.id
    assert {line.sku: line.quantity for line in ann.cart().lines} == {"tee": 3, "lamp": 1, "mug": 3}


def test_a_form_that_was_completed_is_read_as_before(server: RetomaServer) -> None:
    """The device has another token by then, and the same form."""
    shop = service(server)
    ann, other = (shop.customer(f"u-{uuid.uuid4()}") for _ in range(2))
    form = other.draft("mortgage")
    form.set("/name", "Ann")
    form.complete()
    merged(server, ann, other)
    form.refresh()
    assert (form.status, form.data) == ("completed", {"name": "Ann"})


def test_a_form_goes_on_as_the_customers(server: RetomaServer) -> None:
    """What is filled in after the merge comes into the customer's form."""
    shop = service(server)
    ann, other = (shop.customer(f"u-{uuid.uuid4()}") for _ in range(2))
    form = other.draft("visit")
    form.set("/city", "Madrid")
    form.save()
    merged(server, ann, other)
    form.set("/day", "Monday")
    form.save()
    assert ann.draft("visit").data == {"city": "Madrid", "day": "Monday"}
    assert form.id == ann.draft("visit").id
