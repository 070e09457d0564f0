"""The pointers from an identifier's keyed hashes to a customer: reserved, confirmed, released.

Identifier and customer lie in different partitions. Whoever finishes an identification or an erasure may
be slow, and others may have done the same meanwhile, so a pointer's revision must never begin anew while
somebody may still hold an old one: a pointer is released by writing it, and forgotten a day later.
A pointer counts only while its customer's record names it too, so one that a crash left behind is free.

While index keys are rotated an identifier has a pointer by each key. Who takes it takes the oldest one
first, and makes a customer only with the newest in hand. So two instances, one of which knows a key that
the other does not know yet or no more, meet at a pointer that both know: one of them is stale there.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.identifying import normalised
from retoma_server.adapters.ids import home, partition_of
from retoma_server.adapters.stores import Commit, Record, Stale, Write
from retoma_server.adapters.vault import version_of_hash
from retoma_server.domain.errors import Conflicting, Gone
from retoma_server.domain.identifiers import Hashes, IdentifierKind, displaced, is_linked, with_identifier
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


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer as it was read: to whom it leads, None for nobody, and whether that is confirmed."""

    place: int
    key: str
    revision: int
    now: int
    customer: str | None
    confirmed: bool = False


def pointed(record: Record | None) -> str | None:
    """The customer that a pointer leads to, None for one that is free."""
    return read_json(record.body)["customer"] if record else None


def released(key: str, now: int) -> Write:
    """A pointer that leads to nobody any more."""
    return Write(key, json_bytes({"customer": None, "kind": None, "confirmed": False}), due=now + DAY)


def hashes_of(tenant: Tenant, kind: IdentifierKind, value: str) -> Hashes:
    """An identifier as it is stored, by each index key; raises Invalid for what is none of its kind."""
    return tenant.keys.index_hashes(kind, normalised(kind, value, tenant.region))


def hashed_in(key: str) -> str:
    """The keyed hash in a pointer's key."""
    return key.rpartition("/")[2]


def identified(deps: Deps, tenant: Tenant, kind: IdentifierKind, value: str) -> str:
    """The customer with an identifier, or whom that one was merged into; made if there is none.

    A sequence of commits, each of which may be done again: reserve the identifier, make the customer
    or attach it, confirm. Raises Invalid for what is no identifier of its kind.
    """
    hashes = hashes_of(tenant, kind, value)
    made = deps.ids.new("cu", deps.ids.partition())
    return followed(deps, tenant, retried(deps, lambda: taken(deps, tenant, kind, hashes, made)))


def holder_of(deps: Deps, tenant: Tenant, kind: IdentifierKind, value: str) -> str | None:
    """The customer to whom an identifier leads; None for nobody."""
    holder = looked_up(deps, tenant, hashes_of(tenant, kind, value))[-1].customer
    return holder and followed(deps, tenant, holder)


def link(deps: Deps, tenant: Tenant, customer: str, kind: IdentifierKind, value: str) -> None:
    """Let an identifier lead to a customer who is there, in the place of the one of its kind that did.

    Raises Conflicting `identifier-taken`, with that `customer`, where it leads to somebody else; Gone
    for a customer who was erased meanwhile.
    """
    hashes = hashes_of(tenant, kind, value)

    def attempt() -> str:
        check_customer(deps, tenant, customer)
        return taken(deps, tenant, kind, hashes, customer)

    holder = followed(deps, tenant, retried(deps, attempt))
    if holder != customer:
        raise Conflicting("identifier-taken", customer=holder)


def unlink(deps: Deps, tenant: Tenant, customer: str, kind: IdentifierKind) -> None:
    """Let no identifier of a kind lead to a customer any more."""
    retried(deps, lambda: attach(deps, tenant, customer, kind, ()))


def looked_up(deps: Deps, tenant: Tenant, hashes: Hashes) -> list[Pointer]:
    """The pointers of an identifier, the newest key's first, up to the first that leads to somebody."""
    found = []
    for hashed in hashes:
        found.append(read_pointer(deps, tenant, hashed))
        if found[-1].customer is not None:
            break
    return found


def read_pointer(deps: Deps, tenant: Tenant, hashed: str) -> Pointer:
    """The pointer of a hash; one that is free leads to nobody."""
    place, key = home(tenant.id, hashed), records.identifier(tenant.id, hashed)
    snapshot = deps.store.read(place, [key])
    record = snapshot.get(key)
    if record is None or is_free(deps, tenant, record):
        return Pointer(place, key, snapshot.revision(key), snapshot.now, None)
    fields = read_json(record.body)
    return Pointer(place, key, record.revision, snapshot.now, fields["customer"], fields["confirmed"])


def taken(deps: Deps, tenant: Tenant, kind: str, hashes: Hashes, candidate: str) -> str:
    """The customer to whom an identifier leads from now on: who has it, else the candidate.

    One that was found by an older key is found by the newest from then on. Raises Stale when somebody
    else was faster.
    """
    found = looked_up(deps, tenant, hashes)
    customer = found[-1].customer or candidate
    held = [
        pointer if pointer.customer else reserve(deps, pointer, kind, customer, hashes)
        for pointer in reversed(found)
    ]
    if not all(pointer.confirmed for pointer in held):
        finish(deps, tenant, kind, hashes, customer)
        for pointer in held:
            confirm(deps, pointer, kind)
    return customer


def reserve(deps: Deps, pointer: Pointer, kind: str, customer: str, hashes: Hashes) -> Pointer:
    """Let a free pointer lead to a customer, unconfirmed; raises Stale when somebody else was faster."""
    fields = {"customer": customer, "kind": kind, "confirmed": False, "hashes": hashes}
    write = Write(pointer.key, json_bytes(fields), due=pointer.now + RESERVED_FOR)
    deps.store.commit(pointer.place, Commit({pointer.key: pointer.revision}, [write]))
    return Pointer(pointer.place, pointer.key, pointer.revision + 1, pointer.now, customer)


def finish(deps: Deps, tenant: Tenant, kind: str, hashes: Hashes, customer: str) -> None:
    """Make the customer if need be, with the identifier attached; raises Stale when they were erased."""
    with suppress(Stale):  # made before a crash, by somebody else, or to be linked
        create_customer(deps, new_customer(tenant, customer, identifiers={str(kind): hashes}), customer)
    try:
        attach(deps, tenant, customer, kind, hashes)
    except Gone:
        raise Stale(customer) from None


def confirm(deps: Deps, pointer: Pointer, kind: str) -> None:
    """Note that what a pointer leads to is done; raises Stale when it has moved on."""
    if not pointer.confirmed:
        fields = {"customer": pointer.customer, "kind": kind, "confirmed": True}
        write = Write(pointer.key, json_bytes(fields))
        deps.store.commit(pointer.place, Commit({pointer.key: pointer.revision}, [write]))


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


def finish_identifier(deps: Deps, tenant: Tenant, record: Record) -> None:
    """Finish what a crash left of an identification, wherever it stands, or let the pointer go.

    Raises Stale when the pointer has moved on.
    """
    fields = read_json(record.body)
    customer, kind, own = str(fields["customer"]), fields["kind"], hashed_in(record.key)
    chain = tenant.keys.chain
    hashes = tuple(each for each in fields.get("hashes", [own]) if chain.may_find(version_of_hash(each)))
    lost = own not in hashes or is_free(deps, tenant, record)
    holder = None if lost else taken(deps, tenant, kind, hashes, customer)
    pointer = read_pointer(deps, tenant, own)
    if pointer.customer not in (None, customer):
        return  # somebody else has it by now
    if holder is not None and holder == pointer.customer:
        confirm(deps, pointer, kind)
    elif not pointer.confirmed:
        give_up(deps, pointer)


def give_up(deps: Deps, pointer: Pointer) -> None:
    """Let a pointer lead to nobody; raises Stale when it has moved on."""
    write = released(pointer.key, pointer.now)
    deps.store.commit(pointer.place, Commit({pointer.key: pointer.revision}, [write]))


def attach(deps: Deps, tenant: Tenant, customer: str, kind: str, hashes: Hashes) -> None:
    """Let a customer's record hold an identifier of a kind, () for none; the one that was is free then.

    Raises NotFound or Gone for a customer who is not there, Stale when somebody else was faster.
    """
    key, place = records.customer(tenant.id, customer), partition_of(customer)
    record = deps.store.read(place, [key]).get(key)
    before = present_fields(record)["identifiers"]
    after = with_identifier(before, kind, hashes)
    if record is None or after == before:
        return
    for hashed in displaced(before, kind, hashes):
        release(deps, tenant, hashed, customer)
    deps.store.commit(place, Commit({key: record.revision}, [changed_customer(record, identifiers=after)]))


def release(deps: Deps, tenant: Tenant, hashed: str, customer: str) -> None:
    """Let the pointer of a hash lead to nobody, unless it leads to somebody else by now."""
    place, pointer = home(tenant.id, hashed), records.identifier(tenant.id, hashed)
    snapshot = deps.store.read(place, [pointer])
    if pointed(snapshot.get(pointer)) == customer:
        expects = {pointer: snapshot.revision(pointer)}
        deps.store.commit(place, Commit(expects, [released(pointer, snapshot.now)]))
