"""Reveal: a supervisor reads one masked answer, once, for a reason, on the record."""

from dataclasses import dataclass

from retoma_server.domain.access import Principal, Verb
from retoma_server.domain.assists import Method
from retoma_server.domain.errors import Forbidden, NotFound
from retoma_server.domain.pointers import Json
from retoma_server.domain.processes import FieldClass

from .callers import Caller
from .deps import Deps
from .desk import Desk
from .handing_back import assisted_draft, own_assist
from .jobs import Job, work


@dataclass(frozen=True, slots=True)
class Revealed:
    """One answer, whole."""

    path: str
    value: Json


def reveal(deps: Deps, caller: Caller, assist: str, path: str, reason: str) -> Revealed:
    """One answer of the draft that one helps with; nobody sees it unless the commit of its record was made.

    Raises NotFound where there is no answer at `path`, Forbidden `not-allowed-in-assist` for one that staff
    never see, and for all by an override.
    """

    def decide(desk: Desk, principal: Principal) -> Revealed:
        if own_assist(principal, assist).method is Method.OVERRIDE:
            raise Forbidden("not-allowed-in-assist")
        cell = desk.draft.cells.get(path)
        if cell is None or not cell.live:
            raise NotFound
        if desk.process.strictest(path) not in (FieldClass.PUBLIC, FieldClass.PERSONAL):
            raise Forbidden("not-allowed-in-assist")
        desk.audit(principal, "field-revealed", paths=[path], reason=reason)
        return Revealed(path, cell.value)

    draft = assisted_draft(deps, caller, assist, Verb.REVEAL_FIELD)
    revealed: Revealed = work(deps, draft, Job(caller, Verb.REVEAL_FIELD, decide))
    return revealed
