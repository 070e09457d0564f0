"""Shoppers over real HTTP who repeat whatever was not answered, and what must be in their carts then."""

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any

import requests

from tests.servers.retoma_server import RetomaServer

Pieces = Counter[str]
SKUS = ("tee", "mug", "lamp", "pen")
PAUSE = 0.2
PATIENCE = 20.0


@dataclass(slots=True)
class Tally:
    """What was acknowledged, and how often something had to be sent again."""

    adds: int = 0
    claims: int = 0
    orders: int = 0
    left: int = 0
    again: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        names = self.__dataclass_fields__
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True, slots=True)
class Left:
    """A claim that nobody repeated after its answer was lost: who, and what was in both carts."""

    name: str
    guest: str
    cart: str
    pieces: Pieces
    saved: Pieces


@dataclass(slots=True)
class Shopper:
    """Somebody who fills carts as a guest, signs in, claims and orders, again and again.

    `has` is what must be in their saved cart; `left` are the claims that they walked away from, which
    they do until it is `late`: the sweeper comes half a minute after a claim was cut short.
    """

    server: RetomaServer
    name: str
    chance: Random
    late: threading.Event
    enough: threading.Event
    tally: Tally = field(default_factory=Tally)
    has: Pieces = field(default_factory=Counter)
    left: list[Left] = field(default_factory=list)
    visits: int = 0

    def run(self) -> None:
        """Visit until it is enough."""
        while not self.enough.is_set():
            self.visits += 1
            self.visit()

    @property
    def customer(self) -> str:
        """The external id of who is signed in; another one after they walked away from a claim."""
        return f"{self.name}-{len(self.left)}"

    def visit(self) -> None:
        """Fill a cart as a guest and one as a customer, claim the one, and now and then order the other."""
        guest, ann = self.visitor(), signed_in(self, self.customer)
        cart, saved = opened(self, guest), opened(self, ann)
        pieces = self.filled(guest, cart)
        self.has += self.filled(ann, saved)
        if self.chance.random() < 0.4 and not self.late.is_set():
            self.claim_and_leave(guest, ann, cart, pieces)
            return
        with ThreadPoolExecutor(1) as other_tab:
            added = other_tab.submit(self.late_add, guest, ann, cart)
            self.claim(guest, ann)
            self.has += pieces + added.result()
        if self.chance.random() < 0.5:
            self.order(ann, opened(self, ann))

    # -- filling -------------------------------------------------------------------------------

    def visitor(self) -> str:
        """The token of a new visitor."""
        token: str = self.ask("POST", "/v1/visitors", self.server.publishable_key).json()["token"]
        return token

    def filled(self, token: str, cart: str) -> Pieces:
        """What two tabs have put into a cart at once."""
        plans = [self.chance.choices(SKUS, k=3) for _ in range(2)]
        with ThreadPoolExecutor(2) as tabs:
            numbered = tabs.submit(self.numbered_adds, token, cart, plans[0])
            keyed = tabs.submit(self.keyed_adds, token, cart, plans[1])
        return numbered.result() + keyed.result()

    def numbered_adds(self, token: str, cart: str, plan: list[str]) -> Pieces:
        """Adds of one writer, by their numbers, as the SDKs send them."""
        for seq, sku in enumerate(plan, 1):
            self.add(token, cart, f"w_{self.visits}", seq, sku)
        return Counter(plan)

    def keyed_adds(self, token: str, cart: str, plan: list[str]) -> Pieces:
        """Adds under an Idempotency-Key each."""
        for number, sku in enumerate(plan):
            body = {"seen": 0, "ops": [{"op": "add", "sku": sku}]}
            key = f"{self.name}-{self.visits}-{number}-{cart}"
            done = self.ask("POST", f"/v1/drafts/{cart}/changes", token, body, key)
            self.taken(done.json()["results"][0])
        return Counter(plan)

    def add(self, token: str, cart: str, writer: str, seq: int, sku: str) -> None:
        """One add by its number."""
        result = self.ask("POST", f"/v1/drafts/{cart}/changes", token, numbered(writer, seq, sku)).json()
        self.taken(result["results"][0])

    def taken(self, result: Mapping[str, Any]) -> None:
        """Count an add that was taken now, or before its answer was lost."""
        assert result.get("was", result["status"]) == "applied", result
        self.tally.adds += 1

    # -- claiming ------------------------------------------------------------------------------

    def claim(self, guest: str, ann: str) -> None:
        """Take the guest's cart over, now and then only as it was shown, and ask until there is an answer."""
        wish = {"visitor": guest, "strategy": "sum"}
        if self.chance.random() < 0.5:
            preview = self.ask("POST", "/v1/claim", ann, {"visitor": guest, "strategy": "ask"})
            wish["seen"] = preview.json()["seen"]
        answer = self.ask("POST", "/v1/claim", ann, wish)
        while answer.status_code == 409:
            wish["seen"] = answer.json()["preview"]["seen"]
            answer = self.ask("POST", "/v1/claim", ann, wish)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["carts"]) == 1, answer.text
        self.tally.claims += 1

    def claim_and_leave(self, guest: str, ann: str, cart: str, pieces: Pieces) -> None:
        """Ask once, and walk away, whatever became of it; another customer comes next."""
        self.once("POST", "/v1/claim", ann, {"visitor": guest, "strategy": "sum"})
        self.tally.left += 1
        self.left.append(Left(self.customer, guest, cart, pieces, self.has))
        self.has = Counter()

    def late_add(self, guest: str, ann: str, cart: str) -> Pieces:
        """An add of a tab that knows nothing of the claim: into the one cart, or sent on to the other."""
        body = numbered("w_late", 1, "pen")
        answer = self.ask("POST", f"/v1/drafts/{cart}/changes", guest, body)
        if answer.status_code == 200:
            self.taken(answer.json()["results"][0])
            return Counter(pen=1)
        problem = answer.json()
        assert problem["code"] == "draft-merged", problem
        if problem["results"][0]["status"] == "not_applied":
            self.add(ann, problem["merged_into"], f"w_late_{self.visits}", 1, "pen")
        return Counter(pen=1)

    # -- ordering ------------------------------------------------------------------------------

    def order(self, ann: str, cart: str) -> None:
        """Order on two devices at once: one order is made, of all that is in the cart."""
        seen = self.ask("GET", f"/v1/drafts/{cart}", ann).json()["revision"]
        with ThreadPoolExecutor(2) as devices:
            clicks = [devices.submit(self.click, ann, cart, seen, device) for device in ("phone", "desktop")]
        made = [order for order in (click.result() for click in clicks) if order]
        shown = self.ask("GET", f"/v1/drafts/{cart}", ann).json()
        assert made == [shown["completion"]["order_ref"]], (made, shown)
        assert (shown["status"], contents(shown)) == ("completed", self.has), shown
        self.tally.orders += 1
        self.has = Counter()

    def click(self, ann: str, cart: str, seen: int, device: str) -> str | None:
        """The number of the order that a device made, None where another one was faster."""
        place = f"/v1/drafts/{cart}"
        done = self.ask("POST", f"{place}/complete", ann, {"seen": seen}, f"{device}-{cart}", ("completing",))
        if done.status_code != 200:
            assert done.json()["code"] in ("completing", "draft-closed"), done.text
            return None
        completion = done.json()["completion"]
        word = {"attempt": completion["attempt"], "order_ref": f"order-{device}-{cart}"}
        made = self.ask(
            "POST", f"{place}/completions/{completion['id']}/commit", self.server.secret_key, word
        )
        assert made.status_code == 200, made.text
        return word["order_ref"]

    # -- asking --------------------------------------------------------------------------------

    def ask(
        self,
        method: str,
        path: str,
        token: str,
        body: Any = None,
        key: str = "",
        final: Collection[str] = (),
    ) -> requests.Response:
        """The answer, asked for until there is one; what may be retried is, unless its code is `final`."""
        while True:
            answer = self.once(method, path, token, body, key)
            if answer is not None and (answer.ok or is_final(answer, final)):
                return answer
            self.tally.again += 1
            threading.Event().wait(PAUSE)

    def once(
        self, method: str, path: str, token: str, body: Any = None, key: str = ""
    ) -> requests.Response | None:
        """The answer to a request that is sent once, None where none came."""
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        try:
            return requests.request(
                method, self.server.url + path, json=body, headers=headers, timeout=PATIENCE
            )
        except requests.RequestException:
            return None


def is_final(answer: requests.Response, final: Collection[str]) -> bool:
    """Whether the same request would be answered alike again."""
    problem = answer.json()
    return problem["code"] in final or not problem["retryable"]


def numbered(writer: str, seq: int, sku: str) -> dict[str, Any]:
    """A writer's batch with one add."""
    return {"writer": writer, "changes": [{"seq": seq, "ops": [{"op": "add", "sku": sku, "seen": 0}]}]}


def signed_in(shopper: Shopper, name: str) -> str:
    """The token of a customer, whose saved cart the shopper fills."""
    body = {"external_id": name}
    answer = shopper.ask("POST", "/v1/customer-tokens", shopper.server.secret_key, body)
    token: str = answer.json()["token"]
    return token


def opened(shopper: Shopper, token: str) -> str:
    """The id of somebody's active cart."""
    answer = shopper.ask("POST", "/v1/drafts", token, {"process": "cart", "kind": "cart"})
    cart: str = answer.json()["id"]
    return cart


def contents(cart: Mapping[str, Any]) -> Pieces:
    """How many of each sku are in a cart; each has one line."""
    lines = cart["lines"]
    assert len({line["sku"] for line in lines}) == len(lines), lines
    return Counter({line["sku"]: line["quantity"] for line in lines})
