"""The shop in a real browser, on the real server, with the orders that it makes."""

import os
import subprocess
from pathlib import Path

import pytest
from examples.shop.stage import stage

STORY = Path(__file__).with_name("shop.test.mjs")


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_a_cart_goes_from_device_to_device_and_is_ordered_once(tmp_path: Path) -> None:
    """What people see is in the story; the shop has made one order, of what was on the screen."""
    with stage(tmp_path) as shop:
        done = subprocess.run(
            ["node", "--test", "--test-reporter=spec", STORY],
            env=os.environ | {"PAGE": shop.url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert [order.pieces for order in shop.orders.made.values()] == [{"tee": 3}]
