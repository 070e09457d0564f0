"""Checkpoints of audit chains: made while the server runs, and asked when the chains are looked at."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from retoma_server.adapters.checkpoints import Checkpoint
from retoma_server.adapters.stores import PARTITIONS, Commit, Record
from retoma_server.domain.chains import Flaw
from retoma_server.domain.rendering import timestamp

from .auditing import broken_link, head_write, read_head
from .deps import Deps
from .tenants import Tenant

Witnessed = Mapping[tuple[str, int], Mapping[int, str]]
"""What checkpoints saw: by tenant and partition the mac of each entry."""


def make_checkpoint(deps: Deps, tenant: str, partition: int, record: Record, now: int) -> None:
    """Let a chain be seen up to its end; handed out first, so that a crash makes two rather than none."""
    head = read_head(record)
    deps.checkpoints.emit(tenant, partition, head.seq, head.mac, timestamp(now))
    seen = head_write(tenant, head._replace(checked=head.seq, due=None))
    deps.store.commit(partition, Commit({seen.key: record.revision}, [seen]))


def witnessed(checkpoints: Iterable[Checkpoint]) -> Witnessed:
    """What checkpoints saw, whose signatures hold; of two that saw another entry neither is forgotten."""
    seen: dict[tuple[str, int], dict[int, str]] = {}
    for each in checkpoints:
        entries = seen.setdefault((each.tenant, each.partition), {})
        known = entries.setdefault(each.entry, each.mac)
        if known != each.mac:
            entries[each.entry] = ""  # the chain was one and then another: no entry can be both
    return seen


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """A chain that does not hold."""

    tenant: Tenant
    partition: int
    flaw: Flaw


def broken_chains(
    deps: Deps, tenant: Tenant, seen: Witnessed, told: Callable[[int], None]
) -> Iterator[BrokenChain]:
    """Every chain of a tenant that does not hold, with its first flaw; `told` hears of each that does."""
    for partition in range(PARTITIONS):
        wanted = seen.get((tenant.id, partition), {})
        flaw = broken_link(deps.store, tenant, partition, witnessed=wanted, told=told)
        if flaw is not None:
            yield BrokenChain(tenant, partition, flaw)
