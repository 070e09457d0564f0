"""What is noted of a merge of two customers, and in their own records: each by itself, once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from retoma_server.adapters.codec import merge_bytes, read_merge
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit, Write
from retoma_server.domain.access import Principal
from retoma_server.domain.errors import Conflicting, NotFound
from retoma_server.domain.merges import FINISH_AFTER, Merge, Stage

from . import records
from .auditing import AuditEntry, chained
from .customers import changed_customer, present_fields
from .deps import Deps
from .retrying import retried
from .tenants import Tenant

Fields = Mapping[str, Any]


def still_noted(merge: Merge | None) -> Merge:
    """The merge as it is; raises NotFound where it went with its customer."""
    if merge is None:
        raise NotFound
    return merge


def known_merge(deps: Deps, tenant: Tenant, merge: str) -> Merge | None:
    """A merge as it is noted, None for one that never was."""
    key = records.merge(tenant.id, merge)
    record = deps.store.read(partition_of(merge), [key]).get(key)
    return read_merge(record.body) if record else None


def read_stage(deps: Deps, tenant: Tenant, merge: str) -> Merge:
    """A merge that is there; raises NotFound where it went with its customer."""
    found = known_merge(deps, tenant, merge)
    if found is None:
        raise NotFound
    return found


def change_merge(deps: Deps, tenant: Tenant, name: str, decide: Callable[[Merge | None], Merge]) -> Merge:
    """Note what `decide` makes of a merge as it is noted; raises NotFound and Gone for its customer.

    One that is under way is noted anew, so that the sweeper does not look at it just now.
    """

    def attempt() -> Merge:
        place, key = partition_of(name), records.merge(tenant.id, name)
        record = deps.store.read(place, [key]).get(key)
        known = read_merge(record.body) if record else None
        merge = decide(known)
        owner = records.customer(tenant.id, merge.customer)
        snapshot = deps.store.read(place, [owner])
        present_fields(snapshot.get(owner))
        if merge != known or merge.under_way:
            expects = {key: record.revision if record else 0, owner: snapshot.revision(owner)}
            begun = merge if merge.at else replace(merge, at=snapshot.now)
            deps.store.commit(place, Commit(expects, [merge_write(tenant, begun, snapshot.now)]))
            return begun
        return merge

    return retried(deps, attempt)


def merge_write(tenant: Tenant, merge: Merge, now: int) -> Write:
    """The record of a merge: ids, kinds and times, no value; it goes with its customer."""
    terms = (records.claims_term(tenant.id, merge.customer),)
    due = now + FINISH_AFTER if merge.under_way else None
    return Write(records.merge(tenant.id, merge.id), merge_bytes(merge), terms, now, due)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what, for the audit log."""

    by: Principal
    action: str

    def at(self, now: int, about: str) -> AuditEntry:
        """The entry of now."""
        return AuditEntry(now, str(self.by.kind), None, self.by.channel, self.action, about, about)


def finish(deps: Deps, tenant: Tenant, merge: Merge, stage: Stage, entry: Entry) -> None:
    """Note the end of a merge, or of its undoing, and put it into the audit log; once."""

    def attempt() -> None:
        place, head = partition_of(merge.id), records.audit_head(tenant.id)
        key = records.merge(tenant.id, merge.id)
        snapshot = deps.store.read(place, [key, head])
        record = snapshot.get(key)
        known = read_merge(record.body) if record else None
        if record is None or known is None or known.stage is not merge.stage:
            return
        link, appends = chained(tenant, snapshot.get(head), [entry.at(snapshot.now, merge.source)])
        expects = {key: record.revision, head: snapshot.revision(head)}
        writes = [merge_write(tenant, replace(known, stage=stage), snapshot.now), link]
        deps.store.commit(place, Commit(expects, writes, appends=appends))

    retried(deps, attempt)


# -- the records of the two customers ----------------------------------------------------------


def change(deps: Deps, tenant: Tenant, customer: str, decide: Callable[[Fields], Fields]) -> None:
    """Change some fields of a customer's record, if that changes anything; raises NotFound and Gone."""

    def attempt() -> None:
        key, place = records.customer(tenant.id, customer), partition_of(customer)
        record = deps.store.read(place, [key]).get(key)
        fields = present_fields(record)
        changes = decide(fields)
        if record is not None and any(fields.get(name) != value for name, value in changes.items()):
            deps.store.commit(place, Commit({key: record.revision}, [changed_customer(record, **changes)]))

    retried(deps, attempt)


def lock(deps: Deps, tenant: Tenant, merge: Merge) -> None:
    """Keep both out of any other merge, always the same one of the two first, so that one of two wins.

    A lock counts as long as the merge that it is for is under way.
    """
    for each in sorted((merge.source, merge.customer)):
        change(deps, tenant, each, partial(locked, deps, tenant, merge, each))


def locked(deps: Deps, tenant: Tenant, merge: Merge, customer: str, fields: Fields) -> Fields:
    """A customer's fields that keep them to a merge; raises Conflicting where they are kept to another."""
    held = fields.get("merging")
    other = known_merge(deps, tenant, held) if held not in (None, merge.id) else None
    if other is not None and other.under_way:
        raise Conflicting("customer-merging")
    into = fields.get("merged_into")
    if into is not None and (customer, into) != (merge.source, merge.customer):
        raise Conflicting("customer-merged", customer=into)
    return {"merging": merge.id}


def taking_in(merge: Merge, fields: Fields) -> Fields:
    """The fields of the customer who goes on: whose drafts and history are theirs too."""
    return {"absorbed": list(dict.fromkeys((*fields.get("absorbed", ()), *merge.moving)))}


def leading(merge: Merge, fields: Fields) -> Fields:
    """The fields of a customer who leads to another from now on, where this merge still holds them."""
    if fields.get("merged_into") in (merge.customer, merge.source):
        return {"merged_into": merge.customer}  # merged into the source before, or led on already
    if fields.get("merging") != merge.id:
        raise Conflicting("customer-merging")
    return {"merged_into": merge.customer, "merge": merge.id}


def leading_back(merge: Merge, fields: Fields) -> Fields:
    """The fields of a customer whom this merge leads no further."""
    if fields.get("merged_into") != merge.customer:
        return {}
    if fields.get("merge") != merge.id:
        return {"merged_into": merge.source}
    return {"merged_into": None, "merge": None, "merges": fields.get("merges", 0) + 1}


def retreating(was: Stage, to: Stage, merge: Merge | None) -> Merge:
    """The merge, at another stage where it is still at the one that could not be brought to its end."""
    known = still_noted(merge)
    return replace(known, stage=to) if known.stage is was else known
