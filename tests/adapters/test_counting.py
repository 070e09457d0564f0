"""Promises of the counters in memory, on a clock that the test moves."""

from hypothesis import given
from hypothesis import strategies as st

from retoma_server.adapters.counting import SECOND, Meter, Standing

ANN, BEN = ("ann",), ("ben",)


class Clock:
    """A clock that stands still until it is moved, by seconds."""

    def __init__(self) -> None:
        self.now = 6_000.0

    def __call__(self) -> int:
        return round(self.now * 10) * SECOND // 10


def taken(meter: Meter, tries: int) -> int:
    """How many of so many tries were let through."""
    return sum(meter.take(ANN) for _ in range(tries))


def test_no_more_than_the_amount_is_let_through() -> None:
    """Ten are let through, the eleventh is not, and others have ten of their own."""
    meter = Meter(10, 60, Clock())
    assert taken(meter, 11) == 10
    assert meter.standing(ANN).remaining == 0
    assert meter.standing(BEN) == Standing(10, 0)
    assert meter.take(BEN)


def test_a_burst_does_not_double_where_one_window_meets_the_next() -> None:
    """Ten at the very end of a window leave nothing for the beginning of the next, five for its middle."""
    clock = Clock()
    meter = Meter(10, 60, clock)
    clock.now += 59.9
    assert taken(meter, 10) == 10
    clock.now += 0.2
    assert taken(meter, 10) == 0
    clock.now += 30
    assert taken(meter, 10) == 5


def test_who_stays_away_for_two_windows_is_forgotten() -> None:
    """Nothing counts any more, also when nobody else called meanwhile."""
    clock = Clock()
    meter = Meter(10, 60, clock)
    taken(meter, 10)
    clock.now += 120
    assert meter.standing(ANN) == Standing(10, 0)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), min_size=1, max_size=12))
def test_whoever_waits_as_told_is_let_through(visits: list[tuple[int, int]]) -> None:
    """However they came before: after `reset` seconds there is one more than now."""
    clock = Clock()
    meter = Meter(7, 60, clock)
    for pause, tries in visits:
        clock.now += pause
        taken(meter, tries)
    before = meter.standing(ANN)
    clock.now += before.reset
    assert meter.standing(ANN).remaining > before.remaining
    assert meter.take(ANN)
