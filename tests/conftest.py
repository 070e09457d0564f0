"""Servers that tests share: each pytest-xdist worker starts its own, once."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.servers.redis_server import NoRedisServer, RedisServer
from tests.servers.retoma_server import RetomaServer

# How long an example takes says how busy the machine is; speed is measured in benchmarks/.
settings.register_profile("retoma", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("retoma")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A real Redis, running for the whole session; whoever breaks one starts a `RedisServer` of its own."""
    try:
        with RedisServer() as server:
            yield server
    except NoRedisServer as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of the session's Redis, emptied."""
    redis_server.command("FLUSHALL")
    return redis_server.url()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetomaServer]:
    """A real Retoma server on the embedded store; whoever stops or breaks one starts their own."""
    with RetomaServer(tmp_path_factory.mktemp("server")) as server:
        yield server
