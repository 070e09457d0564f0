"""The audit log of what staff looked at and changed, and of who was erased.

One hash chain a tenant and partition.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.stores import Append, Entry, Record, Store, Write
from retoma_server.domain.access import Principal
from retoma_server.domain.chains import End, Flaw, Link, flaw_at, flaw_at_end, flaw_by_witness, holds
from retoma_server.domain.naming import Named

from . import records
from .tenants import Tenant

AUDIT_KEPT = 1_000_000
ACCESS_KEPT = 10_000
CHECKED_EVERY = 1_000
"""A checkpoint is due at once when the last one saw this many entries fewer."""
CHECKED_WITHIN = 5 * 60_000
"""Milliseconds within which every entry is seen by a checkpoint."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which draft, or to which customer, and when; never a value.

    `actor` is the id of a member of staff, else `service` or `operator`; `store` is the id of theirs, and
    `assist` the one by which they are in the draft. `paths` are the fields concerned, by the names that the
    process registered, and `others` counts those that have none. `reason` is what staff gave as one, sealed
    by the customer's key. Entries of an earlier release end with `about`.
    """

    at: int
    actor: str
    name: str | None
    channel: str
    action: str
    about: str
    customer: str | None = None
    store: str | None = None
    assist: str | None = None
    paths: tuple[str, ...] = ()
    others: int = 0
    reason: str | None = None


def staff_entry(
    principal: Principal, action: str, about: tuple[int, str, str], fields: Named, reason: str | None
) -> AuditEntry:
    """What a member of staff does, `about` being when, to which draft, and whose; the reason is sealed."""
    at, draft, customer = about
    who = (principal.id, principal.name, principal.channel)
    assist = principal.passage.id if principal.passage else None
    return AuditEntry(at, *who, action, draft, customer, principal.store, assist, *fields, reason)


class ChainHead(NamedTuple):
    """The newest link of a chain, up to where a checkpoint has seen it, and when the next one is due."""

    seq: int = 0
    mac: str = ""
    checked: int = 0
    due: int | None = None

    @property
    def end(self) -> End:
        """The chain's last entry, as its head says."""
        return End(self.seq, self.mac)


def read_head(record: Record | None) -> ChainHead:
    """The head of a chain; one of an earlier release was seen by no checkpoint."""
    return ChainHead(*read_json(record.body)) if record else ChainHead()


def head_write(tenant: str, head: ChainHead) -> Write:
    """The record of a chain's head, due when its checkpoint is."""
    return Write(records.audit_head(tenant), json_bytes(list(head)), due=head.due)


def chained(tenant: Tenant, head: Record | None, entries: list[AuditEntry]) -> tuple[Write, list[Append]]:
    """The entries as links of the chain, and its new head.

    Each link's `mac` covers the entry and the link before it, under a key that only this server
    has, so an edited, removed or moved entry is found.
    """
    known = read_head(head)
    seq, mac = known.end
    appends = []
    for entry in entries:
        seq += 1
        link = {"seq": seq, "entry": entry, "prev": mac}
        mac = tenant.keys.mac("audit", json_bytes(link)).hex()
        appends.append(Append(records.audit_log(tenant.id), json_bytes({**link, "mac": mac}), AUDIT_KEPT))
    grown = known._replace(seq=seq, mac=mac, due=check_due(known, seq, entries[-1].at))
    return head_write(tenant.id, grown), appends


def check_due(head: ChainHead, seq: int, now: int) -> int:
    """When the checkpoint of a chain that goes up to `seq` now is due."""
    waits = now + CHECKED_WITHIN if head.due is None else head.due
    return min(waits, now) if seq - head.checked >= CHECKED_EVERY else waits


def accessed(tenant: Tenant, customer: str, entry: AuditEntry) -> Append:
    """An entry in the log that the customer reads: the chain of a partition holds many customers'."""
    return Append(records.access_log(tenant.id, customer), json_bytes(entry), ACCESS_KEPT)


# -- whether it holds --------------------------------------------------------------------------


def broken_link(
    store: Store,
    tenant: Tenant,
    partition: int,
    kept: int = AUDIT_KEPT,
    witnessed: Mapping[int, str] | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> Flaw | None:
    """The first entry of a partition's chain that does not hold, and what is wrong; None when all do.

    The log is trimmed to its newest `kept` links or more, so a chain that long may begin anywhere.
    `witnessed` are the macs that signed checkpoints saw, by number; without one, a chain that was cut off
    together with its head looks whole. `told` hears of every link that holds.
    """
    wanted = witnessed or {}
    seen: dict[int, str] = {}
    end = begins = beginning(store, tenant, partition, kept)
    head = chain_head(store, tenant, partition)
    while True:
        for link in links(store, tenant, partition, end.seq):
            if not holds(link, end):
                return flaw_at(link, end, [*links(store, tenant, partition, link.position)])
            end = End(link.seq, link.mac)
            told(link.seq)
            if link.seq in wanted:
                seen[link.seq] = link.mac
        newest = chain_head(store, tenant, partition)
        if newest in (head, end):  # else the chain grew while it was read
            return flaw_at_end(end, newest) or flaw_by_witness(seen, wanted, begins.seq + 1, end.seq)
        head = newest


def chain_head(store: Store, tenant: Tenant, partition: int) -> End:
    """What the head of a chain says that its last entry is."""
    key = records.audit_head(tenant.id)
    return read_head(store.read(partition, [key]).get(key)).end


def links(store: Store, tenant: Tenant, partition: int, after: int) -> Iterator[Link]:
    """The links of a chain after a place, as they were found."""
    while entries := store.read_log(partition, records.audit_log(tenant.id), after=after).entries:
        yield from (read_link(tenant, entry) for entry in entries)
        after = entries[-1].position


def read_link(tenant: Tenant, entry: Entry) -> Link:
    """A link as it was found; what cannot be read is not genuine."""
    try:
        link: dict[str, Any] = read_json(entry.body)
        said = str(link.pop("mac"))
        genuine = tenant.keys.mac("audit", json_bytes(link)).hex() == said
        return Link(entry.position, int(link["seq"]), str(link["prev"]), said, genuine)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Link(entry.position, 0, "", "", genuine=False)


def beginning(store: Store, tenant: Tenant, partition: int, kept: int) -> End:
    """The link before the oldest one that must be there.

    A chain of fewer than `kept` links begins with the first. A longer one begins with the oldest that is
    left, whose own mac covers what it says of the one before.
    """
    page = store.read_log(partition, records.audit_log(tenant.id), limit=1)
    if not page.entries or page.last - page.first + 1 < kept:
        return End()
    return End(page.first - 1, read_link(tenant, page.entries[0]).prev)
