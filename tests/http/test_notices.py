"""Promises of the letter about a look without consent: owed in its commit, sent apart, never forgotten."""

import time
from dataclasses import replace
from typing import Any

import pytest

from retoma_server.actions import records
from retoma_server.actions.erasure import erase_customer
from retoma_server.actions.sweeping import sweep
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.mailing import SmtpMailer
from retoma_server.app import app_of
from retoma_server.domain.notices import LIFE
from tests.http import test_mailed_handoffs
from tests.http.shop import MINUTE, Person, Shop
from tests.http.test_lookups import address, known
from tests.http.test_overriding import override, supervisor
from tests.servers.mail_server import MailServer

running = test_mailed_handoffs.running
mail = test_mailed_handoffs.mail
shop = test_mailed_handoffs.shop


@pytest.fixture
def mailing(stored: Shop, mail: MailServer) -> Shop:
    """A shop on either store, with that mail server."""
    mailer = SmtpMailer.parse(mail.url, "Shop <no-reply@shop.example>")
    deps = replace(stored.deps, mailer=mailer)
    return replace(stored, app=app_of(deps), deps=deps)


def overridden(shop: Shop, **more: Any) -> tuple[Person, str, str]:
    """A customer into whose draft a supervisor looks, where they are known, and the assist."""
    customer = known(shop, email=(at := address()))
    customer.begin("loan", name="Ana")
    answer = override(supervisor(shop), kind="email", value=at, **more)
    assert answer.status_code == 201, answer.text
    return customer, at, answer.get_json()["assist"]["id"]


def is_owed(shop: Shop, assist: str) -> bool:
    """Whether a letter about an assist is still to be sent."""
    key = records.notice(shop.tenant.id, assist)
    return shop.deps.store.read(partition_of(assist), [key]).get(key) is not None


def test_the_customer_is_written_to_once_and_nobody_waits_for_it(mailing: Shop, mail: MailServer) -> None:
    """In their language, with who it was; where it goes is nowhere in the clear, and then nowhere at all."""
    _, at, assist = overridden(mailing, language="es")
    assert mail.letters == []
    key = records.notice(mailing.tenant.id, assist)
    record = mailing.deps.store.read(partition_of(assist), [key]).get(key)
    assert record is not None
    assert at.encode() not in record.body
    sweep(mailing.deps)
    sweep(mailing.deps)
    ((to, letter),) = mail.letters
    assert to == [at]
    assert "Sue" in letter["Subject"]
    assert "sin preguntarte" in letter.get_content()
    assert not is_owed(mailing, assist)


def test_what_a_mail_server_does_not_take_is_tried_again(shop: Shop, mail: MailServer) -> None:
    """Later and later, until it is taken."""
    mail.refuses = "451 Come back later"
    _, at, assist = overridden(shop)
    sweep(shop.deps)
    sweep(shop.deps)
    assert is_owed(shop, assist)
    mail.refuses = None
    sweep(shop.deps)
    assert mail.letters == []
    shop.clock.now += MINUTE
    sweep(shop.deps)
    assert [to for to, _ in mail.letters] == [[at]]
    assert not is_owed(shop, assist)


def test_after_a_day_nobody_is_told_any_more(shop: Shop, mail: MailServer) -> None:
    """An address that never takes a letter is not tried for ever."""
    mail.refuses = "550 Nobody here"
    _, _, assist = overridden(shop)
    sweep(shop.deps)
    shop.clock.now += LIFE
    sweep(shop.deps)
    assert not is_owed(shop, assist)


def test_a_slow_mail_server_keeps_no_emergency_waiting(shop: Shop) -> None:
    """The look is answered though nothing listens where letters go."""
    silent = SmtpMailer.parse("smtp://192.0.2.1:25", "Shop <no-reply@shop.example>")
    deps = replace(shop.deps, mailer=silent)
    began = time.monotonic()
    _, _, assist = overridden(replace(shop, app=app_of(deps), deps=deps))
    assert time.monotonic() - began < 5
    assert is_owed(shop, assist)
    shop.clock.now += LIFE


def test_erasure_takes_what_is_owed_along(mailing: Shop, mail: MailServer) -> None:
    """Nobody writes to somebody who is not there any more."""
    customer, _, assist = overridden(mailing)
    tenant = mailing.deps.tenants.get(mailing.tenant.id)
    erase_customer(mailing.deps, tenant, customer.customer, "service")
    assert not is_owed(mailing, assist)
    sweep(mailing.deps)
    assert mail.letters == []
