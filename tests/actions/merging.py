"""Two customers who are one person, by the actions alone: what tests of merges begin with."""

from collections import Counter
from typing import Any

from retoma_server.actions import records
from retoma_server.actions.callers import Caller
from retoma_server.actions.deps import Deps
from retoma_server.actions.drafts import get_draft
from retoma_server.actions.listing import Query, list_drafts
from retoma_server.actions.merges import Wish, merge_customers, read_merge, undo_merge
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.domain.claims import FormStrategy, Strategy

from .business import Business


def name_of(who: Caller) -> str:
    """A customer's id."""
    assert who.customer is not None
    return who.customer


def merged(
    shop: Business, into: Caller, other: Caller, deps: Deps | None = None, forms: FormStrategy | None = None
) -> dict[str, Any]:
    """The receipt of a merge that adds carts up."""
    wish = Wish(name_of(other), Strategy.SUM, forms)
    return merge_customers(deps or shop.deps, shop.caller(shop.secret_key), name_of(into), wish)


def undone(shop: Business, into: Caller, merge: str, deps: Deps | None = None) -> dict[str, Any]:
    """The receipt of a merge that is undone."""
    return undo_merge(deps or shop.deps, shop.caller(shop.secret_key), name_of(into), merge)


def status(shop: Business, into: Caller, merge: str) -> str:
    """How far a merge has come."""
    return str(read_merge(shop.deps, shop.caller(shop.secret_key), name_of(into), merge)["status"])


def drafts(shop: Business, customer: str) -> list[dict[str, Any]]:
    """All drafts that the service sees of a customer."""
    page = list_drafts(shop.deps, shop.caller(shop.secret_key), Query(customer, limit=100))
    return [read_json(each) for each in page.items]


def alive(shop: Business, *people: Caller) -> list[dict[str, Any]]:
    """The drafts that still hold something in the partitions of some people, each by its own record."""
    found = []
    for who in people:
        term = records.customers_drafts_term(shop.tenant.id, name_of(who))
        for each in shop.deps.store.find([partition_of(name_of(who))], [term], limit=100):
            draft = each.record.key.rpartition("/")[2]
            found.append({**read_json(read_plain(shop, draft)), "owner": name_of(who)})
    return [draft for draft in found if draft["status"] not in ("merged", "expired", "discarded")]


def read_plain(shop: Business, draft: str) -> bytes:
    """A draft as the service sees it."""
    return get_draft(shop.deps, shop.caller(shop.secret_key), draft).json


def pieces(found: list[dict[str, Any]]) -> Counter[str]:
    """All pieces in all of these that are carts."""
    total: Counter[str] = Counter()
    for draft in found:
        for line in draft.get("lines", ()):
            total[line["sku"]] += line["quantity"]
    return total


def values(found: list[dict[str, Any]]) -> set[str]:
    """All values in all of these that are forms, those in conflicts too."""
    held: set[str] = set()
    for draft in found:
        held |= {str(value) for value in draft.get("data", {}).values()}
        for conflict in draft.get("conflicts", ()):
            held |= {str(conflict[side]["value"]) for side in ("stored", "arriving") if side in conflict}
    return held
