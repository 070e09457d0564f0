"""Promise: whatever devices do through the SDK, the cart ends with what people meant.

The oracle notes which adds each person had on screen when they took the line away. An add counts
unless somebody who saw it removed it. What arrives below a removal that is not saved yet is hidden by
it, and so was not seen.
"""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from retoma._identity import Identity

from .carts import Device, Shelf

NAMES = ("w_phone", "w_desktop")
TEE = Identity("tee").key


@dataclass
class Person:
    """Somebody with a device: the adds on screen, and those of their own on the way."""

    device: Device
    on_screen: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    removing: bool = False


class Shop:
    """One cart, two people, and what they meant."""

    def __init__(self) -> None:
        """Begin with nothing."""
        shelf = Shelf()
        self.shelf = shelf
        self.people = {name: Person(Device(shelf, name)) for name in NAMES}
        self.meant: dict[str, int] = {}
        self.stored: set[str] = set()

    def act(self, name: str, verb: str, number: int) -> None:
        """Let somebody do something."""
        person = self.people[name]
        match verb:
            case "add":
                self.add(person, f"{name}-{len(self.meant)}-{len(person.waiting | self.stored)}", number)
            case "remove":
                self.remove(person)
            case "hear":
                person.device.hear()
                if not person.removing and not person.sent:  # news waits for the answer to what was sent
                    person.on_screen |= self.stored
            case "lost":
                self.deliver(person)
                person.device.send(lost=True)
            case "save":
                self.save(person)

    def add(self, person: Person, name: str, number: int) -> None:
        """Add pieces, which are on screen at once; by a step where an add waits that it can join."""
        last = person.device.local.outbox.changes[-1:]
        if number == 3 and last and not last[0].sent and last[0].ops[-1].wire["op"] == "add":
            person.device.increment(TEE, number)
        else:
            person.device.add("tee", number)
        self.meant[name] = number
        person.on_screen.add(name)
        person.waiting.add(name)

    def remove(self, person: Person) -> None:
        """Take away what is on screen."""
        if not person.device.quantities:
            return
        person.device.remove(TEE)
        for name in person.on_screen:
            self.meant[name] = 0
        person.on_screen.clear()
        person.removing = True

    def deliver(self, person: Person) -> None:
        """Note what the next batch brings to the server."""
        if not any(change.sent for change in person.device.local.outbox.changes):
            person.sent, person.waiting = person.waiting, set()
        self.stored |= person.sent

    def save(self, person: Person) -> None:
        """Send everything; what is there is on screen then."""
        self.stored |= person.sent | person.waiting
        person.device.save()
        person.device.hear()
        person.sent, person.waiting, person.removing = set(), set(), False
        person.on_screen = set(self.stored)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(["add", "add", "remove", "hear", "lost", "save"]),
        st.integers(1, 3),
    ),
    max_size=30,
)


@given(STEPS)
@settings(max_examples=500)
def test_adds_count_once_and_a_remove_takes_what_was_on_screen(steps: list[tuple[str, str, int]]) -> None:
    """With offline spells, events, combined clicks, lost answers and changes sent twice."""
    shop = Shop()
    for step in steps:
        shop.act(*step)
    for person in shop.people.values():
        shop.save(person)
    assert shop.shelf.json()["totals"]["quantity"] == sum(shop.meant.values())
