"""Identifiers lead to one customer, whatever crashed in between and whoever was faster."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retoma_server.actions.erasure import erase_customer
from retoma_server.actions.identifiers import attach, holder_of, identified, link, unlink
from retoma_server.actions.sweeping import sweep
from retoma_server.adapters.stores import StoreUnavailable
from retoma_server.domain.errors import Conflicting, Gone
from retoma_server.domain.identifiers import IdentifierKind

from .business import DAY, Business, open_business
from .crashing import crashing, slow

MINUTE = 60_000
EMAIL = IdentifierKind.EMAIL
LINK_COMMITS = 3
RELINK_COMMITS = 4


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


def customer(shop: Business, external_id: str = "u-17") -> str:
    """A customer, by the tenant's own id."""
    return identified(shop.deps, shop.tenant, IdentifierKind.EXTERNAL_ID, external_id)


def link_email(shop: Business, who: str, email: str) -> None:
    """An e-mail address that leads to a customer."""
    link(shop.deps, shop.tenant, who, EMAIL, email)


def holder(shop: Business, email: str) -> str | None:
    """To whom an e-mail address leads."""
    return holder_of(shop.deps, shop.tenant, EMAIL, email)


def test_an_identifier_leads_to_one_customer(shop: Business) -> None:
    """Whoever else it is linked to is refused, and told to whom it leads; a repetition is none."""
    ana, eva = customer(shop), customer(shop, "u-18")
    for email in ("ana@example.com", "Ana@Example.com"):
        link_email(shop, ana, email)
    with pytest.raises(Conflicting) as refusal:
        link_email(shop, eva, "ana@example.com")
    assert (refusal.value.code, refusal.value.facts["customer"]) == ("identifier-taken", ana)
    assert identified(shop.deps, shop.tenant, EMAIL, "ana@example.com") == ana


def test_a_new_identifier_takes_the_place_of_the_old_one(shop: Business) -> None:
    """The old one leads to nobody, and may lead to somebody else from then on."""
    ana, eva = customer(shop), customer(shop, "u-18")
    link_email(shop, ana, "ana@example.com")
    link_email(shop, ana, "ana@work.example")
    assert holder(shop, "ana@example.com") is None
    link_email(shop, eva, "ana@example.com")
    assert (holder(shop, "ana@example.com"), holder(shop, "ana@work.example")) == (eva, ana)


def test_what_is_unlinked_leads_to_nobody(shop: Business) -> None:
    """The customer stays, and unlinking twice is no error."""
    ana = customer(shop)
    link_email(shop, ana, "ana@example.com")
    for _ in range(2):
        unlink(shop.deps, shop.tenant, ana, EMAIL)
    assert holder(shop, "ana@example.com") is None
    assert customer(shop) == ana


@pytest.mark.parametrize("commits", range(LINK_COMMITS))
def test_a_crash_leaves_a_link_that_the_sweeper_finishes(shop: Business, commits: int) -> None:
    """Before every commit: what was not reserved never happened, what was is linked within a minute."""
    ana = customer(shop)
    with pytest.raises(StoreUnavailable):
        link(crashing(shop.deps, commits), shop.tenant, ana, EMAIL, "ana@example.com")
    shop.clock.now += 2 * MINUTE
    sweep(shop.deps)
    assert holder(shop, "ana@example.com") == (None if commits == 0 else ana)
    link_email(shop, ana, "ana@example.com")
    assert holder(shop, "ana@example.com") == ana


@pytest.mark.parametrize("commits", range(RELINK_COMMITS))
def test_a_crash_never_leaves_two_of_a_kind(shop: Business, commits: int) -> None:
    """While one address takes the place of another, one of them leads to the customer at most."""
    ana = customer(shop)
    link_email(shop, ana, "old@example.com")
    with pytest.raises(StoreUnavailable):
        link(crashing(shop.deps, commits), shop.tenant, ana, EMAIL, "new@example.com")
    shop.clock.now += 2 * MINUTE
    sweep(shop.deps)
    holders = [holder(shop, "old@example.com"), holder(shop, "new@example.com")]
    assert holders == ([ana, None] if commits == 0 else [None, ana])


def test_a_reserved_identifier_is_finished_by_whoever_needs_it(shop: Business) -> None:
    """Somebody else who wants it is told that it is taken, and it is."""
    ana, eva = customer(shop), customer(shop, "u-18")
    with pytest.raises(StoreUnavailable):
        link(crashing(shop.deps, 1), shop.tenant, ana, EMAIL, "ana@example.com")
    with pytest.raises(Conflicting):
        link_email(shop, eva, "ana@example.com")
    assert holder(shop, "ana@example.com") == ana


def test_who_is_faster_wins_whole(shop: Business) -> None:
    """Two link one address to two customers at once: it leads to one, and the other is told."""
    ana, eva = customer(shop), customer(shop, "u-18")
    faster = slow(shop.deps, lambda commit: True, lambda: link_email(shop, eva, "both@example.com"))
    with pytest.raises(Conflicting):
        link(faster, shop.tenant, ana, EMAIL, "both@example.com")
    assert holder(shop, "both@example.com") == eva


def test_a_pointer_alone_proves_nothing(shop: Business) -> None:
    """One that a crash left behind, and that the customer's record does not name, is free."""
    ana, eva = customer(shop), customer(shop, "u-18")
    link_email(shop, ana, "ana@example.com")
    hashes = shop.tenant.keys.index_hashes(EMAIL, "other@example.com")
    with pytest.raises(StoreUnavailable):  # the release was done, the record still names the old one
        attach(crashing(shop.deps, 1), shop.tenant, ana, EMAIL, hashes)
    assert holder(shop, "ana@example.com") is None
    link_email(shop, eva, "ana@example.com")
    link_email(shop, ana, "new@example.com")
    assert (holder(shop, "ana@example.com"), holder(shop, "new@example.com")) == (eva, ana)


def test_an_erased_customer_gets_nothing_linked_and_all_identifiers_are_free(shop: Business) -> None:
    """Of every kind; whoever comes back by one is somebody new."""
    ana = customer(shop)
    link_email(shop, ana, "ana@example.com")
    erase_customer(shop.deps, shop.tenant, ana, "service")
    assert holder(shop, "ana@example.com") is None
    with pytest.raises(Gone):
        link_email(shop, ana, "ana@example.com")
    assert identified(shop.deps, shop.tenant, EMAIL, "ana@example.com") not in (ana, None)


def test_erased_while_being_linked_is_erased(shop: Business) -> None:
    """A link that a crash left, of somebody who was erased since, leads to nobody in the end."""
    ana = customer(shop)
    with pytest.raises(StoreUnavailable):
        link(crashing(shop.deps, 1), shop.tenant, ana, EMAIL, "ana@example.com")
    erase_customer(shop.deps, shop.tenant, ana, "service")
    shop.clock.now += 2 * DAY
    sweep(shop.deps)
    assert holder(shop, "ana@example.com") is None
