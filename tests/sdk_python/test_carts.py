"""Carts and the real server: filled by two devices, over a network that breaks, and read by everybody."""

import random
from collections.abc import Iterator
from contextlib import suppress

import pytest

import retoma
from tests.servers.retoma_server import RetomaServer

from .losing_proxy import LosingProxy
from .people import phone, service, somebody

EUR = retoma.Price(1990, "EUR")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetomaServer]:
    """A server on which `cart` is registered as a cart; each test has a customer of its own."""
    with RetomaServer(tmp_path_factory.mktemp("sdk")) as server:
        service(server).processes.register(
            "cart",
            kind="cart",
            titles={"en": "Cart"},
            url=f"{server.url}/cart",
            fields={"/info/wrap": "public"},
        )
        yield server


def again(client: retoma.Client) -> retoma.Cart:
    """The same customer's cart on another device."""
    return client.cart()


def quantities(cart: retoma.Cart) -> dict[str, int]:
    """How many there are of each sku."""
    return {line.sku: line.quantity for line in cart.lines}


def test_a_cart_is_filled_on_one_device_and_read_on_another(server: RetomaServer) -> None:
    """What is not saved shows at once; totals are the server's."""
    ann = somebody(server)
    cart = ann.cart()
    tee = cart.add("tee", 2, attributes={"size": "M"}, price=EUR)
    mug = cart.add("mug", info={"note": "gift"})
    assert (cart.count, cart.totals.quantity, cart.unsaved) == (3, 0, True)
    cart.increment(tee)
    cart.decrement(cart[mug])
    cart.add("mug", 4)
    cart.set_quantity(mug, 2)
    cart.inform(mug, note=None, gift_note="For Bob")
    cart.go_to("basket")
    saved = cart.save()

    assert (saved.warnings, saved.rejected, saved.arrived) == ((), (), ())
    other = again(ann)
    assert (other.id, quantities(other)) == (cart.id, {"tee": 3, "mug": 2})
    assert (other[tee].attributes, other[tee].price, dict(other[mug].info)) == (
        {"size": "M"},
        EUR,
        {"gift_note": "For Bob"},
    )
    assert other[tee].by is not None
    assert other[tee].by.device == "Mac"
    assert (other.position, other.totals) == (retoma.Position("basket", None), cart.totals)
    assert (cart.totals.lines, cart.totals.unpriced) == (2, 1)
    assert cart.totals.amounts == (retoma.Price(5970, "EUR"),)


def test_looking_at_a_cart_makes_none(server: RetomaServer) -> None:
    """Not opening it, not reading, not refreshing, not even taking back what was done."""
    ann = somebody(server)
    cart = ann.cart()
    tee = cart.add("tee")
    cart.decrement(tee)
    cart.remove(tee)
    empty = ann.cart()
    empty.refresh()
    assert (empty.id, empty.lines, empty.count, empty.totals.quantity) == ("", (), 0, 0)
    assert not empty.save().results
    assert list(empty.history()) == list(ann.drafts()) == []


def test_two_devices_that_begin_at_once_fill_one_cart_and_meet_on_one_line(server: RetomaServer) -> None:
    """Both adds count, however the accent was typed."""
    ann = somebody(server)
    desktop, mobile = ann.cart(), ann.cart()
    desktop.add("café", attributes={"size": 1}, info={"page": "/sale"})
    mobile.add("cafe\u0301", 2, attributes={"size": 1})
    desktop.save()
    saved = mobile.save()
    assert (desktop.id, mobile.count, len(mobile.lines)) == (mobile.id, 3, 1)
    assert saved.arrived == (mobile.lines[0].key,)
    desktop.refresh()
    assert desktop.lines == mobile.lines


def test_what_was_removed_offline_is_removed_and_what_was_added_meanwhile_stays(server: RetomaServer) -> None:
    """The author hears of it as a warning; nothing comes back by a number typed on an old screen."""
    ann = somebody(server)
    desktop = ann.cart()
    tee = desktop.add("tee", 2)
    desktop.save()
    mobile = again(ann)
    desktop.remove(tee)
    mobile.increment(tee, 3)
    mobile.save()
    saved = desktop.save()
    assert saved.warnings == (retoma.Warned("residual", tee, 3),)
    assert (desktop[tee].quantity, saved.rejected) == (3, ())

    desktop.remove(tee)
    desktop.save()
    mobile.set_quantity(tee, 9)
    saved = mobile.save()
    assert [(warned.code, warned.line) for warned in saved.warnings] == [("removed-elsewhere", tee)]
    assert (mobile.lines, saved.rejected) == ((), ())


def test_a_step_on_a_line_that_is_gone_is_told_and_a_new_add_is_a_new_line(server: RetomaServer) -> None:
    """Only an add makes a line, and it brings no more than its own pieces."""
    ann = somebody(server)
    desktop = ann.cart()
    tee = desktop.add("tee", 5)
    desktop.save()
    mobile, till = again(ann), again(ann)
    desktop.remove(tee)
    desktop.save()
    mobile.increment(tee)
    till.add("tee")
    assert [warned.code for warned in mobile.save().warnings] == ["line-absent"]
    assert (quantities(mobile), till.save().warnings, quantities(till)) == ({}, (), {"tee": 1})


def test_a_typed_number_that_replaces_another_says_so(server: RetomaServer) -> None:
    """The one that came last counts, and its author knows what was there."""
    ann = somebody(server)
    desktop = ann.cart()
    tee = desktop.add("tee")
    desktop.save()
    mobile = again(ann)
    mobile.set_quantity(tee, 5)
    mobile.save()
    desktop.set_quantity(tee, 3)
    assert desktop.save().warnings == (retoma.Warned("overwrote", tee, 5),)
    assert desktop[tee].quantity == 3


def test_an_add_whose_answer_is_lost_counts_once(server: RetomaServer) -> None:
    """That of the opening, too."""
    with LosingProxy(server.url) as proxy:
        ann = somebody(server, proxy.url)
        cart = ann.cart()
        cart.add("tee", 2)
        proxy.lose(2)
        saved = cart.save()
        assert [result.was or result.status for result in saved.results] == ["applied"]
        proxy.lose()
        cart.add("tee")
        (result,) = cart.save().results
        assert (result.status, result.was) == ("replayed", "applied")
        assert quantities(again(ann)) == quantities(cart) == {"tee": 3}


def test_a_hundred_cuts_anywhere_lose_nothing_and_double_nothing(server: RetomaServer) -> None:
    """In a request or in its answer, at any byte, while a customer clicks on."""
    chance = random.Random(7)
    with LosingProxy(server.url) as proxy:
        ann = somebody(server, proxy.url)
        cart = ann.cart()
        meant = 0
        for _ in range(100):
            chance.choice([proxy.requests, proxy.answers]).add(chance.randrange(900))
            step = chance.randint(1, 3)
            tee = cart.add("tee", step)
            meant += step
            if meant > 50:
                cart.decrement(tee, 40)
                meant -= 40
            cart.save()
        assert proxy.requests.waiting + proxy.answers.waiting < 5
        assert quantities(cart) == {"tee": meant}
    cart = service(server).cart(customer=cart.customer)
    assert quantities(cart) == {"tee": meant}


def test_what_cannot_be_saved_now_is_kept_for_later(server: RetomaServer) -> None:
    """Under the same numbers, with whatever is done meanwhile on top."""
    with LosingProxy(server.url) as proxy:
        client = somebody(server, proxy.url)
        impatient = retoma.Client(proxy.url, client.token, retries=0)
        cart = impatient.cart()
        tee = cart.add("tee")
        cart.save()
        proxy.lose()
        cart.increment(tee)
        with pytest.raises(retoma.NetworkError):
            cart.save()
        assert (cart.unsaved, cart.count) == (True, 2)
        cart.increment(tee)
        cart.save()
        assert (cart.unsaved, cart.count, quantities(again(client))) == (False, 3, {"tee": 3})


def test_a_click_shows_once_whatever_is_heard_before_its_answer(server: RetomaServer) -> None:
    """News waits for the answer; whoever asks for news gets that first, and `save()` tells it."""
    with LosingProxy(server.url) as proxy:
        client = somebody(server, proxy.url)
        impatient = retoma.Client(proxy.url, client.token, retries=0)
        cart = impatient.cart()
        tee = cart.add("tee", 2)
        cart.save()
        # Straight from the server: what is cut is the next that comes, and shall be the answer.
        with retoma.Client(server.url, client.token).events() as events:
            proxy.lose()
            cart.increment(tee)
            with pytest.raises(retoma.NetworkError):
                cart.save()
            cart.receive(next(events))
            assert (cart.count, cart.unsaved) == (3, True)
        cart.refresh()
        assert (cart.count, cart.unsaved) == (3, False)

        other = again(client)
        other.increment(tee, 4)
        other.save()
        cart.remove(tee)
        proxy.requests.add(0)
        with pytest.raises(retoma.NetworkError):
            cart.save()
        cart.refresh()
        assert (cart.count, cart.unsaved) == (4, False)
        saved = cart.save()
        assert ([warned.code for warned in saved.warnings], saved.rejected) == (["residual"], ())
        assert not cart.save().results


def test_what_waits_outlives_a_restore_from_backup(server: RetomaServer) -> None:
    """In a new epoch adds count, and a removal takes nothing that its new writer has not seen."""
    cart = somebody(server).cart()
    tee, mug = cart.add("tee", 2), cart.add("mug")
    cart.save()
    cart.increment(tee)
    cart.remove(mug)
    server.kill()
    server.cli("epoch", "new")
    server.start()
    saved = cart.save()
    assert saved.warnings == (retoma.Warned("residual", mug, 1),)
    assert (quantities(cart), saved.arrived) == ({"tee": 3, "mug": 1}, (mug,))


def test_a_transaction_is_all_or_nothing(server: RetomaServer) -> None:
    """A block that raises leaves nothing; one that is refused is refused whole."""
    cart = somebody(server).cart()
    with cart.transaction() as together:
        tee = together.add("tee")
        together.add("warranty", parent=tee)
    with suppress(retoma.InvalidRequestError), cart.transaction() as together:
        together.add("mug")
        together.add("mug", 0)
    assert quantities(cart) == {"tee": 1, "warranty": 1}
    with cart.transaction() as together:
        together.add("mug")
        together.add("lamp", info={"card": "4111 1111 1111 1111"})
    saved = cart.save()
    assert [len(rejection.ops) for rejection in saved.rejected] == [2]
    assert (quantities(cart), cart.lines[1].parent) == ({"tee": 1, "warranty": 1}, tee)


def test_a_cart_is_a_cart_wherever_it_is_read(server: RetomaServer) -> None:
    """In a list, by its id, on a phone, and in the store, where notes are masked."""
    ann = somebody(server)
    cart = ann.cart()
    tee = cart.add("tee", info={"note": "for Bob", "wrap": True})
    cart.save()
    ann.draft("mortgage").save()
    assert {type(each) for each in ann.drafts()} == {retoma.Cart, retoma.Draft}
    assert isinstance(service(server).get(cart.id), retoma.Cart)

    mobile = phone(server).redeem(cart.handoff().url or "")
    assert isinstance(mobile, retoma.Cart)
    mobile.increment(tee)
    mobile.save()
    clerk = retoma.Client(server.url, server.staff("Marta"), channel="store")
    assisted = clerk.assist.redeem(cart.handoff(to="staff").code or "")
    assert isinstance(assisted, retoma.Cart)
    assert assisted[tee].info == {"note": {"$masked": True, "hint": "f•••"}, "wrap": True}
    assisted.inform(tee, note="in a box")
    assisted.add("mug")
    assert not assisted.save().arrived
    cart.refresh()
    assert (quantities(cart), cart[tee].info["note"]) == ({"tee": 2, "mug": 1}, "in a box")
    assert {"customer", "grant", "staff"} <= {entry.by.kind for entry in cart.history()}


def test_events_tell_of_a_cart_and_bring_its_lines(server: RetomaServer) -> None:
    """Also of one that another device has only just made."""
    ann = somebody(server)
    waiting = ann.cart()
    with ann.events() as events:
        cart = ann.cart()
        tee = cart.add("tee", 2)
        cart.add("mug")
        cart.save()
        while not quantities(waiting):
            waiting.receive(next(events))
        assert quantities(waiting) == {"tee": 2, "mug": 1}
        cart.remove(tee)
        cart.save()
        while len(waiting.lines) == 2:
            waiting.receive(next(events))
    assert (waiting.lines, waiting.totals) == (cart.lines, cart.totals)


def test_a_secret_key_says_whose_cart_it_means(server: RetomaServer) -> None:
    """Or it would get anybody's."""
    cart = somebody(server).cart()
    cart.add("tee")
    cart.save()
    with pytest.raises(TypeError):
        service(server).cart()
    assert service(server).cart(customer=cart.customer).id == cart.id


def test_a_form_is_no_cart(server: RetomaServer) -> None:
    """Each kind is opened by its own verb."""
    ann = somebody(server)
    with pytest.raises(retoma.InvalidRequestError, match="kind-mismatch"):
        ann.draft("cart")
    service(server).processes.register("mortgage", titles={"en": "Mortgage"})
    cart = ann.cart("mortgage")
    cart.add("tee")
    with pytest.raises(retoma.InvalidRequestError, match="kind-mismatch"):
        cart.save()
    assert cart.unsaved


def test_a_discarded_cart_is_gone_and_a_new_one_begins(server: RetomaServer) -> None:
    """Discarding what was never made does no harm."""
    ann = somebody(server)
    ann.cart().discard()
    cart = ann.cart()
    cart.add("tee")
    cart.save()
    cart.discard()
    cart.discard()
    assert (cart.status, ann.cart().id) == ("discarded", "")
