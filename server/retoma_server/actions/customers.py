"""A customer's record: the wrapped key, and the hash of the visitor token where there is one."""

from collections.abc import Mapping, Sequence
from typing import Any

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit, Record, Write

from . import records
from .deps import Deps
from .tenants import Tenant

ERASED = {"erased": True}


def read_customer(record: Record | None) -> dict[str, Any]:
    """The fields of a customer's record; one that is not there reads as erased."""
    return dict(read_json(record.body)) if record else dict(ERASED)


def new_customer(
    tenant: Tenant,
    customer: str,
    visitor_hash: str | None = None,
    visitor_until: int = 0,
    identifiers: Sequence[str] = (),
) -> Write:
    """The record of a new customer, with a fresh key; `identifiers` are the keyed hashes that point to it."""
    fields = {
        "key": tenant.keys.new_customer_key(customer).hex(),
        "identifiers": identifiers,
        "visitor": visitor_hash,
        "visitor_until": visitor_until,
        "min_iat": 0,
    }
    return Write(records.customer(tenant.id, customer), json_bytes(fields), due=visitor_until or None)


def create_customer(deps: Deps, write: Write, customer: str) -> None:
    """Write a customer's record where there is none; raises Stale where there is one."""
    deps.store.commit(partition_of(customer), Commit({write.key: 0}, [write]))


def kept_customer(tenant: Tenant, customer: str, record: Record) -> Write:
    """A customer's record as it is, written once more."""
    until = read_customer(record).get("visitor_until")
    return Write(records.customer(tenant.id, customer), record.body, due=until or None)


def erased_customer(tenant: Tenant, customer: str, known: Mapping[str, Any], due: int | None) -> Write:
    """What is left of a customer known by these fields: nothing can be opened or written any more.

    `due` is when the sweeper finishes what a crash may have left, the identifiers to be released
    among it; None when nothing is left. The visitor token's hash stays, so that only its holder
    learns that there was somebody.
    """
    identifiers = known.get("identifiers", ()) if due else ()
    fields = {**ERASED, "visitor": known.get("visitor"), "identifiers": identifiers}
    return Write(records.customer(tenant.id, customer), json_bytes(fields), due=due)
