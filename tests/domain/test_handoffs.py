"""Handoffs are redeemed once, and the access they give ends by itself."""

from dataclasses import replace

import pytest

from retoma_server.domain.errors import NotFound
from retoma_server.domain.handoffs import (
    IDLE_LIFE,
    LINK_LIFE,
    LONGEST_LIFE,
    MINUTE,
    REPEAT_LIFE,
    Handoff,
    HandoffStatus,
    Passage,
    redeemed,
)

OFFER = Handoff("ho_1", "dr_1", "cu_1", "device", "hash", 1_000, 1_000 + LINK_LIFE, "web")
USED = redeemed(OFFER, "gr_1", "nonce", 2_000)
ACCESS = Passage("gr_1", "dr_1", "cu_1", "ho_1", created_at=0, used_at=0)


def test_an_offer_is_open_until_it_expires() -> None:
    """To the millisecond."""
    assert OFFER.pending(1_000)
    assert OFFER.pending(OFFER.expires_at - 1)
    assert not OFFER.pending(OFFER.expires_at)


def test_redeeming_leaves_its_marks() -> None:
    """When, by which nonce, and what it gave; the offer itself is not altered."""
    assert (USED.status, USED.redeemed_at, USED.nonce_hash) == (HandoffStatus.REDEEMED, 2_000, "nonce")
    assert USED.passage == "gr_1"
    assert OFFER.status is HandoffStatus.PENDING


@pytest.mark.parametrize(
    ("handoff", "now"),
    [
        (USED, 2_001),
        (replace(OFFER, status=HandoffStatus.REVOKED), 2_000),
        (OFFER, OFFER.expires_at),
    ],
)
def test_used_revoked_and_expired_offers_look_alike(handoff: Handoff, now: int) -> None:
    """Whoever tries learns nothing but that it does not work."""
    with pytest.raises(NotFound, match="handoff-invalid"):
        redeemed(handoff, "gr_2", "nonce", now)


def test_the_same_redeemer_may_repeat_for_a_minute() -> None:
    """A double click, or the page after the landing page; nobody else, and not for ever."""
    assert USED.repeats("nonce", 2_000 + REPEAT_LIFE - 1)
    assert not USED.repeats("nonce", 2_000 + REPEAT_LIFE)
    assert not USED.repeats("other", 2_001)
    assert not OFFER.repeats("nonce", 2_001)
    assert not replace(USED, status=HandoffStatus.REVOKED).repeats("nonce", 2_001)


def test_a_redemption_without_a_nonce_repeats_for_nobody() -> None:
    """Short codes are typed once."""
    assert not redeemed(OFFER, "as_1", None, 2_000).repeats("", 2_001)


def test_access_ends_when_it_is_idle() -> None:
    """Half an hour after its last use."""
    assert ACCESS.live(IDLE_LIFE - 1)
    assert not ACCESS.live(IDLE_LIFE)
    assert replace(ACCESS, used_at=IDLE_LIFE - 1).live(IDLE_LIFE)


def test_access_ends_after_a_working_day_however_much_it_is_used() -> None:
    """Eight hours; it is never a login."""
    busy = replace(ACCESS, used_at=LONGEST_LIFE - 1)
    assert busy.live(LONGEST_LIFE - 1)
    assert not busy.live(LONGEST_LIFE)


def test_access_ends_when_the_customer_says_so() -> None:
    """At once."""
    assert not replace(ACCESS, ended=True).live(1)


def test_use_is_noted_once_a_minute() -> None:
    """Often enough for a limit of half an hour."""
    assert not ACCESS.wants_touch(MINUTE)
    assert ACCESS.wants_touch(MINUTE + 1)
