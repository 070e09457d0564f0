"""A customer's record: the wrapped keys, and the hash of the visitor token where there is one.

`key` is the newest, of `version` (without one: the first); `older` are those that still open something.
"""

from collections.abc import Mapping
from typing import Any

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit, Record, Write
from retoma_server.adapters.vault import CustomerKeys, UnknownKey, Wrapped
from retoma_server.domain.errors import Gone, NotFound
from retoma_server.domain.identifiers import Hashes

from . import records
from .deps import Deps
from .tenants import Tenant

ERASED = {"erased": True}
NOBODYS: Mapping[str, Hashes] = {}
"""The identifiers of somebody who has none."""


def read_customer(record: Record | None) -> dict[str, Any]:
    """The fields of a customer's record; one that is not there reads as erased."""
    if record is None:
        return dict(ERASED)
    fields: dict[str, Any] = read_json(record.body)
    fields["identifiers"] = {kind: hashes_in(known) for kind, known in fields.get("identifiers", {}).items()}
    return fields


def hashes_in(known: str | list[str]) -> Hashes:
    """The hashes of an identifier; records of an earlier release hold the only one by itself."""
    return (known,) if isinstance(known, str) else tuple(known)


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


def wrapped_keys(fields: Mapping[str, Any]) -> Wrapped:
    """The keys of a customer who is there, by version."""
    older = {int(version): bytes.fromhex(key) for version, key in fields.get("older", {}).items()}
    return {**older, fields.get("version", 1): bytes.fromhex(fields["key"])}


def keys_written(wrapped: Wrapped) -> dict[str, Any]:
    """The keys of a customer as fields of the record."""
    newest = max(wrapped)
    older = {str(version): key.hex() for version, key in wrapped.items() if version != newest}
    return {"key": wrapped[newest].hex(), "version": newest, "older": older}


def opened_keys(deps: Deps, tenant: Tenant, customer: str, fields: Mapping[str, Any]) -> CustomerKeys:
    """The keys of a customer; raises Gone `customer-erased` where they were destroyed.

    Where the tenant's keys were rotated within the last second, this instance may not know it yet.
    """
    if fields.get("erased"):
        raise Gone("customer-erased")
    wrapped = wrapped_keys(fields)
    try:
        return tenant.keys.open_customer(customer, wrapped)
    except UnknownKey:
        return deps.tenants.renewed(tenant.id).keys.open_customer(customer, wrapped)


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
    identifiers: Mapping[str, Hashes] = NOBODYS,
    begun_by: str | None = None,
) -> Write:
    """The record of a new customer, with a fresh key; `identifiers` are the hashes that lead to it.

    `begun_by` is the member of staff who begins something for somebody who is not known yet.
    """
    version = tenant.keys.chain.customers
    fields = {
        **keys_written({version: tenant.keys.new_customer_key(customer, version)}),
        "identifiers": dict(identifiers),
        "visitor": visitor_hash,
        "visitor_until": visitor_until,
        "min_iat": 0,
        "begun_by": begun_by,
    }
    return Write(records.customer(tenant.id, customer), json_bytes(fields), due=visitor_until or None)


def is_nobody(fields: Mapping[str, Any]) -> bool:
    """Whether staff began something for a customer whom nobody is, nor ever was: nothing leads to them."""
    leads = ("held", "identifiers", "absorbed", "merged_into", "erased")
    return bool(fields.get("begun_by")) and not any(fields.get(name) for name in leads)


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
