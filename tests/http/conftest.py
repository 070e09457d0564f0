"""The real server over a store in memory, asked directly."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from retoma_server.actions.deps import Deps
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.stores import RedisStore, SqliteStore, Store
from retoma_server.app import app_of, wire
from tests.actions.business import Clock
from tests.http.shop import Shop, open_shop, shop_in_memory


@pytest.fixture
def deps() -> Iterator[Deps]:
    """Real collaborators; the store is SQLite in memory."""
    environ = {
        "RETOMA_STORE": "sqlite://",
        "RETOMA_KEYRING": Keyring.create().dump(),
        "RETOMA_PUBLIC_URL": "https://retoma.test",
        "RETOMA_RATE_LIMITS": "off",
    }
    made = wire(Settings.from_env(environ))
    yield made
    made.store.close()


@pytest.fixture
def app(deps: Deps) -> Flask:
    """The server."""
    return app_of(deps)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody who asks it."""
    return app.test_client()


@pytest.fixture(params=["sqlite", "redis"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """A shop of one's own on a real store, once on each."""
    clock = Clock()
    store: Store = (
        SqliteStore(tmp_path / "retoma.db", relaxed=True, clock=clock)
        if request.param == "sqlite"
        else RedisStore(request.getfixturevalue("redis_url"), relaxed=True)
    )
    yield open_shop(store, clock)
    store.close()


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A shop that the tests of one file share: each brings its own customers, and time only goes on."""
    opened = shop_in_memory()
    yield opened
    opened.deps.store.close()
