"""Carts: no line is lost, doubled or brought back, whatever order the devices' changes arrive in."""

from collections.abc import Mapping
from typing import Any

import pytest

from retoma_server.domain.authors import Author
from retoma_server.domain.cart_ops import MAX_LINE_QUANTITY, MAX_OPS, read_cart_ops
from retoma_server.domain.carts import MAX_LINES, MAX_QUANTITY, Filled, fill
from retoma_server.domain.changes import Rejected
from retoma_server.domain.lines import Identity, Line, Price

TEE = Identity("tee", {"size": "M"}).key
MUG = Identity("mug").key


class Trolley:
    """A cart that several writers change; it counts revisions as a draft does."""

    def __init__(self) -> None:
        """Begin empty."""
        self.lines: Mapping[str, Line] = {}
        self.revision = 0
        self.sent: dict[str, int] = {}

    def change(self, writer: str, *ops: dict[str, Any], seen: int | None = None) -> Filled:
        """One change of a writer, who saw the newest revision unless told otherwise."""
        self.sent[writer] = seq = self.sent.get(writer, 0) + 1
        read = read_cart_ops(list(ops), self.revision, self.revision if seen is None else seen)
        filled = fill(self.lines, read, Author("visitor", writer=writer), seq, self.revision + 1, 1_000)
        if filled.changed:
            self.lines, self.revision = filled.lines, self.revision + 1
        return filled

    @property
    def quantities(self) -> dict[str, int]:
        """How many of each sku there are."""
        return {line.identity.sku: line.quantity for line in self.lines.values()}


def add(sku: str = "tee", quantity: int = 1, **more: Any) -> dict[str, Any]:
    """An add; the tee has a size."""
    attributes = {"size": "M"} if sku == "tee" else {}
    return {"op": "add", "sku": sku, "attributes": attributes, "quantity": quantity, **more}


def remove(line: str = TEE, **more: Any) -> dict[str, Any]:
    """A removal."""
    return {"op": "remove", "line": line, **more}


def decrement(line: str = TEE, quantity: int = 1) -> dict[str, Any]:
    """A step down."""
    return {"op": "decrement", "line": line, "quantity": quantity}


def set_quantity(quantity: int, line: str = TEE, **more: Any) -> dict[str, Any]:
    """A typed quantity."""
    return {"op": "set_quantity", "line": line, "quantity": quantity, **more}


def codes(filled: Filled) -> list[str]:
    """The codes of a change's warnings."""
    return [warning.code for warning in filled.warnings]


@pytest.fixture
def cart() -> Trolley:
    """An empty cart."""
    return Trolley()


# -- adding ----------------------------------------------------------------------------------------


def test_two_devices_that_add_the_same_meet_on_one_line(cart: Trolley) -> None:
    """And both count."""
    cart.change("phone", add(), seen=0)
    cart.change("desktop", add(quantity=2), seen=0)
    assert cart.quantities == {"tee": 3}


def test_an_engraving_makes_another_line_and_a_note_does_not(cart: Trolley) -> None:
    """Identity is declared, not guessed (magento2#21375)."""
    cart.change("phone", add("mug"), add("mug", attributes={"engraving": "Ann"}))
    cart.change("phone", add("mug", info={"page": "/sale"}))
    assert sorted(line.quantity for line in cart.lines.values()) == [1, 2]


def test_an_add_by_key_needs_a_line_that_is_there(cart: Trolley) -> None:
    """Without its identity nobody knows what it was."""
    assert codes(cart.change("phone", {"op": "add", "line": TEE})) == ["line-absent"]
    cart.change("phone", add())
    cart.change("desktop", {"op": "add", "line": TEE, "quantity": 4})
    assert cart.quantities == {"tee": 5}


def test_many_small_notes_never_make_a_line_too_heavy(cart: Trolley) -> None:
    """By adds as by notes; what takes some away is never refused."""
    for number in range(4):
        cart.change("phone", add(info={f"note-{number}": "x" * 900}))
    with pytest.raises(Rejected, match="limit-exceeded"):
        cart.change("phone", add(info={"note-9": "x" * 900}))
    cart.change("phone", add(info={"note-0": None}))
    assert set(cart.lines[TEE].info) == {"note-1", "note-2", "note-3"}


def test_the_price_shown_last_stays_with_the_line(cart: Trolley) -> None:
    """With the time at which it was shown."""
    cart.change("phone", add(price={"amount": 1990, "currency": "EUR"}))
    cart.change("phone", add())
    line = cart.lines[TEE]
    assert (line.price, line.priced_at) == (Price(1990, "EUR"), 1_000)


# -- removing --------------------------------------------------------------------------------------


def test_a_remove_takes_what_its_author_saw_and_tells_of_the_rest(cart: Trolley) -> None:
    """Seen at two while now there are three: one stays."""
    cart.change("phone", add(quantity=2))
    cart.change("desktop", add())
    filled = cart.change("phone", remove(), seen=1)
    assert cart.quantities == {"tee": 1}
    assert [(each.code, each.quantity) for each in filled.warnings] == [("residual", 1)]


def test_two_devices_that_each_add_one_and_remove_it_leave_none(cart: Trolley) -> None:
    """Each takes its own, however they are interleaved."""
    cart.change("phone", add(), seen=0)
    cart.change("desktop", add(), seen=0)
    cart.change("phone", remove(), seen=0)
    cart.change("desktop", remove(), seen=0)
    assert cart.quantities == {}


def test_an_add_after_a_remove_brings_only_its_own(cart: Trolley) -> None:
    """Not what was removed (hydrogen#3906)."""
    cart.change("phone", add(quantity=3))
    cart.change("phone", remove())
    cart.change("desktop", add(), seen=1)
    assert cart.quantities == {"tee": 1}


def test_a_stale_typed_quantity_never_brings_a_line_back(cart: Trolley) -> None:
    """Its author is told that the line is gone."""
    cart.change("phone", add(quantity=2))
    cart.change("phone", remove())
    filled = cart.change("desktop", set_quantity(3), seen=1)
    assert (cart.quantities, codes(filled), filled.changed) == ({}, ["removed-elsewhere"], False)


def test_to_clear_takes_what_was_seen_of_every_line(cart: Trolley) -> None:
    """A line that somebody added meanwhile stays."""
    cart.change("phone", add(), add("mug"))
    cart.change("desktop", add("lamp"))
    cart.change("phone", {"op": "clear"}, seen=1)
    assert cart.quantities == {"lamp": 1}


def test_a_reloaded_page_removes_what_its_earlier_load_added_unsent(cart: Trolley) -> None:
    """`also` says that it was on screen."""
    cart.change("load-1", add(), seen=0)
    cart.change("load-2", remove(also={"load-1": 1}), seen=0)
    assert cart.quantities == {}


# -- quantities ------------------------------------------------------------------------------------


def test_a_decrement_takes_own_pieces_first_and_never_goes_below_none(cart: Trolley) -> None:
    """So the other device's remove still finds its own."""
    cart.change("desktop", add(quantity=2))
    cart.change("phone", add(quantity=2))
    cart.change("phone", decrement(quantity=3))
    assert [(lot.writer, lot.quantity) for lot in cart.lines[TEE].lots] == [("desktop", 1)]
    cart.change("phone", decrement(quantity=9))
    assert cart.quantities == {}
    assert codes(cart.change("phone", decrement())) == ["line-absent"]


def test_a_typed_quantity_counts_and_tells_what_it_replaced_unseen(cart: Trolley) -> None:
    """The server's order decides; nothing is replaced silently."""
    cart.change("phone", add(quantity=2))
    cart.change("desktop", add(quantity=5))
    filled = cart.change("phone", set_quantity(3), seen=1)
    assert cart.quantities == {"tee": 3}
    assert [(each.code, each.quantity) for each in filled.warnings] == [("overwrote", 7)]


def test_a_decrement_unseen_by_whoever_types_a_quantity_is_told_too(cart: Trolley) -> None:
    """It left no new lot, but it changed the line."""
    cart.change("phone", add(quantity=5))
    cart.change("desktop", decrement())
    assert codes(cart.change("phone", set_quantity(2), seen=1)) == ["overwrote"]
    assert codes(cart.change("phone", set_quantity(4), seen=1)) == []


def test_to_type_none_is_to_remove(cart: Trolley) -> None:
    """With all that a remove does."""
    cart.change("phone", add())
    cart.change("desktop", add())
    assert codes(cart.change("phone", set_quantity(0), seen=1)) == ["residual"]


def test_a_quantity_on_condition_leaves_a_line_that_has_changed(cart: Trolley) -> None:
    """For a caller that will rather not overrule anybody."""
    cart.change("phone", add())
    cart.change("desktop", add())
    assert codes(cart.change("phone", set_quantity(5, if_revision=1))) == ["line-changed"]
    assert codes(cart.change("phone", set_quantity(0, if_revision=2))) == []
    assert cart.quantities == {}


def test_notes_are_written_one_by_one_and_taken_away_by_null(cart: Trolley) -> None:
    """They never make another line."""
    cart.change("phone", add(info={"page": "/sale", "note": "gift"}))
    cart.change("phone", {"op": "info", "line": TEE, "info": {"note": None, "wrap": True}})
    assert cart.lines[TEE].info == {"page": "/sale", "wrap": True}
    assert not cart.change("phone", {"op": "info", "line": TEE, "info": {"wrap": True}}).changed
    assert codes(cart.change("phone", {"op": "info", "line": MUG, "info": {}})) == ["line-absent"]


# -- limits and bad input --------------------------------------------------------------------------


def rejected(cart: Trolley, *ops: Any) -> str:
    """The code with which a change is refused, the cart being as before."""
    before = dict(cart.lines)
    with pytest.raises(Rejected) as refusal:
        cart.change("phone", *ops)
    assert cart.lines == before
    return refusal.value.code


def test_a_cart_has_a_limit_of_lines_of_pieces_and_of_pieces_a_line(cart: Trolley) -> None:
    """A change beyond it is refused whole, never clamped in silence; to take away is always possible."""
    for start in range(0, MAX_LINES, MAX_OPS):
        skus = range(start, min(start + MAX_OPS, MAX_LINES))
        cart.change("phone", *(add(f"sku-{sku}", 40) for sku in skus))
    assert sum(cart.quantities.values()) == MAX_QUANTITY
    assert rejected(cart, add("sku-0")) == "limit-exceeded"
    assert rejected(cart, decrement(Identity("sku-0").key), add("another")) == "limit-exceeded"
    cart.change("phone", decrement(Identity("sku-0").key))


def test_one_line_holds_no_more_than_its_limit(cart: Trolley) -> None:
    """Nor may one op ask for more."""
    cart.change("phone", add(quantity=MAX_LINE_QUANTITY))
    assert rejected(cart, add()) == "limit-exceeded"
    assert rejected(cart, set_quantity(10**30)) == "limit-exceeded"


@pytest.mark.parametrize("quantity", [0, -1, 1.5, 2.0, "2", True, None, 1e3, []])
def test_pieces_are_whole_and_more_than_none(cart: Trolley, quantity: object) -> None:
    """No half, no negative, no text that looks like a number."""
    cart.change("phone", add())
    assert rejected(cart, {**add(), "quantity": quantity}) == "invalid-quantity"
    assert rejected(cart, {"op": "decrement", "line": TEE, "quantity": quantity}) == "invalid-quantity"


@pytest.mark.parametrize(
    ("op", "code"),
    [
        (None, "invalid-op"),
        ({}, "unknown-op"),
        ({"op": "set", "path": "/a", "value": 1}, "unknown-op"),
        ({"op": []}, "unknown-op"),
        ({"op": "remove"}, "invalid-op"),
        ({"op": "remove", "line": "ln_1"}, "invalid-op"),
        ({"op": "set_quantity", "line": TEE}, "invalid-quantity"),
        ({"op": "set_quantity", "line": TEE, "quantity": 1, "if_revision": "2"}, "invalid-op"),
        ({"op": "info", "line": TEE}, "invalid-op"),
        ({"op": "info", "line": TEE, "info": {"a": {"__proto__": 1}}}, "invalid-op"),
        ({"op": "info", "line": TEE, "info": {"n": "4111 1111 1111 1111"}}, "payment-data-refused"),
        ({"op": "add", "sku": "4111111111111111"}, "payment-data-refused"),
        ({"op": "add", "sku": "a", "attributes": {"text": "x" * 4_100}}, "limit-exceeded"),
        ({"op": "add", "sku": "a", "price": {"amount": 1.5, "currency": "EUR"}}, "invalid-op"),
        ({"op": "add", "sku": "a", "price": {"amount": 1, "currency": "eur"}}, "invalid-op"),
        ({"op": "add", "sku": "a", "seen": 99}, "invalid-op"),
    ],
)
def test_a_malformed_op_refuses_its_change_with_a_code(cart: Trolley, op: object, code: str) -> None:
    """And the good ops beside it are not half done."""
    assert rejected(cart, add(), op) == code
