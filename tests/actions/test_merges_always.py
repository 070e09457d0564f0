"""Customers who are merged and parted in any order, with crashes: nothing accepted is lost or doubled."""

import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.customers import followed
from retoma_server.actions.drafts import Completion, complete_draft, open_draft
from retoma_server.actions.erasure import erase_customer
from retoma_server.actions.identifiers import identified
from retoma_server.actions.merges import Wish, merge_customers, undo_merge
from retoma_server.actions.once import Once
from retoma_server.actions.tenants import Tenants, create_tenant
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.stores import SqliteStore, StoreUnavailable
from retoma_server.domain.claims import FormStrategy, Strategy
from retoma_server.domain.errors import RetomaError
from retoma_server.domain.identifiers import IdentifierKind

from .business import Business, Clock, open_business
from .claiming import swept
from .crashing import crashing
from .merging import drafts, read_plain

NAMES = st.integers(0, 3)
KEYS = st.sampled_from(["default", "other"])
CRASHES = st.one_of(st.none(), st.integers(0, 25))
STRATEGIES = st.sampled_from(
    [Strategy.MAX, Strategy.SUM, Strategy.SEPARATE, Strategy.USE_GUEST, Strategy.USE_SAVED]
)
FORMS = st.sampled_from([None, *FormStrategy])


class Customers(RuleBasedStateMachine):
    """Four customers of one shop, known by the numbers 0 to 3, and a model of who is whom."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.shop = in_memory(Path(self.folder.name))
        self.numbers = count(1)
        self.pieces: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.merges: list[tuple[str, str, str]] = []

    def teardown(self) -> None:
        """Close the shop."""
        self.shop.deps.store.close()
        self.folder.cleanup()

    @initialize()
    def begin(self) -> None:
        """All four are known."""
        self.ids = [self.found(number) for number in range(4)]

    def found(self, number: int) -> str:
        """Who is known by a number now."""
        return identified(self.shop.deps, self.shop.tenant, IdentifierKind.EXTERNAL_ID, f"u-{number}")

    @property
    def service(self):  # type: ignore[no-untyped-def]
        """The shop's own back end."""
        return self.shop.caller(self.shop.secret_key)

    def change(self, draft: str, op: dict[str, object]) -> bool:
        """Whether a change from a device that had seen nothing was accepted."""
        name = f"w_{next(self.numbers)}"
        reply = change_draft(self.shop.deps, self.service, draft, Batch(name, [{"seq": 1, "ops": [op]}]))
        return reply["results"][0]["status"] in ("applied", "conflict")

    @rule(number=NAMES, key=KEYS)
    def add(self, number: int, key: str) -> None:
        """A piece that there is once comes into a cart."""
        opened = open_draft(self.shop.deps, self.service, "cart", key, "cart", self.found(number))
        sku = f"sku-{next(self.numbers)}"
        if self.change(read_json(opened.json)["id"], {"op": "add", "sku": sku, "seen": 0}):
            self.pieces[sku] = self.found(number)

    @rule(number=NAMES, key=KEYS, path=st.sampled_from(["/a", "/b"]))
    def fill(self, number: int, key: str, path: str) -> None:
        """A value that there is once comes into a form, or into a conflict of it."""
        opened = open_draft(self.shop.deps, self.service, "loan", key, "form", self.found(number))
        value = f"value-{next(self.numbers)}"
        if self.change(read_json(opened.json)["id"], {"op": "set", "path": path, "value": value, "seen": 0}):
            self.values[value] = self.found(number)

    @rule(number=NAMES, key=KEYS)
    def complete(self, number: int, key: str) -> None:
        """A form is completed, as far as it can be."""
        shown = read_json(
            open_draft(self.shop.deps, self.service, "loan", key, "form", self.found(number)).json
        )
        once = Once(str(next(self.numbers)), "complete")
        with suppress(RetomaError):
            complete_draft(
                self.shop.deps, self.service, shown["id"], Completion(shown["revision"], once=once)
            )

    @rule(into=NAMES, other=NAMES, carts=STRATEGIES, forms=FORMS, crash=CRASHES)
    def merge(
        self, into: int, other: int, carts: Strategy, forms: FormStrategy | None, crash: int | None
    ) -> None:
        """One is merged into another, or neither is: also by their old ids, and with a crash."""
        here, there = self.ids[other], self.ids[into]
        deps = self.shop.deps if crash is None else crashing(self.shop.deps, crash)
        with suppress(RetomaError, StoreUnavailable):
            merge_customers(deps, self.service, there, Wish(here, carts, forms))
        swept(self.shop)
        if followed(self.shop.deps, self.shop.tenant, here) == there != here:
            receipt = merge_customers(self.shop.deps, self.service, there, Wish(here))
            if (receipt["id"], there, here) not in self.merges:
                self.merges.append((receipt["id"], there, here))

    @precondition(lambda self: self.merges)
    @rule(crash=CRASHES, data=st.data())
    def undo(self, crash: int | None, data: st.DataObject) -> None:
        """One of the merges is undone, unless a later one stands against it."""
        merge, there, here = data.draw(st.sampled_from(self.merges))
        deps = self.shop.deps if crash is None else crashing(self.shop.deps, crash)
        with suppress(RetomaError, StoreUnavailable):
            undo_merge(deps, self.service, there, merge)
        swept(self.shop)
        if followed(self.shop.deps, self.shop.tenant, here) == here:
            self.merges = [each for each in self.merges if each[2] != here]

    @rule(number=NAMES)
    def erase(self, number: int) -> None:
        """Somebody is erased, with all who are one with them; whoever comes back is new."""
        one = [name for name in self.ids if self.whose(name) == self.whose(self.ids[number])]
        held = self.held_by(one)
        erase_customer(self.shop.deps, self.shop.tenant, self.ids[number], "service")
        self.pieces = {each: who for each, who in self.pieces.items() if each not in held}
        self.values = {each: who for each, who in self.values.items() if each not in held}
        self.merges = [each for each in self.merges if each[1] not in one and each[2] not in one]
        self.ids = [self.found(each) if name in one else name for each, name in enumerate(self.ids)]
        assert not set(self.ids) & set(one)

    def whose(self, name: str) -> str:
        """Who somebody is by now."""
        return followed(self.shop.deps, self.shop.tenant, name)

    def held_by(self, names: list[str]) -> Counter[str]:
        """How often each piece and value is kept by some people, in drafts and conflicts of any status."""
        kept: Counter[str] = Counter()
        for name in {self.whose(name) for name in names}:
            for head in drafts(self.shop, name):
                kept += held_in(read_json(read_plain(self.shop, head["id"])))
        return kept

    @invariant()
    def all_is_kept(self) -> None:
        """Every piece is in one cart, and every value in a form or a conflict of one."""
        if not hasattr(self, "ids"):
            return
        kept = self.held_by(self.ids)
        assert {each: kept[each] for each in self.pieces} == dict.fromkeys(self.pieces, 1)
        assert set(self.values) <= set(kept)

    @invariant()
    def one_is_open(self) -> None:
        """Of each process and key."""
        if not hasattr(self, "ids"):
            return
        for name in {self.whose(name) for name in self.ids}:
            places = Counter(
                (each["process"], each["key"]) for each in drafts(self.shop, name) if each["status"] == "open"
            )
            assert not places or max(places.values()) == 1


def held_in(draft: dict) -> Counter[str]:  # type: ignore[type-arg]
    """The pieces, or values, of a draft, those that only its conflicts keep too."""
    if draft["kind"] == "cart":
        return Counter({line["sku"]: line["quantity"] for line in draft["lines"]})
    text = str(draft["conflicts"])
    sides = {each for each in text.replace("'", " ").split() if each.startswith("value-")}
    return Counter({*draft["data"].values(), *sides})


def in_memory(folder: Path) -> Business:
    """A business without a file: nothing here outlives its running instance."""
    shop = open_business(folder)
    shop.deps.store.close()
    clock = Clock()
    store = SqliteStore(None, clock=clock)
    deps = replace(shop.deps, store=store, tenants=Tenants(store, shop.deps.vault))
    made = create_tenant(store, deps.vault, deps.ids, "shop", frozenset(["https://shop.example"]))
    return Business(deps, clock, deps.tenants.get(made.id), made.publishable_key, made.secret_key)


TestCustomers = Customers.TestCase
TestCustomers.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
