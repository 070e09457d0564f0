"""A link that is sent as a text message by the shop's own back end: signed, short, never without its code."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from retoma_server.actions import records
from retoma_server.actions.tenants import save_tenant
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.letters import LANGUAGES, letter
from retoma_server.adapters.limiting import RULES, Limits, storage_beside
from retoma_server.adapters.sending import Sender
from retoma_server.app import app_of
from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key, shop_in_memory
from tests.servers.hook_server import HookServer, raw, silent

PLACE = "/v1/hooks/message.send"
NUMBER = "+34612345678"
GSM_7 = re.compile(r"[A-Za-z0-9 @£$¥èéùìòÇØøÅåÄäÖöÑñÜüàÆæßÉ_!\"#¤%&'()*+,\-./:;<=>?¡¿§\n]*")


@pytest.fixture
def hook() -> Iterator[HookServer]:
    """The shop's back end, which takes everything."""
    with HookServer() as running:
        running.say = raw(b"")
        yield running


@pytest.fixture
def shop(hook: HookServer) -> Iterator[Shop]:
    """A shop in Spain whose back end takes text messages."""
    opened = shop_in_memory()
    deps = replace(opened.deps, sender=Sender(loopback=True))
    shop = replace(opened, app=app_of(deps), deps=deps)
    save_tenant(deps.store, replace(deps.tenants.get(shop.tenant.id), region="ES"))
    assert shop.service.ask("PUT", PLACE, {"url": hook.url}).status_code == 201
    yield shop
    deps.store.close()


def send(person: Person, draft: str, number: str = NUMBER, **more: Any) -> Any:
    """The answer to a wish to have a link sent."""
    return person.post(f"/v1/drafts/{draft}/handoffs", {"to": "phone", "address": number, **more})


def redeem(person: Person, token: str, **more: Any) -> Any:
    """The answer to a redemption."""
    return person.post("/v1/handoffs/redeem", {"token": token, "nonce": new_key(), **more})


def token_in(hook: HookServer) -> str:
    """The token of the link in the newest message."""
    return str(hook.asked[-1]["text"]).partition("#")[2]


def test_a_link_and_its_code_go_to_the_phone(shop: Shop, hook: HookServer) -> None:
    """Signed, in the reader's language, to the number in its one form; the link opens with the code."""
    secret = shop.service.ask("PUT", PLACE, {"url": hook.url}).get_json()["secret"]
    visitor = shop.visitor()
    made = send(visitor, visitor.begin(name="Ana"), "612 345 678", language="es")
    assert made.status_code == 201, made.text
    assert made.get_json().keys() == {"id", "to", "draft", "status", "expires_at"}
    assert hook.verified(secret)
    told = hook.asked[-1]
    assert (told["type"], told["to"], told["language"]) == ("message.send", NUMBER, "es")
    assert told["text"].startswith("Sigue donde lo dejaste: https://retoma.test/r#ho_")
    token = token_in(hook)
    assert_problem(redeem(shop.nobody, token), 403, "code-required")
    assert hook.asked[-1]["to"] == NUMBER
    code = str(hook.asked[-1]["text"])[:6]
    wrong = "000000" if code != "000000" else "000001"
    assert_problem(redeem(shop.nobody, token, code=wrong), 403, "code-wrong")
    assert redeem(shop.nobody, token, code=code).get_json()["draft"]["data"] == {"name": "Ana"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_is_one_message(language: str) -> None:
    """160 characters of the phone's own alphabet, with an address of 45 characters before the token."""
    token = f"ho_{'A' * 81}"
    link = letter(
        "link-phone",
        language,
        title="x",
        until="x",
        link=f"https://retoma.example-of-a-shop.example/r#{token}",
    )
    code = letter("code-phone", language, title="x", code="493027")
    for each in (link, code):
        assert len(each.text) <= 160
        assert GSM_7.fullmatch(each.text)
        assert each.subject == ""


def test_a_back_end_that_takes_nothing_is_told(shop: Shop, hook: HookServer) -> None:
    """503, retryable, for a refusal, a redirect and a silence; the draft is as it was."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ana")
    for say in (raw(b"", 500), raw(b"", 302, Location=hook.url), silent):
        hook.say = say
        assert assert_problem(send(visitor, draft), 503, "sending-failed")["retryable"] is True
    hook.say = raw(b"")
    assert send(visitor, draft).status_code == 201
    assert visitor.data(draft) == {"name": "Ana"}


def test_without_a_hook_nothing_is_sent(shop: Shop, hook: HookServer) -> None:
    """422, as before it was registered; read and taken away by the shop's back end only."""
    assert shop.service.get(PLACE).get_json() == {"url": hook.url}
    for person in (shop.page, shop.visitor(), shop.staff()):
        assert_problem(person.ask("DELETE", PLACE), 403, "insufficient-scope")
    assert shop.service.ask("DELETE", PLACE).status_code == 204
    assert_problem(shop.service.get(PLACE), 404, "not-found")
    visitor = shop.visitor()
    assert_problem(send(visitor, visitor.begin()), 422, "sending-unavailable")
    assert hook.asked == []


def test_the_hook_for_messages_is_not_asked_about_prices(shop: Shop, hook: HookServer) -> None:
    """Each hook has its own address and secret."""
    assert_problem(shop.service.get("/v1/hooks/cart.validate"), 404, "not-found")
    assert_problem(shop.service.ask("PUT", PLACE, {"url": "https://10.0.0.1/"}), 422, "hook-url-refused")


@pytest.mark.parametrize("number", ["canary", "12", "ana@example.com", "+34612345678,+34612345679"])
def test_what_is_no_number_is_refused(shop: Shop, hook: HookServer, number: str) -> None:
    """422 by place; nothing is sent, and nothing repeated."""
    visitor = shop.visitor()
    answer = send(visitor, visitor.begin(), number)
    problem = assert_problem(answer, 422, "validation-failed")
    assert problem["errors"] == [{"pointer": "/address", "code": "invalid"}]
    del problem["request_id"]  # which is made of any letters
    assert number not in json.dumps(problem)
    assert hook.asked == []


def test_nobodys_phone_is_filled(shop: Shop, hook: HookServer) -> None:
    """Five links an hour to one number, whoever asks, however it is written."""
    deps = replace(shop.deps, limits=Limits(storage_beside("sqlite://")))
    limited = replace(shop, app=app_of(deps), deps=deps)
    for number in range(5):
        visitor = limited.visitor()
        assert send(visitor, visitor.begin(), "612-345-678" if number % 2 else NUMBER).status_code == 201
    visitor = limited.visitor()
    assert_problem(send(visitor, visitor.begin()), 429, "rate-limited")
    assert send(visitor, visitor.begin(), "+34612345679").status_code == 201


def limited_to(shop: Shop, texts: int) -> Shop:
    """The same shop, whose customers have so many messages sent within an hour."""
    rules = {**RULES, "texts": replace(RULES["texts"], amount=texts)}
    deps = replace(shop.deps, limits=Limits(storage_beside("sqlite://"), rules=rules))
    return replace(shop, app=app_of(deps), deps=deps)


def test_many_visitors_make_no_shop_pay_without_end(shop: Shop, hook: HookServer) -> None:
    """Each with a number of its own: one too many is 429 with Retry-After; links on the screen go on."""
    limited = limited_to(shop, texts=3)
    for number in range(3):
        visitor = limited.visitor()
        assert send(visitor, visitor.begin(), f"+3461234567{number}").status_code == 201
    visitor = limited.visitor()
    draft = visitor.begin()
    refused = send(visitor, draft)
    assert_problem(refused, 429, "rate-limited")
    assert 3_590 <= int(refused.headers["Retry-After"]) <= 3_600
    assert len(hook.asked) == 3
    assert visitor.post(f"/v1/drafts/{draft}/handoffs", {"to": "device"}).status_code == 201


def test_codes_are_counted_with_the_links(shop: Shop, hook: HookServer) -> None:
    """They cost the same; a code that was not sent is none of the three of its link."""
    limited = limited_to(shop, texts=1)
    visitor = limited.visitor()
    assert send(visitor, visitor.begin()).status_code == 201
    token = token_in(hook)
    assert_problem(redeem(limited.nobody, token), 429, "rate-limited")
    assert len(hook.asked) == 1
    assert_problem(redeem(shop.nobody, token), 403, "code-required")


def test_the_shops_own_links_are_not_counted(shop: Shop, hook: HookServer) -> None:
    """It knows what it pays for, and no stranger keeps it from sending."""
    limited = limited_to(shop, texts=1)
    visitor = limited.visitor()
    draft = visitor.begin()
    assert send(visitor, draft).status_code == 201
    assert send(limited.service, draft).status_code == 201
    assert_problem(send(visitor, draft), 429, "rate-limited")


def test_the_number_is_sealed(shop: Shop) -> None:
    """With the customer's key: a stolen store does not tell it."""
    visitor = shop.visitor()
    made = send(visitor, visitor.begin()).get_json()
    key = records.handoff(shop.tenant.id, made["id"])
    body = shop.deps.store.read(partition_of(made["id"]), [key]).records[key].body
    assert NUMBER[3:].encode() not in body
