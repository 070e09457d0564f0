"""A customer's record: the wrapped key, and the hash of the visitor token where there is one."""

from collections.abc import Sequence
from typing import Any

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.stores import Record, Write

from . import records
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


def kept_customer(tenant: Tenant, customer: str, record: Record) -> Write:
    """A customer's record as it is, written once more."""
    until = read_customer(record).get("visitor_until")
    return Write(records.customer(tenant.id, customer), record.body, due=until or None)


def erased_customer(tenant: Tenant, customer: str, due: int | None, identifiers: Sequence[str] = ()) -> Write:
    """What is left of an erased customer: nothing can be opened or written any more.

    `due` is when the sweeper finishes what a crash may have left, and `identifiers` what is still to be
    released then; None and nothing when nothing is left.
    """
    fields = {**ERASED, "identifiers": identifiers}
    return Write(records.customer(tenant.id, customer), json_bytes(fields), due=due)
