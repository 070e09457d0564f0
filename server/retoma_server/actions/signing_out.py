"""Signing out: whoever goes helps nobody any more, and the customers are told."""

from contextlib import suppress

from retoma_server.domain.errors import Gone, NotFound

from .callers import Caller, principal_of
from .deps import Deps
from .handing_back import end_assist
from .passages import assists_of_staff
from .staff_sessions import end_session, is_elsewhere, signed_in

MOST = 100
"""How many of the latest assists of somebody are looked at; more than an hour has."""


def sign_out(deps: Deps, caller: Caller) -> None:
    """End one's own session and, on the last browser where one was signed in, all one's help first.

    Raises Forbidden for who has a token, which only the operator ends.
    """
    if signed_in(deps, caller).session is not None and not is_elsewhere(deps, caller):
        leave_all(deps, caller)
    end_session(deps, caller)


def leave_all(deps: Deps, caller: Caller) -> None:
    """Leave every draft that one is in; one that is over meanwhile needs no end."""
    now = deps.store.now()
    for assist in assists_of_staff(deps.store, caller.home.id, principal_of(deps, caller).id, MOST):
        if assist.live(now):
            with suppress(NotFound, Gone):
                end_assist(deps, caller, assist.id)
