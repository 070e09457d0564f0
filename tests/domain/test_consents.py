"""What somebody agreed to is what they said last, and what they said before is not forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retoma_server.domain.consents import DECISIONS_KEPT, MOST_PURPOSES, Consent, by_purpose, decided
from retoma_server.domain.errors import Invalid

PURPOSES = st.sampled_from(["reminders", "research", "offers"])
DECISIONS = st.lists(st.tuples(PURPOSES, st.booleans(), st.sampled_from(["v1", "v2"])), max_size=120)


def consent(purpose: str, granted: bool, version: str, at: int) -> Consent:
    """A decision that a customer made on the web."""
    return Consent(purpose, granted, version, at, "customer", "web")


@given(DECISIONS)
def test_what_was_said_last_counts(said: list[tuple[str, bool, str]]) -> None:
    """Purpose by purpose; what is said once more is no new decision, and the newest of them are kept."""
    known: tuple[Consent, ...] = ()
    for at, each in enumerate(said):
        known = decided(known, consent(*each, at))
    told = by_purpose(known)
    assert set(told) == {purpose for purpose, _, _ in said}
    for purpose, decisions in told.items():
        spoken = [(granted, version) for name, granted, version in said if name == purpose]
        new = [each for at, each in enumerate(spoken) if at == 0 or spoken[at - 1] != each]
        assert [(each.granted, each.version) for each in decisions] == new[::-1][:DECISIONS_KEPT]


def test_there_is_an_end_of_purposes() -> None:
    """One too many is refused, and those that are known can still be decided."""
    known: tuple[Consent, ...] = ()
    for number in range(MOST_PURPOSES):
        known = decided(known, consent(f"p{number}", True, "v1", number))
    with pytest.raises(Invalid, match="limit-exceeded"):
        decided(known, consent("another", True, "v1", 99))
    assert not by_purpose(decided(known, consent("p0", False, "v1", 99)))["p0"][0].granted
