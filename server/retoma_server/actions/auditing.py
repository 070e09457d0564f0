"""The audit log of what staff looked at and changed, and of who was erased.

One hash chain a tenant and partition.
"""

from dataclasses import dataclass

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.stores import Append, Record, Store, Write

from . import records
from .tenants import Tenant

AUDIT_KEPT = 1_000_000
ACCESS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which draft, or to which customer, and when; never a value.

    `actor` is the id of a member of staff, else `service` or `operator`.
    """

    at: int
    actor: str
    name: str | None
    channel: str
    action: str
    about: str


def chained(tenant: Tenant, head: Record | None, entries: list[AuditEntry]) -> tuple[Write, list[Append]]:
    """The entries as links of the chain, and its new head.

    Each link's `mac` covers the entry and the link before it, under a key that only this server
    has, so an edited, removed or moved entry is found.
    """
    seq, mac = read_json(head.body) if head else (0, "")
    appends = []
    for entry in entries:
        seq += 1
        link = {"seq": seq, "entry": entry, "prev": mac}
        mac = tenant.keys.mac("audit", json_bytes(link)).hex()
        appends.append(Append(records.audit_log(tenant.id), json_bytes({**link, "mac": mac}), AUDIT_KEPT))
    return Write(records.audit_head(tenant.id), json_bytes([seq, mac])), appends


def accessed(tenant: Tenant, customer: str, entry: AuditEntry) -> Append:
    """An entry in the log that the customer reads: the chain of a partition holds many customers'."""
    return Append(records.access_log(tenant.id, customer), json_bytes(entry), ACCESS_KEPT)


def broken_link(store: Store, tenant: Tenant, partition: int, kept: int = AUDIT_KEPT) -> int | None:
    """The number of the first link of a partition's chain that does not hold; None when all do.

    The log is trimmed to its newest `kept` links or more, so a chain that long may begin anywhere.
    """
    after, mac = beginning(store, tenant, partition, kept)
    while entries := store.read_log(partition, records.audit_log(tenant.id), after=after).entries:
        for entry in entries:
            link = read_json(entry.body)
            said = link.pop("mac")
            if link["prev"] != mac or link["seq"] != entry.position or entry.position != after + 1:
                return after + 1
            if tenant.keys.mac("audit", json_bytes(link)).hex() != said:
                return entry.position
            after, mac = entry.position, said
    head = store.read(partition, [records.audit_head(tenant.id)]).get(records.audit_head(tenant.id))
    return None if (read_json(head.body) if head else [0, ""]) == [after, mac] else after + 1


def beginning(store: Store, tenant: Tenant, partition: int, kept: int) -> tuple[int, str]:
    """(number, mac) of the link before the oldest one that must be there.

    A chain of fewer than `kept` links begins with the first. A longer one begins with the oldest that is
    left, whose own mac covers what it says of the one before.
    """
    page = store.read_log(partition, records.audit_log(tenant.id), limit=1)
    if not page.entries or page.last - page.first + 1 < kept:
        return 0, ""
    return page.first - 1, read_json(page.entries[0].body)["prev"]
