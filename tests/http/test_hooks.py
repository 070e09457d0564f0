"""The hook that a shop registers: by its own back end only, signed by a secret that is shown once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from retoma_server.adapters.sending import Sender
from retoma_server.app import app_of
from tests.http.asserting import assert_problem
from tests.http.shop import DAY, Shop, shop_in_memory
from tests.http.test_carts import add, cart_of, change
from tests.servers.hook_server import HookServer

PLACE = "/v1/hooks/cart.validate"
URL = "https://shop.example/retoma/validate"


@pytest.fixture
def hook() -> Iterator[HookServer]:
    """The shop's back end."""
    with HookServer() as running:
        yield running


@pytest.fixture
def local() -> Iterator[Shop]:
    """A shop in development, whose hook is on this machine."""
    opened = shop_in_memory()
    deps = replace(opened.deps, sender=Sender(loopback=True))
    yield replace(opened, app=app_of(deps), deps=deps)
    deps.store.close()


def test_a_hook_is_registered_read_and_taken_away(shop: Shop) -> None:
    """Its secret is shown when it is registered, and never again."""
    assert_problem(shop.service.get(PLACE), 404, "not-found")
    made = shop.service.ask("PUT", PLACE, {"url": URL})
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    secret = made.get_json()["secret"]
    assert secret.startswith("whsec_")
    assert shop.service.get(PLACE).get_json() == {"url": URL, "when_silent": "block"}
    again = shop.service.ask("PUT", PLACE, {"url": URL, "when_silent": "proceed"})
    assert again.status_code == 200
    assert again.get_json()["secret"] != secret
    for _ in range(2):
        assert shop.service.ask("DELETE", PLACE).status_code == 204
    assert_problem(shop.service.get(PLACE), 404, "not-found")


def test_only_the_shops_back_end_may(shop: Shop) -> None:
    """Neither pages nor customers nor staff."""
    for person in (shop.page, shop.visitor(), shop.staff()):
        for method, body in (("GET", None), ("PUT", {"url": URL}), ("DELETE", None)):
            assert_problem(person.ask(method, PLACE, body), 403, "insufficient-scope")


def test_a_hook_is_its_tenants(shop: Shop) -> None:
    """Another one has none by it."""
    shop.service.ask("PUT", PLACE, {"url": URL})
    assert_problem(shop.neighbour().service.get(PLACE), 404, "not-found")


@pytest.mark.parametrize("url", ["http://shop.example/", "https://127.0.0.1/", "https://10.0.0.1/", "shop"])
def test_an_address_that_nothing_is_sent_to_is_refused(shop: Shop, url: str) -> None:
    """And not repeated."""
    answer = shop.service.ask("PUT", PLACE, {"url": url})
    assert_problem(answer, 422, "hook-url-refused")
    assert f'"{url}"' not in answer.text


def test_every_question_is_signed_and_tells_no_notes(local: Shop, hook: HookServer) -> None:
    """By Standard Webhooks; a new secret and the one before it both hold for a day."""
    first = local.service.ask("PUT", PLACE, {"url": hook.url}).get_json()["secret"]
    visitor = local.visitor()
    cart = cart_of(visitor)
    change(visitor, cart, 1, add(info={"note": "for Bob"}, quantity=2))
    visitor.post(f"/v1/drafts/{cart}/complete", {"seen": 1}, Idempotency_Key="click-0001")
    assert hook.verified(first)
    (line,) = hook.asked[-1]["lines"]
    assert (line["sku"], line["quantity"], hook.asked[-1]["reason"]) == ("tee", 2, "completion")
    assert "for Bob" not in hook.bodies[-1]
    second = local.service.ask("PUT", PLACE, {"url": hook.url}).get_json()["secret"]
    local.service.post(f"/v1/drafts/{cart}/completions/{cart.replace('dr_', 'co_')}/abort", {"attempt": 1})
    local.clock.now += DAY // 24
    visitor.draft(cart)
    assert len(hook.asked) == 2
    assert hook.headers[-1]["webhook-signature"].count("v1,") == 2
    assert hook.verified(second)
    names = {headers["webhook-id"] for headers in hook.headers}
    assert len(names) == 2
