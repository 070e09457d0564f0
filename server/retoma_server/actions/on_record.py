"""What staff do that is about no draft, put on record in the commit that does it."""

from dataclasses import dataclass, replace

from retoma_server.adapters.stores import Commit, Store
from retoma_server.domain.access import Principal

from . import records
from .auditing import AuditEntry, chained
from .tenants import Tenant


@dataclass(frozen=True, slots=True)
class Order:
    """Who has something done, None being whoever runs the server, and what the audit log calls it."""

    principal: Principal | None
    action: str

    def entry(self, at: int, about: str) -> AuditEntry:
        """The entry of it."""
        by = self.principal
        if by is None:
            return AuditEntry(at, "operator", None, "api", self.action, about)
        return AuditEntry(at, by.id, by.name, by.channel, self.action, about, store=by.store)


def commit_on_record(store: Store, tenant: Tenant, commit: Commit, about: str, order: Order) -> None:
    """Commit to the tenant's own partition, with an entry of who ordered what about whom; raises Stale."""
    recorded_commit(store, tenant, tenant.partition, commit, about, order)


def recorded_commit(
    store: Store, tenant: Tenant, partition: int, commit: Commit, about: str, order: Order
) -> None:
    """Commit to a partition, with an entry in its chain of who ordered what about whom; raises Stale."""
    head = records.audit_head(tenant.id)
    snapshot = store.read(partition, [head])
    link, appends = chained(tenant, snapshot.get(head), [order.entry(snapshot.now, about)])
    recorded = replace(
        commit,
        expects={**commit.expects, head: snapshot.revision(head)},
        writes=[*commit.writes, link],
        appends=[*commit.appends, *appends],
    )
    store.commit(partition, recorded)
