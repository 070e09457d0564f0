"""Plans: what a strategy comes to where carts can be mixed, and where one of them has to wait."""

from dataclasses import replace

import pytest

from retoma_server.domain.authors import Author
from retoma_server.domain.claims import Fate, Strategy
from retoma_server.domain.drafts import Draft
from retoma_server.domain.lines import Identity, Line, Lot, Price
from retoma_server.domain.receipts import Receipt, plan

BY = Author("visitor", writer="w_1")
MERGING = [Strategy.MAX, Strategy.SUM, Strategy.GUEST_WINS, Strategy.SAVED_WINS, Strategy.SEPARATE]


def cart(name: str, price: Price | None = None, **pieces: int) -> Draft:
    """A cart with so many of each sku."""
    lines = [
        Line(Identity(sku), (Lot("w_1", 1, 1, quantity),), 1, BY, price=price)
        for sku, quantity in pieces.items()
    ]
    keyed = {line.identity.key: line for line in lines}
    return Draft(f"dr_{name}", "cart", "cart", "default", f"cu_{name}", 0, 0, 0, lines=keyed)


EUR, USD = Price(1990, "EUR"), Price(2190, "USD")
GUEST, SAVED = cart("guest", tee=2, lamp=1), cart("saved", tee=3, mug=1)


@pytest.mark.parametrize("strategy", list(Strategy))
def test_the_decisions_add_up_to_the_cart_that_goes_on(strategy: Strategy) -> None:
    """Whatever the strategy, merged or parked."""
    planned = plan(GUEST, SAVED, strategy)
    results = {each.key: each.result for each in planned.decisions if each.result}
    assert results == {key: line.quantity for key, line in planned.lines.items()}
    assert sum(each.guest for each in planned.decisions) == 3
    assert sum(each.saved for each in planned.decisions) == 4


@pytest.mark.parametrize("strategy", list(Strategy))
def test_nobodys_cart_is_adopted(strategy: Strategy) -> None:
    """Whole, whatever was asked for."""
    planned = plan(GUEST, None, strategy)
    assert (planned.fate, planned.lines, planned.reason) == (Fate.ADOPTED, GUEST.lines, None)


@pytest.mark.parametrize("strategy", MERGING)
@pytest.mark.parametrize(
    ("guest", "saved", "fits"),
    [
        (EUR, EUR, True),
        (None, EUR, True),
        (USD, None, True),
        (USD, EUR, False),
    ],
)
def test_a_merge_brings_no_other_currency(
    strategy: Strategy, guest: Price | None, saved: Price | None, fits: bool
) -> None:
    """Lines without a price go anywhere, and any price into a cart that has none."""
    planned = plan(cart("guest", guest, tee=2), cart("saved", saved, mug=1), strategy)
    assert (planned.fate, planned.reason) == (
        (Fate.MERGED, None) if fits else (Fate.GUEST_PARKED, "currency")
    )


@pytest.mark.parametrize("strategy", [Strategy.USE_GUEST, Strategy.USE_SAVED])
def test_where_nothing_is_mixed_no_currency_is_in_the_way(strategy: Strategy) -> None:
    """One of the two goes on as it was asked for."""
    planned = plan(cart("guest", USD, tee=2), cart("saved", EUR, mug=1), strategy)
    assert planned.reason is None


def test_a_form_is_not_filled_with_lines() -> None:
    """The customer has one under this process and key."""
    planned = plan(GUEST, SAVED._replace(kind="form", lines={}), Strategy.MAX)
    assert (planned.fate, planned.reason) == (Fate.GUEST_PARKED, "kind")


def test_a_cart_grows_no_larger_than_a_cart_may_be() -> None:
    """By what its lines take; the guest's is parked whole."""
    (line,) = cart("guest", tee=1).lines.values()
    lines = {
        f"{number}": replace(line, identity=Identity(f"sku-{number}"), info={"note": "x" * 3_000})
        for number in range(60)
    }
    both = [
        SAVED._replace(lines={f"{name}{key}": each for key, each in lines.items()}, size=200_000)
        for name in ("a", "b")
    ]
    planned = plan(both[0], both[1], Strategy.MAX)
    assert (planned.fate, planned.reason) == (Fate.GUEST_PARKED, "draft-full")


def test_a_seal_that_was_crossed_out_stays_so() -> None:
    """Whoever crosses an older one out takes nothing back."""
    receipt = Receipt("cl_1", "cu_1").without("dr_1", 7).without("dr_1", 3)
    assert receipt.crossed_out == {"dr_1": 7}
