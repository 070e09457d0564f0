"""A shop on the real server, and the people who ask it: what tests of resources begin with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from retoma_server.actions.deps import Deps
from retoma_server.actions.erasure import destroy_key
from retoma_server.actions.sightings import Sightings
from retoma_server.actions.staff import ASSISTING, add_staff
from retoma_server.actions.tenants import NewTenant, Tenants, create_tenant
from retoma_server.adapters.bus import Bus
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.stores import SqliteStore, Store
from retoma_server.adapters.tokens import CustomerTokens
from retoma_server.app import app_of, wire
from retoma_server.domain.staff import Role
from tests.actions.business import Clock

ORIGIN = "https://shop.example"
MINUTE = 60_000
DAY = 86_400_000


@dataclass(frozen=True)
class Person:
    """Somebody with a credential, or none, who asks the server."""

    app: Flask
    credential: str | None = None
    customer: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """An answer; `body` is sent as JSON, bytes as they are, `If_Match` is the header If-Match."""
        sent = dict(self.headers) | {name.replace("_", "-"): value for name, value in headers.items()}
        if self.credential is not None:
            sent.setdefault("Authorization", f"Bearer {self.credential}")
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        content = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        return self.app.test_client(use_cookies=False).open(path, method=method, headers=sent, **content)

    def get(self, path: str, **headers: str) -> TestResponse:
        """An answer to GET."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        """An answer to POST; the body is an empty object by default."""
        return self.ask("POST", path, {} if body is None else body, **headers)

    def sending(self, **headers: str) -> "Person":
        """The same person, with headers on every request."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})

    def begin(self, process: str = "loan", **values: Any) -> str:
        """The id of a draft just opened, with these values in it."""
        opened = self.post("/v1/drafts", {"process": process})
        assert opened.status_code in (200, 201), opened.text
        draft: str = opened.get_json()["id"]
        if values:
            assert self.save(draft, 1, **values).status_code == 200
        return draft

    def save(self, draft: str, seq: int, writer: str = "w_1", seen: int = 0, **values: Any) -> TestResponse:
        """The answer to a writer's change that sets these values."""
        ops = [set_op(f"/{name}", value, seen) for name, value in values.items()]
        return self.send(draft, {"seq": seq, "ops": ops}, writer=writer)

    def send(self, draft: str, *changes: Any, writer: str = "w_1", **more: Any) -> TestResponse:
        """The answer to a writer's batch."""
        body = {"writer": writer, "changes": list(changes), **more}
        return self.post(f"/v1/drafts/{draft}/changes", body)

    def plain(self, draft: str, seen: int, *ops: Any, key: str = "") -> TestResponse:
        """The answer to plain ops, under a key of their own unless one is given."""
        body = {"seen": seen, "ops": list(ops)}
        return self.post(f"/v1/drafts/{draft}/changes", body, Idempotency_Key=key or new_key())

    def draft(self, draft: str) -> dict[str, Any]:
        """A draft as this person sees it."""
        answer = self.get(f"/v1/drafts/{draft}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def data(self, draft: str) -> dict[str, Any]:
        """The values of a draft."""
        values: dict[str, Any] = self.draft(draft)["data"]
        return values

    def history(self, draft: str) -> list[dict[str, Any]]:
        """What was changed in a draft, newest first."""
        items: list[dict[str, Any]] = self.get(f"/v1/drafts/{draft}/history?limit=100").get_json()["items"]
        return items

    def hand_off(self, draft: str, to: str = "device", **more: Any) -> dict[str, Any]:
        """A handoff just made."""
        made = self.post(f"/v1/drafts/{draft}/handoffs", {"to": to, **more})
        assert made.status_code == 201, made.text
        offer: dict[str, Any] = made.get_json()
        return offer


@dataclass(frozen=True)
class Clerk(Person):
    """A member of staff, who like every client of theirs takes the lease where a write asks for it."""

    assists: dict[str, str] = field(default_factory=dict)
    fences: dict[str, int] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """An answer; a write without the lease is sent again with it, once, where nobody else has it."""
        answer = self._once(method, path, body, **headers)
        if answer.status_code == 423 and "/v1/drafts/" in path and self.take(path.split("/")[3]):
            return self._once(method, path, body, **headers)
        if path.startswith(CAME_BY) and answer.status_code in (200, 201) and answer.get_json()["assist"]:
            assist = answer.get_json()["assist"]
            self.assists[assist["draft"]] = assist["id"]
        return answer

    def take(self, draft: str, **how: Any) -> int | None:
        """The fence of a draft's lease, now taken; None where a colleague has it."""
        taken = super().ask("POST", f"/v1/assist/{self.assists.get(draft, ABSENT_ASSIST)}/lease", how)
        if taken.status_code != 200:
            return None
        self.fences[draft] = taken.get_json()["fence"]
        return self.fences[draft]

    def _once(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        fence = self.fences.get(path.split("/")[3]) if path.startswith("/v1/drafts/") else None
        return super().ask(method, path, body, **({"Retoma_Fence": str(fence)} if fence else {}) | headers)


CAME_BY = ("/v1/assist/redeem", "/v1/assist/drafts")
"""How staff come to a draft."""
ABSENT_ASSIST = f"as_00{'A' * 20}"
KEYS = count(1)


def new_key() -> str:
    """An Idempotency-Key that no other request has."""
    return f"test-key-{next(KEYS)}"


def set_op(path: str, value: Any, seen: int | None = None) -> dict[str, Any]:
    """An op that puts a value; without `seen` for plain callers."""
    op = {"op": "set", "path": path, "value": value}
    return op if seen is None else {**op, "seen": seen}


def token_of(offer: Mapping[str, str]) -> str:
    """The secret token of a handoff's link, from its fragment."""
    return offer["url"].partition("#")[2]


@dataclass(frozen=True)
class Shop:
    """One tenant of a server, and everybody around it."""

    app: Flask
    deps: Deps
    clock: Clock
    tenant: NewTenant

    @property
    def nobody(self) -> Person:
        """Somebody without a credential."""
        return Person(self.app)

    @property
    def page(self) -> Person:
        """The shop's web page, with the publishable key."""
        return Person(self.app, self.tenant.publishable_key)

    @property
    def service(self) -> Person:
        """The shop's own back end, with the secret key."""
        return Person(self.app, self.tenant.secret_key)

    def visitor(self) -> Person:
        """A new visitor."""
        return self._minted(self.page.post("/v1/visitors"))

    def customer(self, external_id: str) -> Person:
        """The customer whom the shop knows by this id."""
        return self._minted(self.service.post("/v1/customer-tokens", {"external_id": external_id}))

    def staff(self, name: str = "Marta", roles: frozenset[Role] = ASSISTING) -> Clerk:
        """A new member of staff, in a store."""
        tenant = self.deps.tenants.get(self.tenant.id)
        made = add_staff(self.deps.store, self.deps.ids, tenant, name, roles=roles)
        return Clerk(self.app, made.token, headers={"Retoma-Channel": "store"})

    def grant(self, owner: Person, draft: str, **more: Any) -> Person:
        """Another device that has redeemed a link to a draft."""
        token = token_of(owner.hand_off(draft, **more))
        done = self.page.post("/v1/handoffs/redeem", {"token": token, "nonce": new_key()})
        assert done.status_code == 200, done.text
        return Person(self.app, done.get_json()["grant"])

    def assist(
        self, owner: Person, draft: str, name: str = "Marta", *roles: Role, scope: str = "complete"
    ) -> Clerk:
        """A member of staff who has redeemed a code for a draft, by which they may do what `scope` says."""
        staff = self.staff(name, frozenset(roles) or ASSISTING)
        code = owner.hand_off(draft, "staff", scope=scope)["code"]
        done = staff.post("/v1/assist/redeem", {"code": code})
        assert done.status_code == 201, done.text
        return staff

    def register(self, name: str, **process: Any) -> None:
        """Register a process."""
        done = self.service.ask("PUT", f"/v1/processes/{name}", process)
        assert done.status_code in (200, 201), done.text

    def begin_erasure(self, customer: str) -> None:
        """Destroy a customer's key and stop there, as a crash would."""
        destroy_key(self.deps, self.deps.tenants.get(self.tenant.id), customer, "service")

    def neighbour(self) -> "Shop":
        """Another tenant of the same server."""
        return replace(self, tenant=open_tenant(self.deps))

    def _minted(self, answer: TestResponse) -> Person:
        assert answer.status_code == 201, answer.text
        return Person(self.app, answer.get_json()["token"], answer.get_json()["customer"])


def open_shop(store: Store, clock: Clock) -> Shop:
    """A shop on a store that goes by this clock."""
    keyring = Keyring.create()
    variables = {
        "RETOMA_STORE": "sqlite://",
        "RETOMA_KEYRING": keyring.dump(),
        "RETOMA_PUBLIC_URL": "https://retoma.test",
        "RETOMA_RATE_LIMITS": "off",
    }
    made = wire(Settings.from_env(variables))
    made.store.close()
    tokens = CustomerTokens(keyring, clock)
    sightings = Sightings(lambda: clock() / 1000)
    deps = replace(
        made,
        store=store,
        bus=Bus(store),
        tokens=tokens,
        tenants=Tenants(store, made.vault),
        sightings=sightings,
    )
    return Shop(app_of(deps), deps, clock, open_tenant(deps))


def open_tenant(deps: Deps) -> NewTenant:
    """A new tenant whose pages are on `ORIGIN`."""
    return create_tenant(deps.store, deps.vault, deps.ids, "shop", frozenset([ORIGIN]))


def shop_in_memory() -> Shop:
    """A shop on a store in memory, with a clock of its own."""
    clock = Clock()
    return open_shop(SqliteStore(None, clock=clock), clock)
