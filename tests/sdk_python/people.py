"""Who speaks to a real server in these tests."""

import uuid

import retoma
from tests.servers.retoma_server import RetomaServer


def service(server: RetomaServer, url: str | None = None) -> retoma.Client:
    """The shop's back end, which waits for nothing; `url` where the server is reached another way."""
    return retoma.Client(url or server.url, server.secret_key, sleep=lambda seconds: None)


def somebody(server: RetomaServer, url: str | None = None) -> retoma.Client:
    """A new customer at a desktop."""
    return service(server, url).customer(f"u-{uuid.uuid4()}", channel="web", device="Mac")


def phone(server: RetomaServer) -> retoma.Client:
    """A device that has nothing but what is handed to it."""
    return retoma.Client(server.url, channel="mobile_web", device="iPhone")
