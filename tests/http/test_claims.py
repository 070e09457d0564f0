"""Claims over HTTP: a guest signs in, and what was in both carts is in one, or waits; nothing is lost."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.app import app_of, wire
from retoma_server.domain.claims import Strategy
from tests.actions.business import Clock
from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key, open_tenant, shop_in_memory
from tests.http.test_carts import EUR, add, change, quantities
from tests.http.test_completions import complete, settle

USD = {"amount": 2190, "currency": "USD"}


@pytest.fixture(scope="module", params=["memory", "redis"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop on SQLite, and one on a real Redis."""
    if request.param == "memory":
        opened = shop_in_memory()
    else:
        variables = {
            "RETOMA_STORE": request.getfixturevalue("redis_server").url(),
            "RETOMA_KEYRING": Keyring.create().dump(),
            "RETOMA_PUBLIC_URL": "https://retoma.test",
            "RETOMA_RATE_LIMITS": "off",
            "RETOMA_DURABILITY": "relaxed",
        }
        deps = wire(Settings.from_env(variables))
        opened = Shop(app_of(deps), deps, Clock(), open_tenant(deps))
    yield opened
    opened.deps.store.close()


def open_cart(person: Person, **more: Any) -> str:
    """The id of a person's cart of a process and key."""
    opened = person.post("/v1/drafts", {"process": "cart", "kind": "cart", **more})
    assert opened.status_code in (200, 201), opened.text
    draft: str = opened.get_json()["id"]
    return draft


def filled(
    person: Person, writer: str = "w_1", price: Any = None, key: str = "default", **pieces: int
) -> str:
    """The id of a person's cart with so many of each sku."""
    cart = open_cart(person, key=key)
    ops = [
        add(sku, quantity=quantity, **({"price": price} if price else {})) for sku, quantity in pieces.items()
    ]
    assert change(person, cart, 1, *ops, writer=writer)["status"] == "applied"
    return cart


def asked(customer: Person, guest: Person, **wish: Any) -> TestResponse:
    """The answer to a claim."""
    return customer.post("/v1/claim", {"visitor": guest.credential, **wish})


def claim(customer: Person, guest: Person, **wish: Any) -> dict[str, Any]:
    """The receipt of a claim that is answered."""
    answer = asked(customer, guest, **wish)
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.get_json()
    return receipt


def only(receipt: dict[str, Any]) -> dict[str, Any]:
    """What a receipt says of the one cart in it."""
    (cart,) = receipt["carts"]
    found: dict[str, Any] = cart
    return found


def renewed(guest: Person, receipt: dict[str, Any]) -> Person:
    """The guest with the token that the claim gave."""
    return replace(guest, credential=receipt["visitor"]["token"])


def listed(person: Person, status: str) -> list[str]:
    """The ids of a person's drafts of a status."""
    items = person.get(f"/v1/drafts?status={status}").get_json()["items"]
    return [item["id"] for item in items]


def told(person: Person, draft: str) -> list[str]:
    """The types of the events of one draft."""
    items = person.get("/v1/events", Accept="application/json").get_json()["items"]
    return [event["type"] for event in items if event["draft"] == draft]


@dataclass(frozen=True)
class Pair:
    """A guest with a cart, and a customer with a saved one."""

    guest: Person
    cart: str
    ann: Person
    saved: str


@pytest.fixture
def pair(shop: Shop) -> Pair:
    """2 tees and 1 lamp of a guest, 3 tees and 1 mug of Ann."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    return Pair(guest, filled(guest, tee=2, lamp=1), ann, filled(ann, tee=3, mug=1))


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({}, {"tee": 3, "lamp": 1, "mug": 1}),
        ({"strategy": "sum"}, {"tee": 5, "lamp": 1, "mug": 1}),
        ({"strategy": "guest_wins"}, {"tee": 2, "lamp": 1, "mug": 1}),
        ({"strategy": "saved_wins"}, {"tee": 3, "lamp": 1, "mug": 1}),
        ({"strategy": "use_guest"}, {"tee": 2, "lamp": 1}),
        ({"intent": "checkout"}, {"tee": 2, "lamp": 1}),
        ({"strategy": "use_saved"}, {"tee": 3, "mug": 1}),
        ({"strategy": "use_guest_if_saved_empty"}, {"tee": 3, "mug": 1}),
        ({"intent": "checkout", "strategy": "max"}, {"tee": 3, "lamp": 1, "mug": 1}),
    ],
)
def test_the_active_cart_is_what_the_strategy_says(
    pair: Pair, wish: dict[str, str], expected: dict[str, int]
) -> None:
    """And the receipt names it, with what each line came to."""
    cart = only(claim(pair.ann, pair.guest, **wish))
    assert quantities(pair.ann, cart["cart"]) == expected
    assert {line["sku"]: line["result"] for line in cart["lines"] if line["result"]} == expected
    assert open_cart(pair.ann) == cart["cart"]
    assert listed(pair.ann, "open") == [cart["cart"]]


def test_kept_apart_the_guests_line_stands_beside_the_saved_one(pair: Pair) -> None:
    """`separate`: three saved tees, and two more on a line of their own."""
    cart = only(claim(pair.ann, pair.guest, strategy="separate"))
    lines = pair.ann.draft(cart["cart"])["lines"]
    tees = {line["split"]: line["quantity"] for line in lines if line["sku"] == "tee"}
    assert tees == {None: 3, pair.cart: 2}


def test_the_receipt_tells_each_line(pair: Pair) -> None:
    """How many the guest had, how many were saved, how many there are now."""
    receipt = claim(pair.ann, pair.guest)
    cart = only(receipt)
    lines = {line["sku"]: (line["guest"], line["saved"], line["result"]) for line in cart["lines"]}
    assert lines == {"tee": (2, 3, 3), "mug": (0, 1, 1), "lamp": (1, 0, 1)}
    assert (cart["draft"], cart["cart"], cart["fate"], cart["parked"]) == (
        pair.cart,
        pair.saved,
        "merged",
        None,
    )
    read = pair.ann.get(f"/v1/claims/{receipt['id']}").get_json()
    assert read == {name: receipt[name] for name in ("id", "carts")}


def test_at_checkout_the_saved_cart_waits_whole(pair: Pair) -> None:
    """The total is the guest's total (vendure#34), and what was saved is listed as parked."""
    total = pair.guest.draft(pair.cart)["totals"]["price_hash"]
    cart = only(claim(pair.ann, pair.guest, intent="checkout"))
    assert pair.ann.draft(cart["cart"])["totals"]["price_hash"] == total
    assert (cart["fate"], cart["parked"], listed(pair.ann, "parked")) == (
        "saved-parked",
        pair.saved,
        [pair.saved],
    )
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "mug": 1}
    assert told(pair.ann, pair.saved)[-1] == "draft-parked"


def test_who_has_no_cart_adopts_the_guests(shop: Shop) -> None:
    """Whole, under an id of their own, with position and notes; the guest's id says where it went."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    cart = open_cart(guest)
    change(guest, cart, 1, add("tee", info={"note": "gift"}, price=EUR), {"op": "position", "step": "pay"})
    adopted = only(claim(ann, guest))
    assert (adopted["fate"], adopted["cart"] != cart) == ("adopted", True)
    shown = ann.draft(adopted["cart"])
    assert (shown["lines"][0]["info"], shown["position"]["step"]) == ({"note": "gift"}, "pay")
    assert shown["customer"] == ann.customer
    assert change(ann, adopted["cart"], 1, add("mug"), writer="w_new")["status"] == "applied"
    events = ann.get("/v1/events", Accept="application/json").get_json()["items"]
    assert [event["type"] for event in events] == ["draft-opened", "draft-changed"]


def test_a_cart_that_moved_says_where_to(shop: Shop) -> None:
    """To the guest's devices: the event, and the tombstone, which holds no line any more."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    cart = filled(guest, tee=1)
    receipt = claim(ann, guest)
    guest = renewed(guest, receipt)
    shown = guest.draft(cart)
    assert (shown["status"], shown["merged_into"], shown["lines"]) == ("merged", only(receipt)["cart"], [])
    events = guest.get("/v1/events", Accept="application/json").get_json()["items"]
    assert [(event["type"], event["to"]) for event in events][-1] == ("draft-moved", only(receipt)["cart"])


def test_a_saved_cart_without_lines_is_filled_and_not_parked(shop: Shop) -> None:
    """Nobody needs an empty cart in their list, whatever the strategy."""
    for strategy in ("use_guest", "use_guest_if_saved_empty", "max"):
        guest, ann = shop.visitor(), shop.customer(new_key())
        filled(guest, tee=2)
        saved = open_cart(ann)
        cart = only(claim(ann, guest, strategy=strategy))
        assert (cart["cart"], quantities(ann, saved), listed(ann, "parked")) == (saved, {"tee": 2}, [])


def test_an_empty_guest_cart_is_left_alone(shop: Shop) -> None:
    """There is nothing to claim, and nothing in the receipt."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    cart = open_cart(guest)
    receipt = claim(ann, guest)
    assert (receipt["id"], receipt["carts"]) == (None, [])
    assert renewed(guest, receipt).draft(cart)["status"] == "open"


def test_every_cart_of_the_guest_joins_one_receipt(shop: Shop) -> None:
    """Of every process and key; with `draft` only one of them."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    carts = {filled(guest, key="a", tee=1), filled(guest, key="b", mug=1)}
    form = guest.begin(name="Ann")
    receipt = claim(ann, guest)
    assert {cart["draft"] for cart in receipt["carts"]} == carts
    guest = renewed(guest, receipt)
    third, fourth = filled(guest, key="c", tee=1), filled(guest, key="d", mug=1)
    assert only(claim(ann, guest, draft=third))["draft"] == third
    assert guest.post("/v1/drafts", {"process": "cart"}).status_code == 401
    assert form not in listed(ann, "open")
    assert fourth not in listed(ann, "open")


def test_the_same_claim_again_is_the_same_receipt(pair: Pair) -> None:
    """After a lost answer, after another sign-in, by the same cached guest: unchanged (test 13)."""
    first = claim(pair.ann, pair.guest, strategy="sum")
    again = claim(pair.ann, pair.guest)
    assert again == first
    later = claim(pair.ann, renewed(pair.guest, first), strategy="sum")
    assert (later["id"], later["carts"]) == (None, [])
    assert quantities(pair.ann, pair.saved) == {"tee": 5, "lamp": 1, "mug": 1}


def test_ask_answers_every_strategy_and_changes_nothing(pair: Pair) -> None:
    """Whatever is chosen then is what was shown."""
    before = (pair.guest.draft(pair.cart), pair.ann.draft(pair.saved))
    preview = claim(pair.ann, pair.guest, strategy="ask")
    assert (preview["id"], preview["visitor"], only(preview)["cart"]) == (None, None, pair.saved)
    assert (pair.guest.draft(pair.cart), pair.ann.draft(pair.saved)) == before
    choices = {choice["strategy"]: choice for choice in only(preview)["choices"]}
    assert choices.keys() == {str(strategy) for strategy in Strategy}
    done = only(claim(pair.ann, pair.guest, strategy="sum"))
    assert choices["sum"] == {name: done[name] for name in choices["sum"]}


def test_another_currency_is_parked_and_no_line_is_lost(shop: Shop) -> None:
    """The saved cart is untouched (spree's OrderMerger lost the lines)."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    filled(guest, price=USD, tee=2)
    saved = filled(ann, price=EUR, tee=3)
    before = ann.draft(saved)
    cart = only(claim(ann, guest))
    assert (cart["fate"], cart["reason"], cart["cart"]) == ("guest-parked", "currency", saved)
    assert ann.draft(saved) == before
    assert quantities(ann, cart["parked"]) == {"tee": 2}
    assert listed(ann, "parked") == [cart["parked"]]


def test_a_form_under_the_same_key_is_no_reason_to_lose_a_cart(shop: Shop) -> None:
    """The guest's cart is parked, beside it."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    filled(guest, key="x", tee=2)
    form = ann.post("/v1/drafts", {"process": "cart", "kind": "form", "key": "x"}).get_json()["id"]
    cart = only(claim(ann, guest))
    assert (cart["reason"], cart["cart"], quantities(ann, cart["parked"])) == ("kind", form, {"tee": 2})
    assert_problem(ann.post(f"/v1/drafts/{cart['parked']}/activate"), 422, "kind-mismatch")


def test_what_does_not_fit_is_listed(shop: Shop) -> None:
    """200, clamped, where a change of one's own would be refused (tests 12 and 35)."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    filled(guest, tee=600, mug=5)
    saved = filled(ann, tee=900)
    refused = change(ann, saved, 2, add("tee", quantity=600))
    assert (refused["status"], refused["code"]) == ("rejected", "limit-exceeded")
    cart = only(claim(ann, guest, strategy="sum"))
    assert quantities(ann, saved) == {"tee": 999, "mug": 5}
    assert [(each["sku"], each["quantity"]) for each in cart["overflow"]] == [("tee", 501)]


def test_carts_too_large_for_one_are_both_kept(shop: Shop) -> None:
    """Notes fill a cart too: the guest's is parked whole."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    carts = [open_cart(person) for person in (guest, ann)]
    for person, cart, name in zip((guest, ann), carts, ("a", "b"), strict=True):
        ops = [add(f"{name}{number}", info={"note": "x" * 3_000}) for number in range(50)]
        assert change(person, cart, 1, *ops)["status"] == "applied"
    cart = only(claim(ann, guest))
    assert (cart["fate"], cart["reason"]) == ("guest-parked", "draft-full")
    assert len(quantities(ann, cart["parked"])) == len(quantities(ann, carts[1])) == 50


# -- who may -----------------------------------------------------------------------------------


def test_what_is_not_the_guests_is_as_if_it_were_not(shop: Shop, pair: Pair) -> None:
    """A wrong token, somebody else's cart and none at all: the same 404 (test 15, CVE-2026-94462)."""
    other, foreign = shop.visitor(), shop.neighbour().visitor()
    secret = (pair.guest.credential or "")[:-4]
    answers = [
        asked(pair.ann, replace(pair.guest, credential=f"{secret}AAAA")),
        asked(pair.ann, replace(pair.guest, credential="nothing")),
        asked(pair.ann, replace(pair.guest, credential=pair.ann.credential)),
        asked(pair.ann, replace(pair.guest, credential=shop.tenant.secret_key)),
        asked(pair.ann, foreign),
        asked(pair.ann, other, draft=pair.cart),
        asked(pair.ann, pair.guest, draft=pair.saved),
        asked(pair.ann, pair.guest, draft=f"dr_00{'A' * 20}"),
        asked(pair.ann, pair.guest, draft=pair.guest.begin()),
    ]
    problems = [assert_problem(answer, 404, "not-found") for answer in answers]
    assert len({str({**problem, "request_id": ""}) for problem in problems}) == 1
    assert quantities(pair.guest, pair.cart) == {"tee": 2, "lamp": 1}
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "mug": 1}


def test_only_a_customer_claims(shop: Shop, pair: Pair) -> None:
    """Not the guest alone, not the page, not staff, and not the service, which can mint a token."""
    for person in (pair.guest, shop.page, shop.service, shop.staff()):
        assert_problem(asked(person, pair.guest), 403, "insufficient-scope")
    assert_problem(asked(shop.nobody, pair.guest), 401, "authentication-required")


def test_a_receipt_is_its_customers_and_the_services(shop: Shop, pair: Pair) -> None:
    """Everybody else's question is about something that does not exist."""
    place = f"/v1/claims/{claim(pair.ann, pair.guest)['id']}"
    assert shop.service.get(place).status_code == 200
    for act in (lambda person: person.get(place), lambda person: person.post(f"{place}/undo")):
        assert_problem(act(shop.customer(new_key())), 404, "not-found")
        assert_problem(act(shop.neighbour().customer("u")), 404, "not-found")
        assert_problem(act(pair.guest), 403, "insufficient-scope")


def test_who_signs_in_next_never_sees_the_lines(shop: Shop, pair: Pair) -> None:
    """Ben claims with the browser that Ann signed in with, by either token (vendure#263)."""
    ben = shop.customer(new_key())
    receipt = claim(pair.ann, pair.guest)
    guest = renewed(pair.guest, receipt)
    assert_problem(asked(ben, pair.guest), 404, "not-found")
    assert_problem(asked(ben, guest, draft=pair.cart), 404, "not-found")
    bens = claim(ben, guest)
    assert bens["carts"] == []
    assert_problem(ben.get(f"/v1/drafts/{pair.cart}"), 404, "not-found")
    for page in ("", "/history"):
        shown = renewed(guest, bens).get(f"/v1/drafts/{pair.cart}{page}")
        assert (shown.status_code, "tee" in shown.text) == (200, False)
    assert ben.get("/v1/drafts").get_json()["items"] == []


def test_a_claim_of_ones_own_is_nothing(shop: Shop) -> None:
    """The service vouches for the visitor themself: same customer, same cart, same token."""
    guest = shop.visitor()
    cart = filled(guest, tee=1)
    minted = shop.service.post("/v1/customer-tokens", {"customer": guest.customer}).get_json()
    same = replace(guest, credential=minted["token"])
    receipt = claim(same, guest)
    assert receipt == {"id": None, "carts": [], "visitor": None}
    assert quantities(guest, cart) == {"tee": 1}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"visitor": 1},
        {"visitor": "vt_x", "strategy": "biggest"},
        {"visitor": "vt_x", "strategy": ["max"]},
        {"visitor": "vt_x", "strategy": "MAX"},
        {"visitor": "vt_x", "intent": "buy"},
        {"visitor": "vt_x", "draft": "cart"},
        {"visitor": "x" * 5000},
        {"visitor": "vt_x", "cart": "dr_1"},
    ],
)
def test_a_malformed_wish_is_refused_without_an_echo(shop: Shop, body: dict[str, Any]) -> None:
    """422, by place and never by value."""
    answer = shop.customer("u-malformed").post("/v1/claim", body)
    assert answer.status_code == 422
    assert all(part not in answer.text for part in ("biggest", "vt_x", "xxxx"))


# -- the visitor's token -----------------------------------------------------------------------


def test_the_visitors_token_is_replaced_and_their_forms_stay(shop: Shop, pair: Pair) -> None:
    """The old one opens nothing any more, the new one all that the visitor had."""
    form = pair.guest.begin(name="Ann")
    guest = renewed(pair.guest, claim(pair.ann, pair.guest))
    assert guest.data(form) == {"name": "Ann"}
    assert guest.save(form, 2, name="Eve").status_code == 200
    for refused in (
        pair.guest.get(f"/v1/drafts/{form}"),
        pair.guest.save(form, 3, name="Mallory"),
        pair.guest.get("/v1/drafts"),
        pair.guest.get("/v1/events", Accept="application/json"),
        pair.guest.get(f"/v1/drafts/{pair.cart}"),
        pair.guest.post("/v1/drafts", {"process": "loan"}),
    ):
        assert_problem(refused, 401, "token-revoked")


def test_a_guest_goes_on_after_the_claim(shop: Shop, pair: Pair) -> None:
    """After sign-out a new cart begins under the new token, and the next claim takes it too."""
    guest = renewed(pair.guest, claim(pair.ann, pair.guest))
    later = filled(guest, pen=4)
    receipt = claim(pair.ann, guest)
    assert only(receipt)["draft"] == later
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "lamp": 1, "mug": 1, "pen": 4}
    assert claim(pair.ann, pair.guest)["visitor"] is None


# -- late changes ------------------------------------------------------------------------------


def late(person: Person, pair: Pair) -> dict[str, Any]:
    """What another tab is told that sends its old change again, and a new one."""
    tee, mug = [add("tee", quantity=2), add("lamp", quantity=1)], [add("mug", quantity=7)]
    answer = person.send(pair.cart, {"seq": 1, "ops": tee}, {"seq": 2, "ops": mug})
    return assert_problem(answer, 409, "cart-merged")


def test_late_changes_are_told_what_is_in_already(shop: Shop, pair: Pair) -> None:
    """By the old token, the new one and the customer's; sent on, each add counts once (test 19)."""
    receipt = claim(pair.ann, pair.guest, strategy="sum")
    expected = [{"seq": 1, "status": "applied"}, {"seq": 2, "status": "not_applied"}]
    for person in (pair.guest, renewed(pair.guest, receipt), pair.ann):
        problem = late(person, pair)
        assert (problem["merged_into"], problem["results"], problem["retryable"]) == (
            pair.saved,
            expected,
            False,
        )
    assert change(pair.ann, pair.saved, 1, add("mug", quantity=7), writer="w_2")["status"] == "applied"
    assert quantities(pair.ann, pair.saved) == {"tee": 5, "lamp": 1, "mug": 8}


def test_a_device_with_a_link_is_told_of_its_own_changes_only(shop: Shop, pair: Pair) -> None:
    """It learns that the cart was merged, and gets no access to the customer's."""
    phone = shop.grant(pair.guest, pair.cart)
    change(phone, pair.cart, 1, add("pen"), writer="w_phone")
    claim(pair.ann, pair.guest)
    answer = phone.send(pair.cart, {"seq": 1, "ops": [add("pen")]}, writer="w_phone")
    problem = assert_problem(answer, 409, "cart-merged")
    assert problem["results"] == [{"seq": 1, "status": "applied"}]
    refused = phone.send(pair.cart, {"seq": 1, "ops": []}, writer="w_1")
    assert_problem(refused, 403, "writer-mismatch")
    assert_problem(phone.get(f"/v1/drafts/{problem['merged_into']}"), 404, "not-found")


def test_a_late_plain_change_is_answered_as_before_or_not_applied(shop: Shop) -> None:
    """By its key."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    cart = open_cart(guest)
    guest.plain(cart, 0, {"op": "add", "sku": "tee"}, key="click-0001")
    guest = renewed(guest, claim(ann, guest))
    again = guest.plain(cart, 0, {"op": "add", "sku": "tee"}, key="click-0001")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    problem = assert_problem(guest.plain(cart, 0, {"op": "add", "sku": "tee"}), 409, "cart-merged")
    assert problem["results"] == [{"status": "not_applied"}]


def test_a_merged_cart_takes_nothing_else(shop: Shop, pair: Pair) -> None:
    """No order, no handoff, no end; strangers are told nothing."""
    guest = renewed(pair.guest, claim(pair.ann, pair.guest))
    assert_problem(complete(guest, pair.cart), 409, "cart-merged")
    assert_problem(guest.post(f"/v1/drafts/{pair.cart}/handoffs", {}), 409, "cart-merged")
    assert_problem(guest.ask("DELETE", f"/v1/drafts/{pair.cart}"), 409, "cart-merged")
    assert_problem(shop.visitor().send(pair.cart, {"seq": 1, "ops": []}), 404, "not-found")
    assert open_cart(guest) != pair.cart


# -- orders under way --------------------------------------------------------------------------


def test_a_customers_cart_under_order_takes_nothing_and_the_guests_stays(shop: Shop, pair: Pair) -> None:
    """409 `dest-busy`, retryable: the guest goes on filling, and the next claim has it all."""
    complete(pair.ann, pair.saved)
    before = pair.guest.get(f"/v1/drafts/{pair.cart}")
    assert assert_problem(asked(pair.ann, pair.guest), 409, "dest-busy")["retryable"] is True
    after = pair.guest.get(f"/v1/drafts/{pair.cart}")
    assert after.headers["ETag"] != before.headers["ETag"]
    assert {**after.get_json(), "revision": 1} == before.get_json()
    assert told(pair.guest, pair.cart)[-1] == "draft-changed"
    assert change(pair.guest, pair.cart, 2, add("pen"))["status"] == "applied"
    assert settle(shop, pair.saved, "abort").get_json()["status"] == "open"
    claim(pair.ann, pair.guest)
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "lamp": 1, "mug": 1, "pen": 1}


def test_after_the_order_the_guests_cart_is_adopted(shop: Shop, pair: Pair) -> None:
    """What was ordered is not ordered again."""
    complete(pair.ann, pair.saved)
    assert_problem(asked(pair.ann, pair.guest), 409, "dest-busy")
    settle(shop, pair.saved, "commit", order_ref="order-1")
    cart = only(claim(pair.ann, pair.guest))
    assert (cart["fate"], quantities(pair.ann, cart["cart"])) == ("adopted", {"tee": 2, "lamp": 1})


def test_of_several_carts_each_is_claimed_when_it_can_be(shop: Shop) -> None:
    """One of the customer's is being ordered: what was done stays, and the guest's token is good."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    filled(guest, key="a", tee=1)
    filled(guest, key="b", mug=1)
    saved = {key: filled(ann, key=key, pen=1) for key in ("a", "b")}
    complete(ann, saved["a"])
    assert_problem(asked(ann, guest), 409, "dest-busy")
    assert guest.get("/v1/drafts").status_code == 200
    settle(shop, saved["a"], "abort")
    receipt = claim(ann, guest)
    assert {cart["cart"] for cart in receipt["carts"]} == set(saved.values())
    assert quantities(ann, saved["a"]) == {"pen": 1, "tee": 1}
    assert quantities(ann, saved["b"]) == {"pen": 1, "mug": 1}


def test_a_guest_who_is_ordering_is_not_overtaken(shop: Shop, pair: Pair) -> None:
    """409 `completing`; other carts can still be claimed by name, and aborted it can be claimed."""
    other = filled(pair.guest, key="other", pen=1)
    complete(pair.guest, pair.cart)
    assert_problem(asked(pair.ann, pair.guest), 409, "completing")
    assert_problem(asked(pair.ann, pair.guest, draft=pair.cart), 409, "completing")
    receipt = claim(pair.ann, pair.guest, draft=other)
    settle(shop, pair.cart, "abort")
    assert only(claim(pair.ann, renewed(pair.guest, receipt)))["draft"] == pair.cart


# -- undoing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", [str(strategy) for strategy in Strategy])
def test_undone_both_carts_are_there_again(pair: Pair, strategy: str) -> None:
    """Ann's active cart is as it was, the guest's is hers, parked; twice is once (test 18)."""
    receipt = claim(pair.ann, pair.guest, strategy=strategy)
    place = f"/v1/claims/{receipt['id']}/undo"
    undone = pair.ann.post(place).get_json()
    assert only(undone)["undone"] is True
    assert pair.ann.post(place).get_json() == undone
    assert open_cart(pair.ann) == pair.saved
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "mug": 1}
    (waiting,) = listed(pair.ann, "parked")
    assert quantities(pair.ann, waiting) == {"tee": 2, "lamp": 1}
    assert claim(pair.ann, pair.guest)["carts"] == undone["carts"]
    assert listed(pair.ann, "open") == [pair.saved]


def test_an_adoption_undone_leaves_no_active_cart(shop: Shop) -> None:
    """The guest's cart waits; the next add begins a new one."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    filled(guest, tee=2)
    receipt = claim(ann, guest)
    undone = only(ann.post(f"/v1/claims/{receipt['id']}/undo").get_json())
    assert (listed(ann, "open"), listed(ann, "parked")) == ([], [undone["parked"]])
    assert open_cart(ann) != undone["cart"]


def test_undoing_takes_only_what_the_claim_brought(pair: Pair) -> None:
    """What Ann added since stays, what she removed since stays removed."""
    receipt = claim(pair.ann, pair.guest, strategy="sum")
    lines = {line["sku"]: line for line in pair.ann.draft(pair.saved)["lines"]}
    remove = {"op": "remove", "line": lines["lamp"]["key"], "seen": 2}
    change(pair.ann, pair.saved, 2, add("tee", quantity=4), remove)
    pair.ann.post(f"/v1/claims/{receipt['id']}/undo")
    assert quantities(pair.ann, pair.saved) == {"tee": 7, "mug": 1}
    events = pair.ann.get("/v1/events", Accept="application/json").get_json()["items"]
    (event,) = [event for event in events if event["type"] == "cart-merge-undone"]
    assert event["to"] == listed(pair.ann, "parked")[0]
    assert {line["quantity"] for line in event["delta"]["lines"]} >= {7}


def test_what_was_ordered_is_not_undone(shop: Shop, pair: Pair) -> None:
    """Not while the order is under way, nor afterwards: it would come back beside its order."""
    receipt = claim(pair.ann, pair.guest)
    revision = pair.ann.draft(pair.saved)["revision"]
    complete(pair.ann, pair.saved, seen=revision)
    place = f"/v1/claims/{receipt['id']}/undo"
    assert_problem(pair.ann.post(place), 409, "dest-busy")
    settle(shop, pair.saved, "commit", order_ref="order-1")
    assert_problem(pair.ann.post(place), 409, "draft-closed")
    assert listed(pair.ann, "parked") == []


# -- parked carts ------------------------------------------------------------------------------


def test_a_parked_cart_stays_as_it_is_until_it_is_wanted(shop: Shop, pair: Pair) -> None:
    """It takes no change; made active, it changes places with the other; once more is no error."""
    cart = only(claim(pair.ann, pair.guest, intent="checkout"))["cart"]
    assert_problem(pair.ann.send(pair.saved, {"seq": 2, "ops": [add()]}), 409, "cart-parked")
    assert_problem(complete(pair.ann, pair.saved), 409, "cart-parked")
    assert_problem(pair.ann.post(f"/v1/drafts/{pair.saved}/handoffs", {}), 409, "cart-parked")
    for _ in range(2):
        active = pair.ann.post(f"/v1/drafts/{pair.saved}/activate").get_json()
        assert (active["status"], open_cart(pair.ann)) == ("open", pair.saved)
    assert (listed(pair.ann, "parked"), listed(pair.ann, "open")) == ([cart], [pair.saved])
    assert pair.ann.send(pair.saved, {"seq": 2, "ops": [add()]}).status_code == 200


def test_an_active_cart_makes_way_unless_it_is_being_ordered(shop: Shop, pair: Pair) -> None:
    """An empty one is discarded: nobody needs it in their list."""
    claim(pair.ann, pair.guest, strategy="use_saved")
    (waiting,) = listed(pair.ann, "parked")
    complete(pair.ann, pair.saved)
    assert_problem(pair.ann.post(f"/v1/drafts/{waiting}/activate"), 409, "dest-busy")
    settle(shop, pair.saved, "commit", order_ref="order-1")
    empty = open_cart(pair.ann)
    assert pair.ann.post(f"/v1/drafts/{waiting}/activate").status_code == 200
    assert (pair.ann.draft(empty)["status"], listed(pair.ann, "parked")) == ("discarded", [])


def test_a_parked_cart_can_be_thrown_away_and_is_nobody_elses(shop: Shop, pair: Pair) -> None:
    """By its owner, and by the service."""
    claim(pair.ann, pair.guest, strategy="use_saved")
    (waiting,) = listed(pair.ann, "parked")
    assert_problem(shop.visitor().post(f"/v1/drafts/{waiting}/activate"), 404, "not-found")
    assert pair.ann.ask("DELETE", f"/v1/drafts/{waiting}").status_code == 204
    assert_problem(pair.ann.post(f"/v1/drafts/{waiting}/activate"), 409, "draft-closed")


def test_the_customers_other_devices_hear_of_a_merge(pair: Pair) -> None:
    """An event with the delta that brings them up to date, and a line in the history."""
    claim(pair.ann, pair.guest)
    events = pair.ann.get("/v1/events", Accept="application/json").get_json()["items"]
    merged = events[-1]
    assert (merged["type"], merged["draft"], merged["actor"]) == ("cart-merged", pair.saved, "customer")
    assert {line["sku"] for line in merged["delta"]["lines"]} >= {"lamp"}
    assert pair.ann.history(pair.saved)[0]["status"] == "merged"
