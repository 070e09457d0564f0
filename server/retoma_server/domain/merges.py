"""Two customers who turn out to be one person: what is noted of their merge, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .claims import Fate, FormStrategy, Strategy
from .drafts import Draft, Status
from .form_claims import has_content
from .pointers import Json
from .processes import Process
from .receipts import PARKED_BEFORE, UNDO_FOR, CartReceipt, Receipt, receipt_json
from .rendering import timestamp

FINISH_AFTER = 30_000
"""Milliseconds after which the sweeper goes on with a merge that a crash, or an order, interrupted."""


class Stage(StrEnum):
    """How far a merge has come; `dropped` is one that could not begin, and left nothing."""

    MERGING = "merging"
    MERGED = "merged"
    UNDOING = "undoing"
    UNDONE = "undone"
    DROPPED = "dropped"


UNDER_WAY = frozenset((Stage.MERGING, Stage.UNDOING))
"""While a merge is one of these, neither of the two takes part in another."""


class Stayed(StrEnum):
    """Why a draft stays where a merge brought it, although that was undone."""

    CHANGED = "changed"
    CLOSED = "closed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Brought:
    """A kind of identifier that leads to the other customer too; `both` where they had one of the kind."""

    kind: str
    both: bool


@dataclass(frozen=True, slots=True)
class Returned:
    """What undoing made of one draft: the one that it is `source`'s again, or why it `stayed`."""

    draft: str | None = None
    stayed: Stayed | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """The merge of the customer `source` into `customer`, begun at `at` (milliseconds since 1970).

    `carts` and `forms` are the strategies, the latter None for each process's own. `followers` had been
    merged into `source` before. `returned` has what undoing made of each of the source's drafts so far.
    """

    id: str
    source: str
    customer: str
    at: int
    carts: Strategy = Strategy.MAX
    forms: FormStrategy | None = None
    identifiers: tuple[Brought, ...] = ()
    followers: tuple[str, ...] = ()
    stage: Stage = Stage.MERGING
    returned: Mapping[str, Returned] = field(default_factory=dict)

    @property
    def under_way(self) -> bool:
        """Whether the merge, or its undoing, has not come to its end."""
        return self.stage in UNDER_WAY

    @property
    def moving(self) -> tuple[str, ...]:
        """All who lead to `customer` by this merge."""
        return (self.source, *self.followers)

    def strategy_for(self, draft: Draft, process: Process) -> str:
        """How a draft comes to the other customer's; one without anything in it is in nobody's way."""
        if draft.kind == "form":
            return FormStrategy.MERGE if not has_content(draft) else str(self.forms or process.claim)
        return str(self.carts)

    def having(self, draft: str, returned: Returned) -> "Merge":
        """The merge, with what undoing made of a draft."""
        return replace(self, returned={**self.returned, draft: returned})


def stays(brought: CartReceipt, now: Draft | None) -> Stayed | None:
    """Why a draft that was brought stays with its new customer; None where it can go back.

    What was merged into another is taken out of it, as far as it is still there.
    """
    if now is None or now.status not in (Status.OPEN, Status.PARKED):
        return Stayed.CLOSED
    if brought.fate is not Fate.MERGED and not brought.is_untouched(now):
        return Stayed.CHANGED
    return None


def going_on(brought: CartReceipt) -> str:
    """The draft that has what a merge brought."""
    return brought.cart if brought.fate is Fate.MERGED else brought.moved_to


def was_parked(brought: CartReceipt) -> bool:
    """Whether a draft was parked before the merge."""
    return brought.reason == PARKED_BEFORE


def merge_json(merge: Merge, receipt: Receipt) -> dict[str, Json]:
    """A merge as the service reads it, with what became of each draft."""
    drafts = receipt_json(receipt)
    return {
        "id": merge.id,
        "from": merge.source,
        "customer": merge.customer,
        "status": str(merge.stage),
        "identifiers": [{"kind": each.kind, "both": each.both} for each in merge.identifiers],
        "carts": [with_return(merge, each) for each in drafts["carts"]],
        "forms": [with_return(merge, each) for each in drafts["forms"]],
        "merged_at": timestamp(merge.at),
        "undo_until": timestamp(merge.at + UNDO_FOR),
    }


def with_return(merge: Merge, draft: Mapping[str, Json]) -> dict[str, Json]:
    """What was done with a draft, and what undoing made of it."""
    returned = merge.returned.get(draft["draft"], Returned())
    return {**draft, "returned": returned.draft, "stayed": returned.stayed and str(returned.stayed)}
