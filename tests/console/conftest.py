<<<<<<< HEAD
"""The shop that the tests of one file share."""
=======
"""The server behind the counter: on SQLite in memory, and on Redis."""
>>>>>>> shell

from collections.abc import Iterator

import pytest

<<<<<<< HEAD
from tests.http.shop import Shop, shop_in_memory


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A shop in memory: each test brings its own customers."""
    opened = shop_in_memory()
    yield opened
=======
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
>>>>>>> shell
    opened.deps.store.close()
