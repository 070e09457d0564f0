"""Promise of a link by e-mail from Python: it is in the letter, and nowhere else."""

from pathlib import Path

import pytest

import retoma
from tests.servers.mail_server import MailServer
from tests.servers.retoma_server import RetomaServer


def test_a_link_is_sent_and_shown_to_nobody(tmp_path: Path) -> None:
    """In the language that was asked for; the handoff can be ended like any other."""
    with MailServer() as mail, RetomaServer(tmp_path, RETOMA_SMTP=mail.url) as server:
        visitor = retoma.Client(server.url, server.publishable_key).visitor()
        draft = visitor.draft("loan")
        handoff = draft.handoff("email", address="ana@example.com", language="es")
        assert (handoff.to, handoff.url, handoff.code) == ("email", None, None)
        assert mail.newest["Subject"] == "Continúa con «loan»"
        draft.revoke(handoff)
        with pytest.raises(retoma.NotFoundError):
            visitor.preview(mail.link)


def test_what_cannot_be_sent_is_told(server: RetomaServer) -> None:
    """A server without a mail server, a shop without a hook for messages, and what is no address."""
    draft = retoma.Client(server.url, server.publishable_key).visitor().draft("loan")
    for address, code in (("ana@example.com", "sending-unavailable"), ("ana", "validation-failed")):
        with pytest.raises(retoma.InvalidRequestError) as refusal:
            draft.handoff("email", address=address)
        assert refusal.value.code == code
    with pytest.raises(retoma.InvalidRequestError) as refusal:
        draft.handoff("phone", address="+34612345678")
    assert refusal.value.code == "sending-unavailable"
