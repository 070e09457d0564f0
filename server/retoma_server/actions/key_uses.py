"""What still uses which version of a tenant's keys: counted by reading all that the tenant has."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from retoma_server.adapters.envelopes import IntegrityFailure, Owner, owner_of, owners_in
from retoma_server.adapters.ids import is_id
from retoma_server.adapters.stores import Record
from retoma_server.adapters.vault import version_of_hash

from . import records
from .customers import read_customer, wrapped_keys
from .deps import Deps
from .tenants import Tenant

Told = Callable[[int], None]
"""Hears how many records a long pass has looked at, now and then."""
STEP = 10_000


@dataclass(slots=True)
class KeyUses:
    """What uses each version, by its number.

    `wraps` counts customers whose keys a tenant's key wraps; `newest` customers by their newest key, and
    `kept` by their older ones; `seals` the records and histories that customers' keys open; `finds`
    identifiers by the newest index key that finds them. `older` are the keys of customers, older than the
    tenant asks for, that something still needs.
    """

    wraps: Counter[int] = field(default_factory=Counter)
    newest: Counter[int] = field(default_factory=Counter)
    kept: Counter[int] = field(default_factory=Counter)
    seals: Counter[int] = field(default_factory=Counter)
    finds: Counter[int] = field(default_factory=Counter)
    older: set[Owner] = field(default_factory=set)


def key_uses(deps: Deps, tenant: Tenant, told: Told) -> KeyUses:
    """Count what uses each version of a tenant's keys; nothing is opened, and nothing written."""
    uses = KeyUses()
    for number, (place, record) in enumerate(deps.store.walk(f"{tenant.id}/"), 1):
        if records.kind_of(record.key) == "customer":
            count_customer(uses, record)
            count_sealed(uses, tenant, reasons_given(deps, tenant, place, record))
            count_sealed(uses, tenant, oldest_touchpoint(deps, tenant, place, record))
        else:
            count_sealed(uses, tenant, owners_in(record.body))
        if records.kind_of(record.key) == "draft":
            count_sealed(uses, tenant, oldest_of_history(deps, tenant, place, record))
        if number % STEP == 0:
            told(number)
    return uses


def count_customer(uses: KeyUses, record: Record) -> None:
    """Count a customer's keys and identifiers; of one who was erased there are none."""
    fields = read_customer(record)
    if fields.get("erased"):
        return
    wrapped = wrapped_keys(fields)
    uses.newest[max(wrapped)] += 1
    uses.kept.update(wrapped.keys() - {max(wrapped)})
    uses.wraps.update({owner_of(key).version for key in wrapped.values()})
    uses.finds.update(max(map(version_of_hash, hashes)) for hashes in fields["identifiers"].values())


def count_sealed(uses: KeyUses, tenant: Tenant, owners: frozenset[Owner]) -> None:
    """Count what these keys open, as far as they are customers'."""
    owners = frozenset(owner for owner in owners if is_id(owner.name, "cu"))
    uses.seals.update(owner.version for owner in owners)
    uses.older.update(owner for owner in owners if owner.version < tenant.keys.chain.customers)


def reasons_given(deps: Deps, tenant: Tenant, place: int, customer: Record) -> frozenset[Owner]:
    """The keys that open the reasons which staff gave for what they did to a customer's drafts."""
    log, after, owners = records.access_log(tenant.id, customer.key.rpartition("/")[2]), 0, frozenset[Owner]()
    while entries := deps.store.read_log(place, log, after=after).entries:
        owners = owners.union(*(owners_in(entry.body) for entry in entries))
        after = entries[-1].position
    return owners


def oldest_touchpoint(deps: Deps, tenant: Tenant, place: int, customer: Record) -> frozenset[Owner]:
    """The key that opens the first that a tenant told of a customer's journey."""
    return oldest_of(deps, place, records.touchpoints_log(tenant.id, customer.key.rpartition("/")[2]))


def oldest_of_history(deps: Deps, tenant: Tenant, place: int, draft: Record) -> frozenset[Owner]:
    """The key that opens the oldest entry of a draft's history: no later one needs an older key."""
    return oldest_of(deps, place, records.history_log(tenant.id, draft.key.rpartition("/")[2]))


def oldest_of(deps: Deps, place: int, log: str) -> frozenset[Owner]:
    """The key that opens the oldest entry of a log whose entries are a number and what was sealed."""
    entries = deps.store.read_log(place, log, limit=1).entries
    with suppress(IntegrityFailure):
        return frozenset(owner_of(entry.body[8:]) for entry in entries)
    return frozenset()
