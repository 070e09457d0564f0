"""The server behind the counter: on SQLite in memory, and on Redis."""

from collections.abc import Iterator

import pytest

from retoma_server.adapters.stores import RedisStore
from tests.actions.business import Clock
from tests.http.shop import Shop, open_shop, shop_in_memory
from tests.http.test_staff import hashing_quickly


@pytest.fixture(scope="module", params=["memory", "redis"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop whose staff sign in."""
    if request.param == "memory":
        opened = shop_in_memory()
    else:
        opened = open_shop(RedisStore(request.getfixturevalue("redis_server").url(), relaxed=True), Clock())
    yield hashing_quickly(opened)
    opened.deps.store.close()
