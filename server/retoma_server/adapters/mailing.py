"""Sending letters by e-mail, through the operator's own mail server (SMTP, RFC 5321)."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

from retoma_server.adapters.letters import Letter
from retoma_server.domain.errors import RetomaError

SECONDS = 10.0
SUBMISSION, SECURE = 587, 465
"""Ports (RFC 6409, RFC 8314)."""


class CannotSend(RetomaError):
    """Raised when a letter was not taken: `sending-failed`, or `sending-unavailable` where none ever is."""

    code = "sending-failed"


class Mailer(Protocol):
    """Whoever delivers letters."""

    def send(self, to: str, letter: Letter) -> None:
        """Deliver a letter to an e-mail address, or to a phone; raises CannotSend."""
        ...


class NoMailer:
    """For servers without a mail server, and tenants without a hook for text messages."""

    def send(self, to: str, letter: Letter) -> None:
        """Deliver nothing, and say so."""
        raise CannotSend("sending-unavailable")


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """A mail server that takes letters from us, as `sender`."""

    host: str
    port: int
    secure: bool
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, sender: str) -> Self:
        """Read `smtp://user:password@host:port`, or `smtps://…` for TLS from the first byte."""
        parts = urlsplit(url)
        secure = parts.scheme == "smtps"
        user, password = (each and unquote(each) for each in (parts.username, parts.password))
        port = parts.port or (SECURE if secure else SUBMISSION)
        return cls(parts.hostname or "", port, secure, sender, user, password)

    def send(self, to: str, letter: Letter) -> None:
        """Deliver a letter; raises CannotSend where the server is away, or does not take it."""
        try:
            with self._session() as session:
                session.send_message(message_of(self.sender, to, letter))
        except (OSError, smtplib.SMTPException, ValueError):
            raise CannotSend from None

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        context = ssl.create_default_context()
        session: smtplib.SMTP = (
            smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=context)
            if self.secure
            else smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        )
        with session:
            # A password is never sent in clear, whatever the server offers.
            if not self.secure and (offers_tls(session) or self.user):
                session.starttls(context=context)
            if self.user is not None:
                session.login(self.user, self.password or "")
            yield session


def offers_tls(session: smtplib.SMTP) -> bool:
    """Whether a server offers TLS on the connection that there is (RFC 3207)."""
    session.ehlo_or_helo_if_needed()
    return session.has_extn("starttls")


def message_of(sender: str, to: str, letter: Letter) -> EmailMessage:
    """A letter as a message; raises ValueError for an address that would begin another header."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, letter.subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="retoma.invalid")
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday reply comes back (RFC 3834)
    message.set_content(letter.text)
    return message
