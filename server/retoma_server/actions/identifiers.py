"""The pointers from an identifier's keyed hash to a customer: reserved, confirmed, released.

Identifier and customer lie in different partitions. Whoever finishes an identification or an erasure may
be slow, and others may have done the same meanwhile, so a pointer's revision must never begin anew while
somebody may still hold an old one: a pointer is released by writing it, and forgotten a day later.
A pointer counts only while its customer's record names it too, so one that a crash left behind is free.
"""

from contextlib import suppress
from typing import Any

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.identifying import normalised
from retoma_server.adapters.ids import home, partition_of
from retoma_server.adapters.stores import Commit, Record, Snapshot, Stale, Write
from retoma_server.domain.errors import Conflicting, Gone
from retoma_server.domain.identifiers import IdentifierKind, is_linked, with_identifier
from retoma_server.domain.processes import DAY

from . import records
from .customers import (
    changed_customer,
    check_customer,
    create_customer,
    followed,
    new_customer,
    present_fields,
    read_customer,
)
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
    return Write(key, json_bytes({"customer": None, "kind": None, "confirmed": False}), due=now + DAY)


def key_of(tenant: Tenant, kind: IdentifierKind, value: str) -> tuple[int, str]:
    """(partition, key) of the pointer from an identifier; raises Invalid for what is none of its kind."""
    form = normalised(kind, value, tenant.region)
    hashed = tenant.keys.keyed_hash("identifier", kind, form)
    return home(tenant.id, hashed), records.identifier(tenant.id, hashed)


def hashed_in(key: str) -> str:
    """The keyed hash in a pointer's key."""
    return key.rpartition("/")[2]


def identified(deps: Deps, tenant: Tenant, kind: IdentifierKind, value: str) -> str:
    """The customer with an identifier, or whom that one was merged into; made if there is none.

    A sequence of commits, each of which may be done again: reserve the identifier, make the customer
    or attach it, confirm. Raises Invalid for what is no identifier of its kind.
    """
    place, key = key_of(tenant, kind, value)
    return followed(deps, tenant, retried(deps, lambda: find_or_make(deps, tenant, place, key, kind)))


def find_or_make(deps: Deps, tenant: Tenant, place: int, key: str, kind: IdentifierKind) -> str:
    """The customer that a pointer leads to, or a new one; raises Stale when somebody else was faster."""
    snapshot = deps.store.read(place, [key])
    record = snapshot.get(key)
    if record is None or is_free(deps, tenant, record):
        made = deps.ids.new("cu", deps.ids.partition())
        record = reserve(deps, place, key, snapshot, kind, made)
    return finish_identifier(deps, tenant, place, record)


def holder_of(deps: Deps, tenant: Tenant, kind: IdentifierKind, value: str) -> str | None:
    """The customer to whom an identifier leads; None for nobody."""
    place, key = key_of(tenant, kind, value)
    record = deps.store.read(place, [key]).get(key)
    holder = None if record is None or is_free(deps, tenant, record) else pointed(record)
    return holder and followed(deps, tenant, holder)


def link(deps: Deps, tenant: Tenant, customer: str, kind: IdentifierKind, value: str) -> None:
    """Let an identifier lead to a customer who is there, in the place of the one of its kind that did.

    Raises Conflicting `identifier-taken`, with that `customer`, where it leads to somebody else; Gone
    for a customer who was erased meanwhile.
    """
    place, key = key_of(tenant, kind, value)
    retried(deps, lambda: find_or_link(deps, tenant, place, key, kind, customer))


def find_or_link(
    deps: Deps, tenant: Tenant, place: int, key: str, kind: IdentifierKind, customer: str
) -> None:
    """Link once; raises Stale when somebody else was faster."""
    check_customer(deps, tenant, customer)
    snapshot = deps.store.read(place, [key])
    record = snapshot.get(key)
    if record is None or is_free(deps, tenant, record):
        record = reserve(deps, place, key, snapshot, kind, customer)
    holder = followed(deps, tenant, finish_identifier(deps, tenant, place, record))
    if holder != customer:
        raise Conflicting("identifier-taken", customer=holder)


def unlink(deps: Deps, tenant: Tenant, customer: str, kind: IdentifierKind) -> None:
    """Let no identifier of a kind lead to a customer any more."""
    retried(deps, lambda: attach(deps, tenant, customer, kind, None))


def reserve(
    deps: Deps, place: int, key: str, snapshot: Snapshot, kind: IdentifierKind, customer: str
) -> Record:
    """Let a free pointer lead to a customer, unconfirmed; raises Stale when somebody else was faster."""
    fields = {"customer": customer, "kind": kind, "confirmed": False}
    write = Write(key, json_bytes(fields), due=snapshot.now + RESERVED_FOR)
    revision = snapshot.revision(key)
    deps.store.commit(place, Commit({key: revision}, [write]))
    return Record(key, revision + 1, write.body)


def is_free(deps: Deps, tenant: Tenant, record: Record) -> bool:
    """Whether a pointer leads to nobody, to somebody who was erased, or to one who has another by now."""
    fields = read_json(record.body)
    if fields["customer"] is None:
        return True
    known = customer_fields(deps, tenant, fields["customer"])
    if known is None or known.get("erased"):
        return known is not None
    return bool(fields["confirmed"]) and not is_linked(known["identifiers"], hashed_in(record.key))


def customer_fields(deps: Deps, tenant: Tenant, customer: str) -> dict[str, Any] | None:
    """What is known of a customer; None for one who was reserved and never made."""
    key = records.customer(tenant.id, customer)
    record = deps.store.read(partition_of(customer), [key]).get(key)
    return read_customer(record) if record else None


def finish_identifier(deps: Deps, tenant: Tenant, place: int, record: Record) -> str:
    """Finish an identification wherever it stands, and return its customer.

    Raises Stale when the pointer has moved on, or its customer was erased meanwhile.
    """
    fields = read_json(record.body)
    customer, kind, hashed = str(fields["customer"]), fields["kind"], hashed_in(record.key)
    if fields["confirmed"]:
        return customer
    with suppress(Stale):  # made before a crash, by somebody else, or to be linked
        create_customer(deps, new_customer(tenant, customer, identifiers={kind: hashed}), customer)
    try:
        attach(deps, tenant, customer, kind, hashed)
    except Gone:
        raise Stale(record.key) from None
    confirm = Write(record.key, json_bytes({**fields, "confirmed": True}))
    deps.store.commit(place, Commit({record.key: record.revision}, [confirm]))
    return customer


def attach(deps: Deps, tenant: Tenant, customer: str, kind: str, hashed: str | None) -> None:
    """Let a customer's record hold an identifier of a kind, None for none; the one that was is free then.

    Raises NotFound or Gone for a customer who is not there, Stale when somebody else was faster.
    """
    key, place = records.customer(tenant.id, customer), partition_of(customer)
    record = deps.store.read(place, [key]).get(key)
    fields = present_fields(record)
    former = fields["identifiers"].get(kind)
    if record is None or former == hashed:
        return
    if former is not None:
        release(deps, tenant, former, customer)
    identifiers = with_identifier(fields["identifiers"], kind, hashed)
    deps.store.commit(
        place, Commit({key: record.revision}, [changed_customer(record, identifiers=identifiers)])
    )


def release(deps: Deps, tenant: Tenant, hashed: str, customer: str) -> None:
    """Let the pointer of a hash lead to nobody, unless it leads to somebody else by now."""
    place, pointer = home(tenant.id, hashed), records.identifier(tenant.id, hashed)
    snapshot = deps.store.read(place, [pointer])
    if pointed(snapshot.get(pointer)) == customer:
        expects = {pointer: snapshot.revision(pointer)}
        deps.store.commit(place, Commit(expects, [released(pointer, snapshot.now)]))
