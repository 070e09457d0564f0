"""What staff do that is about no draft, put on record in the commit that does it."""

from dataclasses import dataclass, replace

from retoma_server.adapters.stores import Commit, Store
from retoma_server.domain.access import Principal

from . import records
from .auditing import AuditEntry, chained
from .tenants import Tenant


@dataclass(frozen=True, slots=True)
class Order:
    """Who has something done, and what the audit log calls it."""

    principal: Principal
    action: str


def commit_on_record(store: Store, tenant: Tenant, commit: Commit, about: str, order: Order | None) -> None:
    """Commit to the tenant's own partition, with an entry of who ordered what about whom; raises Stale.

    Without an order it is whoever runs the server, who is not watched by what runs on it.
    """
    if order is None:
        store.commit(tenant.partition, commit)
    else:
        recorded_commit(store, tenant, tenant.partition, commit, about, order)


def recorded_commit(
    store: Store, tenant: Tenant, partition: int, commit: Commit, about: str, order: Order
) -> None:
    """Commit to a partition, with an entry in its chain of who ordered what about whom; raises Stale."""
    head = records.audit_head(tenant.id)
    snapshot = store.read(partition, [head])
    who = (order.principal.id, order.principal.name, order.principal.channel)
    entry = AuditEntry(snapshot.now, *who, order.action, about, store=order.principal.store)
    link, appends = chained(tenant, snapshot.get(head), [entry])
    recorded = replace(
        commit,
        expects={**commit.expects, head: snapshot.revision(head)},
        writes=[*commit.writes, link],
        appends=[*commit.appends, *appends],
    )
    store.commit(partition, recorded)
