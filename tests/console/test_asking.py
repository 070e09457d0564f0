"""Promises of help without a code, as staff see it: the same page whoever is asked, until a yes."""

import re

from retoma_server.domain.staff import Role
from tests.console.counter import at_work, words
from tests.http.shop import Person, Shop, new_key, shop_in_memory
from tests.http.test_staff import hashing_quickly

REASON = "Asked at the counter"


def customer(shop: Shop) -> tuple[Person, str]:
    """A customer with something open, and their number with the shop."""
    name = new_key()
    who = shop.customer(name)
    who.begin("loan", name="Ana")
    return who, name


def test_the_page_is_the_same_whoever_is_asked(shop: Shop) -> None:
    """But for the id of the request: nothing tells whether the customer is known."""
    person = at_work(shop)
    _, known = customer(shop)
    shown = []
    for value in (known, new_key()):
        person.open("/staff/ask")
        page = person.go("/staff/ask", kind="external_id", value=value, reason=REASON)
        assert page.status_code == 200
        shown.append(re.sub(r"lk_\w+|<time.*?</time>", "", page.text))
    assert shown[0] == shown[1]
    assert "Waiting for the customer" in shown[0]


def test_the_page_goes_on_once_the_customer_says_yes(shop: Shop) -> None:
    """To what they let staff into; while they have not, nothing is new."""
    person = at_work(shop)
    who, known = customer(shop)
    person.open("/staff/ask")
    place = person.send("/staff/ask", kind="external_id", value=known, reason=REASON).headers["Location"]
    by_htmx = {"HX-Request": "true"}
    assert person.open(f"{place}/news", **by_htmx).status_code == 204
    (asked,) = who.get("/v1/me/assist-requests").get_json()["items"]
    draft = who.get("/v1/me/drafts").get_json()["items"][0]["id"]
    said = {"approve": True, "draft": draft}
    assist = who.post(f"/v1/me/assist-requests/{asked['id']}", said).get_json()["assist"]["id"]
    assert person.open(f"{place}/news", **by_htmx).headers["HX-Redirect"] == f"/staff/help/{assist}"
    assert "You are helping" in words(person.open(place))


def test_what_cannot_be_asked_leaves_what_was_typed(shop: Shop) -> None:
    """422 with what to do, in the language of the page."""
    person = at_work(shop)
    person.open("/staff/ask?lang=es")
    page = person.send("/staff/ask", kind="email", value="ana@", reason=REASON)
    assert page.status_code == 422
    assert "Esto no puede estar bien" in words(page)
    assert 'value="ana@"' in page.text


def test_a_wrong_code_is_told_and_may_be_typed_again(shop: Shop) -> None:
    """Whether or not anybody could have one."""
    person = at_work(shop)
    person.open("/staff/ask")
    place = person.send("/staff/ask", kind="email", value="a@b.example", reason=REASON).headers["Location"]
    person.open(place)
    page = person.send(f"{place}/code", code="123456")
    assert page.status_code == 403
    assert "That is not the code" in words(page)


def test_a_request_that_is_over_says_what_to_do() -> None:
    """And the page asks no further; a colleague never sees it."""
    shop = hashing_quickly(shop_in_memory())
    person, colleague = at_work(shop), at_work(shop)
    person.open("/staff/ask")
    place = person.send("/staff/ask", kind="email", value="a@b.example", reason=REASON).headers["Location"]
    assert colleague.open(place).status_code == 404
    shop.clock.now += 5 * 60_000
    page = person.open(place)
    assert "Nobody let you in" in words(page)
    assert "hx-trigger" not in page.text
    assert person.open(f"{place}/news", **{"HX-Request": "true"}).headers["HX-Redirect"] == place
    shop.deps.store.close()


def test_a_supervisor_looks_without_asking_after_a_warning(shop: Shop) -> None:
    """Others see neither the way nor the page; what is found is on record."""
    clerk = at_work(shop)
    assert "/staff/override" not in clerk.open("/staff/ask").text
    assert clerk.open("/staff/override").status_code == 403
    _, known = customer(shop)
    sue = at_work(shop, Role.SUPERVISOR, name="Sue")
    assert "/staff/override" in sue.open("/staff/ask").text
    assert "on record" in words(sue.open("/staff/override"))
    said = {"kind": "external_id", "value": known, "reason": "Court order of today", "ticket": "HELP-1"}
    assert sue.send("/staff/override", **{**said, "reason": "short"}).status_code == 422
    assert sue.send("/staff/override", **{**said, "value": new_key()}).status_code == 404
    assert "You are helping" in words(sue.go("/staff/override", **said))
