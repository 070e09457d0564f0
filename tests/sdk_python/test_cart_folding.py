"""The cases of `tests/vectors/cart_folding.json`: what a cart shows while changes wait."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import retoma
from retoma._cart_view import fold
from retoma._filling import CartTransaction, Filling
from retoma._identity import Identity
from retoma._local_cart import LocalCart
from retoma._ops import Op
from retoma._stored import Base

from .wire import EPOCH, cart_json, line_json

Case = Mapping[str, Any]

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "cart_folding.json").read_text())
NAMES = ("sku", "attributes", "offer", "fulfilment", "parent", "split")


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_a_cart_shows_what_the_server_will_make_of_what_waits(case: Case) -> None:
    """Where nobody comes between; a case names a line that is no key by its sku."""
    stored = {line["key"]: line for line in map(line_of, case["stored"])}
    assert [told(line) for line in fold(stored, map(op_of, case["ops"])).values()] == case["lines"]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_acts_that_are_joined_while_they_wait_show_the_same(case: Case) -> None:
    """However many ops are left of them; what asks for a line that is gone is refused at once."""
    stored = map(line_of, case["stored"])
    cart = LocalCart("w_here", Base(cart_json(5, *stored), EPOCH))
    for op in case["ops"]:
        if "line" not in op or Identity(op["line"]).key in cart.view:
            cart = cart.edited([op_of(op)])
    assert [told(line) for line in cart.view.values()] == case["lines"]


def op_of(raw: Case) -> Op:
    """The op that a verb makes of what a case says."""
    gathered = CartTransaction()
    gathering(gathered, raw)
    (op,) = gathered._ops
    return op


def gathering(cart: Filling, raw: Case) -> None:
    """Say it by the verb that means it."""
    quantity = raw.get("quantity", 1)
    line = Identity(raw["line"]).key if "line" in raw else ""
    match raw["op"]:
        case "add" if line:
            cart.increment(line, quantity)
        case "add":
            cart.add(quantity=quantity, **identity(raw), price=price(raw), info=raw.get("info"))
        case "decrement":
            cart.decrement(line, quantity)
        case "set_quantity":
            cart.set_quantity(line, quantity)
        case "remove":
            cart.remove(line)
        case "info":
            cart.inform(line, raw["info"])
        case "position":
            cart.go_to(raw["step"])
        case other:
            raise AssertionError(f"no verb for {other}")


def line_of(shown: Case) -> dict[str, Any]:
    """A line as the server tells it."""
    parts = Identity(**identity(shown))
    names = {name: getattr(parts, name) for name in NAMES if name != "sku"}
    members = {"price": shown.get("price"), "info": shown.get("info", {})}
    return line_json(shown["sku"], shown["quantity"], **names, **members, key=parts.key)


def identity(shown: Case) -> dict[str, Any]:
    """What makes a line the same line."""
    return {name: shown[name] for name in NAMES if name in shown}


def price(shown: Case) -> retoma.Price | None:
    """The price in a case."""
    return retoma.Price(**shown["price"]) if "price" in shown else None


def told(line: Case) -> Case:
    """A line as the cases say it."""
    members = ("quantity", "price", "info")
    return {name: line[name] for name in (*NAMES, *members) if line[name]}
