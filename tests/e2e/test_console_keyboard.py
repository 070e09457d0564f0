"""The staff console by keyboard alone, in a real browser."""

from pathlib import Path

import pytest

from tests.e2e.stories import converse
from tests.e2e.test_console import PASSWORD, PROCESS, Customer
from tests.e2e.test_console_editor import register
from tests.e2e.test_landing import ask
from tests.servers.retoma_server import RetomaServer


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_a_clerk_needs_nothing_but_keys(tmp_path: Path) -> None:
    """From signing in over an answer to the hand-back at a step; the customer has both."""
    with RetomaServer(tmp_path) as server:
        register(server, "mortgage", {**PROCESS, "url": f"{server.url}/docs"})
        made = server.cli("staff", "add", "Marta", "--sign-in", "marta", typed=f"{PASSWORD}\n")
        begun: list[tuple[str, str]] = []

        def answer(question: str) -> str:
            token = ask("POST", f"{server.url}/v1/visitors", server.publishable_key)["token"]
            draft = ask("POST", f"{server.url}/v1/drafts", token, {"process": "mortgage"})["id"]
            place = f"{server.url}/v1/drafts/{draft}"
            ask("POST", f"{place}/changes", token, Customer(server).form(question.partition(" ")[2]))
            begun.append((place, token))
            code: str = ask("POST", f"{place}/handoffs", token, {"to": "staff"})["code"]
            return code

        converse("console_keyboard", answer, made.split()[-1], PASSWORD)
        assert len(begun) == 2
        for place, token in begun:
            draft = ask("GET", place, token)
            assert (draft["data"]["name"], draft["position"]["step"]) == ("Ana Sol", "income")
