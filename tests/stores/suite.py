"""The contract of a store, executable: every store passes all of it, or is none."""

from collections.abc import Iterator

import pytest

from retoma_server.adapters.stores import Listener, Store
from tests.stores.calls import Open
from tests.stores.suite_at_once import AtOnce
from tests.stores.suite_finding import Finding
from tests.stores.suite_logs import Logs
from tests.stores.suite_records import Records


class StoreSuite(Records, Finding, Logs, AtOnce):
    """Subclasses have a fixture `open_instance`: it opens one more running instance on one empty store."""

    @pytest.fixture
    def store(self, open_instance: Open) -> Store:
        return open_instance()

    @pytest.fixture
    def other(self, open_instance: Open, store: Store) -> Store:
        return open_instance()

    @pytest.fixture
    def listener(self, other: Store) -> Iterator[Listener]:
        listener = other.listen()
        yield listener
        listener.close()

    def test_the_epoch_is_one_until_a_new_one_begins(self, store: Store, other: Store) -> None:
        """Every instance names the same, and learns of a new one at the latest with its next read."""
        first = store.epoch
        assert first == other.epoch == store.epoch
        second = other.new_epoch()
        store.read(0, [])
        assert first != second == other.epoch == store.epoch
        assert "." not in first + second

    def test_a_well_kept_store_has_no_problems(self, store: Store) -> None:
        """It says what it is and what it promises."""
        health = store.health()
        assert health.problems == ()
        assert {"version", "durability"} <= set(health.facts)
