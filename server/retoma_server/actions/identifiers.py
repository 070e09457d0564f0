"""The pointers from an identifier's keyed hash to a customer: reserved, confirmed, released.

Identifier and customer lie in different partitions. Whoever finishes an identification or an erasure may
be slow, and others may have done the same meanwhile, so a pointer's revision must never begin anew while
somebody may still hold an old one: a pointer is released by writing it, and forgotten a day later.
"""

from contextlib import suppress

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.ids import home, partition_of
from retoma_server.adapters.stores import Commit, Record, Stale, Write
from retoma_server.domain.processes import DAY

from . import records
from .customers import create_customer, new_customer, read_customer
from .deps import Deps
from .retrying import retried
from .tenants import Tenant

RESERVED_FOR = 60_000
"""Milliseconds after which the sweeper finishes an identification that a crash interrupted."""


def pointed(record: Record | None) -> str | None:
    """The customer that a pointer leads to, None for one that is free."""
    return read_json(record.body)["customer"] if record else None


def released(key: str, now: int) -> Write:
    """A pointer that leads to nobody any more."""
    return Write(key, json_bytes({"customer": None, "confirmed": False}), due=now + DAY)


def identified(deps: Deps, tenant: Tenant, external_id: str) -> str:
    """The customer with an external id, made if there is none.

    A sequence of three commits, each of which may be done again: reserve the identifier, make the
    customer, confirm. A pointer to somebody who was erased is free, released by now or not.
    """
    hashed = tenant.keys.keyed_hash("identifier", "external_id", external_id)
    place, key = home(tenant.id, hashed), records.identifier(tenant.id, hashed)
    return retried(deps, lambda: find_or_make(deps, tenant, place, key))


def find_or_make(deps: Deps, tenant: Tenant, place: int, key: str) -> str:
    """The customer that a pointer leads to, or a new one; raises Stale when somebody else was faster."""
    snapshot = deps.store.read(place, [key])
    record = snapshot.get(key)
    if record is not None and not is_free(deps, tenant, record):
        return finish_identifier(deps, tenant, place, record)
    fields = {"customer": deps.ids.new("cu", deps.ids.partition()), "confirmed": False}
    reserve = Write(key, json_bytes(fields), due=snapshot.now + RESERVED_FOR)
    revision = snapshot.revision(key)
    deps.store.commit(place, Commit({key: revision}, [reserve]))
    return finish_identifier(deps, tenant, place, Record(key, revision + 1, reserve.body))


def is_free(deps: Deps, tenant: Tenant, record: Record) -> bool:
    """Whether a pointer leads to nobody, or to somebody who was erased."""
    customer = pointed(record)
    return customer is None or is_erased(deps, tenant, customer)


def is_erased(deps: Deps, tenant: Tenant, customer: str) -> bool:
    """Whether somebody was a customer and was erased; not so one who was reserved and never made."""
    key = records.customer(tenant.id, customer)
    record = deps.store.read(partition_of(customer), [key]).get(key)
    return record is not None and bool(read_customer(record).get("erased"))


def finish_identifier(deps: Deps, tenant: Tenant, place: int, record: Record) -> str:
    """Finish an identification wherever it stands, and return its customer.

    Raises Stale when the pointer has moved on, or its customer was erased meanwhile.
    """
    fields = read_json(record.body)
    customer, hashed = str(fields["customer"]), record.key.rpartition("/")[2]
    if fields["confirmed"]:
        return customer
    with suppress(Stale):  # made before a crash, or by somebody else: only the confirmation is missing
        create_customer(deps, new_customer(tenant, customer, identifiers=[hashed]), customer)
    if is_erased(deps, tenant, customer):
        raise Stale(record.key)
    confirm = Write(record.key, json_bytes({**fields, "confirmed": True}))
    deps.store.commit(place, Commit({record.key: record.revision}, [confirm]))
    return customer
