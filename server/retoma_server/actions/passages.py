"""The records of who came into a draft: a device by its grant, a member of staff by an assist."""

from dataclasses import replace

from retoma_server.adapters.codec import plain_bytes, read_assist, read_passage
from retoma_server.adapters.stores import PARTITIONS, Record, Store, Write
from retoma_server.domain.assists import Assist
from retoma_server.domain.handoffs import Handoff, Passage

from . import records
from .tenants import Tenant

Access = Passage | Assist


def passage_key(tenant: str, access: Access) -> str:
    """Where an access is kept: staff find theirs by the draft, devices by their grant."""
    if isinstance(access, Assist):
        return records.assist(tenant, access.draft, access.staff)
    return records.grant(tenant, access.id)


def assists_of_staff(store: Store, tenant: str, staff: str, limit: int) -> list[Assist]:
    """The latest assists of a member of staff that are still on record, whoever's drafts they are in."""
    found = store.find(range(PARTITIONS), [records.staff_assists_term(tenant, staff)], limit=limit)
    return [read_assist(each.record.body) for each in found]


def read_access(record: Record) -> Access:
    """The access of a record."""
    return read_assist(record.body) if records.kind_of(record.key) == "assist" else read_passage(record.body)


def passage_write(tenant: str, access: Access, now: int) -> Write:
    """The record of an access used now; it is due for removal when it has ended and is not to be seen."""
    used = replace(access, used_at=now)
    terms, until = [records.passages_term(tenant, access.draft)], used.expires_at
    if isinstance(used, Assist):
        until = used.kept_until
        terms += [records.assist_term(tenant, used.id), records.assists_term(tenant, used.draft)]
        terms.append(records.staff_assists_term(tenant, used.staff))
    return Write(passage_key(tenant, used), plain_bytes(used), tuple(terms), now, until)


def handoff_write(tenant: Tenant, handoff: Handoff, now: int) -> Write:
    """The record of a handoff; it stays a while after its end, so that a revocation finds it."""
    term = records.passages_term(tenant.id, handoff.draft)
    stays = max(handoff.expires_at, now) + 24 * 3_600_000
    return Write(records.handoff(tenant.id, handoff.id), plain_bytes(handoff), (term,), now, stays)
