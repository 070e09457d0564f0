"""Claims of just what was shown, overtaken and cut short: what moves in the middle is not merged unseen."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from retoma_server.actions import records
from retoma_server.actions.callers import Caller
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.claiming import seal
from retoma_server.actions.claims import Claimed, Wish, claim
from retoma_server.actions.deps import Deps
from retoma_server.actions.previews import SHOWN_FOR
from retoma_server.adapters.stores import Commit, StoreUnavailable
from retoma_server.domain.claims import Strategy
from retoma_server.domain.errors import Conflicting
from retoma_server.domain.takeovers import NOT_SHOWN, Takeover

from .business import Business, open_business
from .claiming import claimed, customer, everything, filled, quantities, shown, swept
from .crashing import crashing, slow


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Business]:
    """A business of one's own."""
    business = open_business(tmp_path)
    yield business
    business.deps.store.close()


def seen_by(shop: Business, ann: Caller, guest: Caller) -> str:
    """What a preview came with."""
    assert guest.credential is not None
    return str(claim(shop.deps, ann, guest.credential.text, Wish(ask=True)).json["seen"])


def claim_seen(deps: Deps, ann: Caller, guest: Caller, seen: str) -> Claimed:
    """A claim of just what was shown."""
    assert guest.credential is not None
    return claim(deps, ann, guest.credential.text, Wish(strategy=Strategy.SUM, seen=seen))


def one_more(shop: Business, who: Caller, cart: str) -> Callable[[], object]:
    """Somebody who adds a pen to a cart."""
    add = {"op": "add", "sku": "pen", "seen": 0}
    return lambda: change_draft(shop.deps, who, cart, Batch("w_2", [{"seq": 1, "ops": [add]}]))


def writes(kind: str) -> Callable[[Commit], bool]:
    """Whether a commit writes a record of a kind."""
    return lambda commit: any(records.kind_of(write.key) == kind for write in commit.writes)


@pytest.mark.parametrize(("kind", "side"), [("draft", "guest"), ("draft", "saved"), ("claim", "saved")])
def test_what_moves_after_the_check_is_found_by_the_commits(shop: Business, kind: str, side: str) -> None:
    """Before the seal, and between the seal and what is done with it."""
    guest, ann = shop.visitor(), customer(shop)
    carts = {"guest": (guest, filled(shop, guest, tee=2)), "saved": (ann, filled(shop, ann, tee=3))}
    seen = seen_by(shop, ann, guest)
    overtaken = slow(shop.deps, writes(kind), one_more(shop, *carts[side]))
    with pytest.raises(Conflicting, match="preview-outdated") as refusal:
        claim_seen(overtaken, ann, guest, seen)
    assert shown(shop, *carts["guest"])["status"] == "open"
    assert everything(shop, guest, ann) == {"tee": 5, "pen": 1}
    assert "pen" not in quantities(shop, *carts["saved"] if side == "guest" else carts["guest"])
    claim_seen(shop.deps, ann, guest, str(refusal.value.facts["preview"]["seen"]))
    assert quantities(shop, *carts["saved"]) == {"tee": 5, "pen": 1}


@pytest.mark.parametrize("moved", [False, True])
def test_the_sweeper_finishes_only_what_was_shown(shop: Business, moved: bool) -> None:
    """A crash after the seal; if the customer went on meanwhile, the guest's cart is open again."""
    guest, ann = shop.visitor(), customer(shop)
    cart, saved = filled(shop, guest, tee=2), filled(shop, ann, tee=3)
    seen = seen_by(shop, ann, guest)
    with pytest.raises(StoreUnavailable):
        claim_seen(crashing(shop.deps, 1), ann, guest, seen)
    if moved:
        one_more(shop, ann, saved)()
    swept(shop)
    assert shown(shop, guest, cart)["status"] == ("open" if moved else "merged")
    assert quantities(shop, ann, saved) == ({"tee": 3, "pen": 1} if moved else {"tee": 5})


@pytest.mark.parametrize("commits", [1, 2, 3])
def test_a_claim_that_was_cut_short_is_repeated_with_what_was_seen(shop: Business, commits: int) -> None:
    """However long after: what was done was what was shown."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    saved = filled(shop, ann, tee=3)
    seen = seen_by(shop, ann, guest)
    with pytest.raises(StoreUnavailable):
        claim_seen(crashing(shop.deps, commits), ann, guest, seen)
    first = claim_seen(shop.deps, ann, guest, seen)
    assert quantities(shop, ann, saved) == {"tee": 5}
    shop.clock.now += 2 * SHOWN_FOR
    assert claim_seen(shop.deps, customer(shop), guest, seen) == first


def test_another_persons_outdated_seal_is_in_nobodys_way(shop: Business) -> None:
    """Somebody who had seen nothing claims the carts as they are."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    saved = filled(shop, ann, tee=3)
    with pytest.raises(StoreUnavailable):
        claim_seen(crashing(shop.deps, 1), ann, guest, seen_by(shop, ann, guest))
    one_more(shop, ann, saved)()
    claimed(shop.deps, ann, guest)
    assert quantities(shop, ann, saved) == {"tee": 5, "pen": 1}


def test_a_preview_is_good_for_ten_minutes(shop: Business) -> None:
    """Then the customer looks again."""
    guest, ann = shop.visitor(), customer(shop)
    filled(shop, guest, tee=2)
    seen = seen_by(shop, ann, guest)
    shop.clock.now += SHOWN_FOR
    with pytest.raises(Conflicting, match="preview-outdated") as refusal:
        claim_seen(shop.deps, ann, guest, seen)
    claim_seen(shop.deps, ann, guest, str(refusal.value.facts["preview"]["seen"]))
    assert everything(shop, ann, guest) == {"tee": 2}


def test_a_cart_that_was_not_shown_is_not_sealed(shop: Business) -> None:
    """Whatever it was when it was listed: another tab may have broken its seal since."""
    guest, ann = shop.visitor(), customer(shop)
    cart = filled(shop, guest, tee=2)
    wish = Takeover(shop.deps.ids.new("cl", 7), ann.customer or "", Strategy.SUM, 0, 0, shown=NOT_SHOWN)
    with pytest.raises(Conflicting, match="preview-outdated"):
        seal(shop.deps, shop.tenant, cart, wish)
    assert shown(shop, guest, cart)["status"] == "open"
