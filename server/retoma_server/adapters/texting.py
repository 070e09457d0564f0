"""Sending letters as text messages, by way of a tenant's own back end, which has a provider for that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from retoma_server.adapters.letters import Letter
from retoma_server.adapters.mailing import CannotSend
from retoma_server.adapters.sending import NotSent, Refused, Sender

SECONDS = 2.0
"""All that sending may take: somebody waits for it."""
MOST = 65_536
"""No answer is longer, in bytes."""

Seal = Callable[[str, Letter], tuple[bytes, Mapping[str, str]]]
"""From a number and a letter to the body of the request and the headers that prove who sends it."""


@dataclass(frozen=True, slots=True)
class HookMailer:
    """A tenant's back end that takes text messages from us."""

    sender: Sender
    url: str = field(repr=False)
    seal: Seal

    def send(self, to: str, letter: Letter) -> None:
        """Hand a letter over; raises CannotSend for any answer but 200, and for none within two seconds."""
        body, headers = self.seal(to, letter)
        try:
            self.sender.post(self.url, headers, body, seconds=SECONDS, most=MOST)
        except (NotSent, Refused):
            raise CannotSend from None
