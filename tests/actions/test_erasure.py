"""Erasure: nothing of a person is left, whatever crashed, and whoever comes back is somebody new."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retoma_server.actions import records
from retoma_server.actions.assist import redeem_code
from retoma_server.actions.auditing import broken_link
from retoma_server.actions.customers import check_customer
from retoma_server.actions.drafts import get_draft
from retoma_server.actions.erasure import destroy_key, erase_customer, release_identifiers
from retoma_server.actions.handoffs import Wish, create_handoff
from retoma_server.actions.identifiers import identified, pointed
from retoma_server.actions.identity import mint_token
from retoma_server.actions.sweeping import sweep
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.ids import home, partition_of
from retoma_server.adapters.stores import Commit, StoreUnavailable
from retoma_server.domain.errors import Gone, NotFound
from retoma_server.domain.identifiers import IdentifierKind

from .business import DAY, Business, open_business
from .crashing import crashing, slow

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


def led_to(shop: Business, external_id: str = "u-17") -> str | None:
    """The customer that an external id leads to."""
    hashed = shop.tenant.keys.index_hashes("external_id", external_id)[0]
    key = records.identifier(shop.tenant.id, hashed)
    return pointed(shop.deps.store.read(home(shop.tenant.id, hashed), [key]).get(key))


def writes_pointer(commit: Commit) -> bool:
    """Whether a commit writes where an identifier leads to."""
    return any(records.kind_of(write.key) == "identifier" for write in commit.writes)


def confirms(commit: Commit) -> bool:
    """Whether a commit confirms an identification."""
    return any(b'"confirmed":true' in write.body for write in commit.writes)


def test_who_comes_back_is_a_new_customer(shop: Business) -> None:
    """The same external id leads to somebody new, who has nothing of what was; the old id stays nobody's."""
    old, draft = begun(shop)
    assert erase_customer(shop.deps, shop.tenant, old, "service") == 1
    assert led_to(shop) is None
    new, another = begun(shop)
    assert new != old
    assert another != draft
    assert customer(shop) == new
    with pytest.raises(Gone, match="customer-erased"):
        check_customer(shop.deps, shop.tenant, old)


def test_erasing_again_touches_nobody(shop: Business) -> None:
    """A second order for the same customer leaves the one who has their external id now."""
    old, _ = begun(shop)
    erase_customer(shop.deps, shop.tenant, old, "service")
    new, draft = begun(shop)
    assert erase_customer(shop.deps, shop.tenant, old, "service") == 0
    assert customer(shop) == new
    assert shop.has(partition_of(draft), records.draft(shop.tenant.id, draft))


@pytest.mark.parametrize("commits", [0, 1, 2, 3, 4])
def test_an_interrupted_erasure_is_finished(shop: Business, commits: int) -> None:
    """After whichever commit the crash came, the sweeper does the rest; before the first nothing was done."""
    old, draft = begun(shop)
    with pytest.raises(StoreUnavailable):
        erase_customer(crashing(shop.deps, commits), shop.tenant, old, "service")
    shop.clock.now += 2 * MINUTE
    sweep(shop.deps)
    erased = commits > 0
    assert (led_to(shop) is None) is erased
    assert shop.has(partition_of(draft), records.draft(shop.tenant.id, draft)) is not erased
    assert (customer(shop) == old) is not erased
    shop.clock.now += 2 * MINUTE
    assert not sweep(shop.deps).counts


def test_an_identifier_that_leads_to_somebody_else_is_left(shop: Business) -> None:
    """A crash came between the release and its end, and the person was back before the sweeper."""
    old, _ = begun(shop)
    with pytest.raises(StoreUnavailable):
        erase_customer(crashing(shop.deps, 4), shop.tenant, old, "service")
    new = customer(shop)
    shop.clock.now += 2 * MINUTE
    assert sweep(shop.deps).counts["customer"] == 1
    assert customer(shop) == new != old


def test_two_who_finish_an_erasure_do_not_take_the_newcomers_identifier(shop: Business) -> None:
    """One is slow; the other was done, and the person was back, before it released what it had read."""
    old, _ = begun(shop)
    back: list[str] = []

    def faster() -> None:
        erase_customer(shop.deps, shop.tenant, old, "service")
        back.append(customer(shop))

    erase_customer(slow(shop.deps, writes_pointer, faster), shop.tenant, old, "service")
    assert customer(shop) == back[0] == led_to(shop)
    assert back[0] != old


def test_a_slow_confirmation_brings_nobody_back(shop: Business) -> None:
    """Made, erased and reserved anew meanwhile: the slow one signs in whoever the identifier leads to now."""
    erased: list[str] = []

    def faster() -> None:
        erased.append(customer(shop))
        erase_customer(shop.deps, shop.tenant, erased[0], "service")
        with pytest.raises(StoreUnavailable):
            identified(crashing(shop.deps, 1), shop.tenant, IdentifierKind.EXTERNAL_ID, "u-17")

    known = identified(slow(shop.deps, confirms, faster), shop.tenant, IdentifierKind.EXTERNAL_ID, "u-17")
    assert known == led_to(shop) == customer(shop)
    assert known not in erased
    check_customer(shop.deps, shop.tenant, known)


def test_who_comes_back_need_not_wait_for_the_sweeper(shop: Business) -> None:
    """Their key is destroyed, and a crash left the rest: they are a new customer, and stay it."""
    old, _ = begun(shop)
    destroy_key(shop.deps, shop.tenant, old, "service")
    new = customer(shop)
    assert new != old
    shop.clock.now += 2 * MINUTE
    sweep(shop.deps)
    assert customer(shop) == new


def test_a_released_identifier_is_forgotten_after_a_day(shop: Business) -> None:
    """By then nobody can be so slow; nothing is due any more."""
    old, _ = begun(shop)
    erase_customer(shop.deps, shop.tenant, old, "service")
    shop.clock.now += DAY
    assert sweep(shop.deps).counts["identifier"] == 1
    assert not sweep(shop.deps).counts["identifier"]
    assert customer(shop) != old


def test_what_was_erased_is_counted_whoever_else_was_at_work(shop: Business) -> None:
    """Another commit was faster at the release; the drafts had gone before, once."""
    old, _ = begun(shop)

    def faster() -> None:
        destroy_key(shop.deps, shop.tenant, old, "service")
        release_identifiers(shop.deps, shop.tenant, old)

    assert erase_customer(slow(shop.deps, writes_pointer, faster), shop.tenant, old, "service") == 1


def test_what_leads_to_the_drafts_goes_with_them(shop: Business) -> None:
    """Links, codes, grants and staff's passages, and the pointers to them (case 76)."""
    minted = mint_token(shop.deps, shop.caller(shop.secret_key), "u-17", None)
    caller = shop.caller(minted.token)
    draft, tenant = shop.draft(caller, name="Ann"), shop.tenant.id
    device = create_handoff(shop.deps, caller, draft, Wish("device"))
    staff = create_handoff(shop.deps, caller, draft, Wish("staff"))
    clerk = shop.staff()
    redeem_code(shop.deps, clerk, str(staff.code))
    erase_customer(shop.deps, shop.tenant, minted.customer, "service")
    place = partition_of(draft)
    for key in (
        records.handoff(tenant, device.handoff.id),
        records.handoff(tenant, staff.handoff.id),
        records.offer(tenant, draft, "device"),
        records.offer(tenant, draft, "staff"),
        records.assist(tenant, draft, clerk.credential.subject if clerk.credential else ""),
    ):
        assert not shop.has(place, key)
    assert not shop.deps.store.find([place], [records.passages_term(tenant, draft)], limit=1)


def test_the_audit_log_tells_who_ordered_it(shop: Business) -> None:
    """Once, however often it was ordered; the chain holds."""
    old, _ = begun(shop)
    for _ in range(2):
        erase_customer(shop.deps, shop.tenant, old, "operator")
    place = partition_of(old)
    log = shop.deps.store.read_log(place, records.audit_log(shop.tenant.id)).entries
    told = [read_json(entry.body)["entry"] for entry in log]
    assert [(each["actor"], each["action"], each["about"]) for each in told] == [
        ("operator", "customer-erased", old)
    ]
    assert broken_link(shop.deps.store, shop.tenant, place) is None


def test_an_identification_under_way_does_not_bring_anybody_back(shop: Business) -> None:
    """Erased before their identifier was confirmed: it is released all the same."""
    with pytest.raises(StoreUnavailable):
        identified(crashing(shop.deps, 2), shop.tenant, IdentifierKind.EXTERNAL_ID, "u-17")
    old = led_to(shop)
    assert old is not None
    erase_customer(shop.deps, shop.tenant, old, "service")
    assert led_to(shop) is None
    shop.clock.now += 2 * MINUTE
    sweep(shop.deps)
    assert customer(shop) != old


def test_from_the_first_commit_on_nothing_can_be_read(shop: Business) -> None:
    """The key goes first: what is not deleted yet is closed for ever."""
    minted = mint_token(shop.deps, shop.caller(shop.secret_key), "u-17", None)
    caller = shop.caller(minted.token)
    draft = shop.draft(caller, name="Ann")
    destroy_key(shop.deps, shop.tenant, minted.customer, "service")
    with pytest.raises(Gone, match="customer-erased"):
        get_draft(shop.deps, caller, draft)


def test_nobody_is_not_erased(shop: Business) -> None:
    """An id that was nobody's is not found, and leaves no tombstone."""
    nobody = f"cu_00{'A' * 20}"
    with pytest.raises(NotFound):
        erase_customer(shop.deps, shop.tenant, nobody, "service")
    assert not shop.has(0, records.customer(shop.tenant.id, nobody))
