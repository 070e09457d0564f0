"""A link that is sent by e-mail: opened once, by whoever reads the mailbox now, and by nobody else."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from retoma_server.actions import records
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.limiting import RULES, Limits, storage_beside
from retoma_server.adapters.mailing import SmtpMailer
from retoma_server.app import app_of
from tests.http.asserting import assert_problem
from tests.http.shop import DAY, MINUTE, Person, Shop, new_key, shop_in_memory
from tests.servers.mail_server import MailServer


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    """A mail server that the tests share."""
    with MailServer() as server:
        yield server


@pytest.fixture
def mail(running: MailServer) -> MailServer:
    """The mail server, empty."""
    running.letters.clear()
    running.refuses = None
    return running


@pytest.fixture(scope="module")
def shop(running: MailServer) -> Iterator[Shop]:
    """A server that sends e-mail."""
    opened = shop_in_memory()
    mailer = SmtpMailer.parse(running.url, "Shop <no-reply@shop.example>")
    deps = replace(opened.deps, mailer=mailer)
    yield replace(opened, app=app_of(deps), deps=deps)
    deps.store.close()


def send(person: Person, draft: str, address: str = "ana@example.com", **more: Any) -> Any:
    """The answer to a wish to have a link sent."""
    return person.post(f"/v1/drafts/{draft}/handoffs", {"to": "email", "address": address, **more})


def redeem(person: Person, token: str, code: str | None = None, nonce: str = "") -> Any:
    """The answer to a redemption."""
    body = {"token": token, "nonce": nonce or new_key(), **({"code": code} if code else {})}
    return person.post("/v1/handoffs/redeem", body)


def sent_token(shop: Shop, mail: MailServer, **values: Any) -> str:
    """The token of a link that was just sent, to a draft of a new visitor."""
    visitor = shop.visitor()
    assert send(visitor, visitor.begin(**values)).status_code == 201
    return mail.link.partition("#")[2]


def asked(shop: Shop, mail: MailServer, token: str) -> str:
    """The code that is sent when the link is opened."""
    assert_problem(redeem(shop.nobody, token), 403, "code-required")
    return mail.code


def test_a_link_is_sent_and_shown_to_nobody_else(shop: Shop, mail: MailServer) -> None:
    """In the reader's language, with the title; whoever asked for it does not get its secret."""
    shop.register("titled", titles={"en": "Mortgage", "es": "Hipoteca"})
    visitor = shop.visitor()
    made = send(visitor, visitor.begin("titled"), " Ana@Example.com ", language="es")
    assert made.status_code == 201, made.text
    assert made.get_json().keys() == {"id", "to", "draft", "status", "expires_at"}
    to, letter = mail.letters[0]
    assert (to, letter["To"], letter["From"]) == (
        ["ana@example.com"],
        "ana@example.com",
        "Shop <no-reply@shop.example>",
    )
    assert letter["Subject"] == "Continúa con «Hipoteca»"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert mail.link.startswith("https://retoma.test/r#ho_")


def test_the_link_needs_the_code_that_is_then_sent(shop: Shop, mail: MailServer) -> None:
    """The click sends it to the same address; with it the link is good once, and again for that click."""
    token = sent_token(shop, mail, name="Ana")
    code = asked(shop, mail, token)
    assert mail.letters[-1][0] == ["ana@example.com"]
    nonce = new_key()
    done = redeem(shop.page, token, code, nonce)
    assert done.get_json()["draft"]["data"] == {"name": "Ana"}
    assert redeem(shop.page, token, None, nonce).status_code == 200
    assert_problem(redeem(shop.page, token, code), 404, "handoff-invalid")


def test_looking_sends_no_code(shop: Shop, mail: MailServer) -> None:
    """A scanner that opens every link makes nobody's mailbox full: only a click does."""
    token = sent_token(shop, mail)
    for _ in range(20):
        assert shop.nobody.get("/r").status_code == 200
        assert shop.nobody.post("/v1/handoffs/preview", {"token": token}).status_code == 200
    assert len(mail.letters) == 1


def test_a_wrong_code_is_counted_and_the_fifth_ends_it(shop: Shop, mail: MailServer) -> None:
    """Then the right one is wrong as well, and another must be sent."""
    token = sent_token(shop, mail)
    code = asked(shop, mail, token)
    wrong = "000000" if code != "000000" else "000001"
    left = [
        assert_problem(redeem(shop.nobody, token, wrong), 403, "code-wrong")["tries_left"] for _ in range(5)
    ]
    assert left == [4, 3, 2, 1, 0]
    assert_problem(redeem(shop.nobody, token, code), 403, "code-wrong")
    again = asked(shop, mail, token)
    assert redeem(shop.nobody, token, f" {again[:3]} {again[3:]} ").status_code == 200


def test_a_code_is_over_after_ten_minutes(shop: Shop, mail: MailServer) -> None:
    """The next click sends another one."""
    token = sent_token(shop, mail)
    code = asked(shop, mail, token)
    shop.clock.now += 10 * MINUTE
    assert_problem(redeem(shop.nobody, token, code), 403, "code-wrong")
    assert redeem(shop.nobody, token, asked(shop, mail, token)).status_code == 200


def test_clicks_send_one_code_a_minute_and_three_an_hour(shop: Shop, mail: MailServer) -> None:
    """A newer one ends the one before; after the third it is 429, and the third is still good."""
    token = sent_token(shop, mail)
    codes = []
    for _ in range(3):
        for _ in range(5):
            assert_problem(redeem(shop.nobody, token), 403, "code-required")
        codes.append(mail.code)
        shop.clock.now += MINUTE
    assert len(mail.letters) == 1 + 3
    late = redeem(shop.nobody, token)
    assert_problem(late, 429, "too-many-attempts")
    assert 0 < int(late.headers["Retry-After"]) <= 3_600
    assert_problem(redeem(shop.nobody, token, codes[0]), 403, "code-wrong")
    assert redeem(shop.nobody, token, codes[2]).status_code == 200


def test_a_sent_link_lives_for_a_day(shop: Shop, mail: MailServer) -> None:
    """And is taken back like any other; a newer one takes the place of the one before."""
    token = sent_token(shop, mail)
    shop.clock.now += DAY - MINUTE
    asked(shop, mail, token)
    shop.clock.now += MINUTE
    assert_problem(redeem(shop.nobody, token), 404, "handoff-invalid")
    visitor = shop.visitor()
    draft = visitor.begin()
    first = send(visitor, draft).get_json()["id"]
    old = mail.link.partition("#")[2]
    send(visitor, draft)
    assert_problem(redeem(shop.nobody, old), 404, "handoff-invalid")
    new = mail.link.partition("#")[2]
    assert visitor.ask("DELETE", f"/v1/handoffs/{first}").status_code == 204
    assert_problem(redeem(shop.nobody, new), 403, "code-required")


def test_nobodys_mailbox_is_filled(shop: Shop, mail: MailServer) -> None:
    """Five links an hour to one address, whoever asks, however it is written."""
    deps = replace(shop.deps, limits=Limits(storage_beside("sqlite://")))
    limited = replace(shop, app=app_of(deps), deps=deps)
    for number in range(5):
        visitor = limited.visitor()
        assert (
            send(visitor, visitor.begin(), f"{'Ana' if number % 2 else 'ana'}@one.example").status_code == 201
        )
    visitor = limited.visitor()
    assert_problem(send(visitor, visitor.begin(), "ANA@one.example"), 429, "rate-limited")
    assert send(visitor, visitor.begin(), "eva@one.example").status_code == 201


def test_many_visitors_send_no_shops_mail_without_end(shop: Shop, mail: MailServer) -> None:
    """Each to an address of its own: after so many it is 429, and nothing more is sent."""
    rules = {**RULES, "emails": replace(RULES["emails"], amount=2)}
    deps = replace(shop.deps, limits=Limits(storage_beside("sqlite://"), rules=rules))
    limited = replace(shop, app=app_of(deps), deps=deps)
    for name in ("ana", "eva"):
        visitor = limited.visitor()
        assert send(visitor, visitor.begin(), f"{name}@three.example").status_code == 201
    visitor = limited.visitor()
    assert_problem(send(visitor, visitor.begin(), "mia@three.example"), 429, "rate-limited")
    assert len(mail.letters) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"to": "email"}, "required"),
        ({"to": "email", "address": "canary"}, "invalid"),
        ({"to": "email", "address": "a@b.example\nBcc: canary@example.com"}, "invalid"),
        ({"to": "email", "address": "a@b.example, canary@example.com"}, "invalid"),
        ({"to": "device", "address": "canary@example.com"}, "unknown-field"),
    ],
)
def test_what_is_no_address_is_refused(shop: Shop, mail: MailServer, body: dict[str, str], code: str) -> None:
    """422 by place; nothing is sent, and nothing repeated."""
    visitor = shop.visitor()
    answer = visitor.post(f"/v1/drafts/{visitor.begin()}/handoffs", body)
    problem = assert_problem(answer, 422, "validation-failed")
    assert problem["errors"] == [{"pointer": "/address", "code": code}]
    assert "canary" not in answer.text
    assert mail.letters == []


def test_a_mail_server_that_takes_nothing_is_told(shop: Shop, mail: MailServer) -> None:
    """503, retryable, for the link as for the code; the draft is as it was."""
    token = sent_token(shop, mail)
    mail.refuses = "451 Try again later"
    visitor = shop.visitor()
    draft = visitor.begin(name="Ana")
    assert assert_problem(send(visitor, draft), 503, "sending-failed")["retryable"] is True
    assert_problem(redeem(shop.nobody, token), 503, "sending-failed")
    assert visitor.data(draft) == {"name": "Ana"}
    mail.refuses = None
    shop.clock.now += MINUTE
    assert redeem(shop.nobody, token, asked(shop, mail, token)).status_code == 200


def test_without_a_mail_server_nothing_is_sent(mail: MailServer) -> None:
    """422, and links on the screen work."""
    shop = shop_in_memory()
    visitor = shop.visitor()
    draft = visitor.begin()
    assert_problem(send(visitor, draft), 422, "sending-unavailable")
    assert visitor.hand_off(draft)["url"]
    shop.deps.store.close()


def test_a_device_that_came_by_a_link_sends_none(shop: Shop, mail: MailServer) -> None:
    """Or it could let itself in for ever."""
    visitor = shop.visitor()
    draft = visitor.begin()
    assert_problem(send(shop.grant(visitor, draft), draft), 403, "insufficient-scope")
    assert mail.letters == []


def test_the_address_and_the_code_are_sealed(shop: Shop, mail: MailServer) -> None:
    """With the customer's key, and hashed by the tenant's: a stolen store tells neither."""
    visitor = shop.visitor()
    made = send(visitor, visitor.begin(), "canary@mailbox.example").get_json()
    code = asked(shop, mail, mail.link.partition("#")[2])
    key = records.handoff(shop.tenant.id, made["id"])
    body = shop.deps.store.read(partition_of(made["id"]), [key]).records[key].body
    assert b"canary" not in body
    assert code.encode() not in body
