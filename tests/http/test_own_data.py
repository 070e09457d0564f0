"""What is kept of a customer: read, exported and erased by the customer and the service alone."""

from typing import Any

import pytest

from tests.http.asserting import assert_problem
from tests.http.shop import MINUTE, Person, Shop


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A tenant of one's own on the server that the tests share."""
    return shop.neighbour()


def both(shop: Shop, customer: Person, what: str) -> list[Any]:
    """What the customer reads of themselves, and the service of them."""
    answers = [customer.get(f"/v1/me/{what}"), shop.service.get(f"/v1/customers/{customer.customer}/{what}")]
    assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
    return [answer.get_json() for answer in answers]


def export(asker: Person, path: str) -> dict[str, Any]:
    """A customer's data, exported and fetched."""
    made = asker.post(path)
    assert made.status_code == 201, made.text
    fetched = asker.post(made.get_json()["url"])
    assert fetched.status_code == 200, fetched.text
    bundle: dict[str, Any] = fetched.get_json()
    return bundle


def test_drafts_are_listed_alike_for_both(shop: Shop) -> None:
    """One's own, by process and status, page by page; nobody else's are among them."""
    ana = shop.customer("u-17")
    shop.visitor().begin("loan", name="Eva")
    first = ana.begin("loan", name="Ana")
    shop.clock.now += 1
    second = ana.begin("claim", name="Ana")
    for page in both(shop, ana, "drafts?limit=1"):
        assert [item["id"] for item in page["items"]] == [second]
        assert page["next"] is not None
    for page in both(shop, ana, "drafts?process=loan"):
        assert [item["id"] for item in page["items"]] == [first]


def test_a_journey_tells_channels_steps_and_numbers_and_no_value(shop: Shop) -> None:
    """On the web, then in the store by staff who redeemed a code; newest first, alike for both."""
    ana = shop.customer("u-17").sending(Retoma_Channel="web")
    draft = ana.begin(name="Canary")
    ana.send(draft, {"seq": 2, "ops": [{"op": "position", "step": "income"}]})
    marta = shop.assist(ana, draft)
    marta.save(draft, 1, "w_2", 1, income=3100)
    mine, theirs = both(shop, ana, "journey")
    assert mine == theirs
    told = [(each["type"], each["actor"], each["channel"], each["fields"]) for each in mine["items"]]
    assert told == [
        ("saved", "staff", "store", 1),
        ("assisted", "staff", "store", 0),
        ("handed-off", "customer", "web", 0),
        ("saved", "customer", "web", 1),
        ("opened", "customer", "web", 0),
    ]
    assert mine["items"][3]["step"] == "income"
    assert "Canary" not in str(mine)


def test_the_access_log_tells_who_looked(shop: Shop) -> None:
    """Every look and change by staff, by name; of this customer only, page by page."""
    ana, eva = shop.customer("u-17"), shop.customer("u-18")
    draft = ana.begin(name="Ana")
    shop.assist(eva, eva.begin(name="Eva"), "Sam")
    marta = shop.assist(ana, draft, "Marta")
    marta.draft(draft)
    marta.save(draft, 1, "w_2", 1, income=3100)
    mine, theirs = both(shop, ana, "access-log")
    assert [{**each} for each in mine["items"]] == theirs["items"]
    assert {each["name"] for each in mine["items"]} == {"Marta"}
    assert {each["draft"] for each in mine["items"]} == {draft}
    assert len(mine["items"]) >= 3
    page = ana.get("/v1/me/access-log?limit=1").get_json()
    rest = ana.get(f"/v1/me/access-log?limit=100&cursor={page['next']}").get_json()
    assert page["items"] + rest["items"] == mine["items"]
    assert rest["next"] is None


def test_an_export_holds_all_that_is_kept(shop: Shop) -> None:
    """Drafts with values, conflicts and history, identifiers, journey and access log; alike for both."""
    ana = shop.customer("u-17")
    shop.service.ask("PUT", "/v1/customers/by-external-id/u-17", {"email": "ana@example.com"})
    draft = ana.begin(name="Ana")
    ana.save(draft, 1, "w_2", 0, name="Anna")
    ended = ana.begin("claim", number=7)
    ana.ask("DELETE", f"/v1/drafts/{ended}")
    shop.assist(ana, draft)
    mine = export(ana, "/v1/me/export")
    theirs = export(shop.service, f"/v1/customers/{ana.customer}/export")
    assert mine == theirs
    assert (mine["customer"], mine["identifiers"]) == (ana.customer, ["email", "external_id"])
    drafts = {each["id"]: each for each in mine["drafts"]}
    assert set(drafts) == {draft, ended}
    assert drafts[draft]["data"] == {"name": "Ana"}
    assert drafts[draft]["conflicts"][0]["arriving"]["value"] == "Anna"
    assert len(drafts[draft]["history"]) >= 2
    assert [each["action"] for each in mine["access_log"]]
    assert [each["type"] for each in mine["journey"]][-1] == "opened"


def test_an_export_is_no_table_that_runs_formulas(shop: Shop) -> None:
    """It is JSON, named as such and saved as a file, so that a formula in it is a text like any other
    (case 58).
    """
    ana, formula = shop.customer("u-17"), '=HYPERLINK("https://evil.example","look")'
    ana.begin(name=formula)
    answer = ana.post(ana.post("/v1/me/export").get_json()["url"])
    assert answer.content_type == "application/json"
    assert answer.get_json()["drafts"][0]["data"] == {"name": formula}


def test_a_large_export_is_written_in_pieces(shop: Shop) -> None:
    """More drafts and changes than a page holds, and not one of them missing."""
    ana = shop.customer("u-17")
    for number in range(105):
        ana.post("/v1/drafts", {"process": "loan", "key": f"k{number}"})
    draft = ana.begin(name="Ana")
    for seq in range(2, 130):
        ana.save(draft, seq, number=seq)
    bundle = export(ana, "/v1/me/export")
    assert len(bundle["drafts"]) == 106
    (busy,) = [each for each in bundle["drafts"] if each["id"] == draft]
    assert len(busy["history"]) == len(ana.history(draft)) + 29


def test_an_export_is_fetched_once_in_time_and_by_nobody_else(shop: Shop) -> None:
    """404 alike for what was fetched, is over, is another's or never was."""
    ana, eva = shop.customer("u-17"), shop.customer("u-18")
    url = ana.post("/v1/me/export").get_json()["url"]
    for other in (eva, shop.neighbour().service):
        assert_problem(other.post(url), 404, "not-found")
    assert ana.get(url).status_code == 405
    assert ana.post(url).status_code == 200
    assert_problem(ana.post(url), 404, "not-found")
    late = ana.post("/v1/me/export").get_json()["url"]
    shop.clock.now += 15 * MINUTE
    again = shop.customer("u-17")
    assert_problem(again.post(late), 404, "not-found")
    assert_problem(again.post(f"/v1/exports/ex_00{'A' * 20}"), 404, "not-found")


def test_who_erases_themselves_is_gone(shop: Shop) -> None:
    """Drafts, journey, access log and exports; the same person comes back as somebody new (case 76)."""
    ana = shop.customer("u-17")
    draft = ana.begin(name="Ana")
    url = ana.post("/v1/me/export").get_json()["url"]
    assert ana.ask("DELETE", "/v1/me").status_code == 204
    for path in ("/v1/me/drafts", "/v1/me/journey", "/v1/me/access-log", f"/v1/drafts/{draft}"):
        assert_problem(ana.get(path), 410, "customer-erased")
    assert_problem(shop.service.post(url), 404, "not-found")
    assert shop.customer("u-17").customer != ana.customer


def test_a_visitor_has_the_same_rights(shop: Shop) -> None:
    """Nobody must sign in to see or take back what they wrote."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Eva")
    assert export(visitor, "/v1/me/export")["drafts"][0]["id"] == draft
    assert visitor.ask("DELETE", "/v1/me").status_code == 204
    assert_problem(visitor.get(f"/v1/drafts/{draft}"), 410, "customer-erased")


def test_signing_out_everywhere_ends_every_token(shop: Shop) -> None:
    """This one too; a new one is good."""
    tokens = [shop.customer("u-17") for _ in range(2)]
    assert tokens[0].ask("DELETE", "/v1/me/tokens").status_code == 204
    for token in tokens:
        assert_problem(token.get("/v1/me/drafts"), 401, "token-revoked")
    shop.clock.now += 1_000
    assert shop.customer("u-17").get("/v1/me/drafts").status_code == 200


ME = [
    ("GET", "/v1/me/drafts"),
    ("GET", "/v1/me/journey"),
    ("GET", "/v1/me/access-log"),
    ("POST", "/v1/me/export"),
    ("DELETE", "/v1/me/tokens"),
    ("DELETE", "/v1/me"),
]


@pytest.mark.parametrize(("method", "path"), ME)
def test_only_a_customer_is_me_and_only_the_service_names_one(shop: Shop, method: str, path: str) -> None:
    """403 for keys, grants and staff at `me`, and for all but the service at a customer's name."""
    ana = shop.customer("u-17")
    draft = ana.begin(name="Ana")
    named = path.replace("/me", f"/customers/{ana.customer}")
    others = [shop.page, shop.grant(ana, draft), shop.assist(ana, draft)]
    for person in (*others, shop.service):
        assert_problem(person.ask(method, path), 403, "insufficient-scope")
    for person in (*others, ana):
        assert_problem(person.ask(method, named), 403, "insufficient-scope")
    absent = named.replace(ana.customer, f"cu_00{'A' * 20}")
    assert_problem(shop.service.ask(method, absent), 404, "not-found")
    assert_problem(shop.neighbour().service.ask(method, named), 404, "not-found")
