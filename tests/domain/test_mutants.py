"""What the machine is worth: it catches software that is broken in the ways in which such software breaks."""

import pytest
from hypothesis import Phase

from .mutants import AloneWithoutAlso, NewestLoserOnly, NoCausalCheck, NoDeduplication, SeenRaised
from .oracle import PromiseBroken
from .promise import Promise, drive

EXAMPLES = 100
SEED = 1

VERDICTS = {
    NoCausalCheck: "unseen|untold",
    SeenRaised: "unseen|untold",
    NoDeduplication: "took effect twice|unseen|untold",
    NewestLoserOnly: "nowhere|untold",
    AloneWithoutAlso: "alone met a conflict",
}


@pytest.mark.parametrize("broken", VERDICTS, ids=lambda machine: machine.__name__)
def test_a_broken_variant_is_caught(broken: type[Promise]) -> None:
    """Each variant breaks the promise within the budget that the honest one passes."""
    with pytest.raises(PromiseBroken, match=VERDICTS[broken]):
        drive(broken, EXAMPLES, SEED, phases=[Phase.generate])


def test_the_honest_one_passes_the_same_budget() -> None:
    """What catches the broken ones does not cry wolf."""
    drive(Promise, EXAMPLES, SEED, phases=[Phase.generate])
