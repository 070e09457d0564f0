"""Ordering a cart through the SDK: one order, whoever clicks twice, overtakes or hears no answer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest
import responses
from werkzeug.serving import make_server

import retoma
from retoma_server.actions.sweeping import sweep
from retoma_server.domain.completions import LEASE
from tests.http.shop import Shop, shop_in_memory
from tests.servers.retoma_server import RetomaServer

from .losing_proxy import LosingProxy
from .people import phone, service, somebody
from .wire import DRAFT, problem_json

EUR = retoma.Price(1990, "EUR")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetomaServer]:
    """A server; each test has a customer of its own."""
    with RetomaServer(tmp_path_factory.mktemp("sdk")) as server:
        yield server


def filled(ann: retoma.Client) -> retoma.Cart:
    """A cart with two tees, saved."""
    cart = ann.cart()
    cart.add("tee", 2, price=EUR)
    cart.save()
    return cart


def test_a_cart_is_ordered_once_and_the_next_add_begins_another(server: RetomaServer) -> None:
    """What waits is saved first; the shop's word ends it, and every device learns the order."""
    ann = somebody(server)
    elsewhere = filled(ann)
    cart = ann.cart()
    cart.add("mug")
    order = cart.complete()
    assert (cart.status, order.status, order.attempt) == ("completing", "completing", 1)
    assert ([line.sku for line in order.lines], order.totals.quantity) == (["tee", "mug"], 3)
    order.commit("A-1001")
    order.commit("A-1001")
    assert (cart.status, order.status, order.order_ref) == ("completed", "committed", "A-1001")
    with pytest.raises(retoma.AlreadyCommittedError) as refusal:
        order.commit("A-1002")
    assert refusal.value.order_ref == "A-1001"

    elsewhere.add("lamp")
    with pytest.raises(retoma.ClosedError) as closed:
        elsewhere.save()
    assert (closed.value.order_ref, elsewhere.status, elsewhere.unsaved) == ("A-1001", "completed", True)
    with pytest.raises(retoma.ClosedError) as again:
        cart.complete()
    assert again.value.order_ref == "A-1001"
    fresh = filled(ann)
    assert (fresh.id != cart.id, fresh.order) == (True, None)


def test_ten_who_order_at_once_make_one_order(server: RetomaServer) -> None:
    """The others hear that it is under way, and which one it is."""
    ann = somebody(server)
    cart = filled(ann)

    def ordered(device: retoma.Cart) -> retoma.Order | str | None:
        try:
            return device.complete()
        except retoma.CompletingError as refusal:
            return refusal.completion

    devices = [ann.cart() for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(ordered, devices))
    orders = [answer for answer in answers if isinstance(answer, retoma.Order)]
    assert (len(orders), {answer for answer in answers if isinstance(answer, str)}) == (1, {orders[0].id})
    cart.refresh()
    assert cart.order is not None
    assert (cart.order.id, cart.order.attempt) == (orders[0].id, 1)


def test_lost_answers_are_met_by_asking_again(server: RetomaServer) -> None:
    """To complete, to commit and to abort are each done once."""
    with LosingProxy(server.url) as proxy:
        cart = filled(somebody(server, proxy.url))
        proxy.lose()
        first = cart.complete()
        proxy.lose()
        first.abort()
        assert (first.status, cart.status, cart.order) == ("aborted", "open", None)
        proxy.lose(2)
        second = cart.complete()
        proxy.lose()
        second.commit("A-1")
    assert (second.id, second.attempt, second.order_ref) == (first.id, 2, "A-1")
    with pytest.raises(retoma.ConflictError, match="already-committed"):
        first.abort()


def test_what_is_added_meanwhile_is_neither_ordered_nor_lost(server: RetomaServer) -> None:
    """It is saved once the cart is open again, and the old attempt can order nothing."""
    ann = somebody(server)
    elsewhere = filled(ann)
    cart = ann.cart()
    order = cart.complete()
    mug = elsewhere.add("mug")
    with pytest.raises(retoma.CompletingError) as refusal:
        elsewhere.save()
    assert (refusal.value.completion, refusal.value.retryable, elsewhere.unsaved) == (order.id, True, True)
    elsewhere.refresh()
    assert elsewhere.order is not None
    assert (elsewhere.order.lines, elsewhere.count) == (order.lines, 3)
    order.abort()
    elsewhere.save()
    assert elsewhere[mug].quantity == 1
    assert [line.sku for line in order.lines] == ["tee"]
    cart.refresh()
    cart.complete()
    with pytest.raises(retoma.ConflictError, match="completion-stale"):
        order.commit("A-1")


def test_a_shop_that_started_again_finds_the_order_under_way(server: RetomaServer) -> None:
    """By the cart's id, and can lengthen its lease or say what became of it."""
    order = filled(somebody(server)).complete()
    cart = service(server).get(order.id.replace("co_", "dr_"))
    assert isinstance(cart, retoma.Cart)
    found = cart.order
    assert found is not None
    assert (found.id, found.status, found.lines) == (order.id, "completing", order.lines)
    assert found.lease_expires_at is not None
    assert order.lease_expires_at is not None
    found.renew()
    assert found.lease_expires_at > order.lease_expires_at
    found.commit("A-1")
    assert (cart.status, cart.order and cart.order.order_ref) == ("completed", "A-1")


def test_only_what_was_seen_and_accepted_is_ordered(server: RetomaServer) -> None:
    """Not a cart that others changed, not another price, not an empty one."""
    ann = somebody(server)
    elsewhere = filled(ann)
    cart = ann.cart()
    accepted = cart.totals.price_hash
    elsewhere.increment(elsewhere.lines[0])
    elsewhere.save()
    cart.add("mug")
    with pytest.raises(retoma.ConflictError, match="revision-conflict"):
        cart.complete()
    assert (cart.status, cart.count) == ("open", 4)
    with pytest.raises(retoma.PriceChangedError) as refusal:
        cart.complete(price_hash=accepted)
    assert (refusal.value.totals, refusal.value.changes) == (cart.totals, ())
    assert refusal.value.totals.amounts == (retoma.Price(5970, "EUR"),)
    assert cart.complete(price_hash=cart.totals.price_hash).attempt == 1

    bare = somebody(server).cart()
    nothing = bare.totals
    with pytest.raises(retoma.InvalidRequestError, match="validation-failed") as invalid:
        bare.complete()
    assert invalid.value.facts["errors"][0]["pointer"] == "/lines"
    assert bare.totals == nothing


def test_whoever_begins_a_cart_that_is_there_already_sees_it_before_ordering(server: RetomaServer) -> None:
    """Two devices found none; the second one to save has not seen what the first one put in."""
    ann = somebody(server)
    late = ann.cart()
    filled(ann)
    late.add("mug")
    with pytest.raises(retoma.ConflictError, match="revision-conflict"):
        late.complete()
    assert late.count == 3
    assert late.complete().totals.quantity == 3


def test_a_refused_change_stands_against_ordering(server: RetomaServer) -> None:
    """The customer thinks that it is in the cart."""
    cart = filled(somebody(server))
    cart.add("mug", info={"card": "4111 1111 1111 1111"})
    with pytest.raises(retoma.RejectedError) as refusal:
        cart.complete()
    assert (refusal.value.rejected[0].code, cart.status) == ("payment-data-refused", "open")


def test_only_the_shop_says_what_became_of_an_order(server: RetomaServer) -> None:
    """A customer's own token may begin it, and no more."""
    client = somebody(server)
    filled(client)
    order = retoma.Client(server.url, client.token).cart().complete()
    with pytest.raises(retoma.PermissionDeniedError):
        order.commit("A-1")
    assert order.status == "completing"


@pytest.fixture
def timely() -> Iterator[tuple[Shop, retoma.Client]]:
    """A server whose clock can be turned, and its shop's back end."""
    shop = shop_in_memory()
    listening = make_server("127.0.0.1", 0, shop.app)
    serving = Thread(target=listening.serve_forever)
    serving.start()
    with retoma.Client(f"http://127.0.0.1:{listening.server_port}", shop.tenant.secret_key) as client:
        yield shop, client
    listening.shutdown()
    serving.join()
    listening.server_close()
    shop.deps.store.close()


def test_an_order_of_which_nobody_spoke_in_time_waits_for_the_shop(
    timely: tuple[Shop, retoma.Client],
) -> None:
    """Nobody orders or fills the cart meanwhile; the shop's late word still counts."""
    shop, service = timely
    cart = filled(service.customer("u-1"))
    order = cart.complete()
    shop.clock.now += LEASE + 1
    sweep(shop.deps)
    elsewhere = service.customer("u-1").cart()
    assert (elsewhere.status, elsewhere.order and elsewhere.order.status) == ("unknown", "unknown")
    elsewhere.add("mug")
    with pytest.raises(retoma.CompletionUnknownError) as refusal:
        elsewhere.save()
    assert (refusal.value.completion, elsewhere.unsaved) == (order.id, True)
    with pytest.raises(retoma.CompletionUnknownError):
        service.customer("u-1").cart().complete()
    order.commit("A-1")
    elsewhere.refresh()
    assert (elsewhere.status, elsewhere.order and elsewhere.order.order_ref) == ("completed", "A-1")


@pytest.mark.parametrize(
    ("code", "facts", "kind", "told"),
    [
        ("completing", {"completion": "co_1"}, retoma.CompletingError, "completion"),
        ("completion-unknown", {"completion": "co_1"}, retoma.CompletionUnknownError, "completion"),
        ("already-committed", {"order_ref": "A-1"}, retoma.AlreadyCommittedError, "order_ref"),
        ("draft-closed", {"order_ref": "A-1"}, retoma.ClosedError, "order_ref"),
    ],
)
def test_each_way_not_to_be_ordered_has_its_own_error(
    cart: retoma.Cart,
    network: responses.RequestsMock,
    code: str,
    facts: dict[str, str],
    kind: type[retoma.RetomaError],
    told: str,
) -> None:
    """With what the caller needs to know; only a closed draft is no conflict."""
    network.post(f"{DRAFT}/complete", status=409, json=problem_json(code, 409, **facts))
    with pytest.raises(kind, match=code) as refusal:
        cart.complete()
    assert getattr(refusal.value, told) == facts[told]
    assert isinstance(refusal.value, retoma.ConflictError) == (kind is not retoma.ClosedError)


def test_what_spills_over_is_in_the_next_cart_and_every_device_learns_which(server: RetomaServer) -> None:
    """Its author is warned, the cart being ordered names it, and so does the error once that is ordered."""
    process = service(server).processes.register("spilling", kind="cart", titles={}, spillover=True)
    assert process.spillover
    ann = somebody(server)
    cart = ann.cart("spilling")
    cart.add("tee", price=EUR)
    cart.save()
    elsewhere, order = ann.cart("spilling"), cart.complete()
    mug = elsewhere.add("mug", 2)
    (warned,) = elsewhere.save().warnings
    assert (warned, elsewhere.count) == (retoma.Warned("spilled", mug, 2), 1)
    cart.refresh()
    assert cart.successor == elsewhere.successor is not None
    order.commit("A-1")
    elsewhere.add("lamp")
    with pytest.raises(retoma.ClosedError) as closed:
        elsewhere.save()
    following = ann.cart("spilling")
    assert (closed.value.order_ref, closed.value.successor, cart.successor) == (
        "A-1",
        following.id,
        following.id,
    )
    assert [(line.sku, line.quantity) for line in following.lines] == [("mug", 2)]


def test_an_add_after_an_order_begins_the_next_cart(server: RetomaServer) -> None:
    """In the same words; what was ordered stays on screen until then, and the shop may repeat its word."""
    ann = somebody(server)
    cart = filled(ann)
    order = cart.complete()
    order.commit("A-1")
    ordered, tee = cart.id, cart.lines[0]
    assert (cart.status, cart.count) == ("completed", 2)
    cart.add("mug", 3)
    cart.increment(cart.lines[0])
    assert ([line.sku for line in cart.lines], cart.status, cart.order) == (["mug"], "open", None)
    order.commit("A-1")
    cart.save()
    assert cart.id not in ("", ordered)
    assert [(line.sku, line.quantity) for line in ann.cart()] == [("mug", 4)]
    assert tee not in cart
    cart.complete().commit("A-2")
    with cart.transaction() as together:
        together.add("lamp")
    cart.save()
    assert [line.sku for line in ann.cart()] == ["lamp"]


def test_what_waits_goes_into_the_next_cart_but_nothing_that_was_ordered(server: RetomaServer) -> None:
    """An add whose answer was lost is in the order; what means the ordered lines is told."""
    with LosingProxy(server.url) as proxy:
        ann = somebody(server)
        cart = retoma.Client(proxy.url, ann.token, retries=0).cart()
        tee = cart.add("tee", 2)
        cart.save()
        cart.add("lamp")
        proxy.lose()
        with pytest.raises(retoma.NetworkError):
            cart.save()
        ann.cart().complete().commit("A-1")
        cart.add("mug")
        cart.add("pen")
        cart.decrement(tee)
        with pytest.raises(retoma.ClosedError):
            cart.save()
        cart.add("cap")
        told = cart.save().rejected
    assert [(each.code, [op["op"] for op in each.ops]) for each in told] == [("draft-closed", ["decrement"])]
    assert {line.sku: line.quantity for line in ann.cart()} == {"mug": 1, "pen": 1, "cap": 1}


def test_the_next_cart_is_the_one_that_was_filled_meanwhile(server: RetomaServer) -> None:
    """And of the same customer, where the shop speaks."""
    ann = somebody(server)
    cart = service(server).cart(customer=filled(ann).customer)
    cart.complete().commit("A-1")
    filled(ann)
    cart.add("mug")
    cart.save()
    assert {line.sku: line.quantity for line in ann.cart()} == {"tee": 2, "mug": 1}


def test_a_cart_that_was_handed_on_has_no_next_one(server: RetomaServer) -> None:
    """Its grant reaches no other."""
    shop = service(server)
    shop.processes.register("handed", kind="cart", titles={}, url=f"{server.url}/cart")
    cart = somebody(server).cart("handed")
    cart.add("tee")
    cart.save()
    there = phone(server).redeem(cart.handoff().url)
    assert isinstance(there, retoma.Cart)
    cart.complete().commit("A-1")
    there.refresh()
    there.add("mug")
    with pytest.raises(retoma.ClosedError):
        there.save()
    assert there.id == cart.id
