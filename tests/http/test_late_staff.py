"""Promises about staff who come too late: nothing of theirs is written, and nothing of it is lost."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.test import TestResponse

from retoma_server.domain.leases import LEASE_LIFE
from tests.http import test_leases
from tests.http.asserting import assert_problem
from tests.http.shop import Clerk, Person, Shop, new_key, set_op
from tests.http.test_leases import bare, lease_path, two_clerks

store = test_leases.store
"""A shop on either store, whose tests end leases by what people do; by the clock only in memory."""


@dataclass(frozen=True)
class Unsent:
    """What a member of staff was about to send, kept as it was: saves, a patch, and the whole form."""

    draft: str
    etag: str
    key: str = field(default_factory=new_key)

    def save(self, staff: Person) -> TestResponse:
        """A change of a writer's own."""
        return staff.save(self.draft, 1, writer="w_late", seen=1, notes="of Ana")

    def plain(self, staff: Person) -> TestResponse:
        """Plain ops."""
        return staff.plain(self.draft, 1, set_op("/plain", "of Ana"), key=f"{self.key}-plain")

    def patch(self, staff: Person) -> TestResponse:
        """A patch of exactly what was on screen."""
        headers = {"If_Match": self.etag, "Idempotency_Key": f"{self.key}-patch"}
        return staff.ask("PATCH", f"/v1/drafts/{self.draft}", {"patched": "of Ana"}, **headers)

    def submit(self, staff: Person, seen: int = 1) -> TestResponse:
        """The form, complete."""
        path = f"/v1/drafts/{self.draft}/complete"
        return staff.post(path, {"seen": seen}, Idempotency_Key=f"{self.key}-complete")

    def all(self, staff: Person) -> list[TestResponse]:
        """Every way to write."""
        return [self.save(staff), self.plain(staff), self.patch(staff), self.submit(staff)]


def unsent(clerk: Clerk, draft: str) -> Unsent:
    """What somebody has on screen and did not send yet."""
    return Unsent(draft, clerk.get(f"/v1/drafts/{draft}").headers["ETag"])


def with_fence(clerk: Clerk, draft: str) -> Person:
    """A program that goes on with the fence that it has, whatever happened since."""
    return bare(clerk).sending(Retoma_Fence=str(clerk.fences[draft]))


def refused(answers: list[TestResponse]) -> None:
    """Assert that all of this came without the lease."""
    for answer in answers:
        assert_problem(answer, 423, "lease-lost")


def test_a_lease_that_ends_mid_edit_refuses_save_and_submit_and_all_of_it_is_sent_again(shop: Shop) -> None:
    """The very same requests, under a new fence, are done, each once (form case 18; cart case 27)."""
    owner, draft, ana, _ = two_clerks(shop)
    waiting = unsent(ana, draft)
    before = owner.draft(draft)
    shop.clock.now += LEASE_LIFE
    refused(waiting.all(with_fence(ana, draft)))
    assert owner.draft(draft) == before
    assert ana.take(draft)
    again = with_fence(ana, draft)
    assert waiting.patch(again).status_code == 200
    assert [waiting.save(again).get_json()["results"][0]["status"] for _ in range(2)] == [
        "applied",
        "replayed",
    ]
    assert waiting.plain(again).status_code == 200
    assert owner.data(draft) == {"name": "Ann", "patched": "of Ana", "notes": "of Ana", "plain": "of Ana"}
    assert waiting.submit(again, owner.draft(draft)["revision"]).get_json()["status"] == "completed"


def test_who_is_taken_back_from_has_a_stale_fence(store: Shop) -> None:
    """Also after the customer lets them write again, and also under the number that they guess next
    (form case 19; cart case 25).
    """
    owner, draft, ana, _ = two_clerks(store)
    waiting, own = unsent(ana, draft), f"/v1/drafts/{draft}/assists/{ana.assists[draft]}"
    late = with_fence(ana, draft)
    assert owner.ask("PATCH", own, {"scope": "view"}).status_code == 200
    for answer in waiting.all(late):
        assert answer.status_code in (403, 423), answer.text
    assert owner.ask("PATCH", own, {"scope": "complete"}).status_code == 200
    refused(waiting.all(late))
    refused(waiting.all(bare(ana).sending(Retoma_Fence=str(ana.fences[draft] + 1))))
    assert owner.data(draft) == {"name": "Ann"}
    before = ana.fences[draft]
    taken = ana.take(draft)
    assert taken is not None
    assert taken > before + 1
    assert waiting.save(with_fence(ana, draft)).status_code == 200


def in_a_cart(shop: Shop) -> tuple[Person, str, Clerk, Clerk]:
    """A customer, their cart, Ana who has its lease, and Leo."""
    shop.register("counter-cart", kind="cart")
    owner = shop.visitor()
    cart = owner.begin("counter-cart")
    ana, leo = shop.assist(owner, cart, "Ana"), shop.assist(owner, cart, "Leo")
    assert ana.take(cart)
    return owner, cart, ana, leo


def add(person: Person, cart: str, seq: int, sku: str, writer: str) -> TestResponse:
    """The answer to one more of something."""
    op = {"op": "add", "sku": sku, "seen": 0}
    return person.send(cart, {"seq": seq, "ops": [op]}, writer=writer)


def skus(person: Person, cart: str) -> set[str]:
    """What is in a cart."""
    return {line["sku"] for line in person.draft(cart)["lines"]}


def test_a_cart_is_written_in_by_one_member_of_staff_and_always_by_its_customer(store: Shop) -> None:
    """Whoever let go adds nothing and orders nothing; what they had is sent again once they hold it anew
    (cart cases 25, 26).
    """
    owner, cart, ana, leo = in_a_cart(store)
    late = with_fence(ana, cart)
    assert add(ana, cart, 1, "tea", "w_ana").status_code == 200
    assert add(owner, cart, 1, "milk", "w_own").status_code == 200
    assert ana.ask("DELETE", lease_path(ana, cart), Retoma_Fence=str(ana.fences[cart])).status_code == 204
    assert leo.take(cart)
    assert add(leo, cart, 1, "cake", "w_leo").status_code == 200
    order: dict[str, Any] = {"seen": owner.draft(cart)["revision"]}
    refused(
        [
            add(late, cart, 2, "salt", "w_ana"),
            late.post(f"/v1/drafts/{cart}/complete", order, Idempotency_Key=new_key()),
        ]
    )
    assert add(owner, cart, 2, "bread", "w_own").status_code == 200
    assert skus(owner, cart) == {"tea", "milk", "cake", "bread"}
    assert leo.ask("DELETE", lease_path(leo, cart), Retoma_Fence=str(leo.fences[cart])).status_code == 204
    assert ana.take(cart)
    assert add(ana, cart, 2, "salt", "w_ana").status_code == 200
    assert "salt" in skus(owner, cart)


@pytest.mark.parametrize("how", ["leaves", "is stopped"])
def test_what_waits_is_of_no_use_to_whoever_is_out(store: Shop, how: str) -> None:
    """404 by every way to write, as for a draft that is not there (acceptance test 20)."""
    owner, draft, ana, _ = two_clerks(store)
    waiting, own = unsent(ana, draft), f"/v1/assist/{ana.assists[draft]}"
    if how == "leaves":
        assert ana.ask("DELETE", own).status_code == 204
    else:
        stop = f"/v1/drafts/{draft}/assists/{ana.assists[draft]}"
        assert owner.ask("DELETE", stop).status_code == 204
    for answer in waiting.all(with_fence(ana, draft)):
        assert_problem(answer, 404, "not-found")
    assert_problem(ana.post(f"{own}/lease", {}), 404, "not-found")
    assert owner.data(draft) == {"name": "Ann"}
