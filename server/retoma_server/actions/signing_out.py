"""Signing out: whoever goes helps nobody any more, and the customers are told."""

from contextlib import suppress
from functools import partial

from retoma_server.adapters.codec import read_assist
from retoma_server.domain.access import Principal
from retoma_server.domain.assists import Assist
from retoma_server.domain.errors import Gone, NotFound

from . import records
from .assist import assisting_as
from .callers import Caller, principal_of
from .deps import Deps
from .desk import Desk
from .handing_back import leave
from .passages import assists_of_staff
from .retrying import retried
from .staff_sessions import end_session, is_signed_in, signed_in
from .tenants import Tenant

MOST = 100
"""How many of the latest assists of somebody are looked at; more than an hour has."""


def sign_out(deps: Deps, caller: Caller) -> None:
    """End one's own session and, on the last browser where one was signed in, all one's help.

    The session ends first: of two browsers that sign out at once, the later finds none that is left.
    Raises Forbidden for who has a token, which only the operator ends.
    """
    principal, account = principal_of(deps, caller), signed_in(deps, caller).account
    end_session(deps, caller)
    if not is_signed_in(deps, caller.home, account):
        leave_all(deps, caller.home, principal)


def leave_all(deps: Deps, tenant: Tenant, principal: Principal) -> None:
    """Leave every draft that somebody is in; one that is over meanwhile needs no end."""
    now = deps.store.now()
    for assist in assists_of_staff(deps.store, tenant.id, principal.id, MOST):
        if assist.live(now):
            with suppress(NotFound, Gone):
                retried(deps, partial(_leave, deps, tenant, principal, assist))


def _leave(deps: Deps, tenant: Tenant, principal: Principal, assist: Assist) -> None:
    key = records.assist(tenant.id, assist.draft, principal.id)
    desk = Desk(deps, tenant, assist.draft, (key,))
    record = desk.find(key)
    known = read_assist(record.body) if record else None
    if known is not None and known.live(desk.now):
        leave(desk, assisting_as(principal, known), known.id)
        desk.commit()
