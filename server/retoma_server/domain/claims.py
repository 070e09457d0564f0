"""What becomes of a guest's cart when its owner signs in and has a saved one: line by line, and undoable.

The decision is pure and the same for a preview, for the merge and for its undoing. Nothing is
dropped: what does not fit is listed, what is not merged is parked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from .cart_ops import MAX_LINE_QUANTITY, MAX_QUANTITY
from .carts import MAX_LINES
from .lines import Line, Lot, compacted


class Strategy(StrEnum):
    """How two carts become one; `use_guest` and `use_saved` keep one and park the other."""

    MAX = "max"
    SUM = "sum"
    GUEST_WINS = "guest_wins"
    SAVED_WINS = "saved_wins"
    SEPARATE = "separate"
    USE_GUEST = "use_guest"
    USE_SAVED = "use_saved"
    USE_GUEST_IF_SAVED_EMPTY = "use_guest_if_saved_empty"


class Intent(StrEnum):
    """What the customer is about to do: at checkout nobody should order more than is on the screen."""

    BROWSE = "browse"
    CHECKOUT = "checkout"


DEFAULTS = {Intent.BROWSE: Strategy.MAX, Intent.CHECKOUT: Strategy.USE_GUEST}
"""The strategy where none is named."""


class Fate(StrEnum):
    """What happened: the guest's cart was adopted or merged into the saved one, or one of them was parked."""

    ADOPTED = "adopted"
    MERGED = "merged"
    GUEST_PARKED = "guest-parked"
    SAVED_PARKED = "saved-parked"


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of a receipt: how many the guest had, how many were saved, how many there are now."""

    key: str
    sku: str
    guest: int
    saved: int
    result: int

    @property
    def gained(self) -> int:
        """How many more than were saved; less than none where the guest had fewer and won."""
        return self.result - self.saved


@dataclass(frozen=True, slots=True)
class Overflow:
    """What a limit kept out of the cart."""

    key: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a merge comes to: the fate of the carts, each line's decision, and what did not fit."""

    fate: Fate
    decisions: tuple[Decision, ...] = ()
    overflow: tuple[Overflow, ...] = ()


Lines = Mapping[str, Line]


def settle(
    guest: Lines, saved: Lines, strategy: Strategy, source: str, most: int = MAX_LINE_QUANTITY
) -> Settlement:
    """Decide what becomes of two carts; `source` is the guest's cart's id, and a line holds `most` pieces."""
    match strategy:
        case Strategy.USE_GUEST:
            return Settlement(Fate.SAVED_PARKED)
        case Strategy.USE_SAVED:
            return Settlement(Fate.GUEST_PARKED)
        case Strategy.USE_GUEST_IF_SAVED_EMPTY:
            return Settlement(Fate.GUEST_PARKED if saved else Fate.SAVED_PARKED)
    wanted = tuple(decided(arriving(guest, saved, strategy, source), saved, strategy))
    decisions = tuple(fitted(wanted, saved, most))
    overflow = tuple(
        Overflow(wish.key, wish.sku, wish.result - given.result)
        for wish, given in zip(wanted, decisions, strict=True)
        if wish.result > given.result
    )
    return Settlement(Fate.MERGED, decisions, overflow)


def arriving(guest: Lines, saved: Lines, strategy: Strategy, source: str) -> dict[str, Line]:
    """The guest's lines under the keys that they get in the saved cart."""
    if strategy is not Strategy.SEPARATE:
        return dict(guest)
    kept_apart = (apart(line, source) if key in saved else line for key, line in guest.items())
    return {line.identity.key: line for line in kept_apart}


def apart(line: Line, source: str) -> Line:
    """The line as one that is kept apart from others of its kind."""
    return replace(line, identity=replace(line.identity, split=source))


def decided(guest: Lines, saved: Lines, strategy: Strategy) -> Iterator[Decision]:
    """Each line of either cart with the quantity that the strategy wants."""
    for key in dict.fromkeys((*saved, *guest)):
        mine = guest[key].quantity if key in guest else 0
        theirs = saved[key].quantity if key in saved else 0
        sku = (saved.get(key) or guest[key]).identity.sku
        yield Decision(key, sku, mine, theirs, combined(mine, theirs, strategy))


def combined(guest: int, saved: int, strategy: Strategy) -> int:
    """How many of a line; one that only one of the two carts has stays as it is."""
    if not guest or not saved:
        return guest or saved
    match strategy:
        case Strategy.SUM:
            return guest + saved
        case Strategy.GUEST_WINS:
            return guest
        case Strategy.MAX:
            return max(guest, saved)
    return saved


def fitted(wanted: tuple[Decision, ...], saved: Lines, most: int) -> Iterator[Decision]:
    """The decisions within the limits of a cart; what was saved is never taken away for it."""
    pieces = sum(decision.saved for decision in wanted)
    lines = len(saved)
    for decision in wanted:
        room = min(decision.saved + MAX_QUANTITY - pieces, most)
        if not decision.saved and lines >= MAX_LINES:
            room = 0
        result = decision.result if decision.gained <= 0 else max(decision.saved, min(decision.result, room))
        given = replace(decision, result=result)
        pieces += given.gained
        lines += not decision.saved and result > 0
        yield given


# -- carrying it out -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """What a merge leaves on the lots that it brings: its id as their writer, and the revision."""

    merge: str
    revision: int


def merged(
    guest: Lines, saved: Lines, settlement: Settlement, strategy: Strategy, source: str, mark: Mark
) -> Lines:
    """The saved cart's lines after the merge; lots that were saved stay, so that removes still find them."""
    lines = dict(saved)
    coming = arriving(guest, saved, strategy, source)
    for decision in settlement.decisions:
        known = saved.get(decision.key)
        if known is None and decision.result:
            lines[decision.key] = brought(coming[decision.key], decision.result, mark)
        elif known is not None and decision.guest:
            met = informed(known, coming[decision.key])
            lines[decision.key] = changed(met, decision.gained, mark)
    return lines


def brought(line: Line, quantity: int, mark: Mark) -> Line:
    """A line that the saved cart did not have."""
    return replace(
        line,
        lots=(Lot(mark.merge, 0, mark.revision, quantity),),
        revision=mark.revision,
        writer=mark.merge,
        seq=0,
    )


def informed(saved: Line, guest: Line) -> Line:
    """A line of both carts: the saved notes win, the newer price counts."""
    line = replace(saved, info={**guest.info, **saved.info})
    if guest.price is not None and guest.priced_at > saved.priced_at:
        return replace(line, price=guest.price, priced_at=guest.priced_at)
    return line


def changed(line: Line, gained: int, mark: Mark) -> Line:
    """The line with more of the merge's own lots, or with fewer of its oldest."""
    lots = line.lots
    if gained > 0:
        lots = compacted((*lots, Lot(mark.merge, 0, mark.revision, gained)))
    elif gained < 0:
        lots = without(lots, -gained)
    return replace(line, lots=lots, revision=mark.revision, writer=mark.merge, seq=0)


def without(lots: tuple[Lot, ...], quantity: int, first: str | None = None) -> tuple[Lot, ...]:
    """The lots less so many pieces: those of the writer `first` go first, then the oldest."""
    left = []
    for lot in sorted(lots, key=lambda lot: (lot.writer != first, lot.revision)):
        taken = min(lot.quantity, quantity)
        quantity -= taken
        if lot.quantity > taken:
            left.append(replace(lot, quantity=lot.quantity - taken))
    return tuple(sorted(left, key=lambda lot: lot.revision))


def undone(lines: Lines, settlement: Settlement, merge: str, mark: Mark) -> Lines:
    """The saved cart's lines without what a merge did: what it brought goes, as far as it is still there.

    A line that has gone since stays gone; pieces that were taken come back where it is there.
    """
    result = dict(lines)
    for decision in settlement.decisions:
        line = lines.get(decision.key)
        if line is None or not decision.gained:
            continue
        if decision.gained < 0:
            result[decision.key] = changed(line, -decision.gained, mark)
            continue
        left = without(line.lots, decision.gained, merge)
        if left:
            result[decision.key] = replace(line, lots=left, revision=mark.revision, writer=mark.merge, seq=0)
        else:
            del result[decision.key]
    return result
