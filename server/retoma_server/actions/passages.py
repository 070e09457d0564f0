"""The records of passages: a device's grant, a staff member's assist."""

from dataclasses import replace

from retoma_server.adapters.codec import plain_bytes
from retoma_server.adapters.stores import Write
from retoma_server.domain.handoffs import Handoff, Passage

from . import records
from .tenants import Tenant


def passage_key(tenant: str, passage: Passage) -> str:
    """Where a passage is kept: staff find theirs by the draft, devices by their grant."""
    if passage.staff is not None:
        return records.assist(tenant, passage.draft, passage.staff)
    return records.grant(tenant, passage.id)


def passage_write(tenant: str, passage: Passage, now: int) -> Write:
    """The record of a passage used now; it is due for removal when it has ended."""
    used = replace(passage, used_at=now)
    terms = [records.passages_term(tenant, passage.draft)]
    if passage.staff is not None:
        terms.append(records.assist_term(tenant, passage.id))
        terms.append(records.assists_term(tenant, passage.staff))
    return Write(passage_key(tenant, used), plain_bytes(used), tuple(terms), now, used.expires_at)


def handoff_write(tenant: Tenant, handoff: Handoff, now: int) -> Write:
    """The record of a handoff; it stays a while after its end, so that a revocation finds it."""
    term = records.passages_term(tenant.id, handoff.draft)
    stays = max(handoff.expires_at, now) + 24 * 3_600_000
    return Write(records.handoff(tenant.id, handoff.id), plain_bytes(handoff), (term,), now, stays)
