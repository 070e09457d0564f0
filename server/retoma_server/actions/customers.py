"""A customer's record: the wrapped key, and the hash of the visitor token where there is one."""

from collections.abc import Mapping
from typing import Any

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit, Record, Write
from retoma_server.domain.errors import Gone, NotFound

from . import records
from .deps import Deps
from .tenants import Tenant

ERASED = {"erased": True}
NOBODYS: Mapping[str, str] = {}
"""The identifiers of somebody who has none."""


def read_customer(record: Record | None) -> dict[str, Any]:
    """The fields of a customer's record; one that is not there reads as erased."""
    return dict(read_json(record.body)) if record else dict(ERASED)


def present_fields(record: Record | None) -> dict[str, Any]:
    """The fields of a customer who is there; raises NotFound for nobody, Gone for one who was erased."""
    if record is None:
        raise NotFound
    fields = read_customer(record)
    if fields.get("erased"):
        raise Gone("customer-erased")
    return fields


def check_customer(deps: Deps, tenant: Tenant, customer: str) -> dict[str, Any]:
    """The fields of a customer, who is there; raises NotFound or Gone."""
    key = records.customer(tenant.id, customer)
    return present_fields(deps.store.read(partition_of(customer), [key]).get(key))


def living(deps: Deps, tenant: Tenant, customer: str) -> str:
    """Who a customer is by now, themselves or whom they were merged into; raises NotFound or Gone."""
    into = check_customer(deps, tenant, customer).get("merged_into")
    return living(deps, tenant, into) if into else customer


def fields_of(deps: Deps, tenant: Tenant, customer: str) -> dict[str, Any]:
    """The fields of a customer's record; one that is not there reads as erased."""
    key = records.customer(tenant.id, customer)
    return read_customer(deps.store.read(partition_of(customer), [key]).get(key))


def followed(deps: Deps, tenant: Tenant, customer: str) -> str:
    """Who a customer is by now, whether they are there or not."""
    into = fields_of(deps, tenant, customer).get("merged_into")
    return followed(deps, tenant, into) if into else customer


def people(deps: Deps, tenant: Tenant, customer: str) -> tuple[str, ...]:
    """A customer, and all who were merged into them: what those have left is theirs.

    What counts is where each of those leads; `absorbed` only says where to look.
    """
    others = fields_of(deps, tenant, customer).get("absorbed", ())
    return (
        customer,
        *(each for each in others if fields_of(deps, tenant, each).get("merged_into") == customer),
    )


def new_customer(
    tenant: Tenant,
    customer: str,
    visitor_hash: str | None = None,
    visitor_until: int = 0,
    identifiers: Mapping[str, str] = NOBODYS,
) -> Write:
    """The record of a new customer, with a fresh key; `identifiers` are the hashes that lead to it."""
    fields = {
        "key": tenant.keys.new_customer_key(customer).hex(),
        "identifiers": dict(identifiers),
        "visitor": visitor_hash,
        "visitor_until": visitor_until,
        "min_iat": 0,
    }
    return Write(records.customer(tenant.id, customer), json_bytes(fields), due=visitor_until or None)


def create_customer(deps: Deps, write: Write, customer: str) -> None:
    """Write a customer's record where there is none; raises Stale where there is one."""
    deps.store.commit(partition_of(customer), Commit({write.key: 0}, [write]))


def changed_customer(record: Record, **changes: Any) -> Write:
    """A customer's record with some fields changed; with none, as it is, written once more."""
    fields = {**read_customer(record), **changes}
    return Write(record.key, json_bytes(fields), due=fields.get("visitor_until") or None)


def erased_customer(tenant: Tenant, customer: str, known: Mapping[str, Any], due: int | None) -> Write:
    """What is left of a customer known by these fields: nothing can be opened or written any more.

    `due` is when the sweeper finishes what a crash may have left, the identifiers to be released and those
    merged into them among it; None when nothing is left. The visitor token's hash stays, so that only its
    holder learns that there was somebody.
    """
    identifiers = known.get("identifiers", NOBODYS) if due else NOBODYS
    absorbed = list(known.get("absorbed", ())) if due else []
    fields = {
        **ERASED,
        "visitor": known.get("visitor"),
        "identifiers": dict(identifiers),
        "absorbed": absorbed,
        "by": known.get("by"),
    }
    return Write(records.customer(tenant.id, customer), json_bytes(fields), due=due)
