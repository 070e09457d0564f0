"""Merging a change into a cart: every add counts once, a remove takes what its author saw.

Only an add makes a line, and it carries only its own pieces; so nothing that was removed comes
back, in whatever order the changes of several devices arrive. What a decrement or a typed quantity
does beside a remove is decided by the order of arrival, and told to whoever was overruled.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from .authors import Author
from .cart_ops import (
    MAX_LINE_BYTES,
    MAX_LINE_QUANTITY,
    MAX_QUANTITY,
    Add,
    CartChange,
    CartOp,
    Clear,
    Decrement,
    Increment,
    Inform,
    Remove,
    SetQuantity,
)
from .changes import Move, Rejected, Seen
from .drafts import Draft, Position
from .lines import Line, Lot, Price, compacted
from .pointers import Json, weight

MAX_LINES = 250
MAX_SIZE = 262_144


@dataclass(frozen=True, slots=True)
class Warned:
    """What the author of an op that was taken should know: a code, the line, and how many are or were there.

    `line-absent`: there is no such line. `removed-elsewhere`: somebody removed it meanwhile, and
    so it stays. `residual`: what others added unseen is still there. `overwrote`: somebody's
    quantity was replaced unseen. `line-changed`: it was not as expected, and was left alone.
    `spilled`: it is in the cart that follows this one.
    """

    code: str
    line: str
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """A cart's lines after a change, whether anything changed, and what its author should know."""

    lines: Mapping[str, Line]
    changed: bool
    warnings: tuple[Warned, ...]


def merge_cart(
    draft: Draft, change: CartChange, author: Author, now: int, most: int = MAX_LINE_QUANTITY
) -> tuple[Draft, Filled]:
    """Merge one change into a draft that is a cart; the revision rises by one if anything was altered.

    A line holds as many pieces as `most`. Raises Rejected, with the draft untouched, when the change as a
    whole cannot be taken.
    """
    filled = fill(draft.lines, change.ops, author, change.seq or 0, draft.revision + 1, now, most)
    position = moved(draft.position, change.ops)
    if not filled.changed and position == draft.position:
        return draft, filled
    size = sum(line_size(line) for line in filled.lines.values())
    if size > MAX_SIZE and size > draft.size:
        raise Rejected("draft-full")
    return draft._replace(
        revision=draft.revision + 1, lines=filled.lines, position=position, size=size
    ), filled


def moved(position: Position | None, ops: Iterable[CartOp]) -> Position | None:
    """Where the customer is after a change."""
    moves = [Position(op.step, op.cursor) for op in ops if isinstance(op, Move)]
    return moves[-1] if moves else position


def line_size(line: Line) -> int:
    """Roughly how many bytes of JSON a line takes."""
    return 200 + 40 * len(line.lots) + weight(dict(line.identity.attributes)) + weight(dict(line.info))


def noted_in(line: Line, info: Mapping[str, Json]) -> dict[str, Json]:
    """A line's notes with others written over them; null takes one away.

    Raises Rejected `limit-exceeded` where they become more than a line may hold.
    """
    notes = {name: value for name, value in {**line.info, **info}.items() if value is not None}
    too_many = weight(dict(line.identity.attributes)) + weight(notes) > MAX_LINE_BYTES
    if too_many and weight(notes) > weight(dict(line.info)):
        raise Rejected("limit-exceeded")
    return notes


class Extent(NamedTuple):
    """How large a cart is: lines, pieces in all, pieces of the largest line."""

    lines: int
    pieces: int
    largest: int

    @classmethod
    def of(cls, lines: Mapping[str, Line]) -> "Extent":
        """The extent of these lines."""
        pieces = [line.quantity for line in lines.values()]
        return cls(len(pieces), sum(pieces), max(pieces, default=0))


def fill(
    lines: Mapping[str, Line],
    ops: Iterable[CartOp],
    author: Author,
    seq: int,
    revision: int,
    now: int,
    most: int = MAX_LINE_QUANTITY,
) -> Filled:
    """Merge the ops of one change into a cart's lines.

    `revision` is the one that the draft gets by it, `now` the store's time in milliseconds. Raises
    Rejected `limit-exceeded`, with nothing changed, where the cart would become too large.
    """
    return Filling(lines, author, seq, revision, now, most).run(ops)


class Filling:
    """One merge under way: the cart's lines, copied, and what has become of them."""

    def __init__(
        self,
        lines: Mapping[str, Line],
        author: Author,
        seq: int,
        revision: int,
        now: int,
        most: int = MAX_LINE_QUANTITY,
    ) -> None:
        """Begin a merge of `author`'s change number `seq`; `lines` themselves are never altered."""
        self.before = lines
        self.lines = dict(lines)
        self.author = author
        self.seq = seq
        self.revision = revision
        self.now = now
        self.most = most
        self.changed = False
        self.warnings: list[Warned] = []

    def run(self, ops: Iterable[CartOp]) -> Filled:
        """Do every op in order."""
        for op in ops:
            self.do(op)
        if self.changed:
            self.check_limits()
        return Filled(self.lines, self.changed, tuple(self.warnings))

    def do(self, op: CartOp) -> None:
        """Do one op."""
        match op:
            case Add():
                self.add(op)
            case Increment(key, quantity):
                self.increment(key, quantity)
            case Decrement(key, quantity):
                self.decrement(key, quantity)
            case Remove(key, seen):
                self.remove(key, seen)
            case SetQuantity():
                self.set_quantity(op)
            case Inform(key, info):
                self.inform(key, info)
            case Clear(seen):
                for key in tuple(self.lines):
                    self.remove(key, seen)

    def check_limits(self) -> None:
        """Refuse a change that makes the cart larger than it may be; to make it smaller is never refused."""
        before, after = Extent.of(self.before), Extent.of(self.lines)
        limits = Extent(MAX_LINES, MAX_QUANTITY, self.most)
        if any(now > limit and now > was for was, now, limit in zip(before, after, limits, strict=True)):
            raise Rejected("limit-exceeded")

    # -- ops -----------------------------------------------------------------------------------

    def add(self, op: Add) -> None:
        """Put pieces of one's own into a line, and make the line where there is none."""
        key = op.identity.key
        line = self.lines.get(key) or Line(op.identity, (), self.revision, self.author)
        noted = replace(line, info=noted_in(line, op.info))
        self.put(key, self.priced(noted, op.price), self.lots(line, op.quantity))

    def priced(self, line: Line, price: Price | None) -> Line:
        """The line with the price that was shown last."""
        return line if price is None else replace(line, price=price, priced_at=self.now)

    def lots(self, line: Line, quantity: int) -> tuple[Lot, ...]:
        """The line's lots with one more of the author's own."""
        return (*line.lots, Lot(self.author.writer, self.seq, self.revision, quantity))

    def increment(self, key: str, quantity: int) -> None:
        """Put pieces into a line that is there."""
        line = self.there(key)
        if line is not None:
            self.put(key, line, self.lots(line, quantity))

    def decrement(self, key: str, quantity: int) -> None:
        """Take pieces from the author's own lots first, then from the oldest."""
        line = self.there(key)
        if line is None:
            return
        left: list[Lot] = []
        for lot in sorted(line.lots, key=lambda lot: (not self.own(lot), lot.revision)):
            taken = min(lot.quantity, quantity)
            quantity -= taken
            if lot.quantity > taken:
                left.append(replace(lot, quantity=lot.quantity - taken))
        self.put(key, line, tuple(sorted(left, key=lambda lot: lot.revision)))

    def remove(self, key: str, seen: Seen) -> None:
        """Take the lots that the author had seen, and leave the others."""
        line = self.lines.get(key)
        if line is None:
            return
        left = tuple(lot for lot in line.lots if not self.known(lot, seen))
        self.put(key, line, left)
        if left:
            self.warn("residual", key, self.lines[key].quantity)

    def set_quantity(self, op: SetQuantity) -> None:
        """Let the line hold exactly so many; what somebody else had made of it unseen is told."""
        line = self.lines.get(op.line)
        if line is None:
            self.warn("removed-elsewhere", op.line)
        elif op.if_revision is not None and op.if_revision != line.revision:
            self.warn("line-changed", op.line, line.quantity)
        elif op.quantity == 0:
            self.remove(op.line, op.seen)
        elif op.quantity != line.quantity:
            if not (self.known(line, op.seen) and all(self.known(lot, op.seen) for lot in line.lots)):
                self.warn("overwrote", op.line, line.quantity)
            self.put(op.line, line, (Lot(self.author.writer, self.seq, self.revision, op.quantity),))

    def inform(self, key: str, info: Mapping[str, Json]) -> None:
        """Write notes about a line, each by itself; the last one to write counts."""
        line = self.there(key)
        if line is None:
            return
        notes = noted_in(line, info)
        if notes != line.info:
            self.put(key, replace(line, info=notes), line.lots)

    # -- what these rest on --------------------------------------------------------------------

    def there(self, key: str) -> Line | None:
        """A line, or a warning that there is none."""
        line = self.lines.get(key)
        if line is None:
            self.warn("line-absent", key)
        return line

    def put(self, key: str, line: Line, lots: tuple[Lot, ...]) -> None:
        """Let a line be this from now on; one without lots is gone."""
        if lots == line.lots and line == self.lines.get(key):
            return
        self.changed = True
        if lots:
            self.lines[key] = replace(
                line, lots=compacted(lots), revision=self.revision, writer=self.author.writer, seq=self.seq
            )
        else:
            del self.lines[key]

    def own(self, mark: Lot | Line) -> bool:
        """Whether the author's own writer brought a lot, or last changed a line."""
        return mark.writer is not None and mark.writer == self.author.writer

    def known(self, mark: Lot | Line, seen: Seen) -> bool:
        """Whether the author had that on screen: as stored then, or as their own unsent act (`also`)."""
        if mark.revision <= seen.revision or mark.revision == self.revision or self.own(mark):
            return True
        return mark.writer is not None and 0 < mark.seq <= seen.also.get(mark.writer, 0)

    def warn(self, code: str, line: str, quantity: int | None = None) -> None:
        """Tell the author something."""
        self.warnings.append(Warned(code, line, quantity))
