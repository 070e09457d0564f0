"""The shop in a real browser, on the real server, with the orders that it makes."""

from pathlib import Path

import pytest
from examples.shop.stage import stage

from tests.e2e.stories import tell


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_a_cart_goes_from_device_to_device_and_is_ordered_once(tmp_path: Path) -> None:
    """What people see is in the story; the shop has made one order, of what was on the screen."""
    with stage(tmp_path) as shop:
        tell("shop", PAGE=shop.url)
    assert [order.pieces for order in shop.orders.made.values()] == [{"tee": 3}]
