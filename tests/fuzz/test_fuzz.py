"""Promises of all that reads the bytes of strangers: it reads or refuses, whatever it is sent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.mutating import SEEDS, endless, run
from tests.fuzz.targets import TARGETS

CASES = 100_000
"""So many in all; `make fuzz` runs a hundred times as many."""


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_nearly_right_is_read_alike_or_refused(target: str) -> None:
    """Good texts that were broken a little: only a refusal escapes, and nothing is misread."""
    run(target, CASES // len(TARGETS), seed=1)


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes_are_read_alike_or_refused(target: str) -> None:
    """Whatever Hypothesis can think of, from nothing to seeds with anything in between."""

    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=80) | st.lists(st.sampled_from(SEEDS[target]) | st.binary()).map(b"".join))
    def holds(data: bytes) -> None:
        TARGETS[target](data)

    holds()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("data", endless().values(), ids=endless())
def test_endless_texts_are_read_alike_or_refused(data: bytes, target: str) -> None:
    """A hundred thousand bytes that a careless pattern would never be done with; `benchmarks` times them
    (case 70).
    """
    TARGETS[target](data)
