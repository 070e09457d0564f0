"""Promises of help without a code: whoever is asked decides, and staff never learn whether anybody was."""

import json
import time
from dataclasses import replace
from statistics import median
from typing import Any

import pytest

from retoma_server.actions import lookups
from retoma_server.actions.erasure import erase_customer
from retoma_server.actions.staff import ASSISTING, add_retail_store, add_staff
from retoma_server.actions.sweeping import sweep
from retoma_server.adapters.limiting import RULES, Limits, storage_beside
from retoma_server.app import app_of
from tests.http import test_mailed_handoffs
from tests.http.asserting import assert_problem
from tests.http.shop import MINUTE, Clerk, Person, Shop, new_key, set_op
from tests.http.test_assist import audit
from tests.servers.mail_server import MailServer

EMAIL, REASON = "ana.secret@example.com", "Asked at the counter about the mortgage"
FIVE = 5 * MINUTE


running = test_mailed_handoffs.running
mail = test_mailed_handoffs.mail
shop = test_mailed_handoffs.shop


def known(shop: Shop, **identifiers: str) -> Person:
    """A customer who is known by more than a token."""
    name = new_key()
    customer = shop.customer(name)
    found = shop.service.ask("PUT", f"/v1/customers/by-external-id/{name}", {}).get_json()["id"]
    linked = shop.service.ask("PATCH", f"/v1/customers/{found}", identifiers)
    assert linked.status_code == 200, linked.text
    return replace(customer, customer=found)


def clerk_of(shop: Shop, name: str = "Sam") -> Clerk:
    """A new member of staff, in the store Leeds."""
    tenant = shop.deps.tenants.get(shop.tenant.id)
    store = add_retail_store(shop.deps.store, shop.deps.ids, tenant, "Leeds")
    made = add_staff(shop.deps.store, shop.deps.ids, tenant, name, ASSISTING, store.id)
    return Clerk(shop.app, made.token, headers={"Retoma-Channel": "store"})


def look_up(clerk: Person, value: str, kind: str = "email", **more: Any) -> Any:
    """The answer to a lookup."""
    return clerk.post("/v1/assist/lookup", {"kind": kind, "value": value, "reason": REASON, **more})


def asked(clerk: Person, value: str, kind: str = "email", **more: Any) -> str:
    """The id of a lookup."""
    answer = look_up(clerk, value, kind, **more)
    assert answer.status_code == 202, answer.text
    return str(answer.get_json()["id"])


def status(clerk: Person, lookup: str) -> str:
    """What staff are told of a lookup."""
    return str(clerk.get(f"/v1/assist/lookup/{lookup}").get_json()["status"])


def requests(customer: Person) -> list[Any]:
    """Who asks a customer."""
    return list(customer.get("/v1/me/assist-requests").get_json()["items"])


def reply(customer: Person, lookup: str, **said: Any) -> Any:
    """The answer to what a customer says."""
    return customer.post(f"/v1/me/assist-requests/{lookup}", said)


def told(customer: Person) -> list[str]:
    """The types of what happened to a customer."""
    page = customer.get("/v1/events?limit=100", Accept="application/json").get_json()
    return [event["type"] for event in page["items"]]


def address() -> str:
    """An e-mail address that nobody had before."""
    return f"{new_key()}@example.com"


def test_the_customer_is_asked_and_lets_staff_in(stored: Shop) -> None:
    """They read who asks, where, why and for what; from their yes on it is help as by a code."""
    customer, clerk = known(stored, email=(at := address())), clerk_of(stored)
    draft = customer.begin("loan", name="Ana")
    lookup = asked(clerk, f" {at.upper()} ", process="loan")
    (request,) = requests(customer)
    assert (request["id"], request["staff"], request["store"]["name"]) == (lookup, {"name": "Sam"}, "Leeds")
    assert (request["reason"], request["process"], request["draft"]) == (REASON, "loan", draft)
    assert status(clerk, lookup) == "waiting"
    assert_problem(clerk.get(f"/v1/drafts/{draft}"), 404, "not-found")
    assist = reply(customer, lookup, approve=True).get_json()["assist"]
    assert (assist["method"], assist["scope"], assist["shows_answers"]) == ("lookup", "edit", False)
    done = clerk.get(f"/v1/assist/lookup/{lookup}").get_json()
    assert (done["status"], done["assist"]) == ("approved", assist)
    clerk.assists[draft] = assist["id"]
    assert clerk.plain(draft, 1, set_op("/note", "here")).status_code == 200
    assert customer.get(f"/v1/drafts/{draft}/assists").get_json()["items"][0]["id"] == assist["id"]
    assert requests(customer) == []
    assert {"assist-requested", "assist-started"} <= set(told(customer))
    assert ("Sam", "lookup-approved") in audit(stored, draft)


def test_the_customer_says_how_far_and_for_what(shop: Shop) -> None:
    """Without a process they choose which; the scope and the answers are theirs to give."""
    customer, clerk = known(shop, email=(at := address())), clerk_of(shop)
    first, second = customer.begin("first", a="1"), customer.begin("second", a="1")
    lookup = asked(clerk, at)
    assert requests(customer)[0]["draft"] is None
    refused = assert_problem(reply(customer, lookup, approve=True), 422, "validation-failed")
    assert refused["errors"] == [{"pointer": "/draft", "code": "required"}]
    said = {"approve": True, "draft": first, "scope": "view", "show_answers": True}
    assist = reply(customer, lookup, **said).get_json()["assist"]
    assert (assist["draft"], assist["scope"], assist["shows_answers"]) == (first, "view", True)
    assert clerk.data(first) == {"a": "1"}
    assert_problem(clerk.get(f"/v1/drafts/{second}"), 404, "not-found")


def test_whoever_was_merged_is_asked_about_what_they_had_begun(stored: Shop) -> None:
    """By the identifiers of both; what the other had open is offered, and opens, as the customer's own."""
    customer, other = known(stored, email=(mine := address())), known(stored, email=(theirs := address()))
    other.begin("loan", name="Ana")
    merging = {"from": other.customer}
    done = stored.service.post(f"/v1/customers/{customer.customer}/merges", merging)
    assert done.status_code == 200, done.text
    for at in (mine, theirs):
        clerk = clerk_of(stored)
        lookup = asked(clerk, at, process="loan")
        (request,) = requests(customer)
        assert request["id"] == lookup
        assist = reply(customer, lookup, approve=True).get_json()["assist"]
        assert clerk.draft(assist["draft"])["data"].keys() == {"name"}


def test_known_and_unknown_answer_alike(shop: Shop) -> None:
    """Body by body, header by header: unknown, known without anything open, declined, and asked too often.

    All wait, then all are over (case 68).
    """
    clerk, other = clerk_of(shop), clerk_of(shop, "Kim")
    idle, busy = known(shop, email=(a := address())), known(shop, email=(b := address()))
    busy.begin("loan", name="Ana")
    answers = [look_up(clerk, each) for each in (address(), a, b)]
    ids = [answer.get_json()["id"] for answer in answers]
    shapes = {
        (each.status_code, frozenset(each.get_json()), frozenset(name for name, _ in each.headers))
        for each in answers
    }
    assert len(shapes) == 1
    assert [len(requests(each)) for each in (idle, busy)] == [0, 1]
    assert reply(busy, ids[2], approve=False).get_json() == {"assist": None}
    assert [status(clerk, each) for each in ids] == ["waiting"] * 3
    for lookup in ids:
        left = [assert_problem(clerk_try(clerk, lookup), 403, "code-wrong")["tries_left"] for _ in range(2)]
        assert left == [4, 3]
        assert_problem(other.get(f"/v1/assist/lookup/{lookup}"), 404, "not-found")
    shop.clock.now += FIVE
    assert [status(clerk, each) for each in ids] == ["over"] * 3
    for lookup in ids:
        assert_problem(clerk_try(clerk, lookup), 404, "not-found")


def clerk_try(clerk: Person, lookup: str, code: str = "000000") -> Any:
    """The answer to a code that was read out."""
    return clerk.post(f"/v1/assist/lookup/{lookup}", {"code": code})


def test_a_lookup_takes_as_long_whomever_it_leads_to(shop: Shop) -> None:
    """Within a millisecond or a twentieth, by the median (case 69)."""
    clerk = clerk_of(shop)
    for number in range(40):
        customer = known(shop, email=f"timed{number}@example.com")
        customer.begin("loan", name="Ana")
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(40):
        for is_known, name in ((True, "timed"), (False, "nobody")):
            begun = time.perf_counter()
            assert look_up(clerk, f"{name}{number}@example.com").status_code == 202
            took[is_known].append(time.perf_counter() - begun)
    known_for, unknown_for = median(took[True]), median(took[False])
    assert min(map(min, took.values())) >= lookups.NO_SOONER
    assert abs(known_for - unknown_for) < max(0.001, 0.05 * unknown_for)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "%"),
        ("email", "an"),
        ("email", "ana@*"),
        ("phone", "612*"),
        ("phone", "%"),
        ("phone", "61"),
        ("name", "Ana"),
        ("email", ""),
    ],
)
def test_nothing_is_searched_for(shop: Shop, kind: str, value: str) -> None:
    """422 for what is no whole identifier of its kind, and nothing of it comes back (case 68)."""
    answer = look_up(clerk_of(shop), value, kind)
    problem = assert_problem(answer, 422, "validation-failed")
    del problem["request_id"]  # which is made of any letters
    assert not value or value not in json.dumps(problem)


def test_a_wildcard_is_one_more_character(shop: Shop) -> None:
    """In names that may hold it: a customer called `%` is found by `%`, and nobody else (case 68)."""
    clerk = clerk_of(shop)
    others = shop.customer("u-%-17")
    others.begin("loan", name="Ana")
    asked(clerk, "%", "external_id")
    asked(clerk, "u-*", "external_id")
    asked(clerk, "*@example.com")
    assert requests(others) == []
    asked(clerk, "u-%-17", "external_id")
    assert len(requests(others)) == 1


def limited_shop(shop: Shop) -> Shop:
    """The same shop, counting."""
    rules = {name: RULES[name] for name in RULES}
    deps = replace(shop.deps, limits=Limits(storage_beside("sqlite://"), enabled=True, rules=rules))
    return replace(shop, app=app_of(deps), deps=deps)


def test_thirty_lookups_an_hour(shop: Shop) -> None:
    """The thirty-first of one member of staff is 429; a colleague goes on (case 68)."""
    counted = limited_shop(shop)
    clerk = clerk_of(counted)
    assert {look_up(clerk, address()).status_code for _ in range(30)} == {202}
    assert_problem(look_up(clerk, address()), 429, "rate-limited")
    assert look_up(clerk_of(counted), address()).status_code == 202


def test_a_customer_is_asked_three_times_an_hour(shop: Shop) -> None:
    """Whoever asks a fourth time is answered alike, and the customer is left in peace."""
    counted = limited_shop(shop)
    customer, clerk = known(counted, email=(at := address())), clerk_of(counted)
    customer.begin("loan", name="Ana")
    answers = [look_up(clerk, at) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {202}
    assert len(requests(customer)) == 3
    assert told(customer).count("assist-requested") == 3
    assert status(clerk, answers[-1].get_json()["id"]) == "waiting"


def test_the_customer_reads_out_a_code(shop: Shop, mail: MailServer) -> None:
    """Sent to where they were looked up by, with the warning; it lets staff in, to look and change."""
    customer, clerk = known(shop, email=(at := address())), clerk_of(shop)
    draft = customer.begin("loan", name="Ana")
    lookup = asked(clerk, at, language="es")
    assert clerk.post(f"/v1/assist/lookup/{lookup}/code").status_code == 202
    assert mail.letters == []
    sweep(shop.deps)
    ((to, letter),) = mail.letters
    assert to == [at]
    assert "Leeds" in letter["Subject"]
    assert "solo al personal que tengas delante en Leeds" in letter.get_content()
    assert_problem(clerk_try(clerk, lookup, wrong(mail.code)), 403, "code-wrong")
    done = clerk_try(clerk, lookup, f"{mail.code[:3]} {mail.code[3:]}")
    assert done.status_code == 201, done.text
    assist = done.get_json()["assist"]
    assert (assist["draft"], assist["method"], assist["scope"]) == (draft, "lookup", "edit")
    assert status(clerk, lookup) == "approved"
    assert "assist-started" in told(customer)
    assert_problem(clerk_try(clerk, lookup, mail.code), 403, "code-wrong")


def wrong(code: str) -> str:
    """Another code."""
    return "000000" if code != "000000" else "000001"


def test_five_wrong_codes_end_it(shop: Shop, mail: MailServer) -> None:
    """Then the right one is wrong as well; the customer may still say yes."""
    customer, clerk = known(shop, email=(at := address())), clerk_of(shop)
    customer.begin("loan", name="Ana")
    lookup = asked(clerk, at, process="loan")
    clerk.post(f"/v1/assist/lookup/{lookup}/code")
    sweep(shop.deps)
    left = [
        assert_problem(clerk_try(clerk, lookup, wrong(mail.code)), 403, "code-wrong")["tries_left"]
        for _ in range(5)
    ]
    assert left == [4, 3, 2, 1, 0]
    assert_problem(clerk_try(clerk, lookup, mail.code), 403, "code-wrong")
    assert reply(customer, lookup, approve=True).status_code == 200


def test_nobody_is_sent_a_code_who_is_not_asked(shop: Shop, mail: MailServer) -> None:
    """The answer is the same, and no letter goes to a stranger; one a minute to a customer."""
    customer, clerk = known(shop, email=(at := address())), clerk_of(shop)
    customer.begin("loan", name="Ana")
    ids = [asked(clerk, each) for each in (address(), at)]
    for _ in range(3):
        answers = {clerk.post(f"/v1/assist/lookup/{each}/code").status_code for each in ids}
        assert answers == {202}
        sweep(shop.deps)
    assert [to for to, _ in mail.letters] == [[at]]
    by_name = asked(clerk, "u-1", "external_id")
    assert_problem(clerk.post(f"/v1/assist/lookup/{by_name}/code"), 422, "sending-unavailable")


def test_nobody_answers_for_somebody_else(shop: Shop) -> None:
    """404 for another customer, with their own draft or this one's; 403 for the service."""
    customer, clerk, other = known(shop, email=(at := address())), clerk_of(shop), known(shop)
    draft, others = customer.begin("loan", a="1"), other.begin("loan", a="1")
    lookup = asked(clerk, at, process="loan")
    for said in ({}, {"draft": draft}, {"draft": others}):
        assert_problem(reply(other, lookup, approve=True, **said), 404, "not-found")
    assert_problem(reply(customer, lookup, approve=True, draft=others), 404, "not-found")
    assert_problem(reply(shop.service, lookup, approve=True), 403, "insufficient-scope")
    assert_problem(reply(clerk, lookup, approve=True), 403, "insufficient-scope")
    assert_problem(reply(customer, lookup, approve=False, scope="view"), 422, "unknown-field")
    assert reply(customer, lookup, approve=True).status_code == 200


def test_an_answer_after_five_minutes_is_too_late(shop: Shop) -> None:
    """404, and nobody is let in."""
    customer, clerk = known(shop, email=(at := address())), clerk_of(shop)
    customer.begin("loan", name="Ana")
    lookup = asked(clerk, at, process="loan")
    shop.clock.now += FIVE
    assert requests(customer) == []
    assert_problem(reply(customer, lookup, approve=True), 404, "not-found")
    assert status(clerk, lookup) == "over"


def test_staff_hear_of_a_yes_while_they_wait(shop: Shop) -> None:
    """Help that has ended since is over, too."""
    customer, clerk = known(shop, email=(at := address())), clerk_of(shop)
    draft = customer.begin("loan", name="Ana")
    lookup = asked(clerk, at, process="loan")
    assist = reply(customer, lookup, approve=True).get_json()["assist"]["id"]
    answer = clerk.get(f"/v1/assist/lookup/{lookup}?wait=25").get_json()
    assert answer["status"] == "approved"
    customer.ask("DELETE", f"/v1/drafts/{draft}/assists/{assist}")
    assert status(clerk, lookup) == "over"


def test_a_lookup_is_on_record_and_says_nothing_of_whom(shop: Shop) -> None:
    """The tenant's log has who looked up and when, alike for everybody; the customer's own says why."""
    customer, clerk = known(shop, email=(at := address())), clerk_of(shop, "Lou")
    customer.begin("loan", name="Ana")
    asked(clerk, at)
    asked(clerk, address())
    auditor = shop.staff("Ada", frozenset(("auditor",)))
    page = auditor.get("/v1/audit?action=customer-looked-up&limit=100").get_json()["items"]
    mine = [entry for entry in page if entry["name"] == "Lou"]
    assert [(each["customer"], each["draft"], each["reason"]) for each in mine] == [(None, None, None)] * 2
    (seen,) = customer.get("/v1/me/access-log").get_json()["items"]
    assert (seen["name"], seen["action"], seen["reason"]) == ("Lou", "assist-requested", REASON)


def test_nothing_readable_is_stored_and_erasure_leaves_nothing(stored: Shop) -> None:
    """Neither the address nor the reason; once the customer is erased the lookup just runs out."""
    customer, clerk = known(stored, email=(at := address())), clerk_of(stored)
    customer.begin("loan", name="Ana")
    lookup = asked(clerk, at)
    stored_bytes = b"".join(record.body for _, record in stored.deps.store.walk(f"{stored.tenant.id}/"))
    assert at.encode() not in stored_bytes
    assert REASON.encode() not in stored_bytes
    tenant = stored.deps.tenants.get(stored.tenant.id)
    erase_customer(stored.deps, tenant, customer.customer, "service")
    kept = [record.key for _, record in stored.deps.store.walk(f"{tenant.id}/assist-request/")]
    assert kept == []
    assert status(clerk, lookup) == "waiting"
