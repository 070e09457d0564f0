"""Room for parked carts, cut short and overtaken: made once, and never beside one that goes by itself."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from retoma_server.actions import records
from retoma_server.actions.callers import Caller
from retoma_server.actions.drafts import discard_draft, get_draft
from retoma_server.actions.endings import PARKED_AT_MOST
from retoma_server.adapters.stores import Commit, StoreUnavailable
from retoma_server.domain.claims import Strategy
from retoma_server.domain.errors import Gone

from .business import DAY, Business, open_business
from .claiming import claimed, customer, filled, shown, swept
from .crashing import crashing, slow


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


def parked_by(shop: Business, ann: Caller, count: int) -> list[str]:
    """The carts of so many guests, claimed and parked one after the other."""
    carts = []
    for _ in range(count):
        guest = shop.visitor()
        filled(shop, guest, tee=1)
        shop.clock.now += 1
        (cart,) = claimed(shop.deps, ann, guest, Strategy.USE_SAVED).json["carts"]
        carts.append(str(cart["parked"]))
    return carts


def waiting(shop: Business, ann: Caller, carts: list[str]) -> list[str]:
    """Those of the carts that are parked still."""
    found = []
    for cart in carts:
        try:
            found += [cart] if shown(shop, ann, cart)["status"] == "parked" else []
        except Gone:
            continue
    return found


@pytest.mark.parametrize("commits", [1, 2, 3, 4])
def test_a_crash_leaves_the_rest_to_the_sweeper(shop: Business, commits: int) -> None:
    """After each commit of the claim that parked one too many; the end is told once."""
    ann, guest = customer(shop), shop.visitor()
    filled(shop, ann, mug=1)
    carts = parked_by(shop, ann, PARKED_AT_MOST)
    cart = filled(shop, guest, lamp=1)
    with pytest.raises(StoreUnavailable):
        claimed(crashing(shop.deps, commits), ann, guest, Strategy.USE_SAVED)
    swept(shop)
    assert shown(shop, guest, cart)["status"] == "merged"
    (done,) = claimed(shop.deps, ann, guest).json["carts"]
    assert waiting(shop, ann, [*carts, done["parked"]]) == [*carts[1:], done["parked"]]
    assert shop.told(ann).count("draft-expired by system") == 1


def expires(commit: Commit) -> bool:
    """Whether a commit ends a draft and is not the guest's tombstone."""
    return bool(commit.drops) and len(commit.expects) > PARKED_AT_MOST


@pytest.mark.parametrize("which", [0, 7])
def test_whoever_takes_one_out_in_the_middle_ends_none(shop: Business, which: int) -> None:
    """They were one too many when they were counted, and are not any more."""
    ann, guest = customer(shop), shop.visitor()
    saved = filled(shop, ann, mug=1)
    carts = parked_by(shop, ann, PARKED_AT_MOST)
    filled(shop, guest, lamp=1)
    taken = partial(discard_draft, shop.deps, ann, carts[which])
    (done,) = claimed(slow(shop.deps, expires, taken), ann, guest, Strategy.USE_SAVED).json["carts"]
    left = [cart for cart in carts if cart != carts[which]]
    assert waiting(shop, ann, [*left, done["parked"]]) == [*left, done["parked"]]
    assert shown(shop, ann, saved)["status"] == "open"
    assert "draft-expired by system" not in shop.told(ann)


def test_those_that_are_over_are_not_counted(shop: Business) -> None:
    """Their end is the sweeper's."""
    ann = customer(shop)
    filled(shop, ann, mug=1)
    parked_by(shop, ann, PARKED_AT_MOST)
    shop.clock.now += 180 * DAY
    filled(shop, ann, mug=1)
    late = parked_by(shop, ann, 1)
    assert waiting(shop, ann, late) == late
    assert "draft-expired by system" not in shop.told(ann)


def test_what_ended_goes_like_any_ended_cart(shop: Business) -> None:
    """A month later there is no record of it."""
    ann, service = customer(shop), shop.caller(shop.secret_key)
    filled(shop, ann, mug=1)
    carts = parked_by(shop, ann, PARKED_AT_MOST + 1)
    with pytest.raises(Gone, match="draft-expired"):
        get_draft(shop.deps, service, carts[0])
    key = records.draft(shop.tenant.id, carts[0])
    place = int(carts[0][3:5], 16)
    assert shop.has(place, key)
    shop.clock.now += 31 * DAY
    swept(shop)
    assert not shop.has(place, key)
