"""The cart that follows the one being ordered: what is added meanwhile goes there, and may come back.

Such pieces are numbered in the cart that they were sent to, so in the other one their lots bear no number:
their writer still knows them as its own, and nobody else can have seen them by accident.
"""

from dataclasses import replace

from .cart_ops import Add, CartChange, CartOp, Increment
from .carts import line_size
from .drafts import Draft
from .lines import Line, compacted


def spillable(draft: Draft, change: CartChange) -> CartChange | None:
    """The change as the cart that follows `draft` can take it; None where it does more than add."""
    adds = [whole(draft, op) for op in change.ops if isinstance(op, Add | Increment)]
    return CartChange(tuple(adds)) if adds and len(adds) == len(change.ops) else None


def whole(draft: Draft, op: Add | Increment) -> CartOp:
    """An add that says all about its line, which another cart may not have."""
    line = draft.lines.get(op.line) if isinstance(op, Increment) else None
    return op if line is None else Add(line.identity, op.quantity, {}, line.price, op.seen)


def taken_back(draft: Draft, successor: Draft) -> Draft:
    """A cart that is open again, with all that its successor held.

    No limit applies: each piece was accepted, and none is lost. The caller raises the revision.
    """
    lines = dict(draft.lines)
    for key, line in successor.lines.items():
        lines[key] = joined(lines.get(key), line, draft.revision)
    return draft._replace(lines=lines, size=sum(line_size(line) for line in lines.values()))


def joined(ours: Line | None, theirs: Line, revision: int) -> Line:
    """One line of what two carts hold of the same; what was noted and priced last counts."""
    lots = tuple(replace(lot, seq=0, revision=revision) for lot in theirs.lots)
    if ours is None:
        return replace(theirs, lots=lots, revision=revision, seq=0)
    price = (theirs.price, theirs.priced_at) if theirs.price else (ours.price, ours.priced_at)
    return replace(
        ours,
        lots=compacted((*ours.lots, *lots)),
        revision=revision,
        writer=theirs.writer,
        seq=0,
        info={**ours.info, **theirs.info},
        price=price[0],
        priced_at=price[1],
    )
