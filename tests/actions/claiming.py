"""Guests and customers with carts, by the actions alone: what tests of claims begin with."""

from collections import Counter
from typing import Any

from retoma_server.actions import records
from retoma_server.actions.callers import Caller
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.claims import Claimed, Wish, claim
from retoma_server.actions.completions import abort_completion
from retoma_server.actions.deps import Deps
from retoma_server.actions.drafts import Completion, complete_draft, get_draft, open_draft
from retoma_server.actions.identity import mint_token
from retoma_server.actions.once import Once
from retoma_server.actions.sweeping import sweep
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit
from retoma_server.domain.claims import Strategy

from .business import Business

MINUTE = 60_000


def customer(shop: Business, external_id: str = "u-17") -> Caller:
    """A customer who is signed in."""
    return shop.caller(mint_token(shop.deps, shop.caller(shop.secret_key), external_id, None).token)


def filled(shop: Business, who: Caller, key: str = "default", **pieces: int) -> str:
    """The id of somebody's cart with so many of each sku."""
    cart = str(read_json(open_draft(shop.deps, who, "cart", key, kind="cart").json)["id"])
    ops = [{"op": "add", "sku": sku, "quantity": quantity, "seen": 0} for sku, quantity in pieces.items()]
    change_draft(shop.deps, who, cart, Batch("w_1", [{"seq": 1, "ops": ops}]))
    return cart


def shown(shop: Business, who: Caller, cart: str) -> dict[str, Any]:
    """A draft as somebody sees it."""
    draft: dict[str, Any] = read_json(get_draft(shop.deps, who, cart).json)
    return draft


def quantities(shop: Business, who: Caller, cart: str) -> dict[str, int]:
    """How many of each sku are in a cart."""
    return {line["sku"]: line["quantity"] for line in shown(shop, who, cart)["lines"]}


def claimed(deps: Deps, ann: Caller, guest: Caller, strategy: Strategy = Strategy.SUM) -> Claimed:
    """What a claim gives."""
    assert guest.credential is not None
    return claim(deps, ann, guest.credential.text, Wish(strategy=strategy))


def begin_order(shop: Business, who: Caller, cart: str, key: str = "click-1") -> None:
    """Begin to order a cart."""
    revision = shown(shop, who, cart)["revision"]
    complete_draft(shop.deps, who, cart, Completion(revision, once=Once(key, key)))


def abort_order(shop: Business, cart: str, attempt: int = 1) -> None:
    """Give the order of a cart up."""
    service = shop.caller(shop.secret_key)
    abort_completion(shop.deps, service, cart, cart.replace("dr_", "co_"), attempt)


def everything(shop: Business, *people: Caller) -> Counter[str]:
    """All pieces in all carts of some people, open or parked."""
    found: Counter[str] = Counter()
    for who in people:
        assert who.customer is not None
        term = records.customers_drafts_term(shop.tenant.id, who.customer)
        for each in shop.deps.store.find([partition_of(who.customer)], [term], limit=100):
            name = each.record.key.rpartition("/")[2]
            found += Counter(quantities(shop, shop.caller(shop.secret_key), name))
    return found


def swept(shop: Business) -> None:
    """Two minutes pass, and everything due is handled."""
    shop.clock.now += 2 * MINUTE
    while sweep(shop.deps).counts:
        pass


def finishes(commit: Commit) -> bool:
    """Whether a commit writes a draft and nothing of a receipt."""
    kinds = [records.kind_of(write.key) for write in commit.writes]
    return kinds == ["draft"] and bool(commit.drops)
