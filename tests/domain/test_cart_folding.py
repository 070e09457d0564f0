"""The cases of `tests/vectors/cart_folding.json`, by which SDKs show a cart, against the server's merging."""

import json
from pathlib import Path
from typing import Any

import pytest

from retoma_server.domain.authors import Author
from retoma_server.domain.cart_ops import read_cart_ops
from retoma_server.domain.carts import fill
from retoma_server.domain.lines import Identity, Line, Lot, Price

Case = dict[str, Any]

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "cart_folding.json").read_text())
OTHER, AUTHOR = Author("customer", "web", "w_other"), Author("customer", "web", "w_here")
NAMES = ("sku", "attributes", "offer", "fulfilment", "parent", "split")


def identity(shown: Case) -> Identity:
    """What a line of a case is."""
    return Identity(**{name: shown[name] for name in NAMES if name in shown})


def stored(shown: Case) -> Line:
    """A line as somebody else has made it, at the revision that is on screen."""
    price = Price(**shown["price"]) if "price" in shown else None
    lots = (Lot("w_other", 1, 1, shown["quantity"]),)
    return Line(identity(shown), lots, 1, OTHER, "w_other", 1, shown.get("info", {}), price)


def told(line: Line) -> Case:
    """A line as the cases say it."""
    names = {name: getattr(line.identity, name) for name in NAMES if getattr(line.identity, name)}
    price = {"price": {"amount": line.price.amount, "currency": line.price.currency}} if line.price else {}
    return names | {"quantity": line.quantity} | price | ({"info": dict(line.info)} if line.info else {})


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_server_makes_of_the_ops_what_the_sdks_show_meanwhile(case: Case) -> None:
    """Where nobody comes between; a case names a line that is no key by its sku."""
    lines = {line.identity.key: line for line in map(stored, case["stored"])}
    keyed = [op | {"line": Identity(op["line"]).key} if "line" in op else op for op in case["ops"]]
    filled = fill(lines, read_cart_ops(keyed, 1, 1), AUTHOR, 1, 2, 0)
    assert [told(line) for line in filled.lines.values()] == case["lines"]
