"""Two customers who turn out to be one, and crashes between any two commits of that, or of undoing it."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from retoma_server.actions import records
from retoma_server.actions.callers import Caller
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.customers import living
from retoma_server.actions.erasure import erase_customer
from retoma_server.actions.identifiers import holder_of
from retoma_server.actions.parking import activate_draft
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import StoreUnavailable
from retoma_server.domain.claims import Strategy
from retoma_server.domain.errors import Conflicting, Gone, NotFound, RetomaError
from retoma_server.domain.identifiers import IdentifierKind

from .business import DAY, Business, open_business, sweep_twice_at_once
from .claiming import (
    MINUTE,
    abort_order,
    begin_order,
    claimed,
    customer,
    filled,
    shown,
    swept,
)
from .crashing import crashing
from .merging import alive, drafts, merged, name_of, pieces, undone, values

ALL = Counter(tee=5, mug=1, lamp=4)
FORMS = {"Ann", "Madrid", "Anna"}
COMMITS = range(22)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


@pytest.fixture
def two(shop: Business) -> tuple[Caller, Caller]:
    """Ann, and Ann once more under another number: both with carts and forms, one of them parked."""
    ann, other = customer(shop, "u-17"), customer(shop, "u-99")
    filled(shop, ann, tee=3, mug=1)
    shop.draft(ann, "mortgage", name="Ann")
    parked_cart(shop, other)
    shop.draft(other, "mortgage", name="Anna")
    shop.draft(other, "visit", city="Madrid")
    return ann, other


def parked_cart(shop: Business, who: Caller) -> None:
    """A cart of 4 lamps that is parked, and one of 2 tees that is the active one."""
    filled(shop, who, lamp=4)
    guest = shop.visitor()
    filled(shop, guest, tee=2)
    claimed(shop.deps, who, guest, Strategy.USE_GUEST)


def check_all_is_there(shop: Business, ann: Caller, other: Caller) -> None:
    """Every piece and value is in exactly one place."""
    found = alive(shop, ann, other)
    assert pieces(found) == ALL
    assert values(found) == FORMS
    places = Counter(
        (each["owner"], each["process"], each["key"]) for each in found if each["status"] == "open"
    )
    assert not places or max(places.values()) == 1


# -- what a merge does -------------------------------------------------------------------------


def test_all_that_the_other_had_is_the_customers(shop: Business, two: tuple[Caller, Caller]) -> None:
    """Open drafts by the strategy, parked ones parked; nothing is left behind."""
    ann, other = two
    receipt = merged(shop, ann, other)
    check_all_is_there(shop, ann, other)
    assert {each["owner"] for each in alive(shop, ann, other)} == {name_of(ann)}
    fates = {cart["fate"]: cart["reason"] for cart in receipt["carts"]}
    assert fates == {"merged": None, "guest-parked": "parked"}
    assert {form["process"]: form["fate"] for form in receipt["forms"]} == {
        "mortgage": "guest-parked",
        "visit": "adopted",
    }


def test_the_same_merge_again_gives_the_same_receipt(shop: Business, two: tuple[Caller, Caller]) -> None:
    """A repetition finds it done."""
    ann, other = two
    receipt = merged(shop, ann, other)
    filled(shop, ann, mug=1)
    assert merged(shop, ann, other) == receipt


def test_every_identifier_leads_to_the_customer(shop: Business, two: tuple[Caller, Caller]) -> None:
    """Those of the other stay where they are, and lead on; after the undoing they lead back."""
    ann, other = two
    receipt = merged(shop, ann, other)
    assert receipt["identifiers"] == [{"kind": "external_id", "both": True}]
    assert customer(shop, "u-99").customer == customer(shop, "u-17").customer == name_of(ann)
    undone(shop, ann, receipt["id"])
    assert holder_of(shop.deps, shop.tenant, IdentifierKind.EXTERNAL_ID, "u-99") == name_of(other)


def test_a_merge_that_is_undone_leaves_two_as_they_were(shop: Business, two: tuple[Caller, Caller]) -> None:
    """Carts, forms and what was parked are with whom they were."""
    ann, other = two
    before = {name_of(who): (pieces(alive(shop, who)), values(alive(shop, who))) for who in two}
    receipt = undone(shop, ann, merged(shop, ann, other)["id"])
    assert {name_of(who): (pieces(alive(shop, who)), values(alive(shop, who))) for who in two} == before
    assert all(each["returned"] and not each["stayed"] for each in (*receipt["carts"], *receipt["forms"]))
    parked = [each["lines"][0]["sku"] for each in alive(shop, other) if each["status"] == "parked"]
    assert parked == ["lamp"]


def test_what_was_changed_since_stays(shop: Business, two: tuple[Caller, Caller]) -> None:
    """Whoever changed it would miss it; the receipt says so."""
    ann, other = two
    receipt = merged(shop, ann, other)
    (visit,) = [form for form in receipt["forms"] if form["process"] == "visit"]
    shop.clock.now += MINUTE
    ops = [{"op": "set", "path": "/day", "value": "Monday", "seen": 1}]
    change_draft(shop.deps, ann, visit["form"], Batch("w_2", [{"seq": 1, "ops": ops}]))
    receipt = undone(shop, ann, receipt["id"])
    (visit,) = [form for form in receipt["forms"] if form["process"] == "visit"]
    assert (visit["returned"], visit["stayed"]) == (None, "changed")
    service = shop.caller(shop.secret_key)
    assert shown(shop, service, visit["form"])["data"] == {"city": "Madrid", "day": "Monday"}


def test_after_a_day_it_cannot_be_undone(shop: Business, two: tuple[Caller, Caller]) -> None:
    """A repetition of an undoing can."""
    ann, other = two
    first = merged(shop, ann, other)["id"]
    undone(shop, ann, first)
    again = merged(shop, ann, other)["id"]
    assert again != first
    shop.clock.now += DAY
    with pytest.raises(Gone, match="undo-expired"):
        undone(shop, ann, again)
    assert undone(shop, ann, first)["status"] == "undone"


# -- crashes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("commits", COMMITS)
def test_a_merge_that_crashed_is_finished(
    shop: Business, two: tuple[Caller, Caller], commits: int, lost: bool
) -> None:
    """Wherever it was, by two sweepers at once; then it can be undone."""
    ann, other = two
    with suppress(StoreUnavailable):
        merged(shop, ann, other, crashing(shop.deps, commits, lost))
    shop.clock.now += 2 * MINUTE
    sweep_twice_at_once(shop.deps)
    check_all_is_there(shop, ann, other)
    receipt = merged(shop, ann, other)
    assert receipt["status"] == "merged"
    assert {each["owner"] for each in alive(shop, ann, other)} == {name_of(ann)}
    undone(shop, ann, receipt["id"])
    check_all_is_there(shop, ann, other)


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("commits", COMMITS)
def test_an_undoing_that_crashed_is_finished(
    shop: Business, two: tuple[Caller, Caller], commits: int, lost: bool
) -> None:
    """Wherever it was, by two sweepers at once; then both can be merged again."""
    ann, other = two
    merge = merged(shop, ann, other)["id"]
    with suppress(StoreUnavailable):
        undone(shop, ann, merge, crashing(shop.deps, commits, lost))
    shop.clock.now += 2 * MINUTE
    sweep_twice_at_once(shop.deps)
    check_all_is_there(shop, ann, other)
    assert undone(shop, ann, merge)["status"] == "undone"
    assert pieces(alive(shop, other)) == Counter(tee=2, lamp=4)
    assert merged(shop, ann, other)["id"] != merge
    check_all_is_there(shop, ann, other)


def test_the_crashes_reach_the_end(shop: Business, two: tuple[Caller, Caller]) -> None:
    """Neither takes more commits than crashes were tried after."""
    ann, other = two
    receipt = merged(shop, ann, other, crashing(shop.deps, max(COMMITS)))
    undone(shop, ann, receipt["id"], crashing(shop.deps, max(COMMITS) + 20))


# -- several at once ---------------------------------------------------------------------------


def merged_at_once(shop: Business, *pairs: tuple[Caller, Caller]) -> list[str]:
    """The codes with which merges were refused that began at the same moment."""
    start, refusals = threading.Barrier(len(pairs)), []

    def run(into: Caller, other: Caller) -> None:
        start.wait()
        try:
            merged(shop, into, other)
        except RetomaError as refusal:
            refusals.append(refusal.code)

    threads = [threading.Thread(target=run, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refusals


def test_of_two_that_would_go_in_a_circle_one_is_made(shop: Business) -> None:
    """Ann into Bea and Bea into Ann, at the same moment, twenty times."""
    for number in range(20):
        ann, bea = customer(shop, f"a-{number}"), customer(shop, f"b-{number}")
        filled(shop, ann, tee=1)
        filled(shop, bea, mug=1)
        refusals = merged_at_once(shop, (ann, bea), (bea, ann))
        assert len(refusals) == 1
        assert set(refusals) <= {"customer-merging", "customer-merged"}
        assert pieces(alive(shop, ann, bea)) == Counter(tee=1, mug=1)
        assert len({each["owner"] for each in alive(shop, ann, bea)}) == 1


def test_the_same_merge_at_once_is_made_once(shop: Business, two: tuple[Caller, Caller]) -> None:
    """Four requests that are the same; who is told to come back finds it done."""
    merged_at_once(shop, *[two] * 4)
    ann, other = two
    assert merged(shop, ann, other)["status"] == "merged"
    check_all_is_there(shop, ann, other)


# -- chains ------------------------------------------------------------------------------------


def test_who_was_merged_before_leads_on(shop: Business) -> None:
    """Ann into Bea, Bea into Eve: Eve has all; undone one after the other, the last first."""
    ann, bea, eve = (customer(shop, name) for name in ("ann", "bea", "eve"))
    filled(shop, ann, tee=1)
    filled(shop, bea, mug=1)
    filled(shop, eve, lamp=1)
    first = merged(shop, bea, ann)["id"]
    second = merged(shop, eve, bea)["id"]
    assert customer(shop, "ann").customer == name_of(eve)
    assert pieces(alive(shop, eve)) == Counter(tee=1, mug=1, lamp=1)
    with pytest.raises(Conflicting, match="customer-merged"):
        undone(shop, bea, first)
    undone(shop, eve, second)
    assert customer(shop, "ann").customer == name_of(bea)
    assert pieces(alive(shop, bea)) == Counter(tee=1, mug=1)
    (cart,) = undone(shop, bea, first)["carts"]
    assert customer(shop, "ann").customer == name_of(ann)
    assert cart["stayed"] == "closed"  # it has been Eve's meanwhile
    assert pieces(alive(shop, bea)) == Counter(tee=1, mug=1)


def test_who_was_merged_is_named_no_more(shop: Business) -> None:
    """The other way round, elsewhere, and into somebody who is another by now: each is refused."""
    ann, bea, eve = (customer(shop, name) for name in ("ann", "bea", "eve"))
    merged(shop, bea, ann)
    for into, other in ((ann, bea), (eve, ann), (ann, eve)):
        with pytest.raises(Conflicting, match="customer-merged") as refusal:
            merged(shop, into, other)
        assert refusal.value.facts == {"customer": name_of(bea)}


# -- orders ------------------------------------------------------------------------------------


def test_while_a_cart_is_being_ordered_nothing_is_merged(shop: Business, two: tuple[Caller, Caller]) -> None:
    """Neither the one that goes nor the one that it would meet."""
    ann, other = two
    for who, code in ((other, "completing"), (ann, "dest-busy")):
        cart = next(
            each["id"] for each in alive(shop, who) if each["kind"] == "cart" and each["status"] == "open"
        )
        begin_order(shop, who, cart, f"click-{who.customer}")
        with pytest.raises(Conflicting, match=code):
            merged(shop, ann, other)
        abort_order(shop, cart)
    assert merged(shop, ann, other)["status"] == "merged"


# -- erasure -----------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("commits", [*COMMITS, 99])
def test_erasing_either_erases_all(
    shop: Business, two: tuple[Caller, Caller], commits: int, which: int
) -> None:
    """From the moment that one leads to the other; before, who was named. The merge never brings it back."""
    ann, other = two
    with suppress(StoreUnavailable):
        merged(shop, ann, other, crashing(shop.deps, commits))
    were_one = customer(shop, "u-99").customer == name_of(ann)
    erase_customer(shop.deps, shop.tenant, name_of(two[which]), "service")
    swept(shop)
    gone = two if were_one else (two[which],)
    for who in gone:
        with pytest.raises(Gone):
            drafts_of(shop, who)
        assert not list(records_of(shop, who))
    left = [who for who in two if who not in gone]
    assert pieces(alive(shop, *left)) == sum((kept_by(who, ann) for who in left), Counter())


def test_a_merge_and_an_erasure_at_once_leave_nothing_of_who_was_erased(shop: Business) -> None:
    """Twenty times: whichever came first, nobody has what was the erased one's."""
    for number in range(20):
        ann, bea = customer(shop, f"a-{number}"), customer(shop, f"b-{number}")
        filled(shop, ann, tee=1)
        filled(shop, bea, mug=1)
        start = threading.Barrier(2)

        def erase(start: threading.Barrier = start, name: str = name_of(bea)) -> None:
            start.wait()
            erase_customer(shop.deps, shop.tenant, name, "service")

        eraser = threading.Thread(target=erase)
        eraser.start()
        start.wait()
        with suppress(RetomaError):
            merged(shop, ann, bea)
        eraser.join()
        swept(shop)
        assert not list(records_of(shop, bea))
        left = list(records_of(shop, ann))
        assert not left or pieces(alive(shop, ann)) == Counter(tee=1)
        assert bool(left) != is_gone(shop, ann)


def is_gone(shop: Business, who: Caller) -> bool:
    """Whether somebody was erased."""
    try:
        living(shop.deps, shop.tenant, name_of(who))
    except Gone:
        return True
    return False


def kept_by(who: Caller, ann: Caller) -> Counter[str]:
    """What each had before the merge."""
    return Counter(tee=3, mug=1) if who is ann else Counter(tee=2, lamp=4)


def drafts_of(shop: Business, who: Caller) -> None:
    """Ask by the id of somebody; raises Gone."""
    living(shop.deps, shop.tenant, name_of(who))
    drafts(shop, name_of(who))


def records_of(shop: Business, who: Caller) -> Iterator[str]:
    """What is still found of somebody."""
    tenant, name = shop.tenant.id, name_of(who)
    for term in (records.customers_drafts_term, records.pointers_term, records.claims_term):
        for each in shop.deps.store.find([partition_of(name)], [term(tenant, name)], limit=100):
            yield each.record.key


def test_nobody_is_merged_with_somebody_erased(shop: Business, two: tuple[Caller, Caller]) -> None:
    """Nor with nobody, nor with themselves."""
    ann, other = two
    with pytest.raises(RetomaError, match="same-customer"):
        merged(shop, ann, ann)
    erase_customer(shop.deps, shop.tenant, name_of(other), "service")
    for pair in (two, two[::-1]):
        with pytest.raises(Gone, match="customer-erased"):
            merged(shop, *pair)
    with pytest.raises(NotFound):
        activate_draft(shop.deps, ann, f"dr_00{'A' * 20}")
