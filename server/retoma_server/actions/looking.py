"""Looks of the console's pages: an opened one is on record, and so is what it shows later, once a minute.

What a page asks for by itself while it stays open would else drown, in entries, what staff really did.
"""

from dataclasses import replace

from retoma_server.domain.access import Principal

from .desk import Desk
from .passages import passage_write

LOOK = "draft-viewed"


def audit_opening(desk: Desk, principal: Principal) -> None:
    """Put on record that a member of staff opens a process; it is a use of their assist."""
    desk.audit(principal, LOOK)
    _note(desk, principal, desk.now)


def audit_glance(desk: Desk, principal: Principal, is_use: bool) -> None:
    """Put on record what an open page shows by itself, unless a look within the last minute is."""
    assist = principal.assist
    if assist is None or assist.wants_look(desk.now):
        desk.audit(principal, LOOK)
        _note(desk, principal, desk.now if is_use or assist is None else assist.used_at)


def _note(desk: Desk, principal: Principal, used_at: int) -> None:
    """Note when the last look of an assist was put on record."""
    if principal.assist is not None:
        looked = replace(principal.assist, looked_at=desk.now)
        desk.write(passage_write(desk.tenant.id, looked, used_at))
