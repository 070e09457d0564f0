"""The outbox: changes made here that the server has not acknowledged, numbered and in order.

Three rules keep every edit exactly once and unharmed. A change's number is fixed when it is made.
A change that was sent once is immutable for ever, since the server may have it. And the `seen` of an
op is never raised, whatever arrives meanwhile: raising it would overwrite, unseen, what arrived.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ._models import Rejection
from ._ops import Op

MAX_BATCH_CHANGES = 100
MAX_BATCH_BYTES = 60_000
MAX_GATHERED_OPS = 100


@dataclass(frozen=True)
class Change:
    """One atomic list of ops under its number.

    `unanswered`: it was sent, and nobody here knows what became of it. `alone`: a transaction or a
    choice, which takes in no later edits and is never taken apart.
    `refused`: for a change without ops that only uses up its number, the change that the server
    would not even read, and its code.
    """

    seq: int
    ops: tuple[Op, ...]
    sent: bool = False
    alone: bool = False
    unanswered: bool = False
    refused: "tuple[Change, str] | None" = None

    @property
    def wire(self) -> dict[str, Any]:
        """The change as it is sent."""
        return {"seq": self.seq, "ops": [dict(op.wire) for op in self.ops]}

    @property
    def size(self) -> int:
        """Its bytes on the wire."""
        return len(json.dumps(self.wire, ensure_ascii=False).encode())

    @property
    def gathered(self) -> bool:
        """Whether it holds several edits that have nothing to do with each other."""
        return len(self.ops) > 1 and not self.alone


@dataclass(frozen=True)
class Outbox:
    """The unacknowledged changes of one writer, oldest first, and the last number given out."""

    last: int = 0
    changes: tuple[Change, ...] = ()

    def ops(self) -> Iterator[Op]:
        """Every op, in order."""
        return (op for change in self.changes for op in change.ops)

    def seen(self, op: Op, revision: int) -> int:
        """The `seen` of an edit that is made while `revision` is on screen.

        Where an unacknowledged edit hides its place the person sees that one, never what arrived
        below it: so the smallest `seen` of those counts.
        """
        hiding = (each.wire["seen"] for each in self.ops() if "seen" in each.wire and each.hides(op))
        return min(hiding, default=revision)

    # -- edits -----------------------------------------------------------------------------------

    def with_edit(self, op: Op) -> "Outbox":
        """Take in an edit: into the last change while that is unsent and open to it, else as a new one."""
        last = self.changes[-1] if self.changes else None
        if last is None or last.sent or last.alone:
            return self.with_change((op,))
        ops = combined(last.ops, op)
        if len(ops) > MAX_GATHERED_OPS:
            return self.with_change((op,))
        if not ops:
            return Outbox(last.seq - 1, self.changes[:-1])  # nobody has heard of that number
        return replace(self, changes=(*self.changes[:-1], replace(last, ops=ops)))

    def with_change(self, ops: tuple[Op, ...], *, alone: bool = False) -> "Outbox":
        """Take in ops as a new change under the next number."""
        change = Change(self.last + 1, ops, alone=alone)
        return Outbox(change.seq, (*self.changes, change))

    # -- sending ---------------------------------------------------------------------------------

    def batch(self, most: int = MAX_BATCH_CHANGES) -> tuple[Change, ...]:
        """What to send next: what was sent before and is unanswered, else the oldest that fit.

        At least one change, however large.
        """
        candidates = [change for change in self.changes if change.sent] or self.changes
        size, count = 0, 0
        for change in candidates[:most]:
            size += change.size
            if count and size > MAX_BATCH_BYTES:
                break
            count += 1
        return tuple(candidates[:count])

    def sent(self, batch: tuple[Change, ...]) -> "Outbox":
        """Mark a batch as sent: from now on it is immutable."""
        marked = tuple(replace(change, sent=True, unanswered=True) for change in batch)
        return replace(self, changes=(*marked, *self.changes[len(batch) :]))

    def answered(self) -> "Outbox":
        """The same once the server has refused what was sent, whole: nothing of it was done."""
        return replace(self, changes=tuple(replace(each, unanswered=False) for each in self.changes))

    # -- answers ---------------------------------------------------------------------------------

    def without(self, seq: int) -> "Outbox":
        """What is left once the change of this number is acknowledged."""
        return replace(self, changes=tuple(each for each in self.changes if each.seq != seq))

    def unsent(self, seq: int) -> "Outbox":
        """The change of this number as if it had never been sent: the server said that it was not taken."""
        unsent = (replace(each, sent=False, unanswered=False) for each in self.changes if each.seq == seq)
        known = {change.seq: change for change in (*self.changes, *unsent)}
        return replace(self, changes=tuple(known.values()))

    def waiting(self, code: str) -> tuple[Rejection, ...]:
        """What waits, as it is told to whoever made it, with the reason why it still does."""
        return tuple(rejection(change, code) for change in map(original, self.changes) if change.ops)

    def taken_apart(self, refused: Change) -> "Outbox":
        """Give each edit of a refused change a change of its own, so that only the bad one fails.

        Edits of which a later change lets nothing be seen have been replaced, and are left out.
        """
        later = [op for change in self.changes if change.seq > refused.seq for op in change.ops]
        outbox = self.without(refused.seq)
        for op in refused.ops:
            if not any(other.hides(op) for other in later):
                outbox = outbox.with_change((op,), alone=True)
        return outbox

    def stepped_over(self, code: str) -> "Outbox":
        """Put a change without ops, under the same number, in the place of the oldest one."""
        first, *rest = self.changes
        return replace(self, changes=(Change(first.seq, (), sent=True, refused=(first, code)), *rest))

    def restored(self) -> "Outbox":
        """Put the oldest change back where one without ops stood in for it."""
        first, *rest = self.changes
        return replace(self, changes=(original(first), *rest))

    def filled_from(self, expected: int) -> "Outbox":
        """Put empty changes before the oldest, so that the numbers go on from the one expected."""
        missing = tuple(Change(seq, (), sent=True) for seq in range(expected, self.changes[0].seq))
        return replace(self, changes=missing + self.changes)

    def rewritten(self) -> "Outbox":
        """The same edits for another writer: numbered afresh, unsent, as if made by one who saw nothing."""
        edits = [change for change in map(original, self.changes) if change.ops]
        changes = tuple(unseen(change, seq) for seq, change in enumerate(edits, start=1))
        return Outbox(len(changes), changes)


def original(change: Change) -> Change:
    """The change itself, or the one for which an empty one stands in."""
    return change.refused[0] if change.refused else change


def rejection(change: Change, code: str, path: str | None = None) -> Rejection:
    """A change as it is told to whoever made it: it was refused, for this reason."""
    return Rejection(change.seq, code, path, tuple(op.wire for op in change.ops))


def combined(ops: tuple[Op, ...], op: Op) -> tuple[Op, ...]:
    """Add an op to others; it joins the one that it can stand for, unless a later one meets it there."""
    for index in reversed(range(len(ops))):
        joined = op.onto(ops[index])
        if joined is not None:
            return (*ops[:index], *joined, *ops[index + 1 :])
        if op.meets(ops[index]):
            break
    return (*ops, op)


def unseen(change: Change, seq: int) -> Change:
    """A change under another number whose ops have seen nothing."""
    ops = tuple(op.seen_at(0) if "seen" in op.wire else op for op in change.ops)
    return Change(seq, ops, alone=change.alone)
