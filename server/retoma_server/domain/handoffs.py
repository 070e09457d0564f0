"""The one-time passage of a draft to another device, or to staff, and the access that it gives a device."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from .assists import Consent
from .errors import NotFound
from .proofs import Proof

MINUTE = 60_000
LINK_LIFE = 10 * MINUTE
MAILED_LIFE = 24 * 60 * MINUTE
CODE_LIFE = 5 * MINUTE
REPEAT_LIFE = MINUTE
IDLE_LIFE = 30 * MINUTE
LONGEST_LIFE = 480 * MINUTE


class HandoffStatus(StrEnum):
    """Where a handoff stands; it leaves `pending` once.

    It is `matching` while a device shows two digits, and `confirmed` once they were picked.
    """

    PENDING = "pending"
    MATCHING = "matching"
    CONFIRMED = "confirmed"
    REDEEMED = "redeemed"
    REVOKED = "revoked"


LIVE = frozenset((HandoffStatus.PENDING, HandoffStatus.MATCHING, HandoffStatus.CONFIRMED))
"""While a handoff is one of these it may still come to be redeemed."""
LIVES = {"device": LINK_LIFE, "email": MAILED_LIFE, "phone": MAILED_LIFE, "staff": CODE_LIFE}
"""For how long it can be redeemed, by whom it is for."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """One passage on offer: by link to a `device`, by a link sent by `email` or to a `phone`, or by
    short code to `staff`.

    Secrets are held as hashes only; `url`, the page to go on with, and `address`, where the link was
    sent, are sealed. `passage` is the key of the access that redeeming it gave, `proof` the code that
    whoever opens a link that was sent must know. `confirm` says whether the digits of the device that
    redeems it must be picked, None that the draft decides; `device` is that device's label, sealed. `consent`
    is what the customer agreed to, where it is for staff. `gave_hold` is of one whose redeemer became the
    customer: nobody had the draft until then.
    """

    id: str
    draft: str
    customer: str
    to: str
    secret_hash: str
    created_at: int
    expires_at: int
    channel: str
    url: str | None = None
    status: HandoffStatus = HandoffStatus.PENDING
    redeemed_at: int = 0
    nonce_hash: str | None = None
    passage: str | None = None
    address: str | None = None
    language: str = "en"
    proof: Proof | None = None
    confirm: bool | None = None
    device: str | None = None
    consent: Consent = field(default_factory=Consent)
    gave_hold: bool = False

    @property
    def by_link(self) -> bool:
        """Whether it is redeemed by a link's token."""
        return self.to != "staff"

    def pending(self, now: int) -> bool:
        """Whether it can still be redeemed for the first time."""
        return self.status is HandoffStatus.PENDING and now < self.expires_at

    def live(self, now: int) -> bool:
        """Whether it can still come to be redeemed."""
        return self.status in LIVE and now < self.expires_at

    def waits(self, now: int) -> bool:
        """Whether a device waits for its digits to be picked."""
        return self.status is HandoffStatus.MATCHING and now < self.expires_at

    @property
    def matched(self) -> bool:
        """Whether it came past the point at which digits are picked."""
        return self.status in (HandoffStatus.CONFIRMED, HandoffStatus.REDEEMED)

    def open_to(self, nonce_hash: str | None, now: int) -> bool:
        """Whether this redeemer may have it now: the first to ask, or the one whose digits were picked."""
        if self.status is HandoffStatus.CONFIRMED:
            return self.nonce_hash == nonce_hash and now < self.expires_at
        return self.pending(now)

    def repeats(self, nonce_hash: str | None, now: int) -> bool:
        """Whether this is the same redeemer again: a double click, or the page after the landing page.

        Where they became the customer nobody could give them another link: as long as it would be valid.
        """
        until = self.expires_at if self.gave_hold else self.redeemed_at + REPEAT_LIFE
        return self.status is HandoffStatus.REDEEMED and self.nonce_hash == nonce_hash and now < until


def redeemed(handoff: Handoff, passage: str | None, nonce_hash: str | None, now: int) -> Handoff:
    """The handoff after its redemption; raises NotFound `handoff-invalid` unless it was open to them."""
    if not handoff.open_to(nonce_hash, now):
        raise NotFound("handoff-invalid")
    return replace(
        handoff, status=HandoffStatus.REDEEMED, redeemed_at=now, nonce_hash=nonce_hash, passage=passage
    )


@dataclass(frozen=True, slots=True)
class Passage:
    """The access that a redeemed handoff gave a device to one draft: its grant.

    It ends when idle for 30 minutes, after 8 hours, or when the customer ends it; it is never a login.
    `device`, the label of the device that redeemed it, is sealed.
    """

    id: str
    draft: str
    customer: str
    handoff: str
    created_at: int
    used_at: int
    secret_hash: str | None = None
    device: str | None = None
    ended: bool = False

    @property
    def expires_at(self) -> int:
        """When it ends if it is not used again."""
        return min(self.used_at + IDLE_LIFE, self.created_at + LONGEST_LIFE)

    def live(self, now: int) -> bool:
        """Whether it still opens the draft."""
        return not self.ended and now < self.expires_at

    def wants_touch(self, now: int) -> bool:
        """Whether its use should be noted; once a minute is enough for a half-hour limit."""
        return now - self.used_at > MINUTE
