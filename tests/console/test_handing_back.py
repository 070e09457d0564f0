"""Promises of the hand-back page: staff choose where the customer goes on, and what is refused is kept."""

from typing import Any

from tests.console.counter import at_work, elements, words
from tests.console.test_pages import helped, registered
from tests.http.shop import Shop

STEPS = [
    {"id": "you", "titles": {"en": "About you", "es": "Sobre ti"}},
    {"id": "your_home", "titles": {}},
    {"id": "income", "titles": {"en": "Income"}},
]


def stepped(shop: Shop) -> str:
    """The name of a process that has steps."""
    return registered(shop, titles={"en": "Loan"}, steps=STEPS)


def options(page: Any) -> list[tuple[str | None, bool]]:
    """The steps that a page offers, and whether each is the chosen one."""
    found = [attributes for tag, attributes in elements(page) if tag == "option" and "lang" not in attributes]
    return [(each["value"], "selected" in each) for each in found]


def test_staff_choose_where_the_customer_goes_on(shop: Shop) -> None:
    """By the titles of the steps, in the language of the page; nothing chosen moves nobody."""
    person = at_work(shop)
    for chosen, reached in (("income", "income"), ("", "you")):
        owner, draft, place = helped(shop, person, stepped(shop), name="Ana")
        owner.plain(draft, 1, {"op": "position", "step": "you"})
        page = person.open(f"{place}/hand-back")
        assert options(page) == [("", False), ("you", False), ("your_home", False), ("income", False)]
        text = "Where should they go on? Where they are (About you) 1. About you 2. Your home 3. Income"
        assert text in words(page)
        assert "¿Dónde debe seguir? Donde está ahora (Sobre ti) 1. Sobre ti" in words(
            person.open(f"{place}/hand-back?lang=es")
        )
        assert person.open(f"{place}/hand-back?lang=en").status_code == 200
        assert person.send(f"{place}/hand-back", way="none", step=chosen).status_code == 303
        assert owner.draft(draft)["position"]["step"] == reached


def test_a_process_without_steps_asks_for_none(shop: Shop) -> None:
    """Nor is whoever may only look asked to choose: to move the customer is a change."""
    person = at_work(shop)
    _, _, place = helped(shop, person)
    assert options(person.open(f"{place}/hand-back")) == []
    owner = shop.visitor()
    draft = owner.begin(stepped(shop), name="Ana")
    made = owner.ask("POST", f"/v1/drafts/{draft}/handoffs", {"to": "staff", "scope": "view"}).get_json()
    looking = person.send("/staff/find", code=made["code"]).headers["Location"]
    assert options(person.open(f"{looking}/hand-back")) == []
    assert person.send(f"{looking}/hand-back", way="none", step="income").status_code == 403
    assert person.open(looking).status_code == 200


def test_a_step_is_still_chosen_on_the_page_that_was_refused(shop: Shop) -> None:
    """The address was wrong, the step was not."""
    person = at_work(shop)
    _, _, place = helped(shop, person, stepped(shop), name="Ana")
    person.open(f"{place}/hand-back")
    page = person.send(f"{place}/hand-back", way="email", address_email="no address", step="income")
    assert (page.status_code, options(page)[-1]) == (422, ("income", True))


def test_nobody_moves_a_customer_while_a_colleague_writes(shop: Shop) -> None:
    """The page says so, and how to hand it back nevertheless."""
    marta, leo = at_work(shop), at_work(shop, name="Leo")
    owner, draft, place = helped(shop, marta, stepped(shop), name="Ana")
    code = owner.hand_off(draft, "staff")["code"]
    leo.open(leo.send("/staff/find", code=code).headers["Location"])  # takes the right to write
    marta.open(f"{place}/hand-back")
    page = marta.send(f"{place}/hand-back", way="none", step="income")
    assert page.status_code == 422
    assert "A colleague is at work in it" in words(page)
    assert marta.send(f"{place}/hand-back", way="none").status_code == 303
