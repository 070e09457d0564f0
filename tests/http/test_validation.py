"""Prices and stock by the shop's word: nothing vanishes, nothing is ordered at a price that nobody saw."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from retoma_server.actions.validating import validate_cart
from retoma_server.adapters.sending import Sender
from retoma_server.adapters.stores import RedisStore
from retoma_server.app import app_of
from tests.actions.business import Clock
from tests.http.asserting import assert_problem
from tests.http.shop import MINUTE, Person, Shop, new_key, open_shop, shop_in_memory
from tests.http.test_carts import EUR, add, cart_of, change, quantities
from tests.http.test_completions import complete, settle
from tests.http.test_hooks import PLACE
from tests.servers.hook_server import HookServer, Say, dripping, raw, silent, verdicts
from tests.servers.retoma_server import RetomaServer

SOLD_OUT = {"status": "unavailable", "reason": "sold-out"}
DEARER = {"status": "price_changed", "price": {"amount": 2190, "currency": "EUR"}}


@pytest.fixture
def hook() -> Iterator[HookServer]:
    """The shop's back end."""
    with HookServer() as running:
        yield running


@pytest.fixture(params=["sqlite", "redis"])
def shop(request: pytest.FixtureRequest, hook: HookServer) -> Iterator[Shop]:
    """A shop that is asked, on each store."""
    if request.param == "redis":
        opened = open_shop(RedisStore(request.getfixturevalue("redis_url")), Clock())
    else:
        opened = shop_in_memory()
    deps = replace(opened.deps, sender=Sender(loopback=True))
    local = replace(opened, app=app_of(deps), deps=deps)
    register(local, hook)
    yield local
    deps.store.close()


@pytest.fixture
def visitor(shop: Shop) -> Person:
    """Somebody."""
    return shop.visitor()


@pytest.fixture
def cart(visitor: Person) -> str:
    """A cart with two tees and a mug, at revision 1."""
    cart = cart_of(visitor)
    change(visitor, cart, 1, add(quantity=2, price=EUR), add("mug", price=EUR))
    return cart


def register(shop: Shop, hook: HookServer, **more: str) -> None:
    """Let the shop be asked."""
    assert shop.service.ask("PUT", PLACE, {"url": hook.url, **more}).status_code in (200, 201)


def check(shop: Shop, cart: str) -> bool:
    """Have the shop asked, as a claim has."""
    return validate_cart(shop.deps, shop.deps.tenants.get(shop.tenant.id), cart, "merge")


def told(visitor: Person) -> list[tuple[str, str]]:
    """What happened, and who did it."""
    events = visitor.get("/v1/events", Accept="application/json").get_json()["items"]
    return [(event["type"], event["actor"]) for event in events]


def test_what_cannot_be_had_moves_aside_and_comes_back(
    shop: Shop, hook: HookServer, visitor: Person, cart: str
) -> None:
    """With the reason, in no total, and never gone."""
    hook.say = verdicts({"mug": SOLD_OUT})
    assert check(shop, cart)
    shown = visitor.draft(cart)
    (mug,) = shown["unavailable"]
    assert (mug["sku"], mug["reason"], mug["quantity"]) == ("mug", "sold-out", 1)
    assert quantities(visitor, cart) == {"tee": 2}
    assert (shown["totals"]["amounts"][0]["amount"], shown["validation"]) == (3980, "ok")
    assert told(visitor)[-1] == ("draft-changed", "system")
    delta = visitor.get(f"/v1/drafts/{cart}?since=1").get_json()
    assert (delta["lines"], len(delta["keys"]), delta["unavailable"][0]["sku"]) == ([], 1, "mug")
    change(visitor, cart, 2, {"op": "add", "line": mug["key"], "seen": 2})
    hook.say = verdicts({})
    assert check(shop, cart)
    assert quantities(visitor, cart) == {"tee": 2, "mug": 2}
    delta = visitor.get(f"/v1/drafts/{cart}?since=3").get_json()
    assert ([line["sku"] for line in delta["lines"]], delta["unavailable"]) == (["mug"], [])


def test_a_new_price_is_shown_and_a_limit_is_told(
    shop: Shop, hook: HookServer, visitor: Person, cart: str
) -> None:
    """The quantity is the customer's: it is never lowered for them."""
    hook.say = verdicts({"tee": {"status": "max_quantity", "quantity": 1}, "mug": DEARER})
    check(shop, cart)
    tee, mug = visitor.draft(cart)["lines"]
    assert (tee["quantity"], tee["max_quantity"], mug["price"]["amount"]) == (2, 1, 2190)
    problem = assert_problem(complete(visitor, cart, seen=2), 409, "quantity-unavailable")
    assert problem["lines"] == [tee["key"]]
    change(visitor, cart, 2, {"op": "decrement", "line": tee["key"], "seen": 2})
    assert complete(visitor, cart, seen=3).get_json()["status"] == "completing"


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
def test_a_cart_taken_up_again_is_asked_about_after_a_quarter_of_an_hour(
    shop: Shop, hook: HookServer, visitor: Person, cart: str
) -> None:
    """Not before, not at every look, and not for the shop itself."""
    shop.clock.now += 14 * MINUTE
    visitor.draft(cart)
    assert hook.asked == []
    shop.clock.now += MINUTE
    shop.service.get(f"/v1/drafts/{cart}")
    assert hook.asked == []
    hook.say = verdicts({"mug": SOLD_OUT})
    assert len(visitor.draft(cart)["unavailable"]) == 1
    visitor.get(f"/v1/drafts/{cart}?since=1")
    assert [each["reason"] for each in hook.asked] == ["resume"]
    shop.clock.now += 16 * MINUTE
    hook.say = verdicts({})
    assert len(visitor.get(f"/v1/drafts/{cart}?since=2").get_json()["keys"]) == 2
    shop.clock.now += 16 * MINUTE
    other = shop.grant(visitor, cart)
    revision = other.draft(cart)["revision"]
    assert len(hook.asked) == 3
    assert visitor.draft(cart)["revision"] == revision


def test_staff_see_what_can_be_had_when_they_pick_a_cart_up(
    shop: Shop, hook: HookServer, visitor: Person, cart: str
) -> None:
    """The code redeemed, the shop is asked."""
    hook.say = verdicts({"mug": SOLD_OUT})
    staff = shop.staff()
    code = visitor.hand_off(cart, "staff")["code"]
    picked = staff.post("/v1/assist/redeem", {"code": code}).get_json()["draft"]
    assert ([line["sku"] for line in picked["lines"]], picked["unavailable"][0]["reason"]) == (
        ["tee"],
        "sold-out",
    )
    assert hook.asked[-1]["reason"] == "assist"


def test_the_shop_is_not_asked_for_staff_who_may_not_write(
    shop: Shop, hook: HookServer, visitor: Person, cart: str
) -> None:
    """A completion without the lease changes nothing of the cart, no price either."""
    staff = shop.assist(visitor, cart)
    asked, revision = len(hook.asked), visitor.draft(cart)["revision"]
    hook.say = verdicts({"mug": SOLD_OUT})
    person = Person(staff.app, staff.credential, headers=staff.headers)
    done = person.post(f"/v1/drafts/{cart}/complete", {"seen": revision}, Idempotency_Key=new_key())
    assert_problem(done, 423, "lease-lost")
    assert (len(hook.asked), visitor.draft(cart)["revision"]) == (asked, revision)


def test_nothing_is_ordered_at_a_price_that_nobody_saw(
    shop: Shop, hook: HookServer, visitor: Person, cart: str
) -> None:
    """The difference is told, and the new price can be accepted."""
    hook.say = verdicts({"tee": DEARER})
    accepted = visitor.draft(cart)["totals"]["price_hash"]
    problem = assert_problem(complete(visitor, cart, price_hash=accepted), 409, "price-changed")
    (changed,) = problem["changes"]
    assert (changed["before"]["price"]["amount"], changed["after"]["price"]["amount"]) == (1990, 2190)
    assert (problem["revision"], problem["totals"]["amounts"][0]["amount"]) == (2, 6370)
    assert visitor.draft(cart)["status"] == "open"
    assert_problem(complete(visitor, cart, seen=2, price_hash=accepted), 409, "price-changed")
    done = complete(visitor, cart, seen=2, price_hash=problem["totals"]["price_hash"])
    assert done.get_json()["status"] == "completing"
    assert settle(shop, cart, "commit", order_ref="order-1").get_json()["unavailable"] == []


def test_an_order_with_the_shops_word_is_one_change(
    shop: Shop, hook: HookServer, visitor: Person, cart: str
) -> None:
    """Nothing new was said, so nothing is in the way; sent again, nobody is asked again."""
    done = complete(visitor, cart, key="click-0001").get_json()
    assert (done["status"], done["revision"], done["validation"]) == ("completing", 2, "ok")
    assert complete(visitor, cart, key="click-0001").headers["Idempotency-Replayed"] == "true"
    assert len(hook.asked) == 1


def test_what_cannot_be_had_is_not_ordered(shop: Shop, hook: HookServer, visitor: Person, cart: str) -> None:
    """A cart of nothing else not at all."""
    hook.say = verdicts({"tee": SOLD_OUT, "mug": SOLD_OUT})
    assert_problem(complete(visitor, cart), 409, "price-changed")
    assert_problem(complete(visitor, cart, seen=2), 422, "validation-failed")
    hook.say = verdicts({"tee": SOLD_OUT})
    assert_problem(complete(visitor, cart, seen=2), 409, "price-changed")
    assert complete(visitor, cart, seen=3).get_json()["totals"]["quantity"] == 1


KEY = "ln_" + "a" * 26
UNBELIEVABLE: dict[str, Say] = {
    "silent": silent,
    "dripping": dripping,
    "redirects inside": raw(b"", 302, Location="http://169.254.169.254/latest/meta-data"),
    "an error": raw(b'{"lines": {}}', 500),
    "garbage": raw(b"<html>"),
    "no object": raw(b"[]"),
    "nothing": raw(b""),
    "not a line": raw(b'{"lines": {}}'),
    "too long": raw(b'{"lines": {}}' + b" " * 70_000),
    "too deep": raw(b"[" * 5_000),
    "a key twice": raw(b'{"lines": {}, "lines": {}}'),
    "other lines": raw(json.dumps({"lines": {KEY: {"status": "ok"}}}).encode()),
    **{
        name: verdicts({"tee": said})
        for name, said in {
            "no status": {},
            "another status": {"status": "gone"},
            "a number as a status": {"status": 1},
            "more than was asked": {"status": "ok", "price": 1},
            "no reason": {"status": "unavailable"},
            "a reason of another kind": {"status": "unavailable", "reason": 7},
            "a long reason": {"status": "unavailable", "reason": "x" * 257},
            "no quantity": {"status": "max_quantity", "quantity": 0},
            "a negative quantity": {"status": "max_quantity", "quantity": -1},
            "half a piece": {"status": "max_quantity", "quantity": 1.5},
            "true pieces": {"status": "max_quantity", "quantity": True},
            "no price": {"status": "price_changed", "price": None},
            "a negative price": {"status": "price_changed", "price": {"amount": -1, "currency": "EUR"}},
            "a huge price": {"status": "price_changed", "price": {"amount": 2**60, "currency": "EUR"}},
            "a price in nothing": {"status": "price_changed", "price": {"amount": 1, "currency": "euro"}},
            "a price and more": {
                "status": "price_changed",
                "price": {"amount": 1, "currency": "EUR", "was": 2},
            },
        }.items()
    },
}


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", UNBELIEVABLE)
def test_a_shop_that_cannot_be_believed_changes_nothing(
    shop: Shop, hook: HookServer, visitor: Person, cart: str, name: str
) -> None:
    """A customer goes on with what there was, soon; an order waits, and says so."""
    before = visitor.draft(cart)
    hook.say = UNBELIEVABLE[name]
    began = time.monotonic()
    assert check(shop, cart)
    assert time.monotonic() - began < 3.5
    after = visitor.draft(cart)
    assert (after["validation"], after["lines"], after["unavailable"]) == ("stale", before["lines"], [])
    if name in ("silent", "dripping"):
        return
    problem = assert_problem(complete(visitor, cart, seen=2), 503, "validation-unavailable")
    assert problem["retryable"] is True
    assert visitor.draft(cart)["status"] == "open"


def test_a_tenant_may_choose_to_order_unasked(
    shop: Shop, hook: HookServer, visitor: Person, cart: str
) -> None:
    """The order says that nobody gave a word; where nobody listens it is the same."""
    register(shop, hook, when_silent="proceed")
    hook.say = raw(b"", 500)
    done = complete(visitor, cart).get_json()
    assert (done["status"], done["validation"], done["revision"]) == ("completing", "stale", 2)


def test_a_silent_shop_is_left_alone_for_a_minute(hook: HookServer) -> None:
    """Every look would wait for it else."""
    opened = shop_in_memory()
    deps = replace(opened.deps, sender=Sender(loopback=True, clock=lambda: opened.clock.now / 1000))
    shop = replace(opened, app=app_of(deps), deps=deps)
    register(shop, hook)
    visitor = shop.visitor()
    cart = cart_of(visitor)
    change(visitor, cart, 1, add())
    hook.say = raw(b"", 500)
    for minutes, asked in ((16, 1), (0, 1), (1, 2)):
        shop.clock.now += minutes * MINUTE
        assert visitor.draft(cart)["validation"] == "stale"
        assert len(hook.asked) == asked
    assert told(visitor).count(("draft-changed", "system")) == 1
    shop.deps.store.close()


def test_who_changes_the_cart_meanwhile_is_not_kept_waiting(
    shop: Shop, hook: HookServer, visitor: Person, cart: str
) -> None:
    """The shop is asked anew about what it is by then; nothing of either is lost."""
    honest = verdicts({"mug": SOLD_OUT})
    meanwhile: list[dict[str, Any]] = []

    def slow(handler: Any, asked: dict[str, Any]) -> None:
        if not meanwhile:
            began = time.monotonic()
            meanwhile.append(change(visitor, cart, 2, add("lamp")))
            assert time.monotonic() - began < 1.5
        honest(handler, asked)

    hook.say = slow
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(check, shop, cart).result()
    assert len(hook.asked) == 2
    assert quantities(visitor, cart) == {"tee": 2, "lamp": 1}
    assert [line["sku"] for line in visitor.draft(cart)["unavailable"]] == ["mug"]


def test_what_else_the_customer_does_meanwhile_hides_no_price(
    shop: Shop, hook: HookServer, visitor: Person, cart: str
) -> None:
    """The answer is noted, or asked for again, and never dropped."""
    honest = verdicts({"tee": DEARER})
    meanwhile: list[str] = []

    def slow(handler: Any, asked: dict[str, Any]) -> None:
        if not meanwhile:
            meanwhile.append(visitor.begin())
        honest(handler, asked)

    hook.say = slow
    problem = assert_problem(complete(visitor, cart), 409, "price-changed")
    assert problem["changes"][0]["after"]["price"]["amount"] == 2190
    assert len(hook.asked) == 2
    assert visitor.draft(cart)["status"] == "open"


def test_what_was_asked_about_is_what_is_ordered(
    shop: Shop, hook: HookServer, visitor: Person, cart: str
) -> None:
    """Neither a guess at what will have been seen nor a change meanwhile gets past the shop."""
    honest = verdicts({})

    def slow(handler: Any, asked: dict[str, Any]) -> None:
        if len(hook.asked) == 1:
            change(visitor, cart, 2, add("lamp"))
        honest(handler, asked)

    hook.say = slow
    assert_problem(complete(visitor, cart, seen=2), 412, "revision-conflict")
    assert hook.asked == []
    assert_problem(complete(visitor, cart), 412, "revision-conflict")
    assert complete(visitor, cart, seen=2).get_json()["totals"]["lines"] == 3
    assert [len(each["lines"]) for each in hook.asked] == [2, 3]


def test_who_may_not_order_has_nobody_asked(shop: Shop, hook: HookServer, visitor: Person, cart: str) -> None:
    """A stranger's click, a stale one, and one at a form."""
    assert_problem(complete(shop.visitor(), cart), 404, "not-found")
    assert_problem(complete(visitor, cart, seen=0), 412, "revision-conflict")
    form = visitor.begin(name="Ann")
    assert complete(visitor, form).get_json()["status"] == "completed"
    assert hook.asked == []


def test_nobody_else_waits_for_a_silent_shop(hook: HookServer, tmp_path: Path) -> None:
    """A real server, which holds all its streams in one thread, goes on answering."""
    hook.say = silent
    with RetomaServer(tmp_path, RETOMA_HOOKS_TO_LOOPBACK="on") as server, ThreadPoolExecutor(1) as pool:
        service = {"Authorization": f"Bearer {server.secret_key}"}
        requests.put(f"{server.url}{PLACE}", json={"url": hook.url}, headers=service, timeout=10)
        basket = json.dumps({"id": "b-1", "external_id": "u-1", "lines": [{"sku": "tee"}]})
        ndjson = {**service, "Content-Type": "application/x-ndjson"}
        place = f"{server.url}/v1/carts/import"
        cart = requests.post(place, basket, headers=ndjson, timeout=10).json()["draft"]
        place = f"{server.url}/v1/drafts/{cart}"
        click = {**service, "Idempotency-Key": "click-0001"}
        ordered = pool.submit(requests.post, f"{place}/complete", json={"seen": 1}, headers=click, timeout=10)
        while not hook.asked:
            time.sleep(0.01)
        began = time.monotonic()
        added = {"writer": "w_1", "changes": [{"seq": 1, "ops": [add("mug")]}]}
        answer = requests.post(f"{place}/changes", json=added, headers=service, timeout=10)
        assert answer.json()["results"][0]["status"] == "applied"
        assert not ordered.done()
        assert time.monotonic() - began < 1.5
        assert ordered.result().json()["code"] == "validation-unavailable"
