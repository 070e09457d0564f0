"""Promise: what is on screen before a save is what the server holds after it, if nobody else was there."""

from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

import retoma
from retoma._filling import CartTransaction, Filling
from retoma._identity import Identity

from .carts import Device, Shelf, shown
from .wire import cart_delta_json, line_json

SKUS = ("tee", "mug", "café")
ACTS = ("add", "add", "increment", "decrement", "set", "remove", "inform", "clear", "together")
STEPS = st.lists(
    st.tuples(st.sampled_from((*ACTS, "lost", "hear", "save")), st.sampled_from(SKUS), st.integers(1, 4)),
    max_size=30,
)


def act(cart: Filling, verb: str, sku: str, number: int) -> None:
    """Do one thing to a cart."""
    key = Identity(sku).key
    match verb:
        case "add":
            price = retoma.Price(100 * number, "EUR") if number % 2 else None
            cart.add(sku, number, price=price, info={"page": number} if number > 2 else None)
        case "increment":
            cart.increment(key, number)
        case "decrement":
            cart.decrement(key, number)
        case "set":
            cart.set_quantity(key, number - 1)
        case "remove":
            cart.remove(key)
        case "inform":
            cart.inform(key, {f"note{number % 2}": f"for {number}" if number > 1 else None})
        case "clear":
            cart.clear()


def play(device: Device, verb: str, sku: str, number: int) -> None:
    """Do one thing on a device; what asks for a line that is not on screen does nothing."""
    if verb == "lost":
        device.send(lost=True)
    elif verb == "hear":
        device.hear()
    elif verb == "save":
        device.save()
    elif verb == "together":
        transaction = CartTransaction()
        act(transaction, "add", sku, number)
        act(transaction, "increment", sku, number)
        act(transaction, "remove", SKUS[number % 3], number)
        device.together(transaction)
    else:
        try:
            act(device, verb, sku, number)
        except KeyError:
            assert sku not in device.quantities


@given(STEPS)
@settings(max_examples=400)
def test_what_is_on_screen_is_what_will_be_saved(steps: list[tuple[str, str, int]]) -> None:
    """For any acts, combined or not, with answers lost, news before the answer, and everything sent again."""
    device = Device(Shelf())
    for verb, sku, number in steps:
        before = shown(device.local.view.values())
        play(device, verb, sku, number)
        if verb in ("lost", "hear", "save"):
            assert shown(device.local.view.values()) == before
    before = shown(device.local.view.values())
    device.save()
    assert shown(device.shelf.json()["lines"]) == before
    assert shown(device.local.view.values()) == before
    assert not device.local.rejected


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["w_phone", "w_desktop"]),
            st.sampled_from(["add", "increment", "lost", "save", "hear"]),
            st.sampled_from(SKUS),
            st.integers(1, 4),
        ),
        max_size=30,
    )
)
@settings(max_examples=200)
def test_every_piece_that_anybody_adds_is_counted_once(steps: list[tuple[str, str, str, int]]) -> None:
    """However the clicks of two devices are combined, cut off and sent again."""
    shelf = Shelf()
    devices = {name: Device(shelf, name) for name in ("w_phone", "w_desktop")}
    meant = 0
    for name, verb, sku, number in steps:
        device = devices[name]
        if verb == "hear":
            device.hear()
        elif verb in ("lost", "save") or verb == "add" or sku in device.quantities:
            meant += number if verb in ("add", "increment") else 0
            play(device, verb, sku, number)
    for device in devices.values():
        device.save()
    assert shelf.json()["totals"]["quantity"] == meant


def test_steps_are_one_step_and_typed_numbers_one_number_while_unsent() -> None:
    """What undoes itself is not sent at all; what was sent is never touched again."""
    device = Device(Shelf())
    tee, mug = device.add("tee"), device.add("mug")
    device.increment(tee, 3)
    device.decrement(tee)
    device.add("tee", price=retoma.Price(1990, "EUR"))
    assert [(op["sku"], op["quantity"]) for op in device.waiting] == [("tee", 4), ("mug", 1)]
    device.save()

    device.increment(tee)
    device.set_quantity(mug, 5)
    device.increment(tee, 2)
    device.decrement(tee)
    assert device.waiting[0] == {"op": "add", "line": tee, "quantity": 2}
    device.decrement(tee, 2)
    device.set_quantity(mug, 6)
    assert device.waiting == [{"op": "set_quantity", "line": mug, "quantity": 6}]
    device.send(lost=True)
    device.set_quantity(mug, 7)
    assert [op["quantity"] for op in device.waiting] == [6, 7]
    device.save()
    assert device.quantities == {"tee": 4, "mug": 7}


def test_a_number_typed_after_a_step_has_seen_what_was_on_screen_then() -> None:
    """It replaces the step, and overwrites nothing that its author did not see."""
    device = Device(Shelf(), "w_here")
    tee = device.add("tee")
    device.save()
    elsewhere = Device(device.shelf, "w_there")
    device.increment(tee)
    elsewhere.increment(tee, 5)
    elsewhere.save()
    device.hear()
    device.set_quantity(tee, 9)
    assert len(device.waiting) == 1
    assert device.save() == []
    elsewhere.set_quantity(tee, 2)
    assert elsewhere.save() == ["overwrote"]


def test_a_step_that_undoes_the_only_one_leaves_nothing_to_save() -> None:
    """Its number is given to the next change, since nobody has heard of it."""
    device = Device(Shelf())
    tee = device.add("tee", 2)
    device.save()
    device.increment(tee)
    device.decrement(tee)
    assert not device.local.outbox.changes
    device.increment(tee)
    device.save()
    assert device.shelf.json()["totals"]["quantity"] == 3


def test_a_removal_stays_on_screen_whatever_arrives_late() -> None:
    """An older delta is ignored, and a newer one shows nothing of what was taken away."""
    device = Device(Shelf(), "w_here")
    tee = device.add("tee", 2)
    device.save()
    on_screen = device.local.base.revision
    elsewhere = Device(device.shelf, "w_there")
    elsewhere.increment(tee)
    elsewhere.save()

    device.remove(tee)
    assert device.quantities == {}
    device.hear()
    assert device.quantities == {}
    assert device.local.outbox.changes[0].wire["ops"][0]["seen"] == on_screen
    assert device.save() == ["residual"]
    assert device.quantities == {"tee": 1}

    device.remove(tee)
    device.save()
    late = elsewhere.local.base.draft
    old = {**late, "from": 0, "epoch": "e1", "keys": [tee]}
    assert device.local.caught_up(old).view == {}


def test_what_is_seen_through_an_unsaved_step_has_been_seen() -> None:
    """A step shows what arrives below it, so a removal made then takes that too."""
    device = Device(Shelf(), "w_here")
    tee = device.add("tee")
    device.save()
    elsewhere = Device(device.shelf, "w_there")
    device.increment(tee)
    elsewhere.increment(tee, 5)
    elsewhere.save()
    device.hear()
    assert device.quantities == {"tee": 7}
    device.remove(tee)
    assert device.save() == []
    assert device.shelf.json()["lines"] == []


def test_what_arrives_below_an_unsaved_removal_has_not_been_seen() -> None:
    """Whatever is put on top of it and taken away again, others' pieces stay."""
    device = Device(Shelf(), "w_here")
    tee = device.add("tee")
    device.save()
    elsewhere = Device(device.shelf, "w_there")
    device.remove(tee)
    elsewhere.increment(tee, 5)
    elsewhere.save()
    device.hear()
    device.add("tee", 2)
    assert device.quantities == {"tee": 2}
    device.remove(tee)
    device.clear()
    device.save()
    assert device.quantities == {"tee": 5}


def test_a_line_that_is_not_there_can_only_be_removed() -> None:
    """Anything else is told at once, and a transaction with it leaves nothing."""
    device = Device(Shelf())
    absent = Identity("tee").key
    device.remove(absent)
    device.clear()
    assert not device.local.outbox.changes
    for verb in ("increment", "decrement", "set", "inform"):
        with pytest.raises(KeyError):
            act(device, verb, "tee", 2)
    transaction = CartTransaction()
    transaction.add("mug")
    transaction.increment(absent)
    with pytest.raises(KeyError):
        device.together(transaction)
    assert not device.local.outbox.changes


def test_what_is_refused_takes_no_other_with_it() -> None:
    """The edits of a refused change are saved each by itself, and the bad one is kept aside."""
    device = Device(Shelf())
    device.add("tee")
    device.add("mug", info={"card": "4111 1111 1111 1111"})
    lamp = device.add("lamp")
    device.add("lamp", info={"card": "4111 1111 1111 1111"})
    device.inform(lamp, note="for Bob")
    device.inform(lamp, number="4111 1111 1111 1111")
    device.save()
    assert [(each.code, each.ops[0].get("sku")) for each in device.local.rejected] == [
        ("payment-data-refused", "mug"),
        ("payment-data-refused", "lamp"),
        ("payment-data-refused", None),
    ]
    assert device.quantities == {"tee": 1, "lamp": 1}
    held: Any = device.shelf.json()["lines"]
    assert [(line["sku"], line["info"]) for line in held] == [("tee", {}), ("lamp", {"note": "for Bob"})]


def test_a_note_that_is_written_on_is_one_note_while_unsent() -> None:
    """The last one counts; another one stays apart."""
    device = Device(Shelf())
    tee = device.add("tee", info={"page": 1})
    device.add("tee", info={"page": 1})
    for text in ("f", "fo", "for Bob"):
        device.inform(tee, note=text)
    device.inform(tee, page=2)
    assert [op["op"] for op in device.waiting] == ["add", "info", "info"]
    device.save()
    assert device.local.view[tee]["info"] == {"page": 2, "note": "for Bob"}


def test_an_event_that_comes_late_brings_nothing_back(
    cart: retoma.Cart, network: responses.RequestsMock
) -> None:
    """Nor does it cost a request: what is known already is newer."""
    tee = cart.lines[0].key
    for delta in (cart_delta_json(5, 7, keys=[]), cart_delta_json(5, 6, line_json("tee", 3), keys=[tee])):
        cart.receive(retoma.Event("draft-changed", draft="dr_1", delta=delta))
        assert (cart.lines, cart.revision, cart.totals.quantity) == ((), 7, 0)


def test_a_line_is_found_by_itself_and_by_its_key(cart: retoma.Cart) -> None:
    """As it is now; an old one that is gone is not there."""
    (tee,) = cart
    cart.increment(tee)
    assert (cart[tee], cart[tee].quantity, tee in cart, tee.key in cart) == (cart[tee.key], 3, True, True)
    cart.remove(tee)
    assert (tee in cart, list(cart)) == (False, [])
