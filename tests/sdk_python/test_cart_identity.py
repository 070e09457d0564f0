"""A line's name in the SDK: the shared vectors, and what is refused before anything is sent."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import retoma

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "line_keys.json").read_text())


@pytest.mark.parametrize("case", VECTORS["same"], ids=lambda case: case["title"])
def test_a_line_has_the_same_key_in_every_language(cart: retoma.Cart, case: dict[str, Any]) -> None:
    """The key is what the shared vectors say, for every way to write the identity."""
    assert {added(cart, way) for way in case["identities"]} == {case["key"]}


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["title"])
def test_what_two_languages_could_write_differently_is_no_identity(
    cart: retoma.Cart, case: dict[str, Any]
) -> None:
    """It is refused by the code that the server has for it, before anything is sent."""
    with pytest.raises(retoma.InvalidRequestError) as refusal:
        added(cart, {"sku": None, **case["identity"]})
    assert (refusal.value.code, refusal.value.status, cart.unsaved) == (case["code"], None, False)


def added(cart: retoma.Cart, way: dict[str, Any]) -> str:
    """The key of a line added the way a vector has it."""
    price = retoma.Price(**way["price"]) if "price" in way else None
    return cart.add(**{**way, "price": price})


@pytest.mark.parametrize(
    "attributes",
    [{"size": "\ud800"}, {"\ud800": 1}, {"": 1}, {"n" * 257: 1}, {1: 1}],
    ids=ascii,
)
def test_what_no_text_can_carry_is_refused_too(cart: retoma.Cart, attributes: Any) -> None:
    """Half a sign, no name, one that is too long, one that is none."""
    with pytest.raises(retoma.InvalidRequestError, match="invalid-identity"):
        cart.add("tee", attributes=attributes)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda cart: cart.add("tee", attributes={"size": 1.5}), "invalid-identity"),
        (lambda cart: cart.add("tee", 0), "invalid-quantity"),
        (lambda cart: cart.add("tee", 1.0), "invalid-quantity"),
        (lambda cart: cart.add("tee", True), "invalid-quantity"),
        (lambda cart: cart.add("tee", 10_001), "limit-exceeded"),
        (lambda cart: cart.add("tee", price=retoma.Price(19.9, "EUR")), "invalid-op"),  # type: ignore[arg-type]
        (lambda cart: cart.add("tee", price=retoma.Price(1990, "eur")), "invalid-op"),
        (lambda cart: cart.add("tee", parent="mug"), "invalid-op"),
        (lambda cart: cart.increment("ln_" + "a" * 26, 0), "invalid-quantity"),
        (lambda cart: cart.decrement("ln_" + "a" * 26, -1), "invalid-quantity"),
        (lambda cart: cart.set_quantity("ln_" + "a" * 26, False), "invalid-quantity"),
    ],
)
def test_what_could_never_be_saved_is_refused_at_once(
    cart: retoma.Cart, act: Callable[[retoma.Cart], object], code: str
) -> None:
    """Nothing is sent, and nothing waits."""
    with pytest.raises(retoma.InvalidRequestError) as refusal:
        act(cart)
    assert (refusal.value.code, refusal.value.status, cart.unsaved) == (code, None, False)
