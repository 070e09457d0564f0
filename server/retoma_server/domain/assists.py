"""A member of staff's access to one draft: what the customer agreed to, how long it lasts, what is shown."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

MINUTE = 60_000
IDLE_LIFE = 15 * MINUTE
LONGEST_LIFE = 60 * MINUTE
SHIFT = 12 * 60 * MINUTE
"""How long whoever handed a draft back is still shown that they did."""


class Scope(StrEnum):
    """How far staff may go in a draft; each includes the ones before it."""

    VIEW = "view"
    EDIT = "edit"
    COMPLETE = "complete"

    def allows(self, wanted: "Scope") -> bool:
        """Whether one who may go this far may go as far as that."""
        known = list(Scope)
        return known.index(self) >= known.index(wanted)


class Method(StrEnum):
    """How staff came to a draft: by the customer's code, because they were asked, or without consent.

    Or they started it themselves, for somebody who has it once they open its link.
    """

    CODE = "code"
    LOOKUP = "lookup"
    OVERRIDE = "override"
    STARTED = "started"


@dataclass(frozen=True, slots=True)
class Consent:
    """What a customer agrees to: how far staff may go, and whether they read the personal answers.

    Of restricted answers they never see more than that they are there.
    """

    scope: Scope = Scope.EDIT
    shows_answers: bool = False


@dataclass(frozen=True, slots=True)
class Assist:
    """A member of staff at work in a draft, as long as its customer lets them; times in milliseconds.

    It ends when idle for 15 minutes, after 60, or when either ends it; it is never a login. `name` and
    `store_name` are what the customer reads; `handoff` is the one whose code was redeemed. One that was
    `handed_back` has ended. `looked_at` is when a look of the console's was last put on record, under the
    consent that holds.
    """

    id: str
    draft: str
    customer: str
    staff: str
    name: str
    began_at: int
    used_at: int
    store: str | None = None
    store_name: str | None = None
    method: Method = Method.CODE
    consent: Consent = field(default_factory=Consent)
    handoff: str | None = None
    ended: bool = False
    looked_at: int = 0
    handed_back: bool = False

    @property
    def ends_at(self) -> int:
        """When it ends however much it is used."""
        return self.began_at + LONGEST_LIFE

    @property
    def expires_at(self) -> int:
        """When it ends if it is not used again."""
        return min(self.used_at + IDLE_LIFE, self.ends_at)

    @property
    def kept_until(self) -> int:
        """When nobody is to see any more that it was."""
        return self.used_at + SHIFT if self.handed_back else self.expires_at

    def live(self, now: int) -> bool:
        """Whether it still opens the draft."""
        return not self.ended and now < self.expires_at

    def wants_touch(self, now: int) -> bool:
        """Whether its use should be noted; once a minute is enough for its limit."""
        return now - self.used_at > MINUTE

    def wants_look(self, now: int) -> bool:
        """Whether what an open page shows is a look of its own: once a minute, and under another consent."""
        return now - self.looked_at >= MINUTE

    def agreed(self, consent: Consent) -> "Assist":
        """The assist under another consent, which no look on record was under."""
        return replace(self, consent=consent, looked_at=0)
