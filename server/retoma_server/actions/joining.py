"""Bringing a merge of two customers to its end, wherever it stands: a sequence of commits, each done once.

Neither of the two takes part in another merge meanwhile. First the one who goes on says whom they take
in; then the other's record leads to them, and from that moment on every token and identifier does. What
is open or parked is taken over draft by draft, like a guest's (see `claiming`); what is closed stays where
it is, and is read from there. Identifiers stay too: they lead to whoever their customer leads to.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

from retoma_server.adapters.codec import read_draft, read_head
from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.ids import partition_of
from retoma_server.domain.access import Principal
from retoma_server.domain.drafts import TIMED, UNSETTLED, Draft, Status, check_open
from retoma_server.domain.errors import Conflicting, Gone, NotFound
from retoma_server.domain.merges import Merge, Stage
from retoma_server.domain.takeovers import Takeover

from . import records
from .claims import ask_about, receipt_of, take
from .customers import (
    check_customer,
    opened_keys,
    people,
    read_customer,
)
from .deps import Deps
from .erasure import draft_id
from .merge_notes import (
    Entry,
    change,
    change_merge,
    finish,
    leading,
    leading_back,
    lock,
    retreating,
    still_noted,
    taking_in,
)
from .tenants import Tenant

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


def following(found: tuple[str, ...], merge: Merge | None) -> Merge:
    """The merge with all who were merged into its source by the moment that this one was kept to it."""
    known = still_noted(merge)
    return replace(known, followers=tuple(dict.fromkeys((*known.followers, *found[1:]))))


def drop(deps: Deps, tenant: Tenant, merge: Merge) -> None:
    """Let a merge that cannot be be as if it had never begun; whoever was erased stays so."""
    for each in reversed(merge.moving):
        with suppress(Gone, NotFound):
            change(deps, tenant, each, partial(leading_back, merge))
    with suppress(Gone, NotFound):
        change_merge(deps, tenant, merge.id, partial(retreating, Stage.MERGING, Stage.DROPPED))


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
