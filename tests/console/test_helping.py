"""Promises of the page of a help: it obeys what the customer allows, and one of staff writes at a time."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from retoma_server.adapters.stores import Commit
from retoma_server.domain.leases import IDLE_LIFE, LEASE_LIFE
from retoma_server.domain.staff import Role
from tests.console.assisting import Counter, at_the_counter, field_of, text_of, with_a_colleague
from tests.http.shop import Shop, new_key, shop_in_memory
from tests.http.test_staff import hashing_quickly

SCHEMA = {
    "required": ["income"],
    "properties": {
        "note": {"title": "Note", "type": "string"},
        "income": {"title": "Income", "type": "number", "minimum": 100},
        "email": {"title": "E-mail", "type": "string"},
        "iban": {"title": "Account", "type": "string"},
        "terms": {"title": "Terms", "type": "boolean"},
    },
}
BUSY = "is helping with this just now, since"


@pytest.fixture(scope="module")
def counter(shop: Shop) -> Shop:
    """A shop with a process that asks the customer to confirm one answer."""
    return registered(shop)


@pytest.fixture
def timed() -> Iterator[Shop]:
    """The same on a clock that stands still until it is turned."""
    shop = hashing_quickly(shop_in_memory())
    yield registered(shop)
    shop.deps.store.close()


def registered(shop: Shop) -> Shop:
    """A shop after it registered the process."""
    shop.register(
        "credit",
        titles={"en": "Credit", "es": "Crédito"},
        schema=SCHEMA,
        fields={"/note": "public", "/income": "public", "/iban": "restricted"},
        confirm=["/income"],
        customer_only=["/terms"],
    )
    return shop


def begun(shop: Shop, scope: str = "edit", *roles: Role, shows: bool = False, **values: Any) -> Counter:
    """A draft of that process, in a clerk's hands as far as a scope goes."""
    return at_the_counter(shop, "credit", roles=roles, consent=(scope, shows), **values)


# -- one at a time -----------------------------------------------------------------------------


def test_who_opens_the_page_writes_and_a_colleague_reads_along(counter: Shop) -> None:
    """The colleague's page says who is at it, and takes no answer until it is free."""
    at = begun(counter, note="first")
    at.page()
    ben = with_a_colleague(counter, at, "Ben")
    page = ben.page()
    assert BUSY in text_of(page)
    assert "Marta" in text_of(page)
    assert "Look again" in text_of(page)
    assert "Take over" not in text_of(page)
    assert "<form" not in field_of(page, "Note")
    said = ben.save("/note", "theirs", 1)
    assert 'data-note="refused"' in field_of(said, "Note")
    assert at.customer.data(at.draft) == {"note": "first"}
    at.clerk.ask("DELETE", f"/v1/assist/{at.assist}")
    assert BUSY not in text_of(ben.news(1))
    assert "Saved" in text_of(ben.save("/note", "theirs", 1))


def test_a_page_that_is_seen_keeps_the_right_to_write(timed: Shop) -> None:
    """By a word every while; nobody who only reads is told to keep anything."""
    at = begun(timed)
    at.page()
    ben = with_a_colleague(timed, at, "Ben")
    for _ in range(4):
        timed.clock.now += LEASE_LIFE // 3
        assert at.send_status("keep") == 204
    assert ben.send_status("keep") == 423
    timed.clock.now += LEASE_LIFE + 1
    assert ben.send_status("keep") == 204
    assert at.send_status("keep") == 423
    assert begun(timed, "view").send_status("keep") == 423


def test_a_page_takes_nothing_by_itself_that_a_colleague_has(timed: Shop) -> None:
    """Not after five minutes without a word of theirs either; who asks for it gets it then."""
    at = begun(timed)
    at.page()
    ben = with_a_colleague(timed, at, "Ben")
    for _ in range(IDLE_LIFE // 20_000):
        timed.clock.now += 20_000
        at.send_status("keep")
    assert ben.send_status("keep") == 423
    assert BUSY not in text_of(ben.send("lease", 0).text)
    assert BUSY in text_of(at.news(0))


def test_that_a_page_is_open_is_no_use_of_the_help(timed: Shop) -> None:
    """Neither keeping nor following puts its end off; saving does."""
    at = begun(timed)
    shape = at.shape

    def ends() -> str:
        items = at.customer.get(f"/v1/drafts/{at.draft}/assists").get_json()["items"]
        end: str = items[0]["expires_at"]
        return end

    before = ends()
    timed.clock.now += 120_000
    at.send_status("keep")
    at.clerk.get(f"/staff/help/{at.assist}/changes?since=0&shape={shape}")
    assert ends() == before
    at.save("/note", "mine", 0)
    assert ends() > before


def test_a_page_that_is_left_open_keeps_nobody_signed_in(timed: Shop) -> None:
    """However long it keeps and follows; whoever is at work stays."""
    at = begun(timed)
    at.page()
    for _ in range(16):
        timed.clock.now += 60_000
        address = f"/staff/help/{at.assist}/changes?since=0&shape=other"
        statuses = at.send_status("keep"), at.clerk.get(address).status_code
    assert statuses == (200, 303), "both lead to signing in"


def test_a_supervisor_takes_over(counter: Shop) -> None:
    """The colleague's page reads along from then on; without scripts as well."""
    at = begun(counter)
    at.page()
    boss = with_a_colleague(counter, at, "Eva", Role.SUPERVISOR)
    assert "Take over" in text_of(boss.page())
    done = boss.send("lease", 0, htmx=False, take_over="yes")
    assert done.status_code == 303
    assert BUSY not in text_of(boss.page())
    assert "Eva" in text_of(at.news(0))
    assert BUSY in text_of(at.send("lease", 0, take_over="yes").text), "only supervisors take over"


# -- consent -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "words"),
    [("view", "You may look."), ("edit", "look and change."), ("complete", "look, change and send it.")],
)
def test_the_page_says_how_far_the_customer_lets_staff_go(counter: Shop, scope: str, words: str) -> None:
    """In words; what goes further has no button."""
    page = begun(counter, scope, note="first").page()
    assert words in text_of(page)
    assert ("data-send" in page) == (scope == "complete")
    assert ("<form" in field_of(page, "Note")) == (scope != "view")


def test_taking_back_makes_the_page_one_to_read(counter: Shop) -> None:
    """Its next look says so, and nothing that was typed is saved."""
    at = begun(counter, note="first")
    before = at.shape
    place = f"/v1/drafts/{at.draft}/assists/{at.assist}"
    assert at.customer.ask("PATCH", place, {"scope": "view"}).status_code == 200
    said = at.clerk.get(f"/staff/help/{at.assist}/changes?since=1&shape={before}").text
    assert 'data-barred="view"' in said
    assert "You may look." in text_of(said)
    assert "<form" not in field_of(said, "Note")
    assert "The customer has not allowed this." in text_of(at.save("/note", "late", 1))
    assert at.customer.data(at.draft) == {"note": "first"}
    assert at.customer.ask("DELETE", place).status_code == 204
    assert at.clerk.get(f"/staff/help/{at.assist}/changes?since=1&shape={before}").status_code == 404


def test_answers_are_shown_and_hidden_as_the_customer_says(counter: Shop) -> None:
    """Personal ones by the page's next look, restricted ones never."""
    at = begun(counter, email="ann@example.com", iban="ES91 2100")
    place = f"/v1/drafts/{at.draft}/assists/{at.assist}"
    for shows in (True, False):
        shape = at.shape
        assert at.customer.ask("PATCH", place, {"show_answers": shows}).status_code == 200
        said = at.clerk.get(f"/staff/help/{at.assist}/changes?since=1&shape={shape}").text
        assert ("ann@example.com" in said) == shows
        assert ("The customer shows you their answers." in text_of(said)) == shows
        assert "ES91" not in said


# -- sending -----------------------------------------------------------------------------------


def test_a_form_is_sent_where_the_customer_lets_staff(counter: Shop) -> None:
    """Where they do not, a page that asks all the same is refused."""
    at = begun(counter, "complete", income=2000)
    assert "It is sent." in text_of(at.send("complete", 1).text)
    assert at.customer.draft(at.draft)["status"] == "completed"
    other = begun(counter, income=2000)
    assert "the customer does not allow it" in text_of(other.send("complete", 1).text)
    assert other.customer.draft(other.draft)["status"] == "open"


def test_a_form_is_sent_where_the_shop_is_asked_before_its_orders(timed: Shop) -> None:
    """The right to write is taken as it is sent, also where that is looked at before."""
    hook = {"url": "https://shop.example/check"}
    assert timed.service.ask("PUT", "/v1/hooks/cart.validate", hook).status_code in (200, 201)
    at = begun(timed, "complete", income=2000)
    assert "It is sent." in text_of(at.send("complete", 1).text)


def test_what_is_missing_is_said_beside_its_field_and_what_to_do(counter: Shop) -> None:
    """With a link to it; without scripts the page comes again with the same."""
    at = begun(counter, "complete", note="first")
    said = at.send("complete", 1).text
    assert "something is missing or does not fit" in text_of(said)
    assert re.search(r'<a href="#f-\w+">Income</a>', said)
    assert "still wanted" in text_of(field_of(said, "Income"))
    assert "still wanted" not in text_of(field_of(at.page(), "Note"))
    again = at.send("complete", 1, htmx=False)
    assert again.status_code == 422
    assert "still wanted" in text_of(field_of(again.text, "Income"))


def test_what_staff_entered_waits_for_the_customer_where_the_process_says_so(counter: Shop) -> None:
    """The field says it, and so does sending, until the customer has confirmed."""
    at = begun(counter, "complete")
    assert "has still to confirm this" in text_of(field_of(at.save("/income", "2000", 0), "Income"))
    said = text_of(at.send("complete", 1).text)
    assert "the customer has still to confirm what you entered" in said
    op = {"op": "confirm", "path": "/income"}
    assert at.customer.plain(at.draft, 1, op).status_code == 200
    assert "has still to confirm" not in text_of(at.page())
    assert "It is sent." in text_of(at.send("complete", 2).text)


def test_what_changed_or_met_meanwhile_is_not_sent_unseen(counter: Shop) -> None:
    """An older page is told; two answers that met are named."""
    at = begun(counter, "complete", income=2000, note="first")
    at.customer.save(at.draft, 2, seen=1, note="theirs")
    assert "something changed just now" in text_of(at.send("complete", 1).text)
    at.save("/note", "ours", 1)
    seen = at.customer.draft(at.draft)["revision"]
    said = at.send("complete", seen).text
    assert "two answers met here" in text_of(said)
    assert re.search(r'<a href="#f-\w+">Note</a>', said)


# -- before, and one masked answer -------------------------------------------------------------


def test_what_happened_before_is_told_on_every_channel_without_answers(counter: Shop) -> None:
    """With the shop's notes, in the language of the page; nothing in it is more than text."""
    at = begun(counter, note="a secret plan")
    told = {"name": "call", "channel": "contact_center", "note": "<b>Asked</b> about fees"}
    place = f"/v1/customers/{at.customer.customer}/touchpoints"
    assert counter.service.post(place, told, Idempotency_Key=new_key()).status_code == 201
    told = {"name": "coffee-break", "channel": "store"}
    assert counter.service.post(place, told, Idempotency_Key=new_key()).status_code == 201
    page = at.page()
    past = page[page.index('class="past"') : page.index("</section>", page.index('class="past"'))]
    for words in ("Call", "on the phone with the contact centre", "Coffee break", "Filled in : Credit"):
        assert words in text_of(past)
    assert "&lt;b&gt;Asked&lt;/b&gt; about fees" in past
    assert "secret plan" not in past
    spanish = text_of(at.shown(at.clerk.get(f"/staff/help/{at.assist}?lang=es")))
    for words in ("Lo que pasó antes", "Llamada", "Rellenado : Crédito"):
        assert words in spanish


def test_a_supervisor_reads_one_masked_answer_for_a_reason(counter: Shop) -> None:
    """It is on the customer's record before it is shown; restricted ones have no button."""
    at = begun(counter, "edit", Role.SUPERVISOR, email="ann@example.com", iban="ES91 2100")
    page = at.page()
    assert "Read it" in text_of(field_of(page, "E-mail"))
    assert "data-reveal" not in field_of(page, "Account")
    said = at.send("reveal", 1, path="/email", reason="Asked me to read it back").text
    assert "ann@example.com" in said
    assert "on the record" in text_of(said)
    entry = at.customer.get("/v1/me/access-log").get_json()["items"]
    assert ("field-revealed", "Asked me to read it back") in [
        (each["action"], each["reason"]) for each in entry
    ]
    assert "ann@example.com" not in at.page()
    for path, reason, status in (("/email", "  ", 422), ("/iban", "Asked me to", 403), ("/x", "Asked", 404)):
        refused = at.send("reveal", 1, path=path, reason=reason)
        assert refused.status_code == status
        assert not re.search("ann@|ES91", refused.text)


def test_without_scripts_an_answer_goes_by_itself(counter: Shop) -> None:
    """After a minute the page is loaded anew, without it."""
    at = begun(counter, "edit", Role.SUPERVISOR, email="ann@example.com")
    shown = at.send("reveal", 1, htmx=False, path="/email", reason="Asked me to")
    assert "ann@example.com" in field_of(shown.text, "E-mail")
    assert shown.headers["Refresh"] == f"60;url=/staff/help/{at.assist}"
    assert shown.headers["Cache-Control"] == "no-store"


def test_others_read_no_masked_answer(counter: Shop) -> None:
    """There is no button, and a request is refused."""
    at = begun(counter, email="ann@example.com")
    assert "data-reveal" not in at.page()
    refused = at.send("reveal", 1, path="/email", reason="Asked me to")
    assert refused.status_code == 403
    assert "ann@" not in refused.text


def test_the_right_to_write_comes_along_with_what_is_written(
    timed: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one commit, also where nobody had it any more."""
    at = begun(timed, note="first")
    at.page()
    timed.clock.now += LEASE_LIFE + 1
    commits: list[set[str]] = []
    commit = timed.deps.store.commit

    def counted(partition: int, wanted: Commit) -> Any:
        commits.append({each.key.split("/")[1] for each in wanted.writes})
        return commit(partition, wanted)

    monkeypatch.setattr(timed.deps.store, "commit", counted)
    assert at.send_status("fields", path="/note", value="second") == 200
    assert [{"draft", "lease"} <= each for each in commits if each & {"draft", "lease"}] == [True]


# -- who is there ------------------------------------------------------------------------------


def test_the_customer_is_named_where_everybody_may_read_the_name(counter: Shop) -> None:
    """Where the process has `/name` public "Ana is typing", in both languages; else the customer is."""
    counter.register("named", fields={"/name": "public"}, titles={"en": "Loan"})
    at = at_the_counter(counter, "named", name='Ana "<b>')
    known = 'data-say-typing="Ana &#34;&lt;b&gt; is typing…"'
    assert known in at.page()
    spanish = at.clerk.get(f"/staff/help/{at.assist}?lang=es").text
    assert 'data-say-present="Ana &#34;&lt;b&gt; está aquí ahora"' in spanish
    assert 'data-say-typing="The customer is typing…"' in begun(counter, name="Ana").page()
