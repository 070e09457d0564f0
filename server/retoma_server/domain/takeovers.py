"""The mark that a claim leaves on a guest's cart, from the moment it is sealed."""

from dataclasses import dataclass

SEALED_FOR = 30_000
"""Milliseconds after which the sweeper finishes a claim that a crash interrupted."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """Which claim takes a cart over, for which customer, and how.

    `number` rises with every seal of the same cart, so that one that was broken is told from a later
    one. `until` is when the sweeper looks (milliseconds); `into` the customer's cart, once it has all.
    """

    claim: str
    customer: str
    strategy: str
    number: int
    until: int
    into: str | None = None
