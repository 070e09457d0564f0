"""Promises of the record on the console: what is found, by whom, in which words, and what is never shown."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

import retoma_server
from retoma_server.actions import records
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.console.texts import console_texts
from retoma_server.domain.staff import Role
from retoma_server.http.texts import LANGUAGES
from tests.console.counter import NAVIGATION, OWN, Counter, at_work, elements, words
from tests.console.test_pages import XSS, helped, registered
from tests.console.test_supervising import account_of, store_of
from tests.http.shop import Shop

ACTIONS = Path(retoma_server.__file__).parent / "actions"


NAMING = (
    r"audit\([\w.]+, ",
    r"audit_look\([\w, ]+, ",
    r"leave\([\w, ]+, ",
    r"Order\((?:principal|by|None), ",
    r"Order\((?:by|None), \"[a-z-]+\" if \w+ else ",
    r"\*who, ",
    r'by, None, "api", ',
)
"""What stands before the name of an action in the source."""


def entries(page: TestResponse) -> list[str]:
    """What a page has on record, in words."""
    found = re.findall(r'<li><div class="entry">(.*?)</div></li>', page.text, re.DOTALL)
    return [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", each))).strip() for each in found]


def changed(shop: Shop, person: Counter, **values: Any) -> str:
    """The draft of a customer who is helped, and whose answer was changed; where it is shown."""
    process = registered(shop, fields={"/income": "personal"})
    _, draft, place = helped(shop, person, process, income=1, **values)
    person.open(place)
    sent = {"path": "/income", "value": "73519", "seen": "1", "once": place[-8:], "since": "1", "shape": "x"}
    assert person.send(f"{place}/fields", **sent).status_code in (200, 303)
    return draft


def test_the_record_says_who_did_what_where_and_never_a_value(shop: Shop) -> None:
    """In words, in both languages, with the names of fields that the process registered."""
    person = at_work(shop, name="Marta Gil", store=store_of(shop))
    changed(shop, person)
    auditor = at_work(shop, Role.AUDITOR)
    page = auditor.open(f"/staff/record?actor={account_of(person).id}")
    told = entries(page)
    assert any("Marta Gil changed answers" in each and "Sol" in each for each in told)
    assert any("Fields: /income" in each for each in told)
    assert any("Marta Gil looked at a process" in each for each in told)
    assert "73519" not in page.text
    spanish = auditor.open(f"/staff/record?lang=es&actor={account_of(person).id}")
    assert any("Marta Gil cambió respuestas" in each for each in entries(spanish))


def looks(shop: Shop, draft: str) -> int:
    """How many looks at a draft are on record."""
    log = records.audit_log(shop.tenant.id)
    entries = shop.deps.store.read_log(partition_of(draft), log, limit=1_000).entries
    told = [read_json(each.body)["entry"] for each in entries]
    return sum((each["action"], each["about"]) == ("draft-viewed", draft) for each in told)


def test_a_page_is_a_look_each_time_it_is_opened_and_not_with_each_answer_that_comes(shop: Shop) -> None:
    """Within a minute, however fast the customer types; what they let staff see anew is a look of its own."""
    person = at_work(shop)
    owner, draft, place = helped(shop, person, registered(shop, fields={"/income": "personal"}), income=1)
    by_code = looks(shop, draft)
    person.open(place)
    assert looks(shop, draft) == by_code + 1
    for _ in range(20):
        assert person.open(f"{place}/changes?since=0").status_code == 200
    assert looks(shop, draft) == by_code + 1
    own = f"/v1/drafts/{draft}/assists/{place.rpartition('/')[2]}"
    answer = owner.ask("PATCH", own, {"show_answers": True})
    assert answer.status_code == 200, answer.text
    for _ in range(3):
        person.open(f"{place}/changes?since=0")
    assert looks(shop, draft) == by_code + 2
    person.open(place)
    person.open(place)
    assert looks(shop, draft) == by_code + 4


def test_the_record_is_narrowed(shop: Shop) -> None:
    """By person, action, process and day; what nobody did is nothing, in words."""
    marta, leo = at_work(shop, name="Marta"), at_work(shop, name="Leo")
    draft = changed(shop, marta)
    changed(shop, leo)
    boss = at_work(shop, Role.SUPERVISOR)
    of_leo = entries(boss.open(f"/staff/record?actor={account_of(leo).id}"))
    assert of_leo
    assert all(each.startswith("Leo ") for each in of_leo)
    only = entries(boss.open(f"/staff/record?draft={draft}"))
    assert only
    assert all(each.startswith("Marta ") for each in only)
    assert all("changed answers" in each for each in entries(boss.open("/staff/record?action=draft-changed")))
    nothing = boss.open(f"/staff/record?actor={account_of(leo).id}&action=history-viewed")
    assert "There is nothing on record." in words(nothing)
    assert entries(boss.open("/staff/record?day=1999-12-31")) == []


def test_the_record_goes_on_page_by_page(shop: Shop) -> None:
    """Each entry once, down to the oldest; a cursor of another search is refused."""
    person = at_work(shop, name="Mona")
    _, _, place = helped(shop, person)
    for _ in range(60):
        person.open(f"{place}/hand-back")
    boss = at_work(shop, Role.SUPERVISOR)
    first = boss.open(f"/staff/record?actor={account_of(person).id}")
    older = re.search(r'href="(\?[^"]*cursor=[^"]*)"', first.text)
    assert older
    address = unescape(older[1])
    second = boss.open(f"/staff/record{address}")
    assert len(entries(first)) == 50
    assert 10 <= len(entries(second)) < 50
    assert "cursor=" not in second.text
    assert boss.open("/staff/record?cursor=" + address.partition("cursor=")[2]).status_code == 400


def test_nobody_reads_another_tenants_record(shop: Shop) -> None:
    """A search for somebody there finds nothing, and none of their names is offered."""
    person = at_work(shop, name="Marta Gil")
    changed(shop, person)
    stranger = at_work(shop.neighbour(), Role.SUPERVISOR, Role.AUDITOR)
    page = stranger.open(f"/staff/record?actor={account_of(person).id}")
    assert entries(page) == []
    assert "Marta Gil" not in stranger.open("/staff/record").text


def test_that_the_record_was_read_is_on_record(shop: Shop) -> None:
    """By its own reader as by others."""
    auditor = at_work(shop, Role.AUDITOR, name="Iris Ro")
    auditor.open("/staff/record")
    page = auditor.open(f"/staff/record?actor={account_of(auditor).id}")
    assert any("Iris Ro read the record" in each for each in entries(page))


def test_a_reason_is_shown(shop: Shop) -> None:
    """What a supervisor gave when they read a hidden answer."""
    boss = at_work(shop, Role.SUPERVISOR, name="Rosa")
    process = registered(shop, fields={"/income": "personal"})
    _, _, place = helped(shop, boss, process, income=73519)
    boss.open(place)
    headers = {"Retoma-CSRF": boss.csrf, "Sec-Fetch-Site": "same-origin", "Origin": OWN}
    asked = {"path": "/income", "reason": "The customer cannot read it <b>aloud</b>"}
    assist = place.rpartition("/")[2]
    answer = boss.client.post(f"/v1/assist/{assist}/reveal", base_url=OWN, json=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    page = boss.open("/staff/record?action=field-revealed")
    assert any("The customer cannot read it <b>aloud</b>" in each for each in entries_raw(page))
    assert "<b>aloud" not in page.text
    assert "«The customer cannot read it" in words(boss.open("/staff/record?action=field-revealed&lang=es"))
    assert "73519" not in page.text


def entries_raw(page: TestResponse) -> list[str]:
    """What a page has on record, its text alone unescaped."""
    found = re.findall(r'<li><div class="entry">(.*?)</div></li>', page.text, re.DOTALL)
    return [unescape(re.sub(r"<[^>]*>", " ", each)) for each in found]


@pytest.mark.parametrize("role", Role)
def test_everybody_reads_their_own_day_and_nobody_elses(shop: Shop, role: Role) -> None:
    """Without a name, as it is one's own; another day has nothing."""
    other = at_work(shop, name="Leo")
    changed(shop, other)
    person = at_work(shop, role)
    own = person.open("/staff/activity")
    assert own.status_code == 200
    assert entries(own) == []
    if role in (Role.ASSIST, Role.SUPERVISOR):
        changed(shop, person)
        told = entries(person.open("/staff/activity"))
        assert any(each.startswith("changed answers") for each in told)
        assert entries(person.open("/staff/activity?day=1999-12-31")) == []
        assert entries(person.open("/staff/activity?actor=" + account_of(other).id)) == told


def test_a_day_is_that_of_whoever_asks(shop: Shop) -> None:
    """In the time zone of their browser; one that there is not is the server's."""
    person = at_work(shop)
    seen = {}
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "../etc/passwd", "\u00e9", ""):
        person.client.set_cookie("retoma-zone", zone, domain="retoma.test")
        found = re.search(r'name="day" value="([\d-]+)"', person.open("/staff/activity").text)
        assert found
        seen[zone] = found[1]
    assert seen["Pacific/Kiritimati"] > seen["Pacific/Pago_Pago"]
    assert seen["../etc/passwd"] == seen[""] == seen["\u00e9"]


def test_the_start_page_counts_todays_help_by_store(shop: Shop) -> None:
    """For supervisors; what was helped with, completed and handed back. Assistants see no numbers."""
    where = store_of(shop, "Gran Vía")
    person = at_work(shop, store=where)
    changed(shop, person)
    _, _, place = helped(shop, person)
    person.open(f"{place}/hand-back")
    person.go(f"{place}/hand-back", way="none")
    boss = at_work(shop, Role.SUPERVISOR, store=where)
    assert "Gran Vía 2 0 1" in words(boss.open())
    assert "Completed" not in words(person.open())


def test_every_action_has_words(shop: Shop) -> None:
    """Whatever the server puts on record is said in words, in both languages."""
    source = "\n".join(path.read_text("utf-8") for path in ACTIONS.glob("*.py"))
    known = set(re.findall(rf'(?:{"|".join(NAMING)})"([a-z-]+)"', source)) | {
        "draft-changed",
        "draft-completed",
        "customer-merged",
    }
    assert len(known) > 15
    for language in LANGUAGES:
        assert known <= console_texts(language)["actions"].keys()


@pytest.mark.parametrize("text", XSS)
def test_what_is_searched_for_is_shown_as_text(shop: Shop, text: str) -> None:
    """Whatever is typed into the address (case 57); what nothing is called finds nothing."""
    boss = at_work(shop, Role.SUPERVISOR)
    for name in ("actor", "action", "day", "draft", "customer"):
        page = boss.open("/staff/record?" + urlencode({name: text}))
        assert page.status_code == 200
        assert name == "day" or entries(page) == []
        assert page.text.count("<script") == page.text.count('<script src="/staff/assets/')
        assert not [tag for tag, _ in elements(page) if tag in ("svg", "b", "img")][1:]


def test_what_the_console_does_by_the_api_is_done_in_the_store(shop: Shop) -> None:
    """A browser's stream of events names no channel; who signs in by a cookie is at the counter."""
    person = at_work(shop)
    _, draft, place = helped(shop, person)
    person.open(place)
    assert person.client.get(f"/v1/drafts/{draft}", base_url=OWN, headers=NAVIGATION).status_code == 200
    rosa = at_work(shop, Role.SUPERVISOR)
    record = words(rosa.open(f"/staff/record?draft={draft}"))
    assert "in a store" in record
    assert "in another system" not in record
