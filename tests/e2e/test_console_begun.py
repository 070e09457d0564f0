"""What is begun on the staff console for a person with no account, and their phone, in real browsers."""

from pathlib import Path

import pytest

from tests.e2e.stories import converse
from tests.e2e.test_console import PASSWORD, PROCESS
from tests.e2e.test_console_editor import register
from tests.servers.mail_server import MailServer
from tests.servers.retoma_server import RetomaServer


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_what_is_begun_at_the_counter_goes_on_on_the_customers_phone(tmp_path: Path) -> None:
    """By a link to the address that they say and the code that is sent there; then it is theirs."""
    with MailServer() as mail, RetomaServer(tmp_path, RETOMA_SMTP=mail.url) as server:
        register(server, "mortgage", {**PROCESS, "url": f"{server.url}/home.html"})
        made = server.cli("staff", "add", "Marta", "--sign-in", "marta", typed=f"{PASSWORD}\n")

        def answer(question: str) -> str:
            return mail.link if question == "link" else mail.code

        page = (server.url, server.publishable_key)
        converse("console_begun", answer, made.split()[-1], PASSWORD, *page)
