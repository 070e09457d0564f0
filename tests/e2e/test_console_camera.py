"""The camera of the staff console, in a real browser whose camera plays a film of a customer's screen."""

from pathlib import Path

import pytest

from tests.e2e.stories import tell
from tests.e2e.test_console_editor import PASSWORD, register
from tests.servers.retoma_server import RetomaServer


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_a_code_is_read_by_the_camera(tmp_path: Path) -> None:
    """By our own reader, where the browser has none; without a camera the page says so and is typed into."""
    with RetomaServer(tmp_path) as server:
        about = {"titles": {"en": "Mortgage application"}, "fields": {"/name": "public"}}
        register(server, "mortgage", {**about, "url": f"{server.url}/docs"})
        marta = ("staff", "add", "Marta", "--sign-in", "marta")
        made = server.cli(*marta, typed=f"{PASSWORD}\n")
        tell(
            "console_camera",
            SERVER=server.url,
            KEY=server.publishable_key,
            CONSOLE=made.split()[-1],
            PASSWORD=PASSWORD,
            FOLDER=str(tmp_path),
        )
