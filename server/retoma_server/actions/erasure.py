"""Erasing a customer: the key goes first, so that nothing can be read from then on, not even by a crash.

What is left to do lies in several partitions. It is a sequence of commits, each of which may be done
again; the tombstone stays due, and names what is still to be done, until the last one is.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit, Found, Stale
from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.errors import NotFound
from retoma_server.domain.handoffs import LIVES

from . import records
from .auditing import AuditEntry, chained
from .callers import Caller, principal_of, whose
from .customers import NOBODYS, erased_customer, fields_of, followed, people, read_customer
from .deps import Deps
from .identifiers import release
from .retrying import retried
from .tenants import Tenant

FINISH_AFTER = 60_000
PAGE = 100


def erase(deps: Deps, caller: Caller, customer: str | None) -> None:
    """Erase a customer of the calling service, or with None the customer who calls.

    Raises NotFound for one that is not there.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.ERASE_CUSTOMER)
    erase_customer(deps, caller.home, whose(principal, customer), str(principal.kind))


def erase_customer(deps: Deps, tenant: Tenant, customer: str, by: str) -> int:
    """Destroy a customer's key and delete what it sealed; returns how many drafts went.

    `by` says in the audit log who ordered it. Identifiers are released: who comes back under one is a
    new customer. Doing it again is no error. The customer's id stays as a tombstone, so that nobody gets
    it again. Whoever was merged into another is erased with them, by either id. Raises NotFound for an id
    that was nobody's.
    """
    together = retried(deps, lambda: destroy_keys(deps, tenant, customer, by))
    return sum(finish_erasure(deps, tenant, each) for each in reversed(together))


def destroy_keys(deps: Deps, tenant: Tenant, customer: str, by: str) -> tuple[str, ...]:
    """Destroy the keys of a customer and of all who are one with them; returns who those are."""
    person = followed(deps, tenant, customer)
    together = people(deps, tenant, person)
    for each in together:
        destroy_key(deps, tenant, each, by, into=None if each == person else person)
    return together


def destroy_key(deps: Deps, tenant: Tenant, customer: str, by: str, into: str | None = None) -> None:
    """Replace the customer's record by a tombstone; every commit under way goes stale.

    Raises Stale for one who does not lead to `into` any more, or does by now.
    """
    key, head = records.customer(tenant.id, customer), records.audit_head(tenant.id)
    snapshot = deps.store.read(partition_of(customer), [key, head])
    record = snapshot.get(key)
    if record is None:
        raise NotFound
    fields = read_customer(record)
    if fields.get("erased"):
        return
    if fields.get("merged_into") != into:
        raise Stale(key)
    tombstone = erased_customer(tenant, customer, {**fields, "by": by}, snapshot.now + FINISH_AFTER)
    entry = AuditEntry(snapshot.now, by, None, "api", "customer-erased", customer, customer)
    link, appends = chained(tenant, snapshot.get(head), [entry])
    expects = {key: record.revision, head: snapshot.revision(head)}
    deps.store.commit(partition_of(customer), Commit(expects, [tombstone, link], appends=appends))


def finish_erasure(deps: Deps, tenant: Tenant, customer: str) -> int:
    """Finish an erasure wherever a crash may have left off; returns how many drafts went.

    Each step is tried again by itself, so that no step's work is counted or done twice.
    """
    gone = sum(erase_absorbed(deps, tenant, customer))
    gone += delete_drafts(deps, tenant, customer)
    for term in (records.pointers_term, records.claims_term):
        delete_found(deps, partition_of(customer), term(tenant.id, customer))
    retried(deps, lambda: release_identifiers(deps, tenant, customer))
    retried(deps, lambda: close_tombstone(deps, tenant, customer))
    return gone


def erase_absorbed(deps: Deps, tenant: Tenant, customer: str) -> Iterator[int]:
    """Erase those who had been merged into an erased customer; yields how many drafts of each went."""
    by = fields_of(deps, tenant, customer).get("by") or "service"
    for each in people(deps, tenant, customer)[1:]:
        with suppress(Stale):  # it does not lead here any more
            destroy_key(deps, tenant, each, by, into=customer)
        yield finish_erasure(deps, tenant, each)


def delete_drafts(deps: Deps, tenant: Tenant, customer: str) -> int:
    """Delete a customer's drafts, each after what is found through it; returns how many."""
    place, term = partition_of(customer), records.customers_drafts_term(tenant.id, customer)
    gone = 0
    while found := deps.store.find([place], [term], limit=PAGE):
        for each in found:
            delete_found(deps, place, records.passages_term(tenant.id, draft_id(each)))
            with suppress(Stale):
                delete_draft(deps, tenant, place, each)
                gone += 1
    return gone


def draft_id(found: Found) -> str:
    """The id of a draft that was found."""
    return found.record.key.rpartition("/")[2]


def delete_draft(deps: Deps, tenant: Tenant, place: int, found: Found) -> None:
    """Delete a draft with its history and the pointers to its handoffs."""
    draft = draft_id(found)
    offers = [records.offer(tenant.id, draft, to) for to in LIVES]
    doomed = [found.record, *deps.store.read(place, offers).records.values()]
    expects = {record.key: record.revision for record in doomed}
    drops = [records.history_log(tenant.id, draft)]
    deps.store.commit(place, Commit(expects, deletes=list(expects), drops=drops))


def delete_found(deps: Deps, place: int, term: str) -> None:
    """Delete all records of a partition that a term finds."""
    while found := deps.store.find([place], [term], limit=PAGE):
        for each in found:
            with suppress(Stale):
                expects = {each.record.key: each.record.revision}
                deps.store.commit(place, Commit(expects, deletes=list(expects)))


def release_identifiers(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Release the identifiers that lead to an erased customer, each in its own partition."""
    key = records.customer(tenant.id, customer)
    tombstone = deps.store.read(partition_of(customer), [key]).get(key)
    identifiers = read_customer(tombstone).get("identifiers", NOBODYS)
    for hashed in chain.from_iterable(identifiers.values()):
        # Somebody who came back meanwhile has it already, as a new customer.
        release(deps, tenant, hashed, customer)


def close_tombstone(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Drop the customer's events, and take the tombstone off the sweeper's list."""
    key = records.customer(tenant.id, customer)
    snapshot = deps.store.read(partition_of(customer), [key])
    record = snapshot.get(key)
    if record is not None:
        write = erased_customer(tenant, customer, read_customer(record), None)
        logs = (records.events_log, records.access_log, records.touchpoints_log, records.sign_outs_log)
        drops = [log(tenant.id, customer) for log in logs]
        deps.store.commit(partition_of(customer), Commit({key: record.revision}, [write], drops=drops))
