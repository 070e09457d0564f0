"""Bringing a merge of two customers to its end, wherever it stands: a sequence of commits, each done once.

Neither of the two takes part in another merge meanwhile. First the one who goes on says whom they take
in; then the other's record leads to them, and from that moment on every token and identifier does. What
is open or parked is taken over draft by draft, like a guest's (see `claiming`); what is closed stays where
it is, and is read from there. Identifiers stay too: they lead to whoever their customer leads to.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from retoma_server.adapters.codec import merge_bytes, read_draft, read_head, read_merge
from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit, Write
from retoma_server.domain.access import Principal
from retoma_server.domain.drafts import TIMED, UNSETTLED, Draft, Status, check_open
from retoma_server.domain.errors import Conflicting, Gone, NotFound
from retoma_server.domain.merges import FINISH_AFTER, Merge, Stage
from retoma_server.domain.takeovers import Takeover

from . import records
from .auditing import AuditEntry, chained
from .claims import ask_about, receipt_of, take
from .customers import (
    changed_customer,
    check_customer,
    opened_keys,
    people,
    present_fields,
    read_customer,
)
from .deps import Deps
from .erasure import draft_id
from .retrying import retried
from .tenants import Tenant

Fields = Mapping[str, Any]
PAGE = 100
TAKEN = UNSETTLED | {Status.PARKED}


def join(deps: Deps, tenant: Tenant, merge: Merge, by: Principal) -> None:
    """Bring a merge to its end; done again, or by two at once, it is done once.

    Raises Conflicting `customer-merging` or `customer-merged`, and Gone for one who was erased: the
    merge is dropped then, and nothing was changed. Raises what taking a draft over does while one of them
    is busy; whoever repeats the merge then, or the sweeper, goes on with it.
    """
    try:
        merge = settled(deps, tenant, merge)
        take_drafts(deps, tenant, merge, by)
        check_customer(deps, tenant, merge.customer)
    except (Gone, NotFound):
        drop(deps, tenant, merge)
        raise Gone("customer-erased") from None
    finish(deps, tenant, merge, Stage.MERGED, Entry(by, "customer-merged"))


def settled(deps: Deps, tenant: Tenant, merge: Merge) -> Merge:
    """The merge, once the one customer leads to the other; it is dropped where it cannot be."""
    change_merge(deps, tenant, merge.id, still_noted)
    try:
        lock(deps, tenant, merge)
        merge = change_merge(deps, tenant, merge.id, partial(following, people(deps, tenant, merge.source)))
        change(deps, tenant, merge.customer, partial(taking_in, merge))
        for each in merge.moving:
            change(deps, tenant, each, partial(leading, merge))
    except Conflicting:
        drop(deps, tenant, merge)
        raise
    deps.sign_ins.forget(merge.moving)
    return merge


def still_noted(merge: Merge | None) -> Merge:
    """The merge as it is; raises NotFound where it went with its customer."""
    if merge is None:
        raise NotFound
    return merge


def following(found: tuple[str, ...], merge: Merge | None) -> Merge:
    """The merge with all who were merged into its source by the moment that this one was kept to it."""
    known = still_noted(merge)
    return replace(known, followers=tuple(dict.fromkeys((*known.followers, *found[1:]))))


# -- what is noted of a merge ------------------------------------------------------------------


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
        return AuditEntry(now, str(self.by.kind), None, self.by.channel, self.action, about)


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


def drop(deps: Deps, tenant: Tenant, merge: Merge) -> None:
    """Let a merge that cannot be be as if it had never begun; whoever was erased stays so."""
    for each in reversed(merge.moving):
        with suppress(Gone, NotFound):
            change(deps, tenant, each, partial(leading_back, merge))
    with suppress(Gone, NotFound):
        change_merge(deps, tenant, merge.id, partial(retreating, Stage.MERGING, Stage.DROPPED))


def retreating(was: Stage, to: Stage, merge: Merge | None) -> Merge:
    """The merge, at another stage where it is still at the one that could not be brought to its end."""
    known = still_noted(merge)
    return replace(known, stage=to) if known.stage is was else known


# -- their drafts ------------------------------------------------------------------------------


def take_drafts(deps: Deps, tenant: Tenant, merge: Merge, by: Principal) -> None:
    """Take all over that is open or parked, what was changed longest ago first.

    What is busy is left, and raised once the others are taken.
    """
    refusal = None
    taken = sorted(drafts_of(deps, tenant, merge.source), key=lambda draft: (draft.updated_at, draft.id))
    for draft in taken:
        try:
            take(deps, tenant, draft, takeover_of(deps, tenant, merge, draft), by)
        except Conflicting as busy:
            refusal = refusal or busy
    receipt = receipt_of(deps, tenant, merge.id, merge.customer)
    ask_about(deps, tenant, receipt, frozenset(draft.id for draft in taken))
    if refusal is not None:
        raise refusal
    for left in drafts_of(deps, tenant, merge.source):
        check_open(left)
        raise Conflicting("customer-merging")


def takeover_of(deps: Deps, tenant: Tenant, merge: Merge, draft: Draft) -> Takeover:
    """How a draft is taken over; one that is parked stays so."""
    strategy = merge.strategy_for(draft, deps.tenants.process(tenant.id, draft.process))
    aside = draft.status is Status.PARKED or bool(draft.takeover and draft.takeover.parked)
    return Takeover(merge.id, merge.customer, strategy, 0, 0, whole=True, aside=aside)


def drafts_of(deps: Deps, tenant: Tenant, customer: str) -> Iterator[Draft]:
    """The drafts of a customer that are open, parked, or about to be something else."""
    place, term = partition_of(customer), records.customers_drafts_term(tenant.id, customer)
    record = records.customer(tenant.id, customer)
    snapshot = deps.store.read(place, [record])
    check_customer(deps, tenant, customer)
    key = opened_keys(deps, tenant, customer, read_customer(snapshot.get(record)))
    before = None
    while page := deps.store.find([place], [term], before=before, limit=PAGE):
        for found in page:
            with suppress(IntegrityFailure):  # asked for by itself it says so; the others are taken
                body = found.record.body
                plaintext = key.open("draft", draft_id(found), found.record.revision, body)
                head = read_head(plaintext)
                over = head.status in TIMED and snapshot.now >= head.expires_at
                if head.status in TAKEN and not over:
                    yield read_draft(plaintext)
        before = (page[-1].rank, page[-1].record.key)
