"""A business on a real SQLite file with a clock that a test turns: what tests of actions begin with."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from retoma_server.actions import records
from retoma_server.actions.callers import Caller, caller_of
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.deps import Deps
from retoma_server.actions.drafts import open_draft
from retoma_server.actions.identity import open_visitor
from retoma_server.actions.staff import add_staff
from retoma_server.actions.sweeping import sweep
from retoma_server.actions.tenants import Tenant, Tenants, create_tenant
from retoma_server.adapters.codec import read_event, read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.stores import SqliteStore
from retoma_server.adapters.tokens import parse_credential
from retoma_server.app import wire
from retoma_server.domain.staff import ASSISTING, Role

DAY = 86_400_000


@dataclass(slots=True)
class Clock:
    """A store's clock, in milliseconds, that stands still until it is turned."""

    now: int = 1_800_000_000_000

    def __call__(self) -> int:
        """The time."""
        return self.now


@dataclass(slots=True)
class Business:
    """One tenant, by its own collaborators, with its publishable and secret key."""

    deps: Deps
    clock: Clock
    tenant: Tenant
    publishable_key: str
    secret_key: str

    def visitor(self) -> Caller:
        """A new visitor."""
        minted = open_visitor(self.deps, self.caller(self.publishable_key))
        return self.caller(minted.token)

    def staff(self, name: str = "Marta", *roles: Role) -> Caller:
        """A new member of staff, in a store."""
        given = frozenset(roles) or ASSISTING
        made = add_staff(self.deps.store, self.deps.ids, self.tenant, name, given)
        return self.caller(made.token, "store")

    def caller(self, credential: str, channel: str = "api") -> Caller:
        """Whoever calls with a credential."""
        return caller_of(self.deps, parse_credential(credential), channel)

    def draft(self, visitor: Caller, process: str = "mortgage", **values: str) -> str:
        """The id of a visitor's draft, with these values set."""
        draft = str(read_json(open_draft(self.deps, visitor, process).json)["id"])
        if values:
            ops = [{"op": "set", "path": f"/{at}", "value": value, "seen": 0} for at, value in values.items()]
            change_draft(self.deps, visitor, draft, Batch("w_1", [{"seq": 1, "ops": ops}]))
        return draft

    def told(self, visitor: Caller) -> list[str]:
        """The types of the events in a visitor's log, oldest first, each with who did it."""
        assert visitor.customer is not None
        log = records.events_log(self.tenant.id, visitor.customer)
        page = self.deps.store.read_log(partition_of(visitor.customer), log, limit=1_000)
        events = [read_event(entry.body) for entry in page.entries]
        return [f"{event.type} by {event.actor}" for event in events]

    def has(self, partition: int, key: str) -> bool:
        """Whether there is a record."""
        return self.deps.store.read(partition, [key]).get(key) is not None


def open_business(folder: Path, clock: Clock | None = None) -> Business:
    """A business in a folder, with a first tenant."""
    clock = clock or Clock()
    Keyring.load_or_create(folder / "keyring.json")
    variables = {
        "RETOMA_STORE": f"sqlite:///{folder}/retoma.db",
        "RETOMA_KEYRING": str(folder / "keyring.json"),
        "RETOMA_DURABILITY": "relaxed",
        "RETOMA_RATE_LIMITS": "off",
    }
    deps = wire(Settings.from_env(variables))
    store = SqliteStore(folder / "retoma.db", relaxed=True, clock=clock)
    deps = replace(deps, store=store, tenants=Tenants(store, deps.vault))
    made = create_tenant(store, deps.vault, deps.ids, "shop", frozenset(["https://shop.example"]))
    return Business(deps, clock, deps.tenants.get(made.id), made.publishable_key, made.secret_key)


def sweep_twice_at_once(deps: Deps) -> None:
    """Two sweepers that start together, until neither finds anything."""
    start = threading.Barrier(2)

    def run() -> None:
        start.wait()
        while sweep(deps).counts:
            pass

    sweepers = [threading.Thread(target=run) for _ in range(2)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join()
