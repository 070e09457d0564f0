"""Promises of the console: who sees what, in which language, what nobody can ride on, and what never runs."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from limits.storage import MemoryStorage

from retoma_server.adapters.limiting import Limits
from retoma_server.app import app_of
from retoma_server.console.texts import console_texts
from retoma_server.domain.staff import Role
from retoma_server.http.texts import LANGUAGES
from tests.console.counter import NAVIGATION, OWN, Counter, at_work, counter, elements, words
from tests.http.shop import Person, Shop, new_key

OPEN = ["/staff/sign-in", "/staff/assets/layout.css"]
CLOSED = [
    "/staff",
    "/staff/ask",
    "/staff/begin",
    "/staff/override",
    "/staff/ask/lk_00",
    "/staff/ask/lk_00/news",
    "/staff/help/as_00",
    "/staff/help/as_00/hand-back",
]
FORMS = [
    "/staff/find",
    "/staff/ask",
    "/staff/begin",
    "/staff/begin/dr_00",
    "/staff/ask/lk_00/send",
    "/staff/ask/lk_00/code",
    "/staff/help/as_00/leave",
    "/staff/help/as_00/hand-back",
    "/staff/sign-out",
    "/staff/switch",
    "/staff/unlock",
]
FRAMING = "http://shop.test:8080"
FRAMED = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"}
XSS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'-alert(1)-'",
    "javascript:alert(1)",
    "{{7*7}}${7*7}",
    "</title><script>alert(1)</script>",
    "\u202e<b>gnirts</b>",
]


def begun(shop: Shop, process: str = "loan", **values: Any) -> tuple[Person, str, str]:
    """A customer, their draft, and a code for staff."""
    owner = shop.visitor()
    draft = owner.begin(process, **values)
    return owner, draft, owner.hand_off(draft, "staff")["code"]


def helped(shop: Shop, person: Counter, process: str = "loan", **values: Any) -> tuple[Person, str, str]:
    """A customer, their draft, and the address where somebody helps with it."""
    owner, draft, code = begun(shop, process, **values)
    found = person.send("/staff/find", code=code)
    assert found.status_code == 303, found.text
    return owner, draft, found.headers["Location"]


def registered(shop: Shop, **about: Any) -> str:
    """The name of a process just registered."""
    name = new_key()
    answer = shop.service.ask("PUT", f"/v1/processes/{name}", about)
    assert answer.status_code in (200, 201), answer.text
    return name


@pytest.mark.parametrize("path", [*OPEN, "/staff/nowhere"])
def test_no_page_can_be_framed_or_run_what_is_not_ours(shop: Shop, path: str) -> None:
    """Every header of a page of staff, on files and refusals too; nothing is inline (cases 56, 57)."""
    answer = shop.app.test_client().get(path, base_url=OWN, buffered=True)
    policy = dict(part.partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split("; "))
    nothing = ("default-src", "frame-ancestors", "base-uri", "object-src")
    assert {policy[name] for name in nothing} == {"'none'"}
    assert {policy[name] for name in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
    assert policy["require-trusted-types-for"] == "'script'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == ("no-cache" if "assets" in path else "no-store")
    if "assets" not in path:
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|<style|\sstyle=|javascript:", answer.text)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)


def framing(shop: Shop) -> Shop:
    """A server that lets one page show the console in a frame."""
    deps = replace(shop.deps, frame_ancestor=FRAMING)
    return replace(shop, app=app_of(deps), deps=deps)


def test_in_development_one_page_may_frame_the_console(shop: Shop) -> None:
    """It names that page alone, whoever is signed in sees theirs, and other ways are refused (case 56)."""
    person = at_work(framing(shop))
    shown = person.open("/staff", **FRAMED)
    assert (shown.status_code, "Marta" in words(shown)) == (200, True)
    assert f"frame-ancestors {FRAMING};" in shown.headers["Content-Security-Policy"]
    assert person.open("/staff", **FRAMED | {"Sec-Fetch-Dest": "empty"}).status_code == 403
    assert person.open("/staff", **FRAMED | {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert person.send("/staff/sign-out", FRAMED).status_code == 403


def test_nobody_is_signed_in_in_a_frame_otherwise(shop: Shop) -> None:
    """A page of the same site that frames the console shows a refusal (case 56)."""
    assert at_work(shop).open("/staff", **FRAMED).status_code == 403


def test_an_address_chooses_the_language_also_on_the_way_to_sign_in(shop: Shop) -> None:
    """With the tenant's key, and without anybody signed in, the page that one comes to speaks it."""
    person = counter(shop)
    shown = person.open(f"/staff?key={shop.tenant.publishable_key}&lang=es", **{"Accept-Language": "en"})
    assert '<html lang="es">' in shown.text
    assert '<html lang="en">' in person.open("/staff?lang=en").text


def test_what_a_page_loads_is_there(shop: Shop) -> None:
    """Every file that a page names is served by us, the licences of others' lie beside them."""
    person = at_work(shop)
    _, _, place = helped(shop, person)
    text = person.open().text + person.open(place).text
    files = set(re.findall(r'(?:src|href)="((?:/staff)?/assets/[^"]+)"', text))
    assert len(files) > 5
    assert "/assets/retoma.css" in files
    others = ("README.md", "htmx.LICENSE.txt", "pico.LICENSE.txt", "qr.LICENSE.txt", "qr/decode.js")
    files |= {f"/staff/assets/vendor/{name}" for name in (*others, "qr/index.js")}
    assert {person.client.get(file, base_url=OWN, buffered=True).status_code for file in files} == {200}


def test_no_sheet_makes_a_page_wait_twice(shop: Shop) -> None:
    """All that a page looks like is asked for at once, and once: later only whether it is still the same."""
    person = at_work(shop)
    _, _, place = helped(shop, person)
    sheets = set(re.findall(r'rel="stylesheet" href="([^"]+)"', person.open().text + person.open(place).text))
    assert len(sheets) > 5
    for sheet in sheets:
        answer = person.client.get(sheet, base_url=OWN, buffered=True)
        assert "@import" not in answer.text
        assert answer.headers["Cache-Control"] == "no-cache"
        known = {"If-None-Match": answer.headers["ETag"]}
        assert person.client.get(sheet, base_url=OWN, headers=known, buffered=True).status_code == 304


def test_the_console_says_the_same_in_both_languages() -> None:
    """No text is missing in one of them, nor a fact that is filled in."""
    english, spanish = (console_texts(language) for language in LANGUAGES)
    assert {name: texts.keys() for name, texts in english.items()} == {
        name: texts.keys() for name, texts in spanish.items()
    }
    facts = re.compile(r"\{\w+\}")
    for section, texts in english.items():
        for name, text in texts.items():
            assert set(facts.findall(text)) == set(facts.findall(spanish[section][name])), (section, name)


def test_a_page_speaks_the_language_that_was_chosen_from_then_on(shop: Shop) -> None:
    """As the browser prefers; as `?lang=` says, and on every page after it too."""
    person = counter(shop)
    assert '<html lang="es">' in person.open(Accept_Language="es").text
    assert '<html lang="en">' in person.open("/staff/sign-in?lang=en", Accept_Language="es").text
    assert '<html lang="en">' in person.open(Accept_Language="es").text


@pytest.mark.parametrize("path", CLOSED)
def test_whoever_is_not_signed_in_comes_to_sign_in(shop: Shop, path: str) -> None:
    """Every page leads there; htmx is told in the way that it understands."""
    client = shop.app.test_client()
    answer = client.get(path, base_url=OWN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/sign-in")
    told = client.get(path, base_url=OWN, headers={"HX-Request": "true"})
    assert (told.status_code, told.headers["HX-Redirect"], told.text) == (200, "/staff/sign-in", "")


@pytest.mark.parametrize("path", FORMS)
def test_nobody_sends_a_form_who_is_not_signed_in(shop: Shop, path: str) -> None:
    """It leads to sign in, and nothing is done."""
    answer = shop.app.test_client().post(path, base_url=OWN, headers=NAVIGATION)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/sign-in")


FOREIGN: dict[str, dict[str, str]] = {
    "another origin": {"Origin": "https://evil.example"},
    "an origin that is none": {"Origin": "null"},
    "another site, by Fetch metadata": {"Sec-Fetch-Site": "cross-site"},
    "a neighbour of the same site": {"Sec-Fetch-Site": "same-site"},
}


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_its_token_does_nothing(shop: Shop, path: str) -> None:
    """403, without the field and with a wrong one, and the session goes on (case 55)."""
    person = at_work(shop)
    for csrf in ("", "0" * 64):
        answer = person.send(path, csrf=csrf)
        assert answer.status_code == 403
        assert "did not come from a page of the console" in words(answer)
    assert "Help a customer" in words(person.open())


@pytest.mark.parametrize("how", FOREIGN)
def test_a_strange_page_cannot_send_a_form_even_with_the_token(shop: Shop, how: str) -> None:
    """403 for every form, that of signing in too (case 55)."""
    person = at_work(shop)
    for path in (*FORMS, "/staff/sign-in"):
        assert person.send(path, FOREIGN[how]).status_code == 403, path
    assert "Help a customer" in words(person.open())


def test_the_api_takes_no_token_from_a_form(shop: Shop) -> None:
    """The field counts on the console's own pages alone (case 55)."""
    person = at_work(shop)
    person.open()
    assert person.send("/v1/assist/redeem", code="BCDF-GHJK").status_code == 403


def test_who_does_not_get_in_is_told_what_to_do(shop: Shop) -> None:
    """401 with the page again and the name as typed, without saying which of the two was wrong."""
    person = counter(shop)
    person.open(f"/staff?key={shop.tenant.publishable_key}")
    refused = person.sign_in("not the password")
    assert refused.status_code == 401
    assert "That did not sign you in" in words(refused)
    assert f'value="{person.name}"' in refused.text
    assert "not the password" not in refused.text


def test_who_tries_too_often_is_told_how_long_to_wait(shop: Shop) -> None:
    """429 with the page again, in minutes, and `Retry-After` in seconds."""
    deps = replace(shop.deps, limits=Limits(MemoryStorage()))
    strict = replace(shop, app=app_of(deps), deps=deps)
    person = counter(strict)
    person.open(f"/staff?key={shop.tenant.publishable_key}")
    for _ in range(5):
        assert person.sign_in("not the password").status_code == 401
    refused = person.sign_in()
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert re.search(r"Too many tries Wait \d+ min and try again", words(refused))


def test_the_key_in_the_address_is_remembered_and_leaves_it(shop: Shop) -> None:
    """A year in a cookie; what is no key of a business says what to do."""
    client = shop.app.test_client()
    answer = client.get(f"/staff?key={shop.tenant.publishable_key}", base_url=OWN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    for key in ("x", shop.tenant.secret_key, "pk_0000000000"):
        unknown = client.get(f"/staff?key={key}", base_url=OWN)
        assert unknown.status_code == 404
        assert "retoma-server staff address" in words(unknown)


def test_a_server_of_one_business_needs_no_key_and_one_of_two_does(shop: Shop) -> None:
    """Nobody has to know the address of the only one there is."""
    if (
        len({shop.tenant.id}) == 1
        and shop.app.test_client().get("/staff/sign-in", base_url=OWN).status_code == 200
    ):
        shop.neighbour()
    unknown = shop.app.test_client().get("/staff/sign-in", base_url=OWN)
    assert unknown.status_code == 404
    assert "Which business is this for?" in words(unknown)


def test_a_code_leads_to_what_the_customer_is_doing(shop: Shop) -> None:
    """Its title, how far they are, where they began, and no answer of theirs but a public name."""
    process = registered(
        shop,
        titles={"en": "Mortgage application", "es": "Solicitud de hipoteca"},
        fields={"/name": "public"},
        steps=[{"id": "you"}, {"id": "home", "titles": {"en": "Your home"}}, {"id": "end"}],
    )
    person = at_work(shop)
    owner, draft, place = helped(shop, person, process, name="Ana Rey", email="ana@example.com")
    owner.plain(draft, 1, {"op": "position", "step": "home"})
    page = words(person.open(place))
    for shown in (
        "Ana Rey: Mortgage application",
        "step 2 of 3: Your home",
        "2 answers",
        "in another system",
    ):
        assert shown in page
    assert "example.com" not in page
    assert "Ana Rey: Solicitud de hipoteca" in words(person.open(f"{place}?lang=es"))


def test_a_name_that_is_not_public_is_not_shown(shop: Shop) -> None:
    """The customer is the customer then, on every page."""
    person = at_work(shop)
    _, _, place = helped(shop, person, "loan", name="Ana Rey")
    for page in (person.open(place), person.open(), person.open(f"{place}/hand-back")):
        assert not re.search(r"\bAna\b", page.text)
    assert "The customer\u2019s Loan" in words(person.open())


def test_a_wrong_code_leaves_what_was_typed_and_says_what_to_do(shop: Shop) -> None:
    """As a page, and for htmx as the part of one."""
    person = at_work(shop)
    page = person.send("/staff/find", code="BCDF-GHJ")
    assert page.status_code == 404
    assert "This code opens nothing" in words(page)
    assert 'value="BCDF-GHJ"' in page.text
    part = person.send("/staff/find", {"HX-Request": "true"}, code="BCDF-GHJ")
    assert part.status_code == 404
    assert "<html" not in part.text
    assert "This code opens nothing" in words(part)


def test_a_form_that_htmx_sends_is_led_on(shop: Shop) -> None:
    """By the header that it follows, with nothing to put into the page."""
    person = at_work(shop)
    _, _, code = begun(shop)
    found = person.send("/staff/find", {"HX-Request": "true"}, code=code)
    assert (found.status_code, found.text) == (200, "")
    assert found.headers["HX-Redirect"].startswith("/staff/help/as_")


def test_an_address_of_no_page_speaks_of_no_customer(shop: Shop) -> None:
    """Whoever mistyped one, or keeps one of somebody who left, is not told to ask for a code."""
    for path in ("/staff/nowhere", "/staff/people/st_00"):
        page = at_work(shop, Role.SUPERVISOR).open(path)
        assert page.status_code == 404
        assert "There is no such page" in words(page)
        assert "customer" not in words(page).partition("There is no such page")[2]


def test_nothing_of_anothers_assist_is_shown(shop: Shop) -> None:
    """404 for a colleague and for a neighbour, exactly as for what is not there."""
    marta, leo = at_work(shop), at_work(shop, name="Leo")
    _, _, place = helped(shop, marta, "loan", name="Ana")
    absent = place[:-4] + "AAAA"
    leo.open()
    for path in ("", "/hand-back"):
        theirs, none = leo.open(place + path), leo.open(absent + path)
        assert (theirs.status_code, none.status_code) == (404, 404)
        assert theirs.text == none.text
        assert "There is nothing here for you" in words(theirs)
    for path in ("/leave", "/hand-back"):
        assert leo.send(place + path, way="none").status_code == 404
    assert "You are helping Nobody just now" in words(leo.open())
    assert marta.open(place).status_code == 200


def test_whoever_leaves_is_out_and_sees_that_they_were_there(shop: Shop) -> None:
    """The page is gone; the start names the process among what was left lately, and nobody."""
    person = at_work(shop)
    process = registered(shop, titles={"en": "Loan"}, fields={"/name": "public"})
    _, _, place = helped(shop, person, process, name="Ana Rey")
    person.open(place)
    start = words(person.go(f"{place}/leave"))
    assert "You left." in start
    assert "Sent, given back or left lately Loan left at" in start
    assert "Ana" not in start
    assert person.open(place).status_code == 404


@pytest.mark.parametrize("way", ["device", "none"])
def test_a_process_is_handed_back(shop: Shop, way: str) -> None:
    """With a code on screen or where it is; staff are out of it at once, and a second time is 404."""
    person = at_work(shop)
    owner, draft, place = helped(shop, person)
    person.open(f"{place}/hand-back")
    page = person.go(f"{place}/hand-back", way=way)
    assert ("<svg" in page.text) == (way == "device")
    assert person.open(place).status_code == 404
    assert person.send(f"{place}/hand-back", way=way).status_code == 404
    assert owner.draft(draft)["status"] == "open"


def test_an_address_that_does_not_lead_to_the_customer_is_refused_and_kept(shop: Shop) -> None:
    """422 with the page again, what was typed in it, and the assist goes on."""
    person = at_work(shop)
    _, _, place = helped(shop, person)
    person.open(f"{place}/hand-back")
    for typed in ("", "not an address"):
        page = person.send(f"{place}/hand-back", way="email", address_email=typed)
        assert page.status_code == 422
        assert f'value="{typed}"' in page.text
    assert person.open(place).status_code == 200


@pytest.mark.parametrize("text", XSS)
def test_what_anybody_wrote_is_shown_as_text(shop: Shop, text: str) -> None:
    """A process's and a step's titles, the customer's name, a clerk's, and what is typed (case 57)."""
    process = registered(
        shop,
        titles={"en": text, "es": text},
        fields={"/name": "public"},
        steps=[{"id": "one", "titles": {"en": text}}],
    )
    person = at_work(shop, name=text)
    owner, draft, place = helped(shop, person, process, name=text)
    owner.plain(draft, 1, {"op": "position", "step": "one"})
    pages = [person.open(path) for path in (place, f"{place}/hand-back", "/staff")]
    pages.append(person.send("/staff/find", code=text))
    pages.append(person.open(f"/staff?said={text}"))
    for page in pages:
        for tag, attributes in elements(page):
            assert tag not in ("svg", "b", "style", "iframe"), text
            assert not [name for name in attributes if name.startswith("on")], text
            leads = [attributes.get(name) or "/" for name in ("href", "src", "action")]
            assert all(each.startswith(("/", "?", "#")) for each in leads), text
        assert page.text.count("<script") == page.text.count('<script src="/staff/assets/')
    assert text in unescape(pages[0].text)


def test_a_locked_page_opens_for_the_right_password_only(shop: Shop) -> None:
    """The session is the same before and after; a wrong password says so."""
    person = at_work(shop)
    person.open()
    before = person.csrf
    wrong = person.send("/staff/unlock", {"HX-Request": "true"}, password="wrong horse battery")
    assert wrong.status_code == 403
    assert "That is not the password" in words(wrong)
    right = person.send("/staff/unlock", {"HX-Request": "true"}, password="correct horse battery")
    assert (right.status_code, right.headers["HX-Trigger"]) == (204, "unlocked")
    person.open()
    assert person.csrf == before


def test_whoever_signs_out_is_out(shop: Shop) -> None:
    """The session is over on the server; the next person can sign in."""
    person = at_work(shop)
    person.open()
    cookie = person.client.get_cookie("__Host-retoma-staff", domain="retoma.test")
    page = person.go("/staff/sign-out")
    assert "You are signed out" in words(page)
    assert cookie is not None
    person.client.set_cookie("__Host-retoma-staff", cookie.value, domain="retoma.test", secure=True)
    ended = person.open()
    assert "You were signed out" in words(ended)


def test_what_was_sent_is_no_open_work_any_more(shop: Shop) -> None:
    """Though the help would last: there is nothing left to do."""
    person = at_work(shop)
    owner, draft, _ = helped(shop, person)
    sent = owner.ask(
        "POST",
        f"/v1/drafts/{draft}/complete",
        {"seen": owner.draft(draft)["revision"]},
        Idempotency_Key=new_key(),
    )
    assert sent.status_code == 200
    start = words(person.open())
    assert "Nobody just now" in start.partition("You are helping")[2].partition("Sent, given back")[0]
    assert "Sent, given back or left lately Loan sent at" in start


def test_whoever_comes_back_after_a_colleague_goes_on(shop: Shop) -> None:
    """Switching users ends no help; signing out does, and that process is among those left."""
    person = at_work(shop)
    _, _, place = helped(shop, person)
    person.open()
    assert "Sign in" in words(person.go("/staff/switch"))
    assert "Password" in words(person.open(place))
    person.sign_in()
    assert person.open(place).status_code == 200
    person.go("/staff/sign-out")
    person.sign_in()
    assert person.open(place).status_code == 404


def test_an_auditor_sees_nothing_of_customers(shop: Shop) -> None:
    """Neither the field for codes nor what is behind it."""
    person = at_work(shop, Role.AUDITOR)
    page = person.open()
    assert 'id="code"' not in page.text
    assert "not for helping customers" in words(page)
    assert person.send("/staff/find", code="BCDF-GHJK").status_code == 403
