"""Erasure: nothing of a person is left, whatever crashed, and whoever comes back is somebody new."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retoma_server.actions import records
from retoma_server.actions.drafts import get_draft
from retoma_server.actions.erasure import destroy_key, erase_customer
from retoma_server.actions.identity import check_customer, identified, mint_token
from retoma_server.actions.sweeping import sweep
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.ids import home, partition_of
from retoma_server.adapters.stores import Record, StoreUnavailable
from retoma_server.domain.errors import Gone, NotFound

from .business import Business, open_business
from .crashing import crashing

MINUTE = 60_000


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


def customer(shop: Business, external_id: str = "u-17") -> str:
    """The customer whom the service knows by an external id."""
    return mint_token(shop.deps, shop.caller(shop.secret_key), external_id, None).customer


def begun(shop: Business, external_id: str = "u-17") -> tuple[str, str]:
    """A customer with a draft, and the draft."""
    minted = mint_token(shop.deps, shop.caller(shop.secret_key), external_id, None)
    return minted.customer, shop.draft(shop.caller(minted.token), name="Ann")


def pointed(shop: Business, external_id: str = "u-17") -> Record | None:
    """The record by which an external id leads to a customer."""
    hashed = shop.tenant.keys.keyed_hash("identifier", "external_id", external_id)
    key = records.identifier(shop.tenant.id, hashed)
    return shop.deps.store.read(home(shop.tenant.id, hashed), [key]).get(key)


def test_who_comes_back_is_a_new_customer(shop: Business) -> None:
    """The same external id leads to somebody new, who has nothing of what was; the old id stays nobody's."""
    old, draft = begun(shop)
    assert erase_customer(shop.deps, shop.tenant, old) == 1
    assert pointed(shop) is None
    new, another = begun(shop)
    assert new != old
    assert another != draft
    assert customer(shop) == new
    with pytest.raises(Gone, match="customer-erased"):
        check_customer(shop.deps, shop.tenant, old)


def test_erasing_again_touches_nobody(shop: Business) -> None:
    """A second order for the same customer leaves the one who has their external id now."""
    old, _ = begun(shop)
    erase_customer(shop.deps, shop.tenant, old)
    new, draft = begun(shop)
    assert erase_customer(shop.deps, shop.tenant, old) == 0
    assert customer(shop) == new
    assert shop.has(partition_of(draft), records.draft(shop.tenant.id, draft))


@pytest.mark.parametrize("commits", [0, 1, 2, 3, 4])
def test_an_interrupted_erasure_is_finished(shop: Business, commits: int) -> None:
    """After whichever commit the crash came, the sweeper does the rest; before the first nothing was done."""
    old, draft = begun(shop)
    with pytest.raises(StoreUnavailable):
        erase_customer(crashing(shop.deps, commits), shop.tenant, old)
    shop.clock.now += 2 * MINUTE
    sweep(shop.deps)
    erased = commits > 0
    assert (pointed(shop) is None) is erased
    assert shop.has(partition_of(draft), records.draft(shop.tenant.id, draft)) is not erased
    assert (customer(shop) == old) is not erased
    shop.clock.now += 2 * MINUTE
    assert not sweep(shop.deps).counts


def test_an_identifier_that_leads_to_somebody_else_is_left(shop: Business) -> None:
    """A crash came between the release and its end, and the person was back before the sweeper."""
    old, _ = begun(shop)
    with pytest.raises(StoreUnavailable):
        erase_customer(crashing(shop.deps, 4), shop.tenant, old)
    new = customer(shop)
    shop.clock.now += 2 * MINUTE
    assert sweep(shop.deps).counts["customer"] == 1
    assert customer(shop) == new != old


def test_an_identification_under_way_does_not_bring_anybody_back(shop: Business) -> None:
    """Erased before their identifier was confirmed: it is released all the same."""
    with pytest.raises(StoreUnavailable):
        identified(crashing(shop.deps, 2), shop.tenant, "u-17")
    pointer = pointed(shop)
    assert pointer is not None
    old = str(read_json(pointer.body)["customer"])
    erase_customer(shop.deps, shop.tenant, old)
    assert pointed(shop) is None
    shop.clock.now += 2 * MINUTE
    sweep(shop.deps)
    assert customer(shop) != old


def test_from_the_first_commit_on_nothing_can_be_read(shop: Business) -> None:
    """The key goes first: what is not deleted yet is closed for ever."""
    minted = mint_token(shop.deps, shop.caller(shop.secret_key), "u-17", None)
    caller = shop.caller(minted.token)
    draft = shop.draft(caller, name="Ann")
    destroy_key(shop.deps, shop.tenant, minted.customer)
    with pytest.raises(Gone, match="customer-erased"):
        get_draft(shop.deps, caller, draft)


def test_nobody_is_not_erased(shop: Business) -> None:
    """An id that was nobody's is not found, and leaves no tombstone."""
    nobody = f"cu_00{'A' * 20}"
    with pytest.raises(NotFound):
        erase_customer(shop.deps, shop.tenant, nobody)
    assert not shop.has(0, records.customer(shop.tenant.id, nobody))
