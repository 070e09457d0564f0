"""What a customer agreed to, by purpose, and to which version of its words; what was said before stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from .errors import Invalid

MOST_PURPOSES = 50
DECISIONS_KEPT = 20
"""How many decisions on one purpose are kept; older ones go."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One decision: whether a customer agrees to a purpose, and to which version of its words.

    `by` is the kind of principal that brought it, `channel` where, `at` when (milliseconds since 1970).
    """

    purpose: str
    granted: bool
    version: str
    at: int
    by: str
    channel: str


def decided(
    before: Sequence[Consent], decision: Consent, heard: Sequence[Consent] | None = None
) -> tuple[Consent, ...]:
    """All decisions with one more, oldest first; the same once more changes nothing.

    `heard` are those too that are kept elsewhere, of a customer who was two before. Raises Invalid
    `limit-exceeded` where that is one purpose too many.
    """
    earlier = [each for each in before if each.purpose == decision.purpose]
    last = [each for each in (before if heard is None else heard) if each.purpose == decision.purpose][-1:]
    if last and says_the_same(last[0], decision):
        return tuple(before)
    if not earlier and len({each.purpose for each in before}) >= MOST_PURPOSES:
        raise Invalid("limit-exceeded")
    forgotten = earlier[: max(0, len(earlier) + 1 - DECISIONS_KEPT)]
    return (*(each for each in before if each not in forgotten), decision)


def says_the_same(one: Consent, other: Consent) -> bool:
    """Whether two decisions on a purpose agree."""
    return (one.granted, one.version) == (other.granted, other.version)


def by_purpose(consents: Sequence[Consent]) -> Mapping[str, Sequence[Consent]]:
    """The decisions on each purpose, newest first; purposes in the order of their names."""
    named = sorted(consents, key=lambda each: each.purpose)
    return {purpose: tuple(group)[::-1] for purpose, group in groupby(named, lambda each: each.purpose)}
