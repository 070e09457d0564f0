"""Promise: in whatever order the changes of offline devices arrive, a cart holds what people meant.

The oracle knows nothing of revisions on the wire: it notes which adds each person had on screen
when they removed a line. An add counts unless somebody who saw it removed it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from retoma_server.domain.authors import Author
from retoma_server.domain.cart_ops import Add, CartOp, Remove
from retoma_server.domain.carts import Filling
from retoma_server.domain.changes import Seen
from retoma_server.domain.lines import Identity, Line, Lot

TEE = Identity("tee")
DEVICES = ("phone", "desktop", "till")


@dataclass
class Device:
    """Somebody who adds and removes one product, and may be offline for long."""

    name: str
    seen: int = 0
    seq: int = 0
    on_screen: frozenset[str] = frozenset()
    waiting: list[tuple[int, CartOp]] = field(default_factory=list)


def play(steps: list[tuple[str, str, int]], filling: type[Filling] = Filling) -> tuple[int, int]:
    """Play steps `(device, act, quantity)`; returns what the cart holds, and what people meant."""
    lines: Mapping[str, Line] = {}
    revision = 0
    stored: dict[str, int] = {}
    done: dict[str, int] = {}
    meant: dict[str, int] = {}
    devices = {name: Device(name) for name in DEVICES}

    def deliver(device: Device) -> None:
        nonlocal lines, revision
        for seq, op in device.waiting:
            if seq <= done.get(device.name, 0):
                continue
            done[device.name] = seq
            merge = filling(lines, Author("visitor", writer=device.name), seq, revision + 1, 0)
            filled = merge.run([op])
            if filled.changed:
                lines, revision = filled.lines, revision + 1
            if isinstance(op, Add):
                stored[f"{device.name}-{seq}"] = op.quantity

    for name, act, quantity in [*steps, *((name, "sync", 1) for name in DEVICES)]:
        device = devices[name]
        if act == "sync":
            deliver(device)
            device.waiting.clear()
            device.seen, device.on_screen = revision, frozenset(stored)
        elif act == "lost reply":
            deliver(device)
        else:
            device.seq += 1
            own = f"{name}-{device.seq}"
            if act == "add":
                meant[own] = quantity
                device.on_screen |= {own}
                device.waiting.append((device.seq, Add(TEE, quantity, {}, None, Seen(device.seen))))
            else:
                for seen in device.on_screen:
                    meant.pop(seen, None)
                device.waiting.append((device.seq, Remove(TEE.key, Seen(device.seen))))
    return sum(line.quantity for line in lines.values()), sum(meant.values())


STEPS = st.lists(
    st.tuples(
        st.sampled_from(DEVICES),
        st.sampled_from(["add", "add", "remove", "sync", "lost reply"]),
        st.integers(1, 3),
    ),
    max_size=24,
)


@given(STEPS)
@settings(max_examples=400, deadline=None)
def test_each_add_counts_once_and_a_remove_takes_what_its_author_saw(
    steps: list[tuple[str, str, int]],
) -> None:
    """With offline spells, lost replies and changes sent twice."""
    held, meant = play(steps)
    assert held == meant


class SubtractsTheQuantitySeen(Filling):
    """A remove takes as many pieces as its author saw, whichever they are."""

    def remove(self, key: str, seen: Seen) -> None:
        """Take the number that was seen, from the oldest."""
        line = self.lines.get(key)
        if line is not None:
            count = sum(lot.quantity for lot in line.lots if self.known(lot, seen))
            self.decrement(key, max(count, 1))


class CountsInOneNumber(Filling):
    """A line is one counter; a remove sets it to none."""

    def lots(self, line: Line, quantity: int) -> tuple[Lot, ...]:
        """One lot that anybody's remove takes whole."""
        return (Lot(None, 0, 0, line.quantity + quantity),)


@pytest.mark.parametrize("mutant", [SubtractsTheQuantitySeen, CountsInOneNumber])
def test_a_rule_that_loses_or_resurrects_is_caught(mutant: type[Filling]) -> None:
    """The two rules that other carts use fail the same promise."""
    try:
        example = find(
            STEPS,
            lambda steps: len(set(play(steps, mutant))) == 2,
            settings=settings(max_examples=2_000, deadline=None),
        )
    except NoSuchExample:
        pytest.fail("the mutant survived")
    assert example
