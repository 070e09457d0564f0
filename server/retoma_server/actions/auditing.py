"""The audit log of what staff looked at and changed: one hash chain a tenant and partition."""

from dataclasses import dataclass

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.stores import Append, Record, Store, Write

from . import records
from .tenants import Tenant

AUDIT_KEPT = 1_000_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which draft, and when; never a value."""

    at: int
    staff: str
    name: str | None
    channel: str
    action: str
    draft: str


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


def broken_link(store: Store, tenant: Tenant, partition: int) -> int | None:
    """The number of the first link of a partition's chain that does not hold; None when all do."""
    after, mac = 0, ""
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
