"""Promises of the console to staff who begin something for a person with no account."""

import re

import pytest

from retoma_server.domain.staff import Role
from tests.console.counter import NAVIGATION, OWN, Counter, at_work, words
from tests.http.shop import Shop, new_key


def offered(shop: Shop, title: str = "Loan", **about: object) -> str:
    """The name of a process that can be begun."""
    name = new_key()
    shop.register(name, titles={"en": title, "es": f"{title} (es)"}, **about)
    return name


def begun(person: Counter, process: str) -> tuple[str, str]:
    """Where somebody is who begins a process, and what the page says."""
    person.open("/staff/begin")
    led = person.send("/staff/begin", process=process)
    assert led.status_code == 303, led.text
    place: str = led.headers["Location"]
    return place, words(person.open(place))


def test_what_can_be_begun_is_named_by_its_title(shop: Shop) -> None:
    """In the language of whoever reads it; the start leads there."""
    offered(shop, "Car loan")
    person = at_work(shop)
    assert "/staff/begin" in person.open().text
    assert "Car loan" in words(person.open("/staff/begin"))
    assert "Car loan (es)" in words(person.open("/staff/begin", Accept_Language="es"))


def test_whoever_begins_is_told_that_nobody_has_it_yet(shop: Shop) -> None:
    """They type at once, and the start names it among what they are at work on."""
    person = at_work(shop)
    place, said = begun(person, offered(shop, "Car loan"))
    assert "Car loan You began this" in said
    assert "the customer does not have it yet" in said
    assert "in a store" in said
    assert "Hand over" in said
    assert "Nobody just now" not in words(person.open())
    assert place in person.open().text


def test_it_is_handed_over_by_a_link_and_not_left_where_it_is(shop: Shop) -> None:
    """There is nowhere yet where it would be: a code on the screen, or a message where they say."""
    person = at_work(shop)
    place, _ = begun(person, offered(shop))
    page = person.open(f"{place}/hand-back")
    assert 'value="device"' in page.text
    assert 'value="none"' not in page.text
    assert "the address that the customer tells you" in words(page)
    given = person.go(f"{place}/hand-back", way="device", begun="yes")
    assert "it is theirs from then on" in words(given)
    assert "<svg" in given.text
    assert person.open(place).status_code == 404


def test_what_nobody_opened_goes_on_from_the_start(shop: Shop) -> None:
    """From the page with the code too; once somebody has it, there is nothing to go on with."""
    person = at_work(shop)
    place, _ = begun(person, offered(shop))
    person.open(f"{place}/hand-back")
    given = person.go(f"{place}/hand-back", way="device", begun="yes")
    (form,) = set(re.findall(r'action="(/staff/begin/dr_\w+)"', given.text))
    assert form in person.open().text
    again = person.send(form)
    assert again.status_code == 303
    assert "Hand over" in words(person.open(again.headers["Location"]))
    stranger = at_work(shop)
    stranger.open()
    assert stranger.send(form).status_code == 404


def test_what_was_sent_is_nothing_to_go_on_with(shop: Shop) -> None:
    """Nobody has opened it, and nobody will: the start offers no way that leads nowhere."""
    person = at_work(shop)
    place, _ = begun(person, offered(shop))
    assert person.send(f"{place}/complete", seen="0", once=new_key()).status_code == 303
    said = person.open()
    assert "sent at" in words(said)
    assert "/staff/begin/" not in said.text


def test_whoever_only_looked_does_not_go_on_with_it(shop: Shop) -> None:
    """A supervisor who looked in an emergency did not begin it."""
    person, sue = at_work(shop), at_work(shop, Role.SUPERVISOR)
    place, _ = begun(person, offered(shop))
    found = re.search(r"events\?draft=(dr_\w+)", person.open(place).text)
    assert found
    sue.open()
    said = {"draft": found[1], "reason": "A court wants it today", "ticket": "T-1"}
    headers = {**NAVIGATION, "Retoma-CSRF": sue.csrf}
    led = sue.client.post("/v1/assist/override", base_url=OWN, json=said, headers=headers)
    assert led.status_code == 201, led.text
    sue.go(f"/staff/help/{led.get_json()['assist']['id']}/leave")
    assert "left at" in words(sue.open())
    assert "/staff/begin/" not in sue.open().text


def test_leaving_says_what_is_lost(shop: Shop) -> None:
    """Nobody goes on with it by themselves, and the page does not say that somebody does."""
    person = at_work(shop)
    place, _ = begun(person, offered(shop))
    said = words(person.go(f"{place}/leave", begun="yes"))
    assert "Nobody has what you typed" in said
    assert "goes on alone" not in said


def test_a_cart_is_begun_as_one(shop: Shop) -> None:
    """With lines in place of answers; nobody promises to send what is ordered on the shop's own page."""
    _, said = begun(at_work(shop), offered(shop, "Basket", kind="cart"))
    assert "In the cart" in said
    assert "You may look and change." in said


@pytest.mark.parametrize("typed", ["", "no such name!", "x" * 200])
def test_what_is_no_process_begins_nothing(shop: Shop, typed: str) -> None:
    """404, and the start is where it was."""
    person = at_work(shop)
    person.open("/staff/begin")
    assert person.send("/staff/begin", process=typed).status_code == 404
    assert "Nobody just now" in words(person.open())


def test_who_helps_nobody_begins_nothing(shop: Shop) -> None:
    """An auditor and an admin are refused, by the page and by its form."""
    person = at_work(shop, Role.AUDITOR, Role.ADMIN)
    person.open()
    assert person.open("/staff/begin").status_code == 403
    assert person.send("/staff/begin", process="loan").status_code == 403


def test_the_record_says_who_began_it(shop: Shop) -> None:
    """In words that need no manual."""
    person = at_work(shop, Role.SUPERVISOR)
    begun(person, offered(shop))
    assert "began something for a person who was not known" in words(person.open("/staff/activity"))


def test_no_page_says_our_words(shop: Shop) -> None:
    """Neither draft, nor lease, nor redeem, in what is read."""
    person = at_work(shop)
    place, _ = begun(person, offered(shop))
    said = "".join(words(person.open(path)) for path in ("/staff/begin", place, f"{place}/hand-back"))
    assert not re.search(r"draft|lease|redeem|token", said, re.IGNORECASE)
