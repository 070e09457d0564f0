"""The devices of a customer from Python, against a real server."""

import uuid
from collections.abc import Iterator

import pytest

import retoma
from tests.servers.retoma_server import RetomaServer

from .people import service


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetomaServer]:
    """A server; each test has a customer of its own."""
    with RetomaServer(tmp_path_factory.mktemp("sdk")) as server:
        yield server


def test_a_lost_device_is_named_and_signed_out(server: RetomaServer) -> None:
    """The other one goes on; the lost one gets no new token either, until its customer signs in again."""
    user, shop = f"u-{uuid.uuid4()}", service(server)
    phone = shop.customer(user, session="s-1", channel="ios", device="iPhone")
    laptop = shop.customer(user, session="s-2", channel="web", device="Laptop")
    phone.draft("mortgage")
    laptop.draft("mortgage")
    here, lost = sorted(laptop.devices(), key=lambda device: not device.current)
    assert (here.name, here.channel, here.kind) == ("Laptop", "web", "signed-in")
    assert (lost.name, lost.channel, lost.current) == ("iPhone", "ios", False)
    assert lost.rename("Old phone").name == "Old phone"
    assert {device.name for device in laptop.devices()} == {"Laptop", "Old phone"}
    with pytest.raises(retoma.InvalidRequestError):
        lost.rename("")
    lost.revoke()
    lost.revoke()
    with pytest.raises(retoma.PermissionDeniedError, match="device-revoked"):
        phone.draft("mortgage")
    assert [device.id for device in laptop.devices()] == [here.id]
    assert shop.customer(user, session="s-3").draft("mortgage").id


def test_the_service_sees_and_signs_out_for_its_customer(server: RetomaServer) -> None:
    """By the customer's id."""
    shop = service(server)
    ana = shop.customer(f"u-{uuid.uuid4()}", session="s-1")
    customer = ana.draft("mortgage").customer
    (device,) = shop.devices(customer=customer)
    device.revoke()
    assert shop.devices(customer=customer) == []
