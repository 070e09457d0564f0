"""Where a claim ends: people who are erased, and time that is over."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from retoma_server.actions import records
from retoma_server.actions.claims import read_claim
from retoma_server.actions.drafts import get_draft
from retoma_server.actions.erasure import destroy_key, erase_customer
from retoma_server.actions.parking import activate_draft
from retoma_server.actions.undoing import undo_claim
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import StoreUnavailable
from retoma_server.domain.claims import Strategy
from retoma_server.domain.errors import Gone, NotFound

from .business import DAY, Business, open_business
from .claiming import claimed, customer, filled, finishes, quantities, shown, swept
from .crashing import crashing, slow


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


def test_an_expired_cart_is_not_brought_back(shop: Business) -> None:
    """Neither claimed nor parked: its time was over before the sweeper came."""
    guest, ann, service = shop.visitor(), customer(shop), shop.caller(shop.secret_key)
    filled(shop, guest, tee=2)
    saved = filled(shop, ann, tee=3)
    (cart,) = claimed(shop.deps, ann, guest, Strategy.USE_SAVED).json["carts"]
    other = shop.visitor()
    filled(shop, other, mug=1)
    shop.clock.now += 30 * DAY
    assert claimed(shop.deps, ann, other).json["carts"] == []
    shop.clock.now += 60 * DAY
    assert activate_draft(shop.deps, service, cart["parked"])["status"] == "open"
    with pytest.raises(Gone, match="draft-expired"):
        get_draft(shop.deps, service, saved)


# -- erasure -----------------------------------------------------------------------------------


def test_a_customer_erased_in_the_middle_leaves_the_guest_the_cart(shop: Business) -> None:
    """The sweeper finds nobody to give it to."""
    guest, ann = shop.visitor(), customer(shop)
    cart = filled(shop, guest, tee=2)
    with pytest.raises(StoreUnavailable):
        claimed(crashing(shop.deps, 1), ann, guest)
    assert ann.customer is not None
    destroy_key(shop.deps, shop.tenant, ann.customer, "service")
    swept(shop)
    assert (shown(shop, guest, cart)["status"], quantities(shop, guest, cart)) == ("open", {"tee": 2})


def test_a_guest_erased_in_the_middle_is_gone(shop: Business) -> None:
    """What was not applied yet is not, and the claim is of nobody."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    saved = filled(shop, ann, mug=1)
    with pytest.raises(StoreUnavailable):
        claimed(crashing(shop.deps, 1), ann, guest)
    assert guest.customer is not None
    erase_customer(shop.deps, shop.tenant, guest.customer, "service")
    swept(shop)
    assert quantities(shop, ann, saved) == {"mug": 1}
    with pytest.raises(NotFound):
        claimed(shop.deps, ann, guest)


def test_a_guest_erased_at_the_end_has_no_token_to_be_replaced(shop: Business) -> None:
    """What the customer has by then is theirs."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    saved = filled(shop, ann, mug=1)
    assert guest.customer is not None
    erased = partial(erase_customer, shop.deps, shop.tenant, guest.customer, "service")
    done = claimed(slow(shop.deps, finishes, erased), ann, guest)
    assert (done.visitor, len(done.json["carts"])) == (None, 1)
    assert quantities(shop, ann, saved) == {"tee": 2, "mug": 1}


def test_an_erased_customers_receipts_go_too(shop: Business) -> None:
    """And what they would need to be undone."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    filled(shop, ann, mug=1)
    receipt = claimed(shop.deps, ann, guest).json["id"]
    place, term = partition_of(receipt), records.claims_term(shop.tenant.id, ann.customer or "")
    assert len(shop.deps.store.find([place], [term])) == 2
    erase_customer(shop.deps, shop.tenant, ann.customer or "", "service")
    assert not shop.deps.store.find([place], [term])


# -- time --------------------------------------------------------------------------------------


def test_a_claim_can_be_undone_for_a_day_and_read_for_a_month(shop: Business) -> None:
    """Then what it kept is deleted."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    saved = filled(shop, ann, tee=3)
    receipt = claimed(shop.deps, ann, guest).json["id"]
    shop.clock.now += DAY
    swept(shop)
    service = shop.caller(shop.secret_key)
    with pytest.raises(Gone, match="undo-expired"):
        undo_claim(shop.deps, service, receipt)
    assert quantities(shop, service, saved) == {"tee": 5}
    assert read_claim(shop.deps, service, receipt)["id"] == receipt
    shop.clock.now += 29 * DAY
    swept(shop)
    with pytest.raises(NotFound):
        read_claim(shop.deps, service, receipt)


def test_a_parked_cart_waits_half_a_year(shop: Business) -> None:
    """Longer than an open one, and not for ever."""
    guest, ann, service = shop.visitor(), customer(shop), shop.caller(shop.secret_key)
    filled(shop, guest, tee=2)
    filled(shop, ann, tee=3)
    (cart,) = claimed(shop.deps, ann, guest, Strategy.USE_SAVED).json["carts"]
    shop.clock.now += 179 * DAY
    swept(shop)
    assert quantities(shop, service, cart["parked"]) == {"tee": 2}
    shop.clock.now += DAY
    swept(shop)
    with pytest.raises(Gone, match="draft-expired"):
        get_draft(shop.deps, service, cart["parked"])


def test_a_tombstone_goes_when_late_changes_cannot_come_any_more(shop: Business) -> None:
    """A month later, with its writers."""
    guest, ann = shop.visitor(), customer(shop)
    cart = filled(shop, guest, tee=2)
    claimed(shop.deps, ann, guest)
    shop.clock.now += 31 * DAY
    for _ in range(3):
        swept(shop)
    place = partition_of(cart)
    assert not shop.has(place, records.draft(shop.tenant.id, cart))
    assert not shop.has(place, records.writer(shop.tenant.id, cart, "w_1"))


def test_nothing_of_a_claim_can_be_read_in_the_store(shop: Business, tmp_path: Path) -> None:
    """Receipt and snapshot are sealed like every cart."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, canary=2)
    filled(shop, ann, canary=3)
    claimed(shop.deps, ann, guest)
    files = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    assert files
    assert not any(b"canary" in content for content in files)
