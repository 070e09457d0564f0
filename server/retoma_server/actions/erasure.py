"""Erasing a customer: the key goes first, so that nothing can be read from then on, not even by a crash."""

from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit, Stale

from . import records
from .customers import erased_customer, read_customer
from .deps import Deps
from .retrying import retried
from .tenants import Tenant

FINISH_AFTER = 60_000
PAGE = 100
MOST_POINTERS = 10_000


def erase_customer(deps: Deps, tenant: Tenant, customer: str) -> int:
    """Destroy a customer's key and delete what it sealed; returns how many drafts went.

    Doing it again is no error. The customer's id stays as a tombstone, so that nobody gets it again.
    """
    retried(deps, lambda: destroy_key(deps, tenant, customer))
    return finish_erasure(deps, tenant, customer)


def destroy_key(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Replace the customer's record by a tombstone; every commit under way goes stale."""
    key = records.customer(tenant.id, customer)
    snapshot = deps.store.read(partition_of(customer), [key])
    if not read_customer(snapshot.get(key)).get("erased"):
        write = erased_customer(tenant, customer, snapshot.now + FINISH_AFTER)
        deps.store.commit(partition_of(customer), Commit({key: snapshot.revision(key)}, [write]))


def finish_erasure(deps: Deps, tenant: Tenant, customer: str) -> int:
    """Delete an erased customer's drafts and logs, wherever a crash may have left off."""
    place, term = partition_of(customer), records.customers_drafts_term(tenant.id, customer)
    gone = 0
    while found := deps.store.find([place], [term], limit=PAGE):
        for each in found:
            draft = each.record.key.rpartition("/")[2]
            drops = [records.history_log(tenant.id, draft)]
            commit = Commit({each.record.key: each.record.revision}, deletes=[each.record.key], drops=drops)
            try:
                deps.store.commit(place, commit)
                gone += 1
            except Stale:
                continue
    for pointer in deps.store.find(
        [place], [records.pointers_term(tenant.id, customer)], limit=MOST_POINTERS
    ):
        key, revision = pointer.record.key, pointer.record.revision
        deps.store.commit(place, Commit({key: revision}, deletes=[key]))
    close_tombstone(deps, tenant, customer)
    return gone


def close_tombstone(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Drop the customer's events, and take the tombstone off the sweeper's list."""
    key = records.customer(tenant.id, customer)
    snapshot = deps.store.read(partition_of(customer), [key])
    if snapshot.get(key) is not None:
        write = erased_customer(tenant, customer, None)
        drops = [records.events_log(tenant.id, customer)]
        deps.store.commit(partition_of(customer), Commit({key: snapshot.revision(key)}, [write], drops=drops))
