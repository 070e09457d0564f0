"""What tests of the SDK share: a client that never really waits, and a network that is scripted."""

from collections.abc import Iterator

import pytest
import responses

import retoma

from .wire import EPOCH, URL, cart_json, draft_json, line_json


@pytest.fixture
def network() -> Iterator[responses.RequestsMock]:
    """The network: it answers what a test adds, in that order, and refuses everything else."""
    with responses.RequestsMock(registry=responses.registries.OrderedRegistry) as network:
        yield network


@pytest.fixture
def pauses() -> list[float]:
    """The seconds that the client has paused, in order."""
    return []


@pytest.fixture
def client(pauses: list[float]) -> Iterator[retoma.Client]:
    """A customer's client; it notes its pauses instead of making them, and draws 0.5 each time."""
    with retoma.Client(URL, "ct_ann", sleep=pauses.append, random=lambda: 0.5) as client:
        yield client


@pytest.fixture
def draft(client: retoma.Client) -> retoma.Draft:
    """A draft at revision 5 in which the name is Ann."""
    return retoma.Draft(client, draft_json(5, {"name": "Ann"}), EPOCH)


@pytest.fixture
def cart(client: retoma.Client) -> retoma.Cart:
    """A cart at revision 5 with two tees."""
    return retoma.Cart(client, cart_json(5, line_json("tee", 2)), EPOCH)
