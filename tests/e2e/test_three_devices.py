"""The page of three devices in a real browser, on the real server."""

import os
import subprocess
from pathlib import Path

import pytest
from examples.three_devices.demo import stage

STORY = Path(__file__).with_name("three_devices.test.mjs")


@pytest.mark.browser
@pytest.mark.timeout(400)
def test_the_page_does_what_it_shows(tmp_path: Path) -> None:
    """Typing, conflicts, bad connections, help, two languages, keyboard and accessibility: see the story."""
    with stage(tmp_path, 0, lan=False) as at:
        done = subprocess.run(
            ["node", "--test", "--test-reporter=spec", STORY],
            env=os.environ | {"PAGE": at.page},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
