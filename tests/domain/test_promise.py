"""Every value that was accepted is in the draft, or was seen by whoever replaced it, or is kept."""

import os
import time
from random import SystemRandom

import pytest

from .oracle import PromiseBroken
from .promise import Alone, Promise, drive

SLICE = 2_500


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_between_devices_on_a_bad_network(seed: int) -> None:
    """Whatever is lost, late or repeated on the way, no value is lost and no change counts twice.

    The runs are no idle ones: changes apply, do nothing, conflict and fail, and people choose. (How
    often a record ends by being superseded depends on what Hypothesis draws; other tests hold that.)
    """
    tally = drive(Promise, examples=120, number=seed)
    assert set(tally.answers) == {"applied", "noop", "conflict", "rejected"}
    assert set(tally.records) >= {"open", "resolved"}


@pytest.mark.parametrize("seed", [1, 2])
def test_one_person_alone_never_meets_a_conflict(seed: int) -> None:
    """With one device, a bad network and reloads make nobody disagree with themselves."""
    drive(Alone, examples=80, number=seed)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("machine", [Promise, Alone])
def test_nothing_is_lost_in_a_long_run(machine: type[Promise]) -> None:
    """The same for as many examples as RETOMA_SOAK_EXAMPLES says, from seeds that nobody chose."""
    wanted = int(os.environ.get("RETOMA_SOAK_EXAMPLES", "50000"))
    done, began = 0, time.perf_counter()
    while done < wanted:
        done += drive(machine, min(SLICE, wanted - done), SystemRandom().randrange(2**32)).examples
        print(f"{done} examples, {done / (time.perf_counter() - began):.1f} a second")
    assert done >= wanted


def test_a_broken_promise_is_told_with_what_was_lost() -> None:
    """The judge names the change and the value, so that a failing example can be read."""
    machine = Promise()
    with pytest.raises(PromiseBroken, match="lost"):
        machine.oracle.judge(False, "('d0-0', 1) lost ('/name', 'Ann')")
