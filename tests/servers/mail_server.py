"""A mail server on 127.0.0.1 that keeps the letters it takes: a real one, by aiosmtpd."""

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller

from tests.servers.retoma_server import free_port


@dataclass
class MailServer:
    """Keeps what it was sent; with `refuses` set to an SMTP answer it takes nothing."""

    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuses: str | None = None

    def __enter__(self) -> Self:
        self._controller = Controller(Taking(self), hostname="127.0.0.1", port=free_port())
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    @property
    def newest(self) -> EmailMessage:
        """The letter that came last."""
        return self.letters[-1][1]

    @property
    def text(self) -> str:
        """The text of the letter that came last."""
        return str(self.newest.get_content())

    @property
    def link(self) -> str:
        """The link in the letter that came last."""
        return re.findall(r"https?://\S+", self.text)[0]

    @property
    def code(self) -> str:
        """The code in the letter that came last."""
        return re.findall(r"\b\d{6}\b", self.text)[0]


class Taking:
    """Takes letters for a mail server: aiosmtpd looks at every member of what it hands them to."""

    def __init__(self, server: MailServer) -> None:
        """Take them for that one."""
        self._server = server

    async def handle_DATA(self, _smtp: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 named by aiosmtpd
        """Take a letter."""
        if self._server.refuses:
            return self._server.refuses
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self._server.letters.append((envelope.rcpt_tos, message))
        return "250 Taken"
