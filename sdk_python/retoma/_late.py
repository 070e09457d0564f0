"""Late changes: what goes on of them when a guest's cart was merged into the customer's, or one was ordered.

Only adds go on, because they mean the same in any cart. Whoever took, removed, typed a number or noted
something never saw the merged lines: that is theirs to be told, and to do again if they like.
"""

from collections.abc import Iterable
from dataclasses import replace
from sys import maxsize

from ._cart_view import Lines
from ._line_ops import LineOp, price_wire
from ._lines import Price
from ._models import Rejection
from ._ops import Op
from ._outbox import Change, Outbox, rejection

MERGED, CLOSED = "draft-merged", "draft-closed"
IDENTITY = ("sku", "attributes", "offer", "fulfilment", "parent", "split")


class Parting:
    """Changes that a cart does not have which takes no more: adds that go on in another, and the rest."""

    def __init__(self, changes: Iterable[Change], code: str = MERGED) -> None:
        """Part them; where the customer was matters to nobody any more. `code` is why the rest is told."""
        self.code = code
        self.adds: list[list[Op]] = []
        self.alone: list[bool] = []
        self.told: list[Rejection] = []
        for change in changes:
            self.take(change)

    def outbox(self, there: Lines) -> Outbox:
        """The adds as changes of a new writer, who has seen nothing of the lines that are `there`."""
        groups = [each for each in zip(self.adds, self.alone, strict=True) if each[0]]
        changes = tuple(
            Change(seq, tuple(anew(op, there) for op in ops), alone=alone)
            for seq, (ops, alone) in enumerate(groups, start=1)
        )
        return Outbox(len(changes), changes)

    def take(self, change: Change) -> None:
        """Part one change; what is all or nothing goes on whole, or is told whole."""
        if change.refused is not None:
            self.told.append(rejection(*change.refused))
        elif change.alone and {op.wire["op"] for op in change.ops} - {"add", "position"}:
            self.told.append(rejection(change, self.code))
        else:
            self.adds.append([])
            self.alone.append(change.alone)
            left = tuple(op for op in map(self.left, change.ops) if op is not None)
            self.told += [rejection(replace(change, ops=left), self.code)] if left else []

    def left(self, op: Op) -> Op | None:
        """What is to be told of an op, None where it goes on: with an add, or as one that is taken back."""
        match op.wire["op"]:
            case "add":
                self.adds[-1].append(op)
            case "decrement":
                missing = self.take_back(op, op.wire["quantity"])
                return with_pieces(op, missing) if missing else None
            case "remove" | "clear":
                self.take_back(op, maxsize)
                return op
            case "set_quantity" | "info":
                return op
        return None

    def take_back(self, op: Op, most: int) -> int:
        """Take so many pieces from adds that go on, the last ones first; how many were not there."""
        for ops in reversed(self.adds):
            for index in reversed(range(len(ops))):
                there = ops[index].wire["quantity"] if op.meets(ops[index]) else 0
                taken = min(there, most)
                most -= taken
                if taken:
                    ops[index : index + 1] = [with_pieces(ops[index], there - taken)] if there > taken else []
        return most


def with_pieces(op: Op, quantity: int) -> Op:
    """An op on so many pieces."""
    return replace(op, wire={**op.wire, "quantity": quantity})


def anew(op: Op, there: Lines) -> Op:
    """An add in a cart with other lines: it says all about its own, and its price where that is new there."""
    about = op.about if isinstance(op, LineOp) else None
    if about is None or "line" not in op.wire:
        return op.seen_at(0)
    names = {name: about[name] for name in IDENTITY if about.get(name) is not None}
    price = None if op.wire["line"] in there else about.get("price")
    priced = {} if price is None else {"price": price_wire(Price.read(price))}
    wire = {"op": "add", **names, "quantity": op.wire["quantity"], **priced, "seen": 0}
    return LineOp(wire, op.path)
