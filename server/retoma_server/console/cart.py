"""A cart as its page shows it, and what its controls ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retoma_server.domain.pointers import Json

from .form.fields import id_of, is_mask
from .form.words import worded

NO_DECIMALS = frozenset(("CLP", "ISK", "JPY", "KRW", "PYG", "VND", "XAF", "XOF", "XPF"))
THREE_DECIMALS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
TITLES = ("title", "name")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a cart as a member of staff may see it."""

    shown: Mapping[str, Any]
    language: str

    @property
    def id(self) -> str:
        """What the line is called on the page."""
        return id_of(self.key)

    @property
    def key(self) -> str:
        """What the line is called in ops."""
        return str(self.shown["key"])

    @property
    def title(self) -> str:
        """What the shop calls the article, where staff may read that; else its number."""
        told = (self.shown["info"].get(name) for name in TITLES)
        return next((each for each in told if isinstance(each, str) and each.strip()), self.shown["sku"])

    @property
    def details(self) -> list[tuple[str, Json]]:
        """What tells the line apart, and the notes that staff may read."""
        notes = {name: value for name, value in self.shown["info"].items() if name not in TITLES}
        told = {**self.shown["attributes"], **notes}
        plain = {name: value for name, value in told.items() if not isinstance(value, dict | list)}
        return [(worded(name), value) for name, value in plain.items()]

    @property
    def hidden(self) -> int:
        """How many notes there are that may not be read."""
        return sum(is_mask(value) for value in self.shown["info"].values())

    @property
    def quantity(self) -> int:
        """How many pieces."""
        return int(self.shown["quantity"])

    @property
    def price(self) -> str | None:
        """What one piece costs."""
        price = self.shown["price"]
        return price and money(price["amount"], price["currency"], self.language)

    @property
    def total(self) -> str | None:
        """What all of its pieces cost."""
        price = self.shown["price"]
        return price and money(price["amount"] * self.quantity, price["currency"], self.language)


def money(amount: int, currency: str, language: str) -> str:
    """An amount in the smallest unit of a currency, as people read it."""
    places = 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    text = f"{amount / 10**places:,.{places}f}"
    if language == "es":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{text}\u00a0{currency}"


def lines_of(draft: Mapping[str, Any], language: str) -> list[Line]:
    """The lines that can be had."""
    return [Line(each, language) for each in draft["lines"]]


def unavailable_of(draft: Mapping[str, Any], language: str) -> list[tuple[Line, str | None]]:
    """The lines that cannot be had, each with the shop's reason in words."""
    lines = [(Line(each, language), each["reason"]) for each in draft["unavailable"]]
    return [(line, worded(reason) if reason else None) for line, reason in lines]


def totals_of(draft: Mapping[str, Any], language: str) -> list[str]:
    """What the cart comes to, by currency."""
    return [money(each["amount"], each["currency"], language) for each in draft["totals"]["amounts"]]


def cart_op(sent: Mapping[str, str]) -> dict[str, Any] | None:
    """The op that a control of a cart asks for, None where it says nothing that can be done."""
    line, quantity = sent.get("line"), pieces(sent.get("quantity", ""))
    match sent.get("do"):
        case "more" if line:
            return {"op": "add", "line": line, "quantity": 1}
        case "less" if line:
            return {"op": "decrement", "line": line, "quantity": 1}
        case "set" if line and quantity is not None:
            return {"op": "set_quantity", "line": line, "quantity": quantity}
        case "remove" if line:
            return {"op": "remove", "line": line}
        case "new" if sku := sent.get("sku", "").strip():
            return {"op": "add", "sku": sku, "quantity": quantity or 1}
        case _:
            return None


def pieces(text: str) -> int | None:
    """A number of pieces, None for what is none."""
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 5 else None
