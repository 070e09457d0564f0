"""The one unsettled draft of a customer, process and key, or the place where it will be."""

from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Stale, Write
from retoma_server.domain.drafts import UNSETTLED

from . import records
from .customers import changed_customer
from .deps import Deps
from .desk import Desk
from .tenants import Tenant


def current_key(tenant: Tenant, owner: str, process: str, key: str) -> str:
    """Where the pointer to a customer's draft of a process and key is."""
    return records.current(tenant.id, owner, tenant.keys.keyed_hash("current", process, key))


def current_desk(deps: Deps, tenant: Tenant, owner: str, pointer: str, *more: str) -> Desk:
    """The desk with the draft that a pointer leads to, or with a new id (and nothing `sealed`) where none is.

    `more` are further records to be read. Raises Stale when the pointer moved meanwhile.
    """
    place = partition_of(owner)
    keys = (pointer, records.customer(tenant.id, owner), *more)
    record = deps.store.read(place, [pointer]).get(pointer)
    desk = Desk(deps, tenant, record.body.decode(), keys) if record else None
    if desk is None or desk.sealed is None or desk.head.status not in UNSETTLED or desk.over():
        desk = Desk(deps, tenant, deps.ids.new("dr", place), keys)
        desk.customer = owner
    if desk.revision(pointer) != (record.revision if record else 0):
        raise Stale(pointer)
    return desk


def point(desk: Desk, pointer: str, draft: str) -> None:
    """Let the pointer of the desk's customer lead to a draft.

    The customer is written anew, so that a sweeper that found no draft of theirs is stale.
    """
    tenant, owner = desk.tenant, desk.customer
    desk.fetch(pointer)
    desk.write(Write(pointer, draft.encode(), (records.pointers_term(tenant.id, owner),), desk.now))
    customer = desk.find(records.customer(tenant.id, owner))
    if customer is not None:
        desk.write(changed_customer(customer))
