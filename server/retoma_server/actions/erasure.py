"""Erasing a customer: the key goes first, so that nothing can be read from then on, not even by a crash.

What is left to do lies in several partitions. It is a sequence of commits, each of which may be done
again; the tombstone stays due, and names what is still to be done, until the last one is.
"""

from contextlib import suppress

from retoma_server.adapters.codec import read_json
from retoma_server.adapters.ids import home, partition_of
from retoma_server.adapters.stores import Commit, Stale
from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.errors import NotFound

from . import records
from .callers import Caller, principal_of
from .customers import erased_customer, read_customer
from .deps import Deps
from .retrying import retried
from .tenants import Tenant

FINISH_AFTER = 60_000
PAGE = 100
MOST_POINTERS = 10_000


def erase(deps: Deps, caller: Caller, customer: str) -> None:
    """Erase a customer of the calling service; raises NotFound for one that is not there."""
    authorize(principal_of(deps, caller), Verb.ERASE_CUSTOMER)
    erase_customer(deps, caller.home, customer)


def erase_customer(deps: Deps, tenant: Tenant, customer: str) -> int:
    """Destroy a customer's key and delete what it sealed; returns how many drafts went.

    Identifiers are released: who comes back under one is a new customer. Doing it again is no error.
    The customer's id stays as a tombstone, so that nobody gets it again. Raises NotFound for an id that
    was nobody's.
    """
    retried(deps, lambda: destroy_key(deps, tenant, customer))
    return retried(deps, lambda: finish_erasure(deps, tenant, customer))


def destroy_key(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Replace the customer's record by a tombstone; every commit under way goes stale."""
    key = records.customer(tenant.id, customer)
    snapshot = deps.store.read(partition_of(customer), [key])
    record = snapshot.get(key)
    if record is None:
        raise NotFound
    fields = read_customer(record)
    if not fields.get("erased"):
        due = snapshot.now + FINISH_AFTER
        write = erased_customer(tenant, customer, due, fields.get("identifiers", ()))
        deps.store.commit(partition_of(customer), Commit({key: record.revision}, [write]))


def finish_erasure(deps: Deps, tenant: Tenant, customer: str) -> int:
    """Finish an erasure wherever a crash may have left off; returns how many drafts went."""
    gone = delete_drafts(deps, tenant, customer)
    delete_pointers(deps, tenant, customer)
    release_identifiers(deps, tenant, customer)
    close_tombstone(deps, tenant, customer)
    return gone


def delete_drafts(deps: Deps, tenant: Tenant, customer: str) -> int:
    """Delete a customer's drafts, each with its history; returns how many."""
    place, term = partition_of(customer), records.customers_drafts_term(tenant.id, customer)
    gone = 0
    while found := deps.store.find([place], [term], limit=PAGE):
        for each in found:
            key, revision = each.record.key, each.record.revision
            drops = [records.history_log(tenant.id, key.rpartition("/")[2])]
            with suppress(Stale):
                deps.store.commit(place, Commit({key: revision}, deletes=[key], drops=drops))
                gone += 1
    return gone


def delete_pointers(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Delete the pointers to a customer's drafts."""
    place, term = partition_of(customer), records.pointers_term(tenant.id, customer)
    for each in deps.store.find([place], [term], limit=MOST_POINTERS):
        key, revision = each.record.key, each.record.revision
        deps.store.commit(place, Commit({key: revision}, deletes=[key]))


def release_identifiers(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Delete the identifiers that lead to an erased customer, each in its own partition."""
    key = records.customer(tenant.id, customer)
    tombstone = deps.store.read(partition_of(customer), [key]).get(key)
    for hashed in read_customer(tombstone).get("identifiers", ()):
        place, pointer = home(tenant.id, hashed), records.identifier(tenant.id, hashed)
        record = deps.store.read(place, [pointer]).get(pointer)
        # Somebody who came back meanwhile has it already, as a new customer.
        if record is not None and read_json(record.body)["customer"] == customer:
            deps.store.commit(place, Commit({pointer: record.revision}, deletes=[pointer]))


def close_tombstone(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Drop the customer's events, and take the tombstone off the sweeper's list."""
    key = records.customer(tenant.id, customer)
    snapshot = deps.store.read(partition_of(customer), [key])
    if snapshot.get(key) is not None:
        write = erased_customer(tenant, customer, None)
        drops = [records.events_log(tenant.id, customer)]
        deps.store.commit(partition_of(customer), Commit({key: snapshot.revision(key)}, [write], drops=drops))
