"""A link in a mailbox, opened in a real browser, on a real server that sends through a real mail server."""

from pathlib import Path

import pytest
import requests

from tests.e2e.stories import converse
from tests.servers.mail_server import MailServer
from tests.servers.retoma_server import RetomaServer


def sent_link(server: RetomaServer, mail: MailServer) -> str:
    """A link to a form that a visitor has begun, as it came by e-mail."""
    service = {"Authorization": f"Bearer {server.secret_key}"}
    process = {"titles": {"en": "Mortgage application"}, "url": f"{server.url}/docs"}
    requests.put(f"{server.url}/v1/processes/mortgage", json=process, headers=service, timeout=30)
    page = {"Authorization": f"Bearer {server.publishable_key}"}
    visitor = requests.post(f"{server.url}/v1/visitors", headers=page, timeout=30).json()
    own = {"Authorization": f"Bearer {visitor['token']}"}
    draft = requests.post(
        f"{server.url}/v1/drafts", json={"process": "mortgage"}, headers=own, timeout=30
    ).json()
    wish = {"to": "email", "address": "ana@example.com"}
    place = f"{server.url}/v1/drafts/{draft['id']}/handoffs"
    assert requests.post(place, json=wish, headers=own, timeout=30).status_code == 201
    return mail.link


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_a_mailed_link_opens_with_the_code_and_not_without(tmp_path: Path) -> None:
    """What the person sees is in the story, which reads the mailbox through us."""
    with MailServer() as mail, RetomaServer(tmp_path, RETOMA_SMTP=mail.url) as server:
        converse("mailed_link", lambda _: mail.code, sent_link(server, mail))
        assert len(mail.letters) == 2
