"""The page of three devices in a real browser, on the real server."""

from pathlib import Path

import pytest
from examples.three_devices.demo import stage

from tests.e2e.stories import tell


@pytest.mark.browser
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("story", ["three_devices", "three_devices_cart"])
def test_the_page_does_what_it_shows(tmp_path: Path, story: str) -> None:
    """A form and a cart: bad connections, help, languages, keyboard, accessibility; see the stories."""
    with stage(tmp_path, 0, lan=False) as at:
        tell(story, PAGE=at.page)
