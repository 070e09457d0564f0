"""The page of three devices in a real browser, on the real server."""

import os
import subprocess
from pathlib import Path

import pytest
from examples.three_devices.demo import stage

HERE = Path(__file__).parent


@pytest.mark.browser
@pytest.mark.timeout(400)
@pytest.mark.parametrize("story", ["three_devices", "three_devices_cart"])
def test_the_page_does_what_it_shows(tmp_path: Path, story: str) -> None:
    """A form and a cart: bad connections, help, languages, keyboard, accessibility; see the stories."""
    with stage(tmp_path, 0, lan=False) as at:
        done = subprocess.run(
            ["node", "--test", "--test-reporter=spec", HERE / f"{story}.test.mjs"],
            env=os.environ | {"PAGE": at.page},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
