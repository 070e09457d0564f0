"""The shop's own site: what it sells, who is signed in, and the orders that it makes of carts."""

import json
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import retoma

from ..site import Answer, Asked, Site, file, filled

HERE = Path(__file__).parent
FILES = {path.name: path for path in HERE.iterdir() if path.suffix in (".css", ".js")}
SHARED = {"speaking.js": HERE.parent / "speaking.js"}
PRODUCTS = json.loads((HERE / "products.json").read_text("utf-8"))
PRICES = {product["sku"]: product["price"] for product in PRODUCTS}
CUSTOMER = "ana"
"""Who signs in: this is an example, and has no password."""


@dataclass(frozen=True)
class Ordered:
    """An order: the shop's own name of it, and how many there are of each product."""

    ref: str
    pieces: dict[str, int]


class NotOrderedError(Exception):
    """No order was made; `code` says why."""

    def __init__(self, code: str) -> None:
        """Take note."""
        super().__init__(code)
        self.code = code


class Orders:
    """The orders that the shop makes of carts.

    `made` are by the id of the completion that each was made of: the same one never makes two. `service`
    speaks with the secret key.
    """

    def __init__(self, service: retoma.Client) -> None:
        """Begin with none."""
        self.made: dict[str, Ordered] = {}
        self._service = service
        self._ordering = threading.Lock()

    def make(self, cart_id: str) -> Ordered:
        """Make the order of a cart that is being completed; raises NotOrderedError."""
        cart = self._service.get(cart_id)
        order = cart.order if isinstance(cart, retoma.Cart) else None
        if order is None:
            raise NotOrderedError("not-completing")
        with self._ordering:
            if order.id not in self.made and not is_as_sold(order.lines):
                order.abort()
                raise NotOrderedError("price-changed")
            pieces = {line.sku: line.quantity for line in order.lines}
            made = self.made.setdefault(order.id, Ordered(f"M-{1001 + len(self.made)}", pieces))
        order.commit(made.ref)
        return made


class Shop(Site):
    """The shop's site. `service` speaks with the secret key; `values` are put into the page."""

    def __init__(self, url: str, service: retoma.Client, values: dict[str, str]) -> None:
        """Listen; raises OSError where the port is taken."""
        super().__init__(url)
        self.orders = Orders(service)
        self._service = service
        self._values = values
        self._sessions: dict[str, str] = {}

    def answer(self, asked: Asked) -> Answer | None:
        """The page, its files, and what the back end does for it."""
        name = asked.path.removeprefix("/")
        match asked.method, name:
            case "GET", "":
                return Answer(filled(HERE / "index.html", self._values))
            case "GET", "products.json" | "session" | "retoma-token":
                return said(self._told(name, self._customer(asked)))
            case "POST", "session":
                return self._sign_in()
            case "DELETE", "session":
                self._sessions.pop(asked.session or "", None)
                return Answer(b"", status=204, session="")
            case "POST", "orders":
                return self._order(json.loads(asked.body)["cart"])
        known = FILES | SHARED
        return file(known[name]) if name in known else None

    def _told(self, name: str, customer: str | None) -> Any:
        if name == "products.json":
            return PRODUCTS
        if name == "session":
            return {"customer": customer}
        return {"token": customer and self._service.customer(customer).token}

    def _customer(self, asked: Asked) -> str | None:
        return self._sessions.get(asked.session or "")

    def _sign_in(self) -> Answer:
        session = secrets.token_urlsafe()
        self._sessions[session] = CUSTOMER
        return said({"customer": CUSTOMER}, session=session)

    def _order(self, cart_id: str) -> Answer:
        try:
            return said({"order_ref": self.orders.make(cart_id).ref})
        except NotOrderedError as refused:
            return said({"code": refused.code}, status=409)


def is_as_sold(lines: Sequence[retoma.Line]) -> bool:
    """Whether each line is sold at the price that it bears: what comes from a page is not to be trusted."""
    return all(line.price is not None and PRICES.get(line.sku) == line.price.amount for line in lines)


def said(facts: Any, status: int = 200, session: str | None = None) -> Answer:
    """An answer in JSON."""
    return Answer(json.dumps(facts).encode(), "application/json", status, session)
