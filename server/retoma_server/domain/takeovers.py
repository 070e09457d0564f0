"""The mark that a claim leaves on a guest's cart, from the moment it is sealed."""

from dataclasses import dataclass

SEALED_FOR = 30_000
"""Milliseconds after which the sweeper finishes a claim that a crash interrupted."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a preview showed: the guest's cart at a revision, beside a saved one at a revision, or none."""

    guest: int
    saved: str | None
    revision: int


NOT_SHOWN = Shown(-1, None, 0)
"""What a preview showed of a cart that was not in it: no cart is like that."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """Which claim takes a cart over, for which customer, and how.

    `number` rises with every seal of the same cart, so that one that was broken is told from a later
    one. `until` is when the sweeper looks (milliseconds); `into` the customer's cart, once it has all.
    Where both carts must be as they were `shown`, nobody may apply it to any others.

    Of a customer who is merged into another the `whole` is taken, what is empty or parked too; what goes
    `aside` is parked there. `parked` says that the draft was when it was sealed.
    """

    claim: str
    customer: str
    strategy: str
    number: int
    until: int
    into: str | None = None
    shown: Shown | None = None
    whole: bool = False
    aside: bool = False
    parked: bool = False
