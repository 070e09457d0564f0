"""Promises of the editor: what a clerk sees, saves and settles, and what never leaves the server."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from retoma_server.console.form.fields import id_of
from tests.console.assisting import Counter, at_the_counter, field_of, text_of
from tests.http.shop import Shop, set_op

SCHEMA = {
    "properties": {
        "plan": {"title": "Plan", "enum": ["basic", "gold"]},
        "note": {"title": "Note", "type": "string", "maxLength": 12},
        "income": {"title": "Income", "type": "number", "minimum": 100},
        "email": {"title": "E-mail", "type": "string", "format": "email"},
        "iban": {"title": "Account", "type": "string"},
        "secret": {"title": "Secret", "type": "string"},
        "people": {
            "title": "People",
            "type": "array",
            "items": {"properties": {"name": {"title": "Name", "type": "string"}}},
        },
    },
    "if": {"properties": {"plan": {"const": "gold"}}, "required": ["plan"]},
    "then": {"properties": {"lounge": {"title": "Lounge", "type": "boolean"}}},
}
CLASSES = {f"/{name}": "public" for name in ("plan", "note", "income", "people", "lounge")}


@pytest.fixture(scope="module")
def counter(shop: Shop) -> Shop:
    """A shop with a process whose fields have kinds and classes."""
    shop.register(
        "credit", schema=SCHEMA, fields={**CLASSES, "/iban": "restricted", "/secret": "never_store"}
    )
    shop.register("gifts", kind="cart")
    return shop


def begun(shop: Shop, **values: object) -> Counter:
    """A draft of that process, in a clerk's hands."""
    return at_the_counter(shop, "credit", **values)


def test_the_page_shows_every_field_by_its_title(counter: Shop) -> None:
    """With its answer, or the mask of it; what is never kept has no control."""
    page = begun(counter, plan="basic", email="ann@example.com", iban="ES91 2100").page()
    assert "selected>Basic</option>" in field_of(page, "Plan")
    assert "a•••@e•••.com already answered, not shown" in text_of(field_of(page, "E-mail"))
    assert "already answered, not shown" in text_of(field_of(page, "Account"))
    assert "<form" not in field_of(page, "Secret")
    for hidden in ("ann@", "ES91", "2100"):
        assert hidden not in page


def test_an_answer_is_saved_when_it_is_left(counter: Shop) -> None:
    """The customer has it, by the clerk's name, in the store; the page says so beside the field."""
    at = begun(counter, note="first")
    said = at.save("/note", "second", 1)
    assert "Saved" in text_of(field_of(said, "Note"))
    assert said.count("data-field") == 1
    cell = at.customer.get(f"/v1/drafts/{at.draft}?since=0").get_json()["cells"]["/note"]
    assert (cell["value"], cell["by"]["name"], cell["by"]["channel"]) == ("second", "Marta", "store")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("/income", "about 2000", "Please write a number"),
        ("/income", "1,200", "Please write 1200"),
        ("/plan", '"platinum"', "Please choose one"),
        ("/note", "4111 1111 1111 1111", "looks like a card number"),
        ("/secret", "x", "cannot be changed here"),
    ],
)
def test_what_cannot_be_saved_is_said_beside_its_field(
    counter: Shop, path: str, value: str, words: str
) -> None:
    """And neither repeated nor kept."""
    at = begun(counter)
    if path == "/secret":
        at.save(path, value, 0)
        assert at.customer.data(at.draft) == {}
        return
    said = at.save(path, value, 0)
    assert words in text_of(said)
    assert 'data-note="refused"' in said
    assert value not in said
    assert at.customer.data(at.draft) == {}


def test_an_answer_that_does_not_fit_yet_is_saved_and_said(counter: Shop) -> None:
    """A draft may be half right; the schema is for the end of it."""
    at = begun(counter)
    said = text_of(at.save("/income", "50", 0))
    assert "Saved" in said
    assert "It should be 100 or more." in said
    assert "It should have at most 12 characters." in text_of(at.save("/note", "n" * 13, 1))


def test_an_answer_that_opens_other_fields_brings_them(counter: Shop) -> None:
    """The whole form comes, once there are others in it than on the page."""
    at = begun(counter)
    said = at.save("/plan", '"gold"', 0)
    assert 'id="fields"' in said
    assert "Lounge" in said
    assert 'data-note="saved"' in field_of(said, "Plan")


def test_a_save_that_is_repeated_is_done_once(counter: Shop) -> None:
    """Its answer may have been lost; the name that it came under says so."""
    at = begun(counter)
    for _ in range(2):
        assert "Saved" in at.save("/note", "mine", 0, once="one-click")
    assert at.customer.draft(at.draft)["revision"] == 1


def test_two_answers_that_met_are_both_kept_and_a_clerk_settles_what_both_may_read(counter: Shop) -> None:
    """The customer's stays until somebody has seen both."""
    at = begun(counter, note="first")
    at.customer.save(at.draft, 2, seen=1, note="theirs")
    said = at.save("/note", "ours", 1)
    assert 'data-note="met"' in said
    assert {"theirs", "ours"} <= set(re.findall(r'<p class="value">(\w+)</p>', said))
    (met,) = at.customer.draft(at.draft)["conflicts"]
    done = at.send("fields", 3, path="/note", conflict=met["id"], choice="arriving").text
    assert "Settled" in text_of(done)
    assert at.customer.data(at.draft) == {"note": "ours"}


def test_the_customer_decides_where_a_clerk_may_not_read(counter: Shop) -> None:
    """No choice is offered, none is taken, and neither answer is shown."""
    at = begun(counter, email="ann@example.com")
    at.customer.save(at.draft, 2, seen=1, email="theirs@example.com")
    said = at.save("/email", "ours@example.com", 1)
    assert "The customer decides this one" in text_of(said)
    assert "data-choose" not in said
    assert "theirs" not in said
    (met,) = at.customer.draft(at.draft)["conflicts"]
    for choice in ("arriving", "stored", "value"):
        done = at.send("fields", 3, path="/email", conflict=met["id"], choice=choice).text
        assert 'data-note="refused"' in done
    assert at.customer.data(at.draft) == {"email": "theirs@example.com"}


def test_a_group_whose_parts_met_is_settled_as_one(counter: Shop) -> None:
    """The choice stands where the group is."""
    counter.register("moving", groups=["/home"], fields={"/home": "public"})
    at = at_the_counter(counter, "moving", **{"home/street": "Elm 1", "home/city": "Bonn"})
    at.customer.save(at.draft, 2, seen=1, **{"home/city": "Berlin"})
    said = at.save("/home/street", "Oak 2", 1)
    assert 'id="fields"' in said
    assert "Two different answers met here" in text_of(said)


def test_news_are_the_fields_that_changed(counter: Shop) -> None:
    """And no others; an answer that was taken away is news as well."""
    at = begun(counter, note="first", income=200)
    assert "data-field" not in at.news(1)
    at.customer.send(at.draft, {"seq": 2, "ops": [{"op": "unset", "path": "/note", "seen": 1}]})
    said = at.news(1)
    assert re.findall(r'id="(f-\w+)" data-field', said) == [id_of("/note")]
    assert 'data-revision="2"' in said
    assert 'value=""' in said


def test_without_scripts_a_form_is_sent_and_the_page_comes_again(counter: Shop) -> None:
    """Where it was left; what could not be saved is still in its control."""
    at = begun(counter)
    done = at.send("fields", 0, htmx=False, path="/note", value="mine")
    assert (done.status_code, done.headers["Location"]) == (303, f"/staff/help/{at.assist}#{id_of('/note')}")
    refused = at.send("fields", 1, htmx=False, path="/income", value="about 2000")
    assert refused.status_code == 422
    assert 'value="about 2000"' in field_of(refused.text, "Income")
    assert "Please write a number" in text_of(refused.text)


def test_a_list_is_filled_in_row_by_row(counter: Shop) -> None:
    """Its rows are one answer; the page has one more row than there are entries."""
    at = begun(counter, people=[{"name": "Ann"}])
    page = field_of(at.page(), "People")
    assert re.findall(r'name="(row\.[^"]+)" value="([^"]*)"', page) == [
        ("row.0/name", "Ann"),
        ("row.1/name", ""),
        ("row.NEW/name", ""),
    ]
    at.send("fields", 1, path="/people", **{"row.0/name": "Ann", "row.1/name": "Ben"})
    assert at.customer.data(at.draft) == {"people": [{"name": "Ann"}, {"name": "Ben"}]}


VISIT = {
    "properties": {
        "at": {"title": "Visit", "type": "string", "format": "date-time"},
        "until": {"title": "Until", "type": "string", "format": "time-local"},
    }
}


def test_a_time_is_told_on_the_clock_that_it_was_written_by(counter: Shop) -> None:
    """The zone stands beside the control: what is there by its offset, what is to come by the browser's."""
    counter.register("visit", schema=VISIT, fields={"": "public"})
    at = at_the_counter(counter, "visit")
    cookie = at.clerk.headers["Cookie"]
    here = replace(at, clerk=at.clerk.sending(Cookie=f"{cookie}; retoma-zone=America/New_York"))
    page = here.page()
    assert 'type="datetime-local" value=""' in field_of(page, "Visit")
    assert "Time zone: America/New York" in text_of(field_of(page, "Visit"))
    assert "Time zone" not in text_of(field_of(page, "Until"))
    said = here.save("/at", ["2026-12-01T10:30", ""], 0)
    assert at.customer.data(at.draft) == {"at": "2026-12-01T10:30:00-05:00"}
    assert 'value="2026-12-01T10:30" data-said="2026-12-01 10:30 (UTC-05:00)"' in said
    assert "Time zone: UTC-05:00" in text_of(said)
    at.save("/at", ["2026-12-01T11:00", "2026-12-01T10:30:00-05:00"], 1)
    at.save("/until", ["18:00", ""], 2)
    assert at.customer.data(at.draft) == {"at": "2026-12-01T11:00:00-05:00", "until": "18:00"}
    assert "Please enter a day and a time." in text_of(at.save("/at", ["tomorrow", ""], 3))


def test_a_cart_is_changed_line_by_line(counter: Shop) -> None:
    """Pieces more and fewer, a number, a removal, an article by its number; totals come from the server."""
    at = at_the_counter(counter, "gifts", "cart")
    add = {"op": "add", "sku": "tee", "quantity": 2, "price": {"amount": 1990, "currency": "EUR"}, "seen": 0}
    at.customer.send(at.draft, {"seq": 1, "ops": [add]})
    (line,) = at.customer.draft(at.draft)["lines"]
    for what, quantity in (("more", 3), ("less", 2), ("set", 5)):
        seen = at.customer.draft(at.draft)["revision"]
        said = at.send("lines", seen, line=line["key"], do=what, quantity=5)
        assert said.status_code == 200
        assert at.customer.draft(at.draft)["lines"][0]["quantity"] == quantity
    assert "99.50 EUR" in text_of(at.page())
    assert "answer" not in text_of(at.page()).partition("What happened before")[2].partition("Hand back")[0]
    at.send("lines", 4, do="new", sku="mug", quantity="")
    at.send("lines", 5, line=line["key"], do="remove")
    assert [each["sku"] for each in at.customer.draft(at.draft)["lines"]] == ["mug"]
    assert "could not be done" in text_of(at.send("lines", 6, do="set", line=line["key"], quantity="x").text)


def test_a_cart_has_no_fields_and_a_page_that_looks_or_asks_for_some_is_answered(counter: Shop) -> None:
    """With nothing newer than it shows, and with what a page of a form would send."""
    at = at_the_counter(counter, "gifts", "cart")
    revision = at.customer.draft(at.draft)["revision"]
    assert "You may look and change." in text_of(at.news(revision))
    for place in ("fields", "entries"):
        assert "Cart" in text_of(at.shown(at.send(place, revision, path="/lines", value="1")))
    assert at.customer.draft(at.draft)["revision"] == revision


def test_only_who_helps_sees_the_editor(counter: Shop) -> None:
    """Another clerk and nobody find nothing, or must sign in; so it is once the help is over."""
    at = begun(counter, note="first")
    other = begun(counter)
    for place in ("", "/changes?since=0"):
        assert other.clerk.get(f"/staff/help/{at.assist}{place}").status_code == 404
        assert counter.nobody.get(f"/staff/help/{at.assist}{place}").status_code == 303
    at.clerk.ask("DELETE", f"/v1/assist/{at.assist}")
    assert at.send_status("fields", path="/note", value="late") == 404
    assert at.customer.data(at.draft) == {"note": "first"}


def test_a_page_of_others_saves_nothing(counter: Shop) -> None:
    """Neither with another origin nor without the page's token (case 55)."""
    at = begun(counter)
    body = b"path=/note&value=x&seen=0&once=a"
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    for wrong in ({"Origin": "https://evil.example"}, {"Retoma_CSRF": "wrong"}):
        assert (
            at.clerk.ask("POST", f"/staff/help/{at.assist}/fields", body, **form, **wrong).status_code == 403
        )
    assert at.customer.data(at.draft) == {}


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)' autofocus='",
    "</textarea><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "</title></template><b>",
    "&lt;b&gt; &#x3c;b>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text_in_the_editor(counter: Shop, text: str) -> None:
    """In values, names, titles, choices, rows, and where two met (case 57)."""
    schema = {
        "properties": {
            "a": {"title": text, "description": text, "examples": [text], "type": "string"},
            "b": {"enum": [text], "title": text},
            "c": {"type": "array", "items": {"properties": {text: {"title": text}}}},
            text: {"type": "string", "maxLength": 900},
            "d": {"title": text, "properties": {"e": {}}},
            "f": {"type": "array", "items": {"enum": [text]}},
        }
    }
    steps = [{"id": "a", "titles": {"en": text}}, {"id": "b", "titles": {}}]
    counter.register("hostile", schema=schema, fields={"": "public"}, steps=steps)
    at = at_the_counter(counter, "hostile", a=text, b=text, c=[{text: text}], f=[text])
    values = [set_op(f"/{name}", text, 1) for name in ("free", "g")]
    at.customer.send(at.draft, {"seq": 2, "ops": values})
    at.save("/a", "ours", 0)
    page = at.page()
    assert "two different answers met" in text_of(page).lower()
    drawn = Drawn(page)
    assert drawn.texts.count(text) >= 8
    assert not drawn.names & {"svg", "b"}
    assert not [name for name in drawn.attributes if name.startswith("on") or name == "autofocus"]
    assert not [address for address in drawn.addresses if not address.startswith(("/", "#", "?"))]


class Drawn(HTMLParser):
    """What a browser makes of a page: elements, their attributes, and text."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[str] = []
        self.addresses: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.names.add(tag)
        self.attributes += [name for name, _ in attrs]
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        self.texts += [value for name, value in attrs if name == "value" and value]

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data.strip())


def test_an_end_while_the_page_is_open_is_told(counter: Shop) -> None:
    """What was finished meanwhile takes no more answers, and the page says so."""
    at = begun(counter, note="first")
    done = at.customer.post(f"/v1/drafts/{at.draft}/complete", {"seen": 1}, Idempotency_Key="the-very-end")
    assert done.status_code == 200, done.text
    assert "Nothing can be changed any more" in text_of(at.page())
    assert at.customer.data(at.draft) == {"note": "first"}
    assert 'data-note="refused"' in at.save("/note", "late", 1)
