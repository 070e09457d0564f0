"""The right to write that staff have in a draft: one of them at a time, and its owner always."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from ._errors import LeaseLostError, RetomaError
from ._help import Assist
from ._problems import Reply
from ._transport import Transport


class Lease:
    """The lease of the draft that an assist opens; every write carries its fence, which renews it."""

    def __init__(self, transport: Transport, assist: Assist) -> None:
        """Hold nothing yet."""
        self.transport = transport
        #: By which consent they are in it, as last told.
        self.assist = assist
        self.fence: int | None = None

    def take(self, *, take_over: bool = False) -> None:
        """Take it, also anew; raises LeaseLostError while a colleague is at work in the draft.

        A supervisor takes it over from them.
        """
        path = f"/v1/assist/{quote(self.assist.id, '')}/lease"
        taken = self.transport.request("POST", path, {"take_over": True} if take_over else {}).body
        self.fence = taken["fence"]

    def try_to_take(self) -> None:
        """Take it if that can be: looking needs none, and a write asks for it once more."""
        with suppress(RetomaError):
            self.take()

    def write(self, path: str, body: Mapping[str, Any], key: str | None) -> Reply:
        """Send a write under the fence; once more, with a new one, where that was lost."""
        try:
            return self.transport.request("POST", path, body, key=key, fence=self.fence)
        except LeaseLostError:
            self.take()
        return self.transport.request("POST", path, body, key=key, fence=self.fence)
