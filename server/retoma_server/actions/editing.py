"""A draft beside its process: all that a form for filling it in is made of."""

from dataclasses import dataclass
from typing import Any

from retoma_server.domain.access import Principal, Verb
from retoma_server.domain.leases import Lease
from retoma_server.domain.processes import Process

from .callers import Caller
from .changing import shown_delta
from .deps import Deps
from .desk import Desk
from .drafts import shown_json
from .fencing import lease_of
from .handing_back import own_assist
from .jobs import Job, work
from .looking import audit_glance


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft as one member of staff may see it: whole, and by cells or lines with who wrote them and when.

    `others` is the lease under which a colleague is at work in it just now.
    """

    process: Process
    draft: dict[str, Any]
    delta: dict[str, Any]
    others: Lease | None = None

    @property
    def revision(self) -> int:
        """The draft's revision."""
        return int(self.draft["revision"])


def read_sheet(deps: Deps, caller: Caller, draft: str, assist: str, is_use: bool = True) -> Sheet:
    """A draft with its process, as it is shown to staff by an assist, who have opened it (`get_overview`).

    Looks are on record, once a minute. What a page asks by itself is no use of the assist. Raises what
    `get_draft` raises.
    """

    def decide(desk: Desk, principal: Principal) -> Sheet:
        audit_glance(desk, principal, is_use)
        lease, own = lease_of(desk), own_assist(principal, assist)
        holder = lease.held(desk.now)
        others = lease if holder is not None and holder.assist != own.id else None
        return Sheet(desk.process, shown_json(desk, principal), shown_delta(desk, principal, 0), others)

    sheet: Sheet = work(deps, draft, Job(caller, Verb.READ_DRAFT, decide, is_use=is_use))
    return sheet
