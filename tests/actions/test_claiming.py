"""Claims that are cut short, repeated or overtaken: what was in the carts is there, once."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from retoma_server.actions import records
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.claims import Claimed, read_claim
from retoma_server.actions.drafts import open_draft
from retoma_server.actions.sweeping import sweep
from retoma_server.actions.tenants import create_tenant
from retoma_server.actions.undoing import undo_claim
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.stores import Commit, StoreUnavailable
from retoma_server.app import wire
from retoma_server.domain.claims import Strategy
from retoma_server.domain.completions import LEASE
from retoma_server.domain.errors import Conflicting
from retoma_server.domain.takeovers import SEALED_FOR

from .business import Business, Clock, open_business, sweep_twice_at_once
from .claiming import (
    MINUTE,
    abort_order,
    begin_order,
    claimed,
    customer,
    everything,
    filled,
    finishes,
    quantities,
    shown,
    swept,
)
from .crashing import crashing, slow

STRATEGIES = list(Strategy)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("commits", [0, 1, 2, 3])
def test_an_interrupted_claim_is_finished(shop: Business, commits: int, strategy: Strategy) -> None:
    """After whichever commit the crash came, the sweeper does the rest, as if nothing had been (test 11)."""
    guest, ann, ben = shop.visitor(), customer(shop), customer(shop, "u-18")
    cart, saved = filled(shop, guest, tee=2, lamp=1), filled(shop, ann, tee=3, mug=1)
    other, bens = shop.visitor(), filled(shop, ben, tee=3, mug=1)
    filled(shop, other, tee=2, lamp=1)
    with pytest.raises(StoreUnavailable):
        claimed(crashing(shop.deps, commits), ann, guest, strategy)
    swept(shop)
    done = claimed(shop.deps, ben, other, strategy)
    if commits == 0:
        assert (quantities(shop, guest, cart), quantities(shop, ann, saved)) == (
            {"tee": 2, "lamp": 1},
            {"tee": 3, "mug": 1},
        )
        return
    receipt = claimed(shop.deps, ann, guest, strategy)
    assert everything(shop, ann, guest) == everything(shop, ben, other)
    (mine,), (bens_cart,) = receipt.json["carts"], done.json["carts"]
    assert (mine["fate"], mine["lines"] and {line["sku"] for line in mine["lines"]}) == (
        bens_cart["fate"],
        {line["sku"] for line in bens_cart["lines"]},
    )
    assert (mine["cart"] == saved) is (bens_cart["cart"] == bens)
    assert receipt.visitor is not None
    assert not sweep(shop.deps).counts


@pytest.mark.parametrize("commits", [1, 2, 3])
def test_an_interrupted_adoption_is_finished(shop: Business, commits: int) -> None:
    """One cart, once; the receipt names it whoever finished."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    with pytest.raises(StoreUnavailable):
        claimed(crashing(shop.deps, commits), ann, guest)
    swept(shop)
    (cart,) = claimed(shop.deps, ann, guest).json["carts"]
    assert (cart["fate"], quantities(shop, ann, cart["cart"])) == ("adopted", {"tee": 2})
    assert everything(shop, ann, guest) == {"tee": 2}
    assert filled(shop, ann, mug=1) == cart["cart"]


@pytest.mark.parametrize("commits", [1, 2, 3])
def test_a_crash_needs_no_sweeper_where_the_claim_is_repeated(shop: Business, commits: int) -> None:
    """Whoever comes back at once gets the whole of it."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    saved = filled(shop, ann, tee=3)
    with pytest.raises(StoreUnavailable):
        claimed(crashing(shop.deps, commits), ann, guest)
    first = claimed(shop.deps, ann, guest)
    assert quantities(shop, ann, saved) == {"tee": 5}
    swept(shop)
    assert claimed(shop.deps, ann, guest) == first


def test_a_guest_who_goes_on_in_the_middle_waits_and_begins_no_second_cart(shop: Business) -> None:
    """The cart is `claiming`: no change is taken that could be lost, and what was sent before is answered."""
    guest, ann = shop.visitor(), customer(shop)
    cart = filled(shop, guest, tee=2)
    with pytest.raises(StoreUnavailable):
        claimed(crashing(shop.deps, 1), ann, guest)
    assert read_json(open_draft(shop.deps, guest, "cart", kind="cart").json)["id"] == cart
    sent = {"seq": 1, "ops": [{"op": "add", "sku": "tee", "quantity": 2, "seen": 0}]}
    again = change_draft(shop.deps, guest, cart, Batch("w_1", [sent]))
    assert again["results"][0]["was"] == "applied"
    with pytest.raises(Conflicting, match="claiming"):
        change_draft(shop.deps, guest, cart, Batch("w_1", [{"seq": 2, "ops": []}]))
    swept(shop)
    with pytest.raises(Conflicting, match="draft-merged"):
        change_draft(shop.deps, guest, cart, Batch("w_1", [{"seq": 2, "ops": []}]))


@pytest.mark.parametrize("commits", [0, 1, 2])
def test_a_refused_claim_that_is_interrupted_leaves_the_cart_open(shop: Business, commits: int) -> None:
    """The customer's cart is being ordered; seal, crossing out, breaking: a crash after each."""
    guest, ann = shop.visitor(), customer(shop)
    cart, saved = filled(shop, guest, tee=2), filled(shop, ann, tee=3)
    begin_order(shop, ann, saved)
    before = shown(shop, guest, cart)
    with pytest.raises(StoreUnavailable):
        claimed(crashing(shop.deps, commits), ann, guest)
    assert shown(shop, guest, cart)["status"] == ("claiming" if commits else "open")
    shop.clock.now += 31_000
    sweep(shop.deps)
    after = shown(shop, guest, cart)
    assert {**after, "revision": 1} == before
    assert (after["revision"] > 1) is (commits > 0)
    abort_order(shop, saved)
    claimed(shop.deps, ann, guest)
    assert quantities(shop, ann, saved) == {"tee": 5}


def test_an_order_that_nobody_knows_of_stands_against_a_claim_too(shop: Business) -> None:
    """Of either side, until the shop has said what became of it."""
    guest, ann = shop.visitor(), customer(shop)
    cart, saved = filled(shop, guest, tee=2), filled(shop, ann, tee=3)
    begin_order(shop, ann, saved)
    shop.clock.now += LEASE
    sweep(shop.deps)
    with pytest.raises(Conflicting, match="dest-busy"):
        claimed(shop.deps, ann, guest)
    abort_order(shop, saved)
    begin_order(shop, guest, cart)
    shop.clock.now += LEASE
    sweep(shop.deps)
    with pytest.raises(Conflicting, match="completion-unknown"):
        claimed(shop.deps, ann, guest)
    abort_order(shop, cart)
    with pytest.raises(StoreUnavailable):
        claimed(crashing(shop.deps, 1), ann, guest)
    claimed(shop.deps, ann, guest)
    assert quantities(shop, ann, saved) == {"tee": 5}


def applies(commit: Commit) -> bool:
    """Whether a commit writes a receipt."""
    return any(records.kind_of(write.key) == "claim" for write in commit.writes)


def test_a_slow_claim_cannot_be_applied_after_it_was_given_up(shop: Business) -> None:
    """Overtaken by another that met an order and gave up; the order was aborted before it went on."""
    guest, ann = shop.visitor(), customer(shop)
    cart, saved = filled(shop, guest, tee=2), filled(shop, ann, tee=3)

    def faster() -> None:
        begin_order(shop, ann, saved)
        with pytest.raises(Conflicting, match="dest-busy"):
            claimed(shop.deps, ann, guest)
        abort_order(shop, saved)

    with pytest.raises(Conflicting, match="dest-busy"):
        claimed(slow(shop.deps, applies, faster), ann, guest)
    assert quantities(shop, guest, cart) == {"tee": 2}
    assert quantities(shop, ann, saved) == {"tee": 3}
    claimed(shop.deps, ann, guest)
    assert quantities(shop, ann, saved) == {"tee": 5}


def test_a_slow_claim_does_not_break_a_later_seal(shop: Business) -> None:
    """Given up, claimed anew by another and merged: the slow one finds it done."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    saved = filled(shop, ann, tee=3)

    def faster() -> None:
        begin_order(shop, ann, saved)
        with pytest.raises(Conflicting, match="dest-busy"):
            claimed(shop.deps, ann, guest)
        abort_order(shop, saved)
        claimed(shop.deps, ann, guest)

    claimed(slow(shop.deps, applies, faster), ann, guest)
    assert quantities(shop, ann, saved) == {"tee": 5}
    assert everything(shop, ann, guest) == {"tee": 5}


def test_two_who_finish_do_it_once(shop: Business) -> None:
    """The guest is told once where the cart went."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    saved = filled(shop, ann, tee=3)
    others: list[Claimed] = []
    overtaken = slow(shop.deps, finishes, lambda: others.append(claimed(shop.deps, ann, guest)))
    assert [claimed(overtaken, ann, guest)] == others
    assert quantities(shop, ann, saved) == {"tee": 5}
    assert shop.told(guest).count("draft-merged by customer") == 1
    assert shop.told(ann).count("draft-merged by customer") == 1


def test_two_sweepers_finish_each_claim_once(shop: Business) -> None:
    """Forty claims were cut short after their first commit; two sweepers start together."""
    pairs = [(shop.visitor(), customer(shop, f"u-{number}")) for number in range(40)]
    carts = []
    for guest, ann in pairs:
        filled(shop, guest, tee=2)
        carts.append(filled(shop, ann, tee=3))
        with pytest.raises(StoreUnavailable):
            claimed(crashing(shop.deps, 1), ann, guest)
    shop.clock.now += MINUTE
    sweep_twice_at_once(shop.deps)
    for (guest, ann), cart in zip(pairs, carts, strict=True):
        assert everything(shop, ann, guest) == {"tee": 5}
        assert shop.told(ann).count("draft-merged by system") == 1
        assert len(claimed(shop.deps, ann, guest).json["carts"]) == 1
        assert quantities(shop, ann, cart) == {"tee": 5}


@pytest.mark.parametrize("commits", [0, 1, 2])
def test_an_interrupted_undoing_is_finished_by_whoever_repeats_it(shop: Business, commits: int) -> None:
    """Cart by cart, each with its receipt; what was undone before is not undone twice."""
    guest, ann = shop.visitor(), customer(shop)
    saved = {}
    for key in ("a", "b"):
        filled(shop, guest, key=key, tee=2)
        saved[key] = filled(shop, ann, key=key, tee=3)
    receipt = claimed(shop.deps, ann, guest).json["id"]
    dying = crashing(shop.deps, commits)
    if commits < 2:
        with pytest.raises(StoreUnavailable):
            undo_claim(dying, ann, receipt)
    else:
        undo_claim(dying, ann, receipt)
    undone = undo_claim(shop.deps, ann, receipt)
    assert undone == undo_claim(shop.deps, ann, receipt) == read_claim(shop.deps, ann, receipt)
    assert {quantities(shop, ann, cart)["tee"] for cart in saved.values()} == {3}
    assert everything(shop, ann, guest) == {"tee": 10}


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_on_redis_two_sweepers_finish_what_crashes_left(redis_url: str) -> None:
    """After each commit of the claim, on the store's own clock: half a minute later all is done, once."""
    shop = business_on(redis_url)
    pairs = [(shop.visitor(), customer(shop, f"u-{number}"), number % 4) for number in range(20)]
    for guest, ann, commits in pairs:
        filled(shop, guest, tee=2)
        filled(shop, ann, tee=3)
        with pytest.raises(StoreUnavailable):
            claimed(crashing(shop.deps, commits), ann, guest)
    time.sleep(SEALED_FOR / 1000 + 1)
    sweep_twice_at_once(shop.deps)
    for guest, ann, commits in pairs:
        assert everything(shop, ann, guest) == {"tee": 5}
        for once in ("draft-merged", "draft-claimed"):
            told = [each for each in shop.told(ann) if each.startswith(once)]
            assert len(told) == (1 if commits else 0)
        assert len(claimed(shop.deps, ann, guest).json["carts"]) == 1
        assert everything(shop, ann, guest) == {"tee": 5}
    shop.deps.store.close()


def business_on(url: str) -> Business:
    """A business on a store of one's own."""
    variables = {
        "RETOMA_STORE": url,
        "RETOMA_KEYRING": Keyring.create().dump(),
        "RETOMA_DURABILITY": "relaxed",
        "RETOMA_RATE_LIMITS": "off",
    }
    deps = wire(Settings.from_env(variables))
    made = create_tenant(deps.store, deps.vault, deps.ids, "shop", frozenset())
    return Business(deps, Clock(), deps.tenants.get(made.id), made.publishable_key, made.secret_key)
