"""The right to write that staff have in a draft: one of them at a time, and its owner always."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ._errors import LeaseLostError, PermissionDeniedError
from ._problems import Reply
from ._transport import Transport


class Lease:
    """The lease of the draft that an assist opens; every write carries its fence, which renews it."""

    def __init__(self, transport: Transport, assist: str) -> None:
        """Hold nothing yet."""
        self.transport = transport
        #: The id of the assist.
        self.assist = assist
        self.fence: int | None = None

    def take(self) -> None:
        """Take it, also anew; raises LeaseLostError while a colleague is at work in the draft."""
        taken = self.transport.request("POST", f"/v1/assist/{self.assist}/lease", {}).body
        self.fence = taken["fence"]

    def try_to_take(self) -> None:
        """Take it unless a colleague has it, or the customer lets staff only look: looking needs none."""
        with suppress(LeaseLostError, PermissionDeniedError):
            self.take()

    def write(self, path: str, body: Mapping[str, Any], key: str | None) -> Reply:
        """Send a write under the fence; once more, with a new one, where that was lost."""
        try:
            return self.transport.request("POST", path, body, key=key, fence=self.fence)
        except LeaseLostError:
            self.take()
        return self.transport.request("POST", path, body, key=key, fence=self.fence)
