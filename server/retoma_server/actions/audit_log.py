"""Reading the audit log of a tenant: all its chains as one list, newest first."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from heapq import merge
from typing import Any

from retoma_server.adapters.codec import read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import PARTITIONS, Commit
from retoma_server.domain.access import Principal, Verb, authorize

from . import records
from .audit_views import Entry, Reader
from .auditing import AuditEntry, chained
from .callers import Caller, principal_of
from .deps import Deps
from .own_data import Items, Places
from .retrying import retried
from .tenants import Tenant

LOOKED_AT = 10_000
"""Entries that are looked at for one page: a filter that few match gives a short page, which goes on."""
PAGE = 20
"""Entries read at once of each of many chains, and"""
LONG_PAGE = 100
"""of the only one."""


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries to read: what is None does not narrow them; `since` and `until` are milliseconds."""

    actor: str | None = None
    draft: str | None = None
    customer: str | None = None
    action: str | None = None
    since: int = 0
    until: int | None = None
    limit: int = 20

    @property
    def places(self) -> tuple[int, ...]:
        """The partitions where such entries are: a customer's drafts are all in theirs."""
        named = {partition_of(each) for each in (self.draft, self.customer) if each is not None}
        if len(named) > 1:
            return ()
        return tuple(named) or tuple(range(PARTITIONS))

    def wants(self, entry: Entry) -> bool:
        """Whether an entry is one of those asked for."""
        return (
            self.actor in (None, entry["actor"])
            and self.draft in (None, entry["about"])
            and self.customer in (None, entry.get("customer"))
            and self.action in (None, entry["action"])
            and (self.until is None or entry["at"] < self.until)
        )


@dataclass(slots=True)
class Chain:
    """One chain, and the number above which all was taken already."""

    partition: int
    place: int = 0


Found = tuple[Chain, int, Entry]
"""An entry with its number in its chain."""


def read_audit(deps: Deps, caller: Caller, query: AuditQuery, before: Places | None) -> Items:
    """Some of what staff looked at and changed, newest first; that it was read is an entry too."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.READ_AUDIT)
    page = audit_page(deps, caller.home, query, before)
    retried(deps, lambda: note_reading(deps, caller.home, principal))
    return page


def read_activity(deps: Deps, caller: Caller, query: AuditQuery, before: Places | None) -> Items:
    """Some of what a member of staff did themselves, newest first; to read that is no entry."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.OWN_SESSION)
    return audit_page(deps, caller.home, replace(query, actor=principal.id), before)


def audit_page(deps: Deps, tenant: Tenant, query: AuditQuery, before: Places | None) -> Items:
    """A page, and the place in each chain below which the next one is."""
    chains = [Chain(place) for place in query.places]
    found: list[Entry] = []
    for number, (chain, place, entry) in enumerate(newest(deps, tenant, query, chains, before), 1):
        if len(found) == query.limit or number > LOOKED_AT:
            return Items(shown(deps, tenant, found), tuple(each.place for each in chains))
        chain.place = place
        if query.wants(entry):
            found.append(entry)
    return Items(shown(deps, tenant, found), None)


def newest(
    deps: Deps, tenant: Tenant, query: AuditQuery, chains: list[Chain], before: Places | None = None
) -> Iterator[Found]:
    """The entries of chains as one list, as far back as a query asks for."""
    starts = before if before and len(before) == len(chains) else (None,) * len(chains)
    streams = [entries(deps, tenant, *each, query) for each in zip(chains, starts, strict=True)]
    return merge(*streams, key=lambda each: -each[2]["at"])


def entries(
    deps: Deps, tenant: Tenant, chain: Chain, before: int | None, query: AuditQuery
) -> Iterator[Found]:
    """The entries of a chain, newest first, as far back as a query asks for."""
    log = records.audit_log(tenant.id)
    limit = LONG_PAGE if len(query.places) == 1 else PAGE
    while True:
        page = deps.store.read_log_back(chain.partition, log, before=before, limit=limit)
        chain.place = chain.place or before or page.last + 1
        for each in page.entries:
            entry: Mapping[str, Any] = read_json(each.body)["entry"]
            if entry["at"] < query.since:
                return
            yield chain, each.position, entry
        if len(page.entries) < limit:
            return
        before = page.entries[-1].position


def shown(deps: Deps, tenant: Tenant, found: list[Entry]) -> list[Mapping[str, Any]]:
    """Entries as auditors read them."""
    reader = Reader(deps, tenant, found)
    return [reader.audit(entry) for entry in found]


def note_reading(deps: Deps, tenant: Tenant, principal: Principal) -> None:
    """Put on record that somebody read the log, in the chain of their own partition."""
    place, key = partition_of(principal.id), records.audit_head(tenant.id)
    snapshot = deps.store.read(place, [key])
    who = (principal.id, principal.name, principal.channel)
    entry = AuditEntry(snapshot.now, *who, "audit-viewed", principal.id, store=principal.store)
    head, appends = chained(tenant, snapshot.get(key), [entry])
    deps.store.commit(place, Commit({key: snapshot.revision(key)}, [head], appends=appends))


def filters(query: AuditQuery) -> list[Any]:
    """What a query asks for besides how many: what its cursor is bound to."""
    return [value for name, value in asdict(query).items() if name != "limit"]
