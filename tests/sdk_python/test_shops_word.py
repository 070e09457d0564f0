"""What the shop says of a cart through the SDK: what cannot be had waits aside, nothing is ordered unseen."""

from collections.abc import Iterator

import pytest
import requests

import retoma
from retoma_server.domain.validating import Verdict
from tests.servers.hook_server import HookServer, raw, verdicts
from tests.servers.retoma_server import RetomaServer

from .carts import Device, Shelf
from .people import somebody

EUR = retoma.Price(1990, "EUR")
SOLD_OUT = {"status": "unavailable", "reason": "sold-out"}
DEARER = {"status": "price_changed", "price": {"amount": 2190, "currency": "EUR"}}


@pytest.fixture(scope="module")
def hook() -> Iterator[HookServer]:
    """The shop's back end."""
    with HookServer() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, hook: HookServer) -> Iterator[RetomaServer]:
    """A server that asks the shop."""
    folder = tmp_path_factory.mktemp("sdk")
    with RetomaServer(folder, RETOMA_HOOKS_TO_LOOPBACK="on") as server:
        register(server, hook)
        yield server


def register(server: RetomaServer, hook: HookServer, **more: str) -> None:
    """Let the shop be asked."""
    key = {"Authorization": f"Bearer {server.secret_key}"}
    url = f"{server.url}/v1/hooks/cart.validate"
    assert requests.put(url, json={"url": hook.url, **more}, headers=key, timeout=30).ok


@pytest.fixture
def ann(server: RetomaServer, hook: HookServer) -> retoma.Client:
    """A customer; the shop has everything again."""
    hook.say = verdicts({})
    return somebody(server)


@pytest.fixture
def cart(ann: retoma.Client) -> retoma.Cart:
    """A cart with two tees and a mug, saved."""
    cart = ann.cart()
    cart.add("tee", 2, price=EUR)
    cart.add("mug", price=EUR)
    cart.save()
    return cart


def refused(cart: retoma.Cart) -> retoma.PriceChangedError:
    """What stands against an order; the cart shows it then."""
    with pytest.raises(retoma.PriceChangedError) as refusal:
        cart.complete()
    cart.refresh()
    return refusal.value


def test_a_line_that_cannot_be_had_waits_aside_and_comes_back(
    ann: retoma.Client, cart: retoma.Cart, hook: HookServer
) -> None:
    """With the reason, in no total, on every device by an event; the error says what changed."""
    tee, mug = cart.lines
    waiting = ann.cart()
    assert (cart.validation, cart.unavailable) == (None, ())
    hook.say = verdicts({"mug": SOLD_OUT})
    with ann.events() as events:
        changed = refused(cart)
        while not waiting.unavailable:
            waiting.receive(next(events))
    before, after = retoma.Valued(EUR, None, None), retoma.Valued(EUR, "sold-out", None)
    assert changed.changes == (retoma.Revalued(mug.key, before, after),)
    assert changed.totals == cart.totals == waiting.totals
    assert ([line.key for line in waiting.lines], waiting.count) == ([tee.key], 2)
    assert [(line.sku, line.reason, line.quantity) for line in waiting.unavailable] == [
        ("mug", "sold-out", 1)
    ]
    assert (waiting[mug.key], waiting.validation) == (waiting.unavailable[0], "ok")

    hook.say = verdicts({})
    refused(cart)
    waiting.refresh()
    assert (waiting.unavailable, [line.reason for line in waiting.lines]) == ((), [None, None])
    assert cart.complete().totals.quantity == 3


def test_what_cannot_be_had_can_be_removed_and_added_to(cart: retoma.Cart, hook: HookServer) -> None:
    """More of it waits aside too, and shows so before it is saved."""
    _, mug = cart.lines
    hook.say = verdicts({"mug": SOLD_OUT})
    refused(cart)
    assert cart.add("mug", 2) == mug.key
    cart.inform(mug, note="for Bob")
    shown = cart.unavailable
    assert [(line.quantity, line.info, line.reason) for line in shown] == [
        (3, {"note": "for Bob"}, "sold-out")
    ]
    assert not cart.save().arrived
    assert [(line.quantity, line.info) for line in cart.unavailable] == [(3, {"note": "for Bob"})]

    cart.remove(mug)
    assert (cart.unavailable, cart.unsaved) == ((), True)
    cart.save()
    hook.say = verdicts({})
    cart.refresh()
    assert [line.sku for line in (*cart.lines, *cart.unavailable)] == ["tee"]


def test_a_new_price_is_told_line_by_line(cart: retoma.Cart, hook: HookServer) -> None:
    """What it was, what it is, and what the cart comes to; looked at and accepted it is ordered."""
    hook.say = verdicts({"tee": DEARER})
    (change,) = refused(cart).changes
    assert (change.before.price, change.after.price) == (EUR, retoma.Price(2190, "EUR"))
    assert (cart[change.line].price, cart.totals.amounts) == (
        change.after.price,
        (retoma.Price(6370, "EUR"),),
    )
    hook.say = verdicts({})
    assert cart.complete().totals.amounts == (retoma.Price(6370, "EUR"),)


def test_whoever_has_not_looked_orders_nothing_new(cart: retoma.Cart, hook: HookServer) -> None:
    """To try again unseen is refused again."""
    hook.say = verdicts({"tee": DEARER})
    with pytest.raises(retoma.PriceChangedError):
        cart.complete()
    with pytest.raises(retoma.ConflictError, match="revision-conflict"):
        cart.complete()


def test_more_than_there_is_is_not_ordered(cart: retoma.Cart, hook: HookServer) -> None:
    """The line says how many there are; the customer lowers it."""
    tee, _ = cart.lines
    hook.say = verdicts({"tee": {"status": "max_quantity", "quantity": 1}})
    (change,) = refused(cart).changes
    assert (change.before.max_quantity, change.after.max_quantity) == (None, 1)
    assert (cart[tee.key].quantity, cart[tee.key].max_quantity) == (2, 1)
    with pytest.raises(retoma.QuantityUnavailableError) as refusal:
        cart.complete()
    assert (refusal.value.lines, isinstance(refusal.value, retoma.ConflictError)) == ((tee.key,), True)
    cart.set_quantity(tee, 1)
    assert cart.complete().totals.quantity == 2


def test_a_shop_that_says_nothing_delays_the_order_alone(
    server: RetomaServer, cart: retoma.Cart, hook: HookServer
) -> None:
    """It may be tried again; where the shop lets it proceed, the cart says that nobody gave their word."""
    hook.say = raw(b"", 500)
    with pytest.raises(retoma.ServerError, match="validation-unavailable") as refusal:
        cart.complete()
    assert refusal.value.retryable
    cart.refresh()
    assert (cart.status, cart.count) == ("open", 3)
    register(server, hook, when_silent="proceed")
    cart.complete()
    assert (cart.status, cart.validation) == ("completing", "stale")
    register(server, hook)


def test_news_of_the_shops_word_arrives_like_other_news() -> None:
    """A save names the lines that it changed, and what was known already is no news."""
    shelf = Shelf()
    device, elsewhere = Device(shelf), Device(shelf, "w_there")
    tee, mug, pen = device.add("tee"), device.add("mug"), device.add("pen")
    device.save()
    before = device.local
    shelf.word({tee: Verdict(unavailable="sold-out"), mug: Verdict(max_quantity=2), pen: Verdict()})
    device.hear()
    assert device.local.arrived(before) == (tee, mug)
    elsewhere.hear()
    assert elsewhere.local.view == device.local.view

    shelf.word({tee: Verdict(), mug: Verdict(max_quantity=2), pen: Verdict()})
    again = device.local
    device.hear()
    assert device.local.arrived(again) == (tee,)


def test_everything_is_cleared_with_what_cannot_be_had() -> None:
    """And a removal takes no more of it than was seen."""
    shelf = Shelf()
    device, elsewhere = Device(shelf), Device(shelf, "w_there")
    tee = device.add("tee")
    device.save()
    shelf.word({tee: Verdict(unavailable="sold-out")})
    device.hear()
    elsewhere.add("tee")
    elsewhere.save()
    device.remove(tee)
    assert device.save() == ["residual"]
    assert [line["quantity"] for line in shelf.json()["unavailable"]] == [1]
    device.add("mug")
    device.clear()
    assert device.local.view == {}
    device.save()
    assert (shelf.json()["lines"], shelf.json()["unavailable"]) == ([], [])
