"""Touchpoints that a tenant tells of: a call, a visit, a comment; sealed by the customer's key."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from retoma_server.adapters.codec import json_bytes, read_json, read_touchpoint
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Append
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.errors import Invalid
from retoma_server.domain.payment_data import holds_payment_data
from retoma_server.domain.people_rendering import touchpoint_json
from retoma_server.domain.touchpoints import Touchpoint

from . import records
from .callers import Caller, principal_of
from .customers import fields_of, living, opened_keys
from .deps import Deps
from .desk import Desk, customers_own
from .once import Once, answer_once, required
from .retrying import retried
from .tenants import Tenant

KEPT = 1_000
AHEAD = 60_000
"""Milliseconds by which another clock may be ahead of the store's."""


@dataclass(frozen=True, slots=True)
class NewTouchpoint:
    """What a tenant tells of; without a time it is now."""

    name: str
    channel: str
    at: int | None = None
    note: str | None = None


def add_touchpoint(
    deps: Deps, caller: Caller, customer: str, new: NewTouchpoint, once: Once | None
) -> dict[str, Any]:
    """Put a touchpoint into a customer's journey, once for each idempotency key.

    Raises NotFound and Gone for a customer who is not there, Malformed without a key, and Invalid for a
    time to come and, `payment-data-refused`, for a note with card data in it.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.ADD_TOUCHPOINT)
    key = required(once)

    def attempt() -> dict[str, Any]:
        owner = living(deps, caller.home, customer)
        record = key.record(caller, owner, "touchpoint")
        desk = customers_own(deps, caller.home, owner, record)
        answer = answer_once(desk, key, record, lambda: told(desk, principal, new))
        desk.commit()
        return answer

    return retried(deps, attempt)


def told(desk: Desk, principal: Principal, new: NewTouchpoint) -> dict[str, Any]:
    """Put a touchpoint on a desk, and what the tenant is answered."""
    at = desk.now if new.at is None else new.at
    if at > desk.now + AHEAD:
        raise Invalid(errors=[{"pointer": "/at", "code": "invalid"}])
    if holds_payment_data(new.note):
        raise Invalid("payment-data-refused")
    about = (new.name, at, at, None, None, str(principal.kind), new.channel, None, 0)
    point = Touchpoint(*about, note=new.note)
    sealed = desk.key.seal("touchpoint", desk.customer, desk.now, json_bytes(asdict(point)))
    log = records.touchpoints_log(desk.tenant.id, desk.customer)
    desk.staged.carried.append(Append(log, desk.now.to_bytes(8, "big") + sealed, KEPT))
    return touchpoint_json(point)


def touchpoints_of(deps: Deps, tenant: Tenant, customer: str) -> Iterator[Touchpoint]:
    """What a tenant told of one customer, the newest told last; nothing where their key is gone."""
    log = records.touchpoints_log(tenant.id, customer)
    page = deps.store.read_log_back(partition_of(customer), log, limit=KEPT)
    if not page.entries:
        return
    keys = opened_keys(deps, tenant, customer, fields_of(deps, tenant, customer))
    for entry in reversed(page.entries):
        told_at = int.from_bytes(entry.body[:8], "big")
        yield read_touchpoint(read_json(keys.open("touchpoint", customer, told_at, entry.body[8:])))
