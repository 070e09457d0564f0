"""A draft as one writer holds it: the pure part of the SDK, which decides and does no I/O."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from ._errors import LostUpdateError
from ._models import Rejection
from ._ops import Op
from ._outbox import Change, Outbox, rejection
from ._stored import Base


@dataclass(frozen=True)
class LocalDraft:
    """What the server last said (`base`) and what it has not acknowledged (`outbox`), for one writer.

    `rejected` are the changes that were refused for good. Immutable: every step answers a new one,
    so a step that fails leaves everything as it was. A form and a cart say the rest, each its own way.
    """

    writer: str
    base: Base
    outbox: Outbox = field(default_factory=Outbox)
    rejected: tuple[Rejection, ...] = ()

    @property
    def position(self) -> Mapping[str, Any] | None:
        """Where the customer is, moves that are not yet saved included."""
        moves = [op.wire for op in self.outbox.ops() if op.wire["op"] == "position"]
        return moves[-1] if moves else self.base.draft.get("position")

    # -- edits -----------------------------------------------------------------------------------

    def edited(self, ops: Iterable[Op]) -> Self:
        """Take in plain edits, combined with the last change where that may still grow."""
        outbox = self.outbox
        for op in self.altering(ops):
            outbox = outbox.with_edit(self.fixed(op))
        return replace(self, outbox=outbox)

    def transacted(self, ops: Iterable[Op]) -> Self:
        """Take in edits as one change of their own; none at all change nothing."""
        fixed = tuple(map(self.fixed, self.altering(ops)))
        return replace(self, outbox=self.outbox.with_change(fixed, alone=True)) if fixed else self

    def altering(self, ops: Iterable[Op]) -> Iterator[Op]:
        """Of ops made one after the other, those that change something on screen; each kind says which."""
        raise NotImplementedError

    def fixed(self, op: Op) -> Op:
        """The op with its `seen`, which is fixed now and for ever."""
        return op if op.path is None else op.seen_at(self.outbox.seen(op, self.base.revision))

    # -- sending ---------------------------------------------------------------------------------

    def sending(self, batch: tuple[Change, ...]) -> Self:
        """Mark the batch as sent: before the request leaves, since afterwards may never come."""
        return replace(self, outbox=self.outbox.sent(batch))

    def request(self, batch: tuple[Change, ...]) -> dict[str, Any]:
        """The body that carries a batch."""
        epoch = {} if self.base.epoch is None else {"epoch": self.base.epoch}
        changes = [change.wire for change in batch]
        return {"writer": self.writer, **epoch, "since": self.base.revision, "changes": changes}

    def replied(self, reply: Mapping[str, Any]) -> Self:
        """Take in the answer to a batch: its delta into the base, each result into the outbox.

        A change without a result goes on waiting; a delta that events have overtaken is old news.
        """
        local = replace(self, base=self.base.after(reply["delta"]))
        for result in reply["results"]:
            local = local.settled(result)
        return local

    def settled(self, result: Mapping[str, Any]) -> Self:
        """Take in what became of one change: done with, taken apart, or refused for good."""
        change = next((each for each in self.outbox.changes if each.seq == result["seq"]), None)
        if change is None:
            return self
        refused, code = refusal(change, result)
        if code is None:
            return replace(self, outbox=self.outbox.without(change.seq))
        if refused.gathered:
            return replace(self, outbox=self.outbox.taken_apart(refused))
        lost = rejection(refused, code, result.get("path"))
        return replace(self, outbox=self.outbox.without(change.seq), rejected=(*self.rejected, lost))

    def answered_late(self, results: Iterable[Mapping[str, Any]]) -> Self:
        """Take in which changes a merged cart has had: those are done with, the others were never sent."""
        local = self
        for result in results:
            if result["status"] == "applied":
                local = local.settled({**result, "status": "replayed"})
            else:
                local = replace(local, outbox=local.outbox.unsent(result["seq"]))
        return local

    def answered_closed(self, results: Iterable[Mapping[str, Any]]) -> Self:
        """Take in what a closed draft had taken, or refused, while it was open: that is done with."""
        local = self
        for result in results:
            if result["status"] == "replayed" and result.get("code") != "draft-closed":
                local = local.settled(result)
        return local

    def merged_into(self, draft: Mapping[str, Any], epoch: str | None, writer: str) -> Self:
        """Go on in the draft that this one was merged into, as a new writer who has seen nothing of it."""
        return replace(self, base=Base(draft, epoch), writer=writer, outbox=self.outbox.rewritten())

    def with_outbox(self, outbox: Outbox) -> Self:
        """The same draft with another outbox."""
        return replace(self, outbox=outbox)

    # -- catching up -----------------------------------------------------------------------------

    @property
    def holds_news_back(self) -> bool:
        """Whether news has to wait for the answer to what was sent; a form shows a value once in any case."""
        return False

    def arrived(self, before: Self) -> tuple[str, ...]:
        """The places that are other than they were on screen; what comes masked is not seen."""
        raise NotImplementedError

    def caught_up(self, delta: Mapping[str, Any]) -> Self:
        """Take in a delta; one that does not go on from here changes nothing."""
        return replace(self, base=self.base.after(delta))

    def reread(self, draft: Mapping[str, Any], epoch: str | None, writer: str) -> Self:
        """Begin again from the whole draft, keeping every unacknowledged edit.

        In a new epoch they become edits of the new `writer`, who has seen nothing: numbers and
        revisions of the old epoch mean nothing there, and the server keeps what differs as conflicts.
        Raises LostUpdateError, with nothing taken in, when the draft is older in the same epoch.
        """
        self.check_not_older(draft["revision"], epoch)
        base = Base(draft, epoch or self.base.epoch)
        if self.base.in_epoch(epoch):
            return replace(self, base=base)
        return replace(self, base=base, writer=writer, outbox=self.outbox.rewritten())

    def discarded(self) -> Self:
        """The draft closed as not wanted."""
        return replace(self, base=replace(self.base, draft={**self.base.draft, "status": "discarded"}))

    def check_not_older(self, revision: int, epoch: str | None) -> None:
        """Raise LostUpdateError when the server is at an older revision of the same epoch."""
        if revision < self.base.revision and self.base.in_epoch(epoch):
            facts = {"acknowledged": self.base.revision, "answered": revision}
            raise LostUpdateError("lost-update", facts=facts)


def refusal(change: Change, result: Mapping[str, Any]) -> tuple[Change, str | None]:
    """The change that a result refuses and why; why is None when it was taken.

    The answer to an empty stand-in refuses the change for which it stands.
    """
    if change.refused is not None:
        return change.refused
    outcome = result.get("was") or result["status"]
    return change, result.get("code", "rejected") if outcome == "rejected" else None
