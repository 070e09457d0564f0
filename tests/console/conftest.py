"""The shop that the tests of one file share."""

from collections.abc import Iterator

import pytest

from tests.http.shop import Shop, shop_in_memory


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A shop in memory: each test brings its own customers."""
    opened = shop_in_memory()
    yield opened
    opened.deps.store.close()
