"""Who wrote something, as it is kept beside what they wrote."""

from typing import NamedTuple

STAFF = "staff"
"""The kind of principal that enters what is not its own."""


class Author(NamedTuple):
    """Who wrote something: the kind of principal, the writer it came from, and what people call it.

    `installation` names the browser profile or app install, so that a reload, which is a new
    writer, goes on in the same conflict record. `name` is a staff member's; `device` a label
    such as "iPhone" that only the same customer sees, `device_id` what their list of devices has it under.
    """

    kind: str
    channel: str = "api"
    writer: str | None = None
    installation: str | None = None
    device: str | None = None
    name: str | None = None
    device_id: str | None = None

    @property
    def origin(self) -> str | None:
        """What keeps an author's conflict records together: the installation, else the writer.

        Both are names that anybody may use, so the kind of principal is part of it: staff never
        go on in a customer's record.
        """
        name = self.installation or self.writer
        return name and f"{self.kind}:{name}"
