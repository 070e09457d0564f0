"""Exactly once: numbers without gaps, answers that can be given again, and writers that stay themselves."""

import pytest

from retoma_server.domain.errors import Conflicting, Forbidden
from retoma_server.domain.writers import (
    RESULTS_KEPT,
    Result,
    Writer,
    check_owner,
    check_sequence,
    noted,
    trimmed,
)


def after(last: int) -> Writer:
    """A writer that has done that many changes."""
    writer = Writer("w_1", "customer:cu_1")
    for seq in range(1, last + 1):
        writer = noted(writer, seq, Result("applied", seq, f"f{seq}"))
    return writer


@pytest.mark.parametrize("numbers", [[4], [4, 5, 6], [3, 4], [1, 2, 3], [2]])
def test_numbers_that_follow_on_are_taken(numbers: list[int]) -> None:
    """New ones, and before them any that were used already."""
    check_sequence(after(3), numbers)


@pytest.mark.parametrize("numbers", [[5], [4, 6], [4, 4], [3, 5], [1, 3], [5, 4]])
def test_a_gap_says_which_number_is_expected(numbers: list[int]) -> None:
    """Whoever skips, repeats or turns numbers around is told where to go on."""
    with pytest.raises(Conflicting, match="sequence-gap") as caught:
        check_sequence(after(3), numbers)
    assert caught.value.facts == {"expected": 4}


def test_a_first_change_is_number_one() -> None:
    """A writer nobody has heard of begins at the beginning."""
    check_sequence(after(0), [1, 2])
    with pytest.raises(Conflicting):
        check_sequence(after(0), [2])


def test_a_writer_belongs_to_whoever_used_it_first() -> None:
    """Nobody speaks under somebody else's name."""
    check_owner(after(1), "customer:cu_1")
    with pytest.raises(Forbidden, match="writer-mismatch"):
        check_owner(after(1), "customer:cu_2")


def test_answers_can_be_given_again() -> None:
    """As many as one request can ask for, and more; the writer noted before is untouched."""
    one = after(1)
    two = noted(one, 2, Result("conflict", 5, "f2", ("cf_5_0",)))
    assert (one.last, two.last) == (1, 2)
    assert two.answered(1) == Result("applied", 1, "f1")
    assert two.answered(2) == Result("conflict", 5, "f2", ("cf_5_0",))
    assert one.answered(2) is None


def test_answers_that_nobody_waits_for_are_let_go() -> None:
    """A writer's record does not grow for ever; what the newest request asks for is always there."""
    writer = trimmed(after(RESULTS_KEPT + 50), RESULTS_KEPT + 40)
    assert writer.last == RESULTS_KEPT + 50
    assert writer.answered(39) is None
    assert all(writer.answered(seq) for seq in range(40, RESULTS_KEPT + 51))
