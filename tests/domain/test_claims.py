"""Claims: a guest's cart and a saved one become one, and nothing of either vanishes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retoma_server.domain.authors import Author
from retoma_server.domain.carts import MAX_LINES, MAX_QUANTITY
from retoma_server.domain.claims import Fate, Mark, Settlement, Strategy, merged, settle, undone
from retoma_server.domain.lines import Identity, Line, Lot, Price

GUEST, SAVED = Author("visitor", writer="w_g"), Author("customer", writer="w_s")
SOURCE, MERGE = "dr_guest", "cl_1"
MARK = Mark(MERGE, 9)
MERGING = [Strategy.MAX, Strategy.SUM, Strategy.GUEST_WINS, Strategy.SAVED_WINS, Strategy.SEPARATE]


def cart(author: Author, **quantities: int) -> dict[str, Line]:
    """A cart with so many of each sku."""
    lines = [
        Line(Identity(sku), (Lot(author.writer, 1, 1, quantity),), 1, author)
        for sku, quantity in quantities.items()
    ]
    return {line.identity.key: line for line in lines}


def carried_out(
    guest: dict[str, Line], saved: dict[str, Line], strategy: Strategy
) -> tuple[dict[str, Line], Settlement]:
    """The saved cart after the merge, and what was decided."""
    settlement = settle(guest, saved, strategy, SOURCE)
    return dict(merged(guest, saved, settlement, strategy, SOURCE, MARK)), settlement


def quantities(lines: dict[str, Line]) -> dict[str, int]:
    """How many of each sku, lines kept apart marked by a star."""
    return {
        line.identity.sku + ("*" if line.identity.split else ""): line.quantity for line in lines.values()
    }


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy.MAX, {"tee": 3, "mug": 1, "lamp": 2}),
        (Strategy.SUM, {"tee": 5, "mug": 1, "lamp": 2}),
        (Strategy.GUEST_WINS, {"tee": 2, "mug": 1, "lamp": 2}),
        (Strategy.SAVED_WINS, {"tee": 3, "mug": 1, "lamp": 2}),
        (Strategy.SEPARATE, {"tee": 3, "tee*": 2, "mug": 1, "lamp": 2}),
    ],
)
def test_a_merge_follows_its_strategy_line_by_line(strategy: Strategy, expected: dict[str, int]) -> None:
    """What only one of the two has is always there."""
    lines, _ = carried_out(cart(GUEST, tee=2, lamp=2), cart(SAVED, tee=3, mug=1), strategy)
    assert quantities(lines) == expected


@pytest.mark.parametrize(
    ("strategy", "saved", "fate"),
    [
        (Strategy.USE_GUEST, 1, Fate.SAVED_PARKED),
        (Strategy.USE_SAVED, 1, Fate.GUEST_PARKED),
        (Strategy.USE_GUEST_IF_SAVED_EMPTY, 1, Fate.GUEST_PARKED),
        (Strategy.USE_GUEST_IF_SAVED_EMPTY, 0, Fate.SAVED_PARKED),
    ],
)
def test_to_use_one_cart_parks_the_other_whole(strategy: Strategy, saved: int, fate: Fate) -> None:
    """Nothing is mixed, nothing is lost."""
    held = cart(SAVED, mug=1) if saved else {}
    assert settle(cart(GUEST, tee=2), held, strategy, SOURCE) == Settlement(fate)


def test_the_receipt_tells_each_lines_decision() -> None:
    """What the guest had, what was saved, what there is now."""
    _, settlement = carried_out(cart(GUEST, tee=2, lamp=2), cart(SAVED, tee=3, mug=1), Strategy.MAX)
    told = {each.sku: (each.guest, each.saved, each.result) for each in settlement.decisions}
    assert told == {"tee": (2, 3, 3), "mug": (0, 1, 1), "lamp": (2, 0, 2)}


def test_saved_notes_win_and_the_newer_price_counts() -> None:
    """A merge never takes what the customer wrote."""
    (guest,) = cart(GUEST, tee=1).values()
    (saved,) = cart(SAVED, tee=1).values()
    guest = replace(guest, info={"note": "a", "page": "/x"}, price=Price(900, "EUR"), priced_at=5)
    saved = replace(saved, info={"note": "b"}, price=Price(1000, "EUR"), priced_at=4)
    key = guest.identity.key
    line = carried_out({key: guest}, {key: saved}, Strategy.MAX)[0][key]
    assert (line.info, line.price) == ({"note": "b", "page": "/x"}, Price(900, "EUR"))


def test_what_does_not_fit_is_listed_and_what_was_saved_stays() -> None:
    """A merge clamps, where a single change would be refused."""
    lines, settlement = carried_out(cart(GUEST, tee=600, mug=5), cart(SAVED, tee=900), Strategy.SUM)
    assert quantities(lines) == {"tee": 999, "mug": 5}
    assert [(each.sku, each.quantity) for each in settlement.overflow] == [("tee", 501)]


def test_a_full_cart_takes_no_line_more_and_says_so() -> None:
    """By lines and by pieces."""
    full = cart(SAVED, **{f"sku{n}": MAX_QUANTITY // MAX_LINES for n in range(MAX_LINES)})
    lines, settlement = carried_out(cart(GUEST, tee=1, sku0=100), full, Strategy.SUM)
    assert quantities(lines) == quantities(full)
    assert {each.sku: each.quantity for each in settlement.overflow} == {"tee": 1, "sku0": 100}


CARTS = st.dictionaries(st.sampled_from(["tee", "mug", "lamp", "pen"]), st.integers(1, 999))


@given(CARTS, CARTS, st.sampled_from(MERGING))
def test_every_piece_of_the_guest_is_in_the_cart_decided_against_or_listed(
    guest: dict[str, int], saved: dict[str, int], strategy: Strategy
) -> None:
    """No line of either cart vanishes, and the receipt adds up."""
    lines, settlement = carried_out(cart(GUEST, **guest), cart(SAVED, **saved), strategy)
    assert {line.identity.sku for line in lines.values()} == guest.keys() | saved.keys()
    held = {key: line.quantity for key, line in lines.items()}
    assert held == {each.key: each.result for each in settlement.decisions}


@given(CARTS, CARTS, st.sampled_from(MERGING))
def test_a_merge_that_is_undone_leaves_the_saved_cart_as_it_was(
    guest: dict[str, int], saved: dict[str, int], strategy: Strategy
) -> None:
    """Line by line, piece by piece."""
    before = cart(SAVED, **saved)
    lines, settlement = carried_out(cart(GUEST, **guest), before, strategy)
    after = undone(lines, settlement, MERGE, Mark("cl_1-undo", 10))
    assert quantities(dict(after)) == quantities(before)


def test_undoing_takes_no_more_than_is_still_there() -> None:
    """What the customer removed since stays removed, what they added since stays."""
    lines, settlement = carried_out(cart(GUEST, tee=2, lamp=2), cart(SAVED, tee=3), Strategy.SUM)
    tee, lamp = cart(SAVED, tee=1, lamp=1)
    del lines[lamp]
    lines[tee] = replace(lines[tee], lots=(*lines[tee].lots, Lot("w_s", 2, 10, 4)))
    after = undone(lines, settlement, MERGE, Mark("cl_1-undo", 11))
    assert quantities(dict(after)) == {"tee": 7}
