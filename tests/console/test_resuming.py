"""Promises to whoever comes back: after sleep they are where they were, and the start says what waits."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.console.counter import OWN, PASSWORD, Counter, at_work, counter, words
from tests.console.test_pages import helped, registered
from tests.http.shop import Shop, shop_in_memory
from tests.http.test_staff import hashing_quickly


@pytest.fixture
def timed() -> Iterator[Shop]:
    """A shop on a clock that stands still until it is turned."""
    shop = hashing_quickly(shop_in_memory())
    yield shop
    shop.deps.store.close()


def test_whoever_was_signed_out_by_time_goes_on_where_they_were(timed: Shop) -> None:
    """On the page, or the one whose form was sent; on a shared tablet nobody else comes there."""
    marta, leo = at_work(timed), counter(timed, name="Leo")
    _, _, place = helped(timed, marta)
    here, deep = place.removeprefix("/staff"), f"{place.removeprefix('/staff')}/hand-back"
    timed.clock.now += 16 * 60_000
    from_htmx = {"HX-Request": "true", "HX-Current-URL": f"{OWN}{place}"}
    led = [
        marta.client.get(f"/staff{deep}", base_url=OWN).headers["Location"],
        marta.client.get("/staff/ask/lk_00/news", base_url=OWN, headers=from_htmx).headers["HX-Redirect"],
        marta.send("/staff/find", {"Referer": f"{OWN}{place}"}).headers["Location"],
    ]
    assert [parse_qs(urlsplit(each).query)["to"] for each in led] == [[deep], [here], [here]]
    assert f'name="to" value="{deep}"' in marta.open(led[0]).text
    assert f'name="to" value="{deep}"' in signing_in(marta, deep, "not the password").text
    leo.client = marta.client
    assert signing_in(marta, deep).headers["Location"] == f"/staff{deep}"
    assert signing_in(leo, deep).headers["Location"] == "/staff"


def signing_in(person: Counter, to: str, password: str = PASSWORD) -> TestResponse:
    """The answer to signing in where a page waits."""
    return person.send("/staff/sign-in", sign_in_name=person.name, password=password, to=to)


@pytest.mark.parametrize(
    "to", ["", "//evil.example", "/../x", "https://evil.example", "/a?b", "/\\evil.example", "/a\n"]
)
def test_nobody_is_led_out_of_the_console(shop: Shop, to: str) -> None:
    """What a link of a stranger's asks for is not followed."""
    person = at_work(shop)
    assert 'name="to"' not in person.client.get("/staff/sign-in", query_string={"to": to}, base_url=OWN).text
    assert signing_in(person, to).headers["Location"] == "/staff"


def test_the_start_says_what_ends_soon_and_what_was_given_back(timed: Shop) -> None:
    """What ends first is at the head; what was given back is there for a shift, without a name."""
    person = at_work(timed)
    loan, cart = (
        registered(timed, titles={"en": title}, fields={"/name": "public"}) for title in ("Loan", "Gifts")
    )
    _, _, lent = helped(timed, person, loan, name="Ana Rey")
    timed.clock.now += 11 * 60_000
    _, _, given = helped(timed, person, cart, name="Ben")
    start = words(person.open())
    assert re.search(r"Ana Rey: Loan 1 answer ends soon, at .* Ben: Gifts 1 answer until", start)
    person.open(given)
    assert "given back at" in words(person.go(f"{given}/hand-back", way="none"))
    timed.clock.now += 5 * 60_000
    past = words(person.open()).partition("Sent, given back or left lately")[2]
    assert re.search(r"Gifts given back at .* Loan time was over at", past)
    assert not re.search(r"\bAna\b", past + lent)
    assert "Ben" not in past
    for _ in range(13 * 5):
        timed.clock.now += 12 * 60_000
        start = words(person.open())
    assert "given back at" not in start
