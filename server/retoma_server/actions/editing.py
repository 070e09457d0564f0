"""A draft beside its process: all that a form for filling it in is made of."""

from dataclasses import dataclass
from typing import Any

from retoma_server.domain.access import Principal
from retoma_server.domain.processes import Process

from .callers import Caller
from .changing import shown_delta
from .deps import Deps
from .desk import Desk
from .drafts import shown_json
from .resuming import resumed


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft as one principal may see it: whole, and by cells or lines with who wrote them and when."""

    process: Process
    draft: dict[str, Any]
    delta: dict[str, Any]

    @property
    def revision(self) -> int:
        """The draft's revision."""
        return int(self.draft["revision"])


def read_sheet(deps: Deps, caller: Caller, draft: str) -> Sheet:
    """A draft with its process; a look by staff is audited before it is shown.

    Raises what `get_draft` raises.
    """

    def decide(desk: Desk, principal: Principal) -> Sheet:
        desk.audit(principal, "draft-viewed")
        return Sheet(desk.process, shown_json(desk, principal), shown_delta(desk, principal, 0))

    sheet: Sheet = resumed(deps, caller, draft, decide)
    return sheet
