"""SQLite in memory: one instance, gone when closed; what tests of everything else stand on."""

from collections.abc import Iterator

import pytest

from retoma_server.adapters.stores import SqliteStore, Store
from tests.stores.calls import Open
from tests.stores.machine import hold_against_model
from tests.stores.suite import StoreSuite


class TestSqliteMemory(StoreSuite):
    """The contract, where every instance is the same one."""

    @pytest.fixture
    def open_instance(self) -> Iterator[Open]:
        store = SqliteStore(None)
        yield lambda: store
        store.close()


def test_any_sequence_of_calls_does_what_the_model_does() -> None:
    """Hypothesis finds no order of commits, searches and pages where the store differs."""

    def open_pair() -> tuple[Store, Store]:
        store = SqliteStore(None)
        return store, store

    hold_against_model(open_pair, examples=60)


def test_the_clock_is_the_one_passed_in() -> None:
    """Time and due times follow it."""
    times = iter([5, 7, 9, 11])
    store = SqliteStore(None, clock=lambda: next(times))
    assert (store.now(), store.read(0, []).now) == (5, 7)
    store.close()
