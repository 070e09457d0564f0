"""The machine that drives devices over a bad network against the promise.

How merging, receiving and numbering are done is a matter of the two types that it drives, so a broken
one is a subclass and nothing is patched.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import product

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from retoma_server.domain.drafts import Policy
from retoma_server.domain.pointers import Json
from retoma_server.domain.rules import Rules

from .devices import Device, Edit
from .oracle import Oracle
from .service import Service

RULES = Rules(
    groups=frozenset({"/home", "/work"}), policies={"/note": Policy.INCOMING, "/work": Policy.INCOMING}
)
LEAVES = (
    "/name",
    "/note",
    "/home/street",
    "/home/zip",
    "/work/street",
    "/work/zip",
    "/kids",
    "/kids/a",
    "/kids/b",
)
TREES = (*LEAVES, "/home", "/work", "")

# Every parameter of a rule is one draw: drawing is what an example costs.
WHO = range(4)
HOW = ("stored", "arriving", "value")
someone = st.sampled_from(WHO)
typing = st.sampled_from(list(product(WHO, LEAVES, (True, True, True, False))))
place = st.sampled_from(list(product(WHO, TREES)))
address = st.sampled_from(list(product(WHO, ("/home", "/work"), (True, False))))
choice = st.sampled_from(list(product(WHO, range(4), HOW)))
several = st.sampled_from(list(product(LEAVES, LEAVES, (None, *TREES))))


@dataclass
class Tally:
    """How far the runs of one test went, and what they met."""

    examples: int = 0
    steps: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)


class Promise(RuleBasedStateMachine):
    """Two to four devices of one customer, and the server that they share."""

    device_type: type[Device] = Device
    service_type: type[Service] = Service
    fewest, most = 2, 4

    def __init__(self, tally: Tally | None = None) -> None:
        """Begin with nobody there."""
        super().__init__()
        self.tally = tally or Tally()
        self.tally.examples += 1
        self.oracle = Oracle(RULES)
        self.service = self.service_type(RULES, self.oracle)
        self.devices: list[Device] = []
        self.requests: list[str] = []
        self.typed = 0

    @initialize(more=st.integers(0, 2))
    def arrive(self, more: int) -> None:
        """Some devices have the draft on screen."""
        count = min(self.fewest + more, self.most)
        self.devices = [self.device_type(f"d{number}") for number in range(count)]

    def device(self, which: int) -> Device:
        """One of the devices."""
        return self.devices[which % len(self.devices)]

    def value(self, fresh: bool) -> Json:
        """A value to type: one that never was before, or one that others type too."""
        self.typed += 1
        return f"v{self.typed}" if fresh else "same"

    # -- people ----------------------------------------------------------------------------------

    @rule(what=typing)
    def types(self, what: tuple[int, str, bool]) -> None:
        """Somebody types into a field."""
        which, path, fresh = what
        self.edit(self.device(which), lambda device: device.setting(path, self.value(fresh)))

    @rule(where=place)
    def erases(self, where: tuple[int, str]) -> None:
        """Somebody empties a field, or all the fields of a section."""
        which, path = where
        self.edit(self.device(which), lambda device: device.unsetting(path))

    @rule(which=someone)
    def empties(self, which: int) -> None:
        """Somebody says that there are none of a kind."""
        self.edit(self.device(which), lambda device: device.setting("/kids", {}))

    @rule(what=address)
    def fills(self, what: tuple[int, str, bool]) -> None:
        """Somebody sets a whole address at once."""
        which, path, fresh = what
        value = {"street": self.value(True), "zip": self.value(fresh)}
        self.edit(self.device(which), lambda device: device.setting(path, value))

    @rule(what=choice)
    def chooses(self, what: tuple[int, int, str]) -> None:
        """Somebody settles one of the conflicts on their screen."""
        which, conflict, how = what
        device = self.device(which)
        for edit in self.choosing(device, conflict, how):
            self.together(device, [edit])

    @rule(what=choice, where=several)
    def does_at_once(self, what: tuple[int, int, str], where: tuple[str, str, str | None]) -> None:
        """Somebody does several things in one change, which is never combined with others."""
        which, conflict, how = what
        first, last, emptied = where
        device = self.device(which)
        edits = [device.setting(first, self.value(True)), device.moving(f"step {self.typed}")]
        edits.extend(self.choosing(device, conflict, how))
        edits.extend([device.unsetting(emptied)] if emptied is not None else [])
        self.together(device, [*edits, device.setting(last, self.value(True))])

    @rule(where=place)
    def attends(self, where: tuple[int, str]) -> None:
        """Somebody puts the cursor into a field, or leaves it."""
        which, path = where
        if path in LEAVES:
            self.device(which).attend(path)

    @rule(which=someone)
    def reloads(self, which: int) -> None:
        """Somebody loads the page anew, whatever was under way."""
        self.device(which).reload()

    def edit(self, device: Device, making: Callable[[Device], Edit]) -> None:
        """Make a plain edit, told to the oracle with the screen as it was."""
        screen = self.oracle.watch(device)
        edit = making(device)
        self.oracle.edited(device, device.edit(edit), [edit], screen)

    def together(self, device: Device, edits: list[Edit]) -> None:
        """Make a change of its own."""
        screen = self.oracle.watch(device)
        self.oracle.edited(device, device.append(edits, whole=True), edits, screen)

    def choosing(self, device: Device, what: int, how: str) -> Iterator[Edit]:
        """A choice in a conflict on screen, if there is any."""
        conflicts = device.asked()
        if conflicts:
            conflict = conflicts[what % len(conflicts)]
            value = self.value(True)
            whole = {"street": value} if conflict["path"] in RULES.groups else value
            yield device.resolving(conflict, how, whole)

    # -- the network -----------------------------------------------------------------------------

    @rule(which=someone)
    def goes_off_or_on(self, which: int) -> None:
        """A device loses its network, or finds it again."""
        device = self.device(which)
        device.online = not device.online

    @rule(which=someone)
    def sends(self, which: int) -> None:
        """A device writes its next request, or the one that was lost once more."""
        device = self.device(which)
        if device.outbox and device.request is None:
            device.send()
            self.requests.append(str(device.request))

    @rule(which=someone)
    def delivers(self, which: int) -> None:
        """A request reaches the server."""
        device = self.device(which)
        if device.online and device.request is not None and device.reply is None:
            device.reply = self.service.answer(device.request)

    @rule(which=someone)
    def hears(self, which: int) -> None:
        """A reply reaches its device."""
        device = self.device(which)
        if device.online and device.reply is not None:
            device.hear()

    @rule(which=someone)
    def exchanges(self, which: int) -> None:
        """A request and its reply get through."""
        self.sends(which)
        self.delivers(which)
        self.hears(which)

    @rule(which=someone)
    def gives_up(self, which: int) -> None:
        """The request, or its reply, was lost; the device will send again."""
        device = self.device(which)
        device.request = device.reply = None

    @rule(which=someone)
    def listens(self, which: int) -> None:
        """A device hears what is new."""
        device = self.device(which)
        if device.online:
            device.receive(self.service.delta(device.revision))

    @rule(which=st.integers(0, 30))
    def repeats(self, which: int) -> None:
        """The network delivers an old request again."""
        if self.requests:
            self.service.answer(self.requests[which % len(self.requests)])

    @rule()
    def all_come_home(self) -> None:
        """Everybody comes online and stays until nothing is under way."""
        for which, device in enumerate(self.devices):
            device.online, device.focus = True, None
            self.hears(which)
            self.gives_up(which)
            while device.outbox:
                self.exchanges(which)
        for which, _ in enumerate(self.devices):
            self.listens(which)
        self.oracle.converged(self.service.draft, self.devices)

    @invariant()
    def counts(self) -> None:
        """Count the steps; the oracle itself judges each merge as it happens."""
        self.tally.steps += 1

    def teardown(self) -> None:
        """However an example ended, in the end everybody comes home."""
        if self.oracle.broken:
            return
        self.all_come_home()
        self.tally.answers.update(self.oracle.settled.values())
        self.tally.records.update(conflict.status for conflict in self.service.draft.conflicts.values())


class Alone(Promise):
    """One person with one device: whatever the network does, there is nobody to disagree with."""

    fewest = most = 1

    @invariant()
    def never_meets_a_conflict(self) -> None:
        """No change of theirs ever met a value unseen."""
        self.oracle.judge(not self.service.draft.conflicts, "somebody alone met a conflict")

    def teardown(self) -> None:
        """Nor does one that arrives last."""
        super().teardown()
        if not self.oracle.broken:
            self.never_meets_a_conflict()


def drive(
    machine: type[Promise],
    examples: int,
    number: int,
    phases: Collection[Phase] = (Phase.generate, Phase.shrink),
) -> Tally:
    """Run a machine from a seed and say how far it went; raises PromiseBroken as soon as it is broken."""
    tally = Tally()

    @seed(number)
    def begin() -> Promise:
        return machine(tally)

    limits = settings(
        max_examples=examples,
        stateful_step_count=50,
        phases=phases,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(begin, settings=limits)
    finally:
        print(f"{machine.__name__}, seed {number}: {tally}")
    return tally
