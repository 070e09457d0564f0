"""Late changes: what waits in a guest's cart at a sign-in counts once, or is told, and is never lost."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

import retoma
from retoma._late import Parting
from tests.servers.retoma_server import RetomaServer

from .carts import Device, Shelf
from .losing_proxy import LosingProxy
from .people import phone, service, somebody
from .test_cart_view import act
from .wire import CHANGES, cart_delta_json, problem_json

EUR = retoma.Price(1990, "EUR")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetomaServer]:
    """A server whose carts can be handed on; each test has people of its own."""
    with RetomaServer(tmp_path_factory.mktemp("sdk")) as server:
        url = f"{server.url}/cart"
        service(server).processes.register("cart", kind="cart", titles={"en": "Cart"}, url=url)
        yield server


@pytest.fixture
def proxy(server: RetomaServer) -> Iterator[LosingProxy]:
    """A network that loses what it is told to."""
    with LosingProxy(server.url) as proxy:
        yield proxy


@dataclass
class Pair:
    """A guest with a cart open, and the customer who they are."""

    ann: retoma.Client
    guest: retoma.Client
    cart: retoma.Cart

    def sign_in(self, strategy: str = "sum") -> str:
        """Claim what the guest had; the id of the customer's cart."""
        (claimed,) = self.ann.claim(self.guest, strategy=strategy).carts
        return claimed.cart


@pytest.fixture
def pair(server: RetomaServer, proxy: LosingProxy) -> Pair:
    """The guest has two tees and a lamp, the customer three tees; the guest gives up at once."""
    guest = impatient(proxy, retoma.Client(server.url, server.publishable_key).visitor())
    ann, cart = somebody(server), guest.cart()
    cart.add("tee", 2, price=EUR)
    cart.add("lamp")
    cart.save()
    saved = ann.cart()
    saved.add("tee", 3, price=EUR)
    saved.save()
    return Pair(ann, guest, cart)


def impatient(proxy: LosingProxy, client: retoma.Client) -> retoma.Client:
    """The same person, over a network that loses things, who gives up at once."""
    return retoma.Client(proxy.url, client.token, retries=0)


def quantities(cart: retoma.Cart) -> dict[str, int]:
    """How many there are of each sku."""
    return {line.sku: line.quantity for line in cart.lines}


def cut(pair: Pair, proxy: LosingProxy, *, answer: bool) -> None:
    """Save over a network that loses the answer, or already the request."""
    (proxy.answers if answer else proxy.requests).add(0)
    with pytest.raises(retoma.NetworkError):
        pair.cart.save()


def ops_of(told: tuple[retoma.Rejection, ...]) -> list[str]:
    """The ops that somebody is told of."""
    return [op["op"] for each in told for op in each.ops]


def test_what_is_added_late_goes_on_in_the_customers_cart(pair: Pair) -> None:
    """The open cart is the customer's from then on, and can be filled and ordered."""
    first = pair.cart.id
    pair.cart.add("tee")
    pair.cart.add("mug", 4, info={"note": "for Bob"})
    into = pair.sign_in()
    saved = pair.cart.save()
    assert (saved.rejected, saved.warnings, pair.cart.unsaved) == ((), (), False)
    assert (pair.cart.id, pair.cart.client, first == into) == (into, pair.ann, False)
    assert quantities(pair.cart) == quantities(pair.ann.cart()) == {"tee": 6, "lamp": 1, "mug": 4}
    assert set(saved.arrived) == {line.key for line in pair.cart.lines if line.sku == "tee"}
    tombstone = pair.ann.get(first)
    assert isinstance(tombstone, retoma.Cart)
    assert (tombstone.status, tombstone.merged_into, tombstone.lines) == ("merged", into, ())
    pair.cart.complete().commit("A-1")


def test_nothing_else_is_done_to_lines_that_nobody_saw(pair: Pair) -> None:
    """What is lowered, removed and noted is told, with all that is in it, and stands against an order."""
    tee, lamp = pair.cart.lines
    pair.cart.decrement(tee)
    pair.cart.add("mug")
    pair.cart.remove(lamp)
    pair.cart.go_to("delivery")
    pair.cart.inform(tee, note="for Bob")
    pair.sign_in()
    with pytest.raises(retoma.RejectedError) as refusal:
        pair.cart.complete()
    told = refusal.value.rejected
    assert ({each.code for each in told}, ops_of(told)) == ({"draft-merged"}, ["decrement", "remove", "info"])
    assert pair.cart.rejected == told
    assert quantities(pair.ann.cart()) == {"tee": 5, "lamp": 1, "mug": 1}

    pair.cart.set_quantity(tee, 1)
    assert (pair.cart.save().rejected, pair.cart[tee.key].quantity) == ((), 1)


def test_a_refusal_whose_answer_was_lost_before_the_sign_in_is_told(pair: Pair, proxy: LosingProxy) -> None:
    """It is refused still, for the same reason, and goes on nowhere."""
    pair.cart.add("tee", 999)
    cut(pair, proxy, answer=True)
    pair.sign_in()
    saved = pair.cart.save()
    assert [(each.status, each.was, each.code) for each in saved.results] == [
        ("replayed", "rejected", "limit-exceeded")
    ]
    assert ([each.code for each in saved.rejected], pair.cart.unsaved) == (["limit-exceeded"], False)
    assert quantities(pair.cart) == {"tee": 5, "lamp": 1}


def test_an_add_whose_answer_was_lost_before_the_sign_in_counts_once(pair: Pair, proxy: LosingProxy) -> None:
    """It is in the merged cart already; what was done after it goes on."""
    pair.cart.add("tee", 10)
    cut(pair, proxy, answer=True)
    pair.cart.add("tee", 100)
    pair.sign_in()
    saved = pair.cart.save()
    assert [result.status for result in saved.results] == ["replayed", "applied"]
    assert quantities(pair.cart) == quantities(pair.ann.cart()) == {"tee": 115, "lamp": 1}


def test_an_add_that_never_arrived_before_the_sign_in_counts_once(pair: Pair, proxy: LosingProxy) -> None:
    """What was taken back of it meanwhile does not."""
    pair.cart.add("tee", 10)
    pair.cart.add("mug", 2)
    cut(pair, proxy, answer=False)
    tee, mug, lamp = (line.key for line in sorted(pair.cart.lines, key=lambda line: "tml".index(line.sku[0])))
    pair.cart.decrement(tee, 4)
    pair.cart.remove(mug)
    pair.cart.decrement(lamp)
    pair.sign_in()
    saved = pair.cart.save()
    assert ops_of(saved.rejected) == ["remove", "decrement"]
    assert quantities(pair.cart) == quantities(pair.ann.cart()) == {"tee": 11, "lamp": 1}


def test_lost_answers_on_the_way_into_the_customers_cart_count_once(pair: Pair, proxy: LosingProxy) -> None:
    """Those of the question, of the look at that cart and of the add itself."""
    pair.ann = impatient(proxy, pair.ann)
    pair.cart.add("mug", 7)
    pair.sign_in()
    for after in (0, 400, 800, 1200, 1600):
        proxy.answers.add(after)
        once(pair.cart)
    patiently(pair.cart)
    assert quantities(pair.cart) == quantities(pair.ann.cart()) == {"tee": 5, "lamp": 1, "mug": 7}


def test_a_step_goes_on_as_a_whole_line_where_the_customer_has_none(pair: Pair) -> None:
    """With its identity, and with its price; where there is the line, with the price that it has there."""
    tee, _ = pair.cart.lines
    pair.cart.add("case", attributes={"size": "M"}, parent=tee, price=retoma.Price(500, "EUR"))
    pair.cart.save()
    case = pair.cart.lines[-1]
    pair.cart.increment(case, 2)
    pair.cart.increment(tee)
    into = pair.sign_in()
    customers = pair.ann.cart()
    customers.remove(case)
    customers.add("tee", price=retoma.Price(2190, "EUR"))
    customers.save()
    assert (into, pair.cart.save().warnings) == (customers.id, ())
    assert (pair.cart[case.key].quantity, pair.cart[case.key].price) == (2, retoma.Price(500, "EUR"))
    assert (pair.cart[case.key].parent, pair.cart[case.key].attributes) == (tee.key, {"size": "M"})
    assert (pair.cart[tee.key].quantity, pair.cart[tee.key].price) == (7, retoma.Price(2190, "EUR"))


def test_what_is_all_or_nothing_goes_on_whole_or_is_told_whole(pair: Pair) -> None:
    """A swap would else leave both."""
    _, lamp = pair.cart.lines
    with pair.cart.transaction() as together:
        together.go_to("basket")
        together.add("warranty", parent=together.add("tee"))
    with pair.cart.transaction() as together:
        together.add("lamp", attributes={"colour": "red"})
        together.remove(lamp)
    pair.sign_in()
    saved = pair.cart.save()
    assert (len(saved.rejected), ops_of(saved.rejected)) == (1, ["add", "remove"])
    assert quantities(pair.cart) == {"tee": 6, "lamp": 1, "warranty": 1}


def test_what_was_never_seen_is_not_ordered(pair: Pair) -> None:
    """The customer looks first at what the carts came to."""
    pair.cart.add("mug")
    pair.sign_in()
    with pytest.raises(retoma.ConflictError, match="revision-conflict"):
        pair.cart.complete()
    assert quantities(pair.cart) == {"tee": 5, "lamp": 1, "mug": 1}
    assert pair.cart.complete().totals.quantity == 7


def test_a_visitors_token_alone_loses_nothing_and_says_where_to_go_on(
    server: RetomaServer, pair: Pair, proxy: LosingProxy
) -> None:
    """The error has what is in neither cart; it waits, until somebody who may goes on with it."""
    pair.cart.add("tee", 10)
    cut(pair, proxy, answer=True)
    pair.cart.add("mug", 7)
    pair.cart.remove(pair.cart.lines[1])
    (claimed,) = pair.ann.claim(pair.guest.token or "", strategy="sum").carts
    for _ in range(2):
        with pytest.raises(retoma.MergedError) as refusal:
            pair.cart.save()
        error = refusal.value
        assert (error.merged_into, ops_of(error.not_applied)) == (claimed.cart, ["add", "remove"])
        assert (error.not_applied[0].ops[0]["sku"], pair.cart.unsaved) == ("mug", True)
    assert quantities(pair.ann.cart()) == {"tee": 15, "lamp": 1}
    pair.ann.claim(pair.guest)
    assert ops_of(pair.cart.save().rejected) == ["remove"]
    assert quantities(pair.ann.cart()) == {"tee": 15, "lamp": 1, "mug": 7}


def test_a_phone_that_was_handed_the_guests_cart_is_told_too(server: RetomaServer, pair: Pair) -> None:
    """Its grant leads to no other cart."""
    mobile = phone(server).redeem(pair.cart.handoff().url or "")
    assert isinstance(mobile, retoma.Cart)
    mobile.add("mug")
    into = pair.sign_in()
    with pytest.raises(retoma.MergedError) as refusal:
        mobile.save()
    assert (refusal.value.merged_into, ops_of(refusal.value.not_applied)) == (into, ["add"])
    assert isinstance(refusal.value, retoma.ConflictError)


def test_the_customers_own_client_goes_on_from_the_guests_cart(server: RetomaServer, pair: Pair) -> None:
    """So does the shop's, which may reach any cart."""
    first = pair.cart.id
    pair.sign_in()
    for number, client in enumerate((pair.ann, service(server)), start=1):
        late = client.get(first)
        assert isinstance(late, retoma.Cart)
        late.add("mug", number)
        late.save()
    assert quantities(pair.ann.cart()) == {"tee": 5, "lamp": 1, "mug": 3}


def test_any_click_counts_once_whenever_somebody_signs_in(server: RetomaServer, proxy: LosingProxy) -> None:
    """With requests and answers lost before, in and after the claim."""
    chance = random.Random(11)
    for _ in range(12):
        guest = impatient(proxy, retoma.Client(server.url, server.publishable_key).visitor())
        ann = retoma.Client(proxy.url, somebody(server).token, retries=50, sleep=lambda seconds: None)
        cart, meant, signs_in = guest.cart(), 1, chance.randrange(10)
        cart.add("tee")
        patiently(cart)
        for turn in range(10):
            number = chance.randint(1, 3)
            cart.add("tee", number)
            meant += number
            chance.choice([proxy.requests, proxy.answers]).add(chance.randrange(900))
            if turn == signs_in:
                ann.claim(guest, strategy="sum")
            if chance.random() < 0.7:
                once(cart)
        patiently(cart)
        assert quantities(ann.cart()) == quantities(cart) == {"tee": meant}


def test_a_cart_in_which_nothing_waits_goes_on_too(pair: Pair) -> None:
    """A look is enough; nothing is ordered that was not seen, and what waits goes on with the look."""
    into = pair.sign_in()
    with pytest.raises(retoma.ConflictError, match="revision-conflict"):
        pair.cart.complete()
    assert (pair.cart.id, quantities(pair.cart)) == (into, {"tee": 5, "lamp": 1})
    assert pair.cart.complete().totals.quantity == 6


def test_a_look_takes_what_waits_along(pair: Pair, proxy: LosingProxy) -> None:
    """Whether it was never sent, or sent and not answered."""
    pair.cart.add("tee", 10)
    cut(pair, proxy, answer=True)
    pair.cart.add("mug")
    into = pair.sign_in()
    pair.cart.refresh()
    assert (pair.cart.id, pair.cart.unsaved, quantities(pair.cart)) == (
        into,
        True,
        {"tee": 15, "lamp": 1, "mug": 1},
    )
    pair.cart.save()
    assert quantities(pair.ann.cart()) == {"tee": 15, "lamp": 1, "mug": 1}


def test_an_adopted_cart_goes_on_under_its_new_id(server: RetomaServer) -> None:
    """Of a customer who had none."""
    guest = retoma.Client(server.url, server.publishable_key).visitor()
    ann, cart = somebody(server), guest.cart()
    tee = cart.add("tee")
    cart.save()
    cart.increment(tee)
    (claimed,) = ann.claim(guest).carts
    assert (claimed.fate, cart.save().rejected, cart.id) == ("adopted", (), claimed.cart)
    assert quantities(ann.cart()) == {"tee": 2}


def test_a_delta_tells_where_a_cart_has_gone(cart: retoma.Cart) -> None:
    """And which one follows, without another request."""
    assert (cart.merged_into, cart.successor) == (None, None)
    gone = {"status": "merged", "merged_into": "dr_2", "successor": "dr_3"}
    delta = {**cart_delta_json(5, 6, keys=[]), **gone}
    cart.receive(retoma.Event("draft-merged", draft="dr_1", delta=delta, to="dr_2"))
    assert (cart.status, cart.merged_into, cart.successor, cart.lines) == ("merged", "dr_2", "dr_3", ())


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "increment", "decrement", "remove", "clear"]),
            st.sampled_from(["tee", "mug"]),
            st.integers(1, 4),
        ),
        max_size=20,
    )
)
def test_what_goes_on_is_what_was_added_and_not_taken_back(steps: list[tuple[str, str, int]]) -> None:
    """And what was taken beyond that is told, to the piece."""
    device = Device(Shelf())
    device.add("tee", 3)
    device.save()
    added, told = Counter[str](), Counter[str]()
    for verb, sku, number in steps:
        if verb in ("add", "clear") or sku in device.quantities:
            act(device, verb, sku, number)
            device.local = device.local.sending(device.local.outbox.changes)
            intend(added, told, (verb, sku, number))
    parting = Parting(device.local.outbox.changes)
    ops = [op.wire for op in parting.outbox({}).ops()]
    assert {op["op"] for op in ops} <= {"add"}
    assert pieces(ops) == +added
    lowered = [op for each in parting.told for op in each.ops if op["op"] == "decrement"]
    assert sum(op["quantity"] for op in lowered) == told.total()


def intend(added: Counter[str], told: Counter[str], step: tuple[str, str, int]) -> None:
    """Note what somebody meant by a step."""
    match step:
        case ("add" | "increment", sku, number):
            added[sku] += number
        case ("decrement", sku, number):
            told[sku] += max(0, number - added[sku])
            added[sku] = max(0, added[sku] - number)
        case ("remove", sku, _):
            added[sku] = 0
        case _:
            added.clear()


def pieces(ops: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """How many pieces of each sku these ops add."""
    counted = Counter[str]()
    for op in ops:
        counted[op["sku"]] += op["quantity"]
    return counted


def test_an_answer_that_speaks_of_no_change_is_none(
    cart: retoma.Cart, network: responses.RequestsMock
) -> None:
    """It is not taken for one that says that nothing was applied."""
    cart.add("mug")
    network.post(CHANGES, status=409, json=problem_json("draft-merged", 409, merged_into="dr_2"))
    with pytest.raises(retoma.NetworkError, match="incomplete-answer"):
        cart.save()
    assert cart.unsaved


def once(cart: retoma.Cart) -> None:
    """Try to save."""
    try:
        cart.save()
    except retoma.NetworkError:
        assert cart.unsaved


def patiently(cart: retoma.Cart) -> None:
    """Save, however often that takes."""
    while cart.unsaved or not cart.id:
        once(cart)
