"""Carts under `kill -9` at random moments: totals come out right, one order a cart, every claim ends.

`make test` kills 20 times, ten on each store, and `make soak` 200 times on each. `python -m benchmarks.kills`
does the latter and writes what it found into benchmarks/results.md. `RETOMA_SEED=…` repeats what was random.
"""

from pathlib import Path

import pytest

from tests.http.cart_kills import killed


@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", ["sqlite", "redis"])
def test_through_twenty_kills_every_cart_is_right(store: str, tmp_path: Path) -> None:
    """Adds, claims and orders are repeated until answered, some claims never; all count once."""
    assert killed(store, tmp_path, 10).claims > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("store", ["sqlite", "redis"])
def test_through_two_hundred_kills_every_cart_is_right(store: str, tmp_path: Path) -> None:
    """The same for longer."""
    tally = killed(store, tmp_path, 200)
    assert min(tally.claims, tally.orders, tally.left) > 10
