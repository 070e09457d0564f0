"""Promise: whenever the guest signs in, the carts together hold what people meant, each add once.

The guest's phone and tablet fill one cart, the customer's desktop another; all may be offline, send
twice and hear late of the claim. The oracle notes which adds each person had on screen when they
removed the line. What a device is told was not applied, it sends on if it is an add, and else shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retoma_server.domain.lines import Identity
from tests.http.claiming import claim, open_cart, renewed
from tests.http.shop import Person, Shop, new_key, shop_in_memory
from tests.http.test_carts import add, quantities

TEE = Identity("tee").key
DEVICES = ("phone", "tablet", "desktop")
Step = tuple[str, str, int]


@dataclass
class Meant:
    """An add or a remove that somebody meant: its own name, and for a remove which adds were on screen."""

    name: str
    op: str
    quantity: int = 0
    saw: frozenset[str] = frozenset()
    given_up: bool = False


@dataclass
class Device:
    """One device: whom it speaks for, its cart, and what it has not had an answer to."""

    name: str
    person: Person
    cart: str = ""
    writer: str = ""
    seen: int = 0
    seq: int = 0
    on_screen: frozenset[str] = frozenset()
    waiting: list[tuple[dict[str, Any], Meant]] = field(default_factory=list)

    def act(self, meant: Meant) -> None:
        """Put an act of its person into the queue."""
        self.seq += 1
        op = (
            add(quantity=meant.quantity)
            if meant.op == "add"
            else {"op": "remove", "line": TEE, "seen": self.seen}
        )
        self.waiting.append(({"seq": self.seq, "ops": [op]}, meant))


class World:
    """A guest with two devices, a customer with one, and a sign-in at some moment."""

    def __init__(self, shop: Shop) -> None:
        self.guest, self.ann = shop.visitor(), shop.customer(new_key())
        self.signed_in = self.guest
        people = {"phone": self.guest, "tablet": self.guest, "desktop": self.ann}
        self.devices = {name: Device(name, people[name], writer=f"w_{name}") for name in DEVICES}
        self.meant: list[Meant] = []
        self.inside: dict[str, frozenset[str]] = {}

    def play(self, step: Step) -> None:
        """One step."""
        name, act, quantity = step
        device = self.devices[name]
        match act:
            case "sign in":
                self.sign_in()
            case "sync":
                self.sync(device)
            case "lost reply":
                self.deliver(device)
            case _:
                meant = Meant(f"{name}-{len(self.meant)}", act, quantity, device.on_screen)
                self.meant.append(meant)
                device.act(meant)
                device.on_screen |= {meant.name} if act == "add" else set()

    def sign_in(self) -> None:
        """Claim, by the sum of both carts; the phone and the tablet hear of it later."""
        receipt = claim(self.ann, self.signed_in, strategy="sum")
        self.signed_in = renewed(self.signed_in, receipt)
        for cart in receipt["carts"]:
            went = self.inside.get(cart["draft"], frozenset())
            self.inside[cart["cart"]] = self.inside.get(cart["cart"], frozenset()) | went

    def sync(self, device: Device) -> None:
        """Send what waits, as often as it takes, and see what there is."""
        while (problem := self.deliver(device)) is not None:
            self.go_on(device, problem)
        device.waiting.clear()
        if self.stays(device):
            shown = device.person.draft(device.cart)
            device.seen, device.on_screen = shown["revision"], self.inside.get(device.cart, frozenset())

    def stays(self, device: Device) -> bool:
        """Whether the device has a cart in the end; one that hears it was merged goes on elsewhere."""
        answer = device.person.get(f"/v1/drafts/{device.cart}")
        if answer.status_code == 200 and answer.get_json()["status"] == "open":
            return True
        if answer.status_code == 401:
            device.person = self.signed_in
            return self.stays(device)
        self.settle(device, answer.get_json()["merged_into"])
        return self.stays(device)

    def deliver(self, device: Device) -> dict[str, Any] | None:
        """Send all that waits; the problem where the cart was merged."""
        if not device.cart:
            device.cart = self.opened(device)
        if not device.waiting:
            return None
        answer = device.person.send(
            device.cart, *(change for change, _ in device.waiting), writer=device.writer
        )
        if answer.status_code == 401:
            device.person = self.signed_in
            return self.deliver(device)
        if answer.status_code == 409:
            problem: dict[str, Any] = answer.get_json()
            assert problem["code"] == "draft-merged"
            return problem
        assert answer.status_code == 200, answer.text
        added = {meant.name for _, meant in device.waiting if meant.op == "add"}
        self.inside[device.cart] = self.inside.get(device.cart, frozenset()) | added
        return None

    def opened(self, device: Device) -> str:
        """The cart of a device's person; a token that was replaced opens none."""
        if device.person is self.guest:
            device.person = self.signed_in
        return open_cart(device.person)

    def go_on(self, device: Device, problem: dict[str, Any]) -> None:
        """Send adds on that were not applied; show the customer the rest, which then did not happen."""
        told = {result["seq"]: result["status"] for result in problem["results"]}
        left = [meant for change, meant in device.waiting if told[change["seq"]] == "not_applied"]
        self.settle(device, problem["merged_into"])
        for meant in left:
            if meant.op == "add":
                device.act(meant)
            else:
                meant.given_up = True

    def settle(self, device: Device, cart: str) -> None:
        """Go on in the customer's cart, as the customer, from the first number."""
        device.person, device.cart, device.writer = self.ann, cart, f"{device.writer}-{len(cart)}"
        device.seq, device.waiting = 0, []

    def held(self) -> int:
        """All pieces in the carts of both."""
        carts = {(person.customer, open_cart(person)): person for person in (self.signed_in, self.ann)}
        return sum(sum(quantities(person, cart).values()) for (_, cart), person in carts.items())

    def wanted(self) -> int:
        """All pieces that somebody added, unless somebody who saw them removed them."""
        removed = {
            name for each in self.meant if each.op == "remove" and not each.given_up for name in each.saw
        }
        return sum(each.quantity for each in self.meant if each.op == "add" and each.name not in removed)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A shop of one's own."""
    opened = shop_in_memory()
    yield opened
    opened.deps.store.close()


ACTS = st.tuples(
    st.sampled_from(DEVICES),
    st.sampled_from(["add", "add", "remove", "sync", "lost reply"]),
    st.integers(1, 3),
)


@example([("phone", "add", 1), ("phone", "lost reply", 1), ("phone", "add", 2)], [("phone", "add", 3)])
@example([("tablet", "add", 2), ("tablet", "sync", 1), ("tablet", "remove", 1)], [("desktop", "sync", 1)])
@given(st.lists(ACTS, max_size=10), st.lists(ACTS, max_size=10))
@settings(max_examples=80)
def test_each_add_counts_once_whenever_the_guest_signs_in(
    shop: Shop, before: list[Step], after: list[Step]
) -> None:
    """With offline spells, lost replies, changes sent twice, and removes by whoever saw what."""
    world = World(shop)
    for step in [*before, ("phone", "sign in", 0), *after, ("phone", "sign in", 0)]:
        world.play(step)
    for name in DEVICES:
        world.play((name, "sync", 0))
    assert world.held() == world.wanted()
