"""Promises of what staff begin for a person with no account: it is whoever's who opens its link, once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from retoma_server.adapters.mailing import SmtpMailer
from retoma_server.app import app_of
from retoma_server.domain.staff import Role
from tests.http import claiming
from tests.http.asserting import assert_problem
from tests.http.claiming import listed, told
from tests.http.shop import MINUTE, Clerk, Person, Shop, new_key, shop_in_memory, token_of
from tests.servers.mail_server import MailServer

BEGIN, LOAN = "/v1/assist/drafts", {"process": "loan"}

shop = claiming.shop


@pytest.fixture
def desk() -> Iterator[Shop]:
    """A shop whose clock can be turned."""
    opened = shop_in_memory()
    yield opened
    opened.deps.store.close()


def begun(staff: Clerk, process: str = "loan", **values: Any) -> tuple[str, str]:
    """The draft that a member of staff begins for nobody, with what they type, and their assist."""
    made = staff.post("/v1/assist/drafts", {"process": process})
    assert made.status_code == 201, made.text
    draft: str = made.get_json()["draft"]["id"]
    if values:
        assert staff.save(draft, 1, **values).get_json()["results"][0]["status"] == "applied"
    return draft, made.get_json()["assist"]["id"]


def begin_once(staff: Person, key: str) -> Any:
    """The answer to whoever begins something under an idempotency key."""
    return staff.post(BEGIN, LOAN, Idempotency_Key=key)


def link_to(staff: Person, assist: str, **how: Any) -> str:
    """The token of the link by which a draft is handed over."""
    done = staff.post(f"/v1/assist/{assist}/handback", {"to": "device", **how})
    assert done.status_code == 200, done.text
    return token_of(done.get_json()["handoff"])


def opened(shop: Shop, token: str, nonce: str = "") -> dict[str, Any]:
    """What a device gets that opens a link."""
    done = shop.page.post("/v1/handoffs/redeem", {"token": token, "nonce": nonce or new_key()})
    assert done.status_code == 200, done.text
    answer: dict[str, Any] = done.get_json()
    return answer


def holder(shop: Shop, answer: dict[str, Any]) -> Person:
    """Whoever has a draft since they opened its link."""
    return Person(shop.app, answer["visitor"]["token"], answer["visitor"]["customer"])


def test_staff_begin_what_is_nobodys_and_work_in_it_at_once(shop: Shop) -> None:
    """With an empty draft, to look, change and complete; they read what they type, and no more than that."""
    staff = shop.staff()
    made = staff.post("/v1/assist/drafts", {"process": "loan", "key": "car"}).get_json()
    assist, draft = made["assist"], made["draft"]
    assert (assist["method"], assist["scope"], assist["shows_answers"]) == ("started", "complete", False)
    assert (draft["process"], draft["key"], draft["data"], draft["revision"]) == ("loan", "car", {}, 0)
    assert assist["customer"] == draft["customer"]
    assert staff.take(draft["id"]) == 1
    assert staff.save(draft["id"], 1, name="Ana").status_code == 200
    assert staff.data(draft["id"]) == {"name": "Ana"}
    assert_problem(shop.staff("Leo").get(f"/v1/drafts/{draft['id']}"), 404, "not-found")


def test_what_is_begun_twice_with_one_key_is_begun_once(shop: Shop) -> None:
    """The same draft by the same assist, said to be a replay; it may have got answers meanwhile."""
    staff, key = shop.staff(), new_key()
    first = begin_once(staff, key)
    assert "Idempotency-Replayed" not in first.headers
    draft, assist = (first.get_json()[name]["id"] for name in ("draft", "assist"))
    assert staff.save(draft, 1, name="Ana").status_code == 200
    again = begin_once(staff, key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert (again.get_json()["draft"]["id"], again.get_json()["assist"]["id"]) == (draft, assist)
    assert again.get_json()["draft"]["data"] == {"name": "Ana"}
    others = [begin_once(staff, new_key()), begin_once(shop.staff("Leo"), key), staff.post(BEGIN, LOAN)]
    assert len({draft, *(each.get_json()["draft"]["id"] for each in others)}) == 4


def test_a_key_of_something_begun_begins_nothing_else(shop: Shop) -> None:
    """422 with another request, 404 once its draft is somebody's, a new assist where one ended."""
    staff, key = shop.staff(), new_key()
    made = begin_once(staff, key).get_json()
    other = staff.post(BEGIN, {"process": "loan", "key": "car"}, Idempotency_Key=key)
    assert_problem(other, 422, "idempotency-key-reused")
    assert_problem(begin_once(staff, "short"), 400, "invalid-idempotency-key")
    staff.ask("DELETE", f"/v1/assist/{made['assist']['id']}")
    again = begin_once(staff, key).get_json()
    assert again["draft"]["id"] == made["draft"]["id"]
    assert again["assist"]["id"] != made["assist"]["id"]
    opened(shop, link_to(staff, again["assist"]["id"]))
    assert_problem(begin_once(staff, key), 404, "not-found")


def test_of_two_that_begin_at_once_with_one_key_one_does(shop: Shop) -> None:
    """A proxy that sends again does not wait for the first answer."""
    staff, key = shop.staff(), new_key()
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: begin_once(staff, key), range(4)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.get_json()["draft"]["id"] for each in answers}) == 1
    assert sum("Idempotency-Replayed" in each.headers for each in answers) == 3


def test_whoever_opens_the_link_first_has_it_from_then_on(shop: Shop) -> None:
    """As a visitor, with what staff typed, who is named for each answer; nothing but the page was theirs."""
    staff = shop.staff()
    draft, assist = begun(staff, name="Ana", income=1200)
    answer = opened(shop, link_to(staff, assist))
    ana = holder(shop, answer)
    assert answer["draft"]["data"] == ana.data(draft) == {"name": "Ana", "income": 1200}
    assert listed(ana, "open") == [draft]
    again = ana.post("/v1/drafts", {"process": "loan"})
    assert (again.status_code, again.get_json()["id"]) == (200, draft)
    entered = ana.get(f"/v1/drafts/{draft}/assists").get_json()["answers"]
    assert [(each["path"], each["name"], each["channel"]) for each in entered] == [
        ("/income", "Marta", "store"),
        ("/name", "Marta", "store"),
    ]
    assert told(ana, draft)[:2] == ["draft-opened", "assist-started"]
    assert told(ana, draft)[-1] == "handoff-redeemed"


def test_the_journey_begins_in_the_store(shop: Shop) -> None:
    """Whoever has it reads that it was begun there by staff, and who looked and changed."""
    staff = shop.staff()
    _, assist = begun(staff, name="Ana")
    ana = holder(shop, opened(shop, link_to(staff, assist)))
    first = ana.get("/v1/me/journey").get_json()["items"][-1]
    assert (first["type"], first["actor"], first["channel"]) == ("opened", "staff", "store")
    actions = [each["action"] for each in ana.get("/v1/me/access-log").get_json()["items"]]
    assert (actions[-1], actions[0]) == ("draft-started", "draft-handed-back")


def test_staff_are_out_once_it_is_handed_over(shop: Shop) -> None:
    """Before anybody has opened the link, too: neither they nor a colleague read or write it any more."""
    staff = shop.staff()
    draft, assist = begun(staff, name="Ana")
    token = link_to(staff, assist)
    assert_problem(staff.get(f"/v1/drafts/{draft}"), 404, "not-found")
    assert_problem(staff.save(draft, 2, name="Eva"), 404, "not-found")
    assert holder(shop, opened(shop, token)).data(draft) == {"name": "Ana"}
    assert_problem(staff.get(f"/v1/assist/{assist}"), 404, "not-found")


def test_nobody_else_has_it_after_that(shop: Shop) -> None:
    """The link is used up; another one, from whoever has it, lends it to a device for a while as ever."""
    staff = shop.staff()
    draft, assist = begun(staff, name="Ana")
    token = link_to(staff, assist)
    ana = holder(shop, opened(shop, token))
    late = shop.page.post("/v1/handoffs/redeem", {"token": token, "nonce": new_key()})
    assert_problem(late, 404, "handoff-invalid")
    lent = opened(shop, token_of(ana.hand_off(draft)))
    assert (lent["visitor"], lent["draft"]["id"]) == (None, draft)
    assert ana.data(draft) == {"name": "Ana"}


def test_the_same_device_gets_the_same_again(desk: Shop) -> None:
    """By its nonce, as long as the link would be valid: nobody could make them another link."""
    staff = desk.staff()
    _, assist = begun(staff, name="Ana")
    token = link_to(staff, assist)
    first = opened(desk, token, "the-same-nonce")
    desk.clock.now += 9 * MINUTE
    again = opened(desk, token, "the-same-nonce")
    assert (again["visitor"], again["grant"]) == (first["visitor"], first["grant"])
    desk.clock.now += 2 * MINUTE
    late = desk.page.post("/v1/handoffs/redeem", {"token": token, "nonce": "the-same-nonce"})
    assert_problem(late, 404, "handoff-invalid")


def test_of_many_who_open_it_at_once_one_has_it(shop: Shop) -> None:
    """The others are told that the link was used; nobody gets half of it."""
    staff = shop.staff()
    draft, assist = begun(staff, name="Ana")
    token = link_to(staff, assist)

    def attempt(number: int) -> Any:
        return shop.page.post("/v1/handoffs/redeem", {"token": token, "nonce": f"of-device-{number}"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(8)))
    got = [answer.get_json() for answer in answers if answer.status_code == 200]
    assert [answer.status_code for answer in answers].count(404) == 7
    assert holder(shop, got[0]).data(draft) == {"name": "Ana"}


def test_what_only_the_customer_confirms_waits_for_them(shop: Shop) -> None:
    """Who typed it may not complete it; whoever has it confirms and completes."""
    shop.register("mortgage", kind="form", confirm=["/income"], customer_only=["/terms"])
    staff = shop.staff()
    draft, assist = begun(staff, "mortgage", income=1200)
    refused = staff.post(f"/v1/drafts/{draft}/complete", {"seen": 1}, Idempotency_Key=new_key())
    assert_problem(refused, 409, "confirmation-needed")
    terms = staff.save(draft, 2, terms=True).get_json()["results"][0]
    assert (terms["status"], terms["code"]) == ("rejected", "not-allowed-in-assist")
    ana = holder(shop, opened(shop, link_to(staff, assist)))
    seen = ana.draft(draft)["revision"]
    assert ana.plain(draft, seen, {"op": "confirm", "path": "/income"}).status_code == 200
    seen = ana.draft(draft)["revision"]
    done = ana.post(f"/v1/drafts/{draft}/complete", {"seen": seen}, Idempotency_Key=new_key())
    assert done.get_json()["status"] == "completed"


def test_whoever_has_signed_in_claims_it(shop: Shop) -> None:
    """It is the customer's then, with who entered what; the token of the link is good for nothing more."""
    staff, eva = shop.staff(), shop.customer(new_key())
    draft, assist = begun(staff, name="Eva")
    ana = holder(shop, opened(shop, link_to(staff, assist)))
    (form,) = eva.post("/v1/claim", {"visitor": ana.credential}).get_json()["forms"]
    assert (form["draft"], form["fate"]) == (draft, "adopted")
    assert eva.data(form["form"]) == {"name": "Eva"}
    entered = eva.get(f"/v1/drafts/{form['form']}/assists").get_json()["answers"]
    assert [each["name"] for each in entered] == ["Marta"]
    first = eva.get("/v1/me/journey").get_json()["items"][-1]
    assert (first["type"], first["actor"], first["channel"]) == ("opened", "staff", "store")
    assert_problem(ana.get("/v1/drafts"), 401, "token-revoked")


def test_a_visitor_has_it_beside_what_they_had(shop: Shop) -> None:
    """A device that is somebody's already takes it over with both tokens; nothing else of another visitor."""
    staff, guest = shop.staff(), shop.visitor()
    mine = guest.begin(process="survey", answer=1)
    _, assist = begun(staff, name="Ana")
    ana = holder(shop, opened(shop, link_to(staff, assist)))
    assert_problem(guest.post("/v1/claim", {"visitor": f"{ana.credential}x"}), 404, "not-found")
    other = guest.post("/v1/claim", {"visitor": shop.visitor().credential})
    assert_problem(other, 403, "insufficient-scope")
    (form,) = guest.post("/v1/claim", {"visitor": ana.credential}).get_json()["forms"]
    assert sorted(listed(guest, "open")) == sorted([mine, form["form"]])
    assert guest.data(form["form"]) == {"name": "Ana"}


def test_it_is_handed_over_by_a_link_alone(shop: Shop) -> None:
    """Where it is, nobody could go on; staff who say so are told, and are still there."""
    staff = shop.staff()
    draft, assist = begun(staff, name="Ana")
    refused = assert_problem(staff.post(f"/v1/assist/{assist}/handback"), 422, "validation-failed")
    assert refused["errors"] == [{"pointer": "/to", "code": "required"}]
    assert staff.data(draft) == {"name": "Ana"}


def test_restricted_answers_ask_for_no_digits_while_it_is_nobodys(shop: Shop) -> None:
    """Nobody is there who could pick them; the next link of whoever has it does ask."""
    shop.register("account", kind="form", fields={"/iban": "restricted"})
    staff = shop.staff()
    draft, assist = begun(staff, "account", iban="ES91")
    assert staff.data(draft) == {"iban": {"$masked": True, "present": True}}
    ana = holder(shop, opened(shop, link_to(staff, assist)))
    assert ana.data(draft) == {"iban": "ES91"}
    attempt = {"token": token_of(ana.hand_off(draft)), "nonce": new_key()}
    assert_problem(shop.page.post("/v1/handoffs/redeem", attempt), 403, "match-required")


def test_what_the_shop_gave_to_a_customer_opens_for_nobody_else(shop: Shop) -> None:
    """Its back end may say whose it is, as of any visitor's; the link opens nothing then."""
    staff, ana = shop.staff(), shop.customer(new_key())
    draft, assist = begun(staff, name="Ana")
    token, customer = link_to(staff, assist), shop.service.draft(draft)["customer"]
    merged = shop.service.post(f"/v1/customers/{ana.customer}/merges", {"from": customer})
    assert merged.status_code in (200, 201), merged.text
    late = shop.page.post("/v1/handoffs/redeem", {"token": token, "nonce": new_key()})
    assert_problem(late, 404, "handoff-invalid")
    assert [ana.data(each) for each in listed(ana, "open")] == [{"name": "Ana"}]


def test_whoever_began_goes_on_until_somebody_has_it(shop: Shop) -> None:
    """They make another link, and the one before opens nothing any more; a colleague cannot."""
    staff = shop.staff()
    draft, assist = begun(staff, name="Ana")
    first = link_to(staff, assist)
    assert_problem(shop.staff("Leo").post(f"/v1/assist/drafts/{draft}"), 404, "not-found")
    again = staff.post(f"/v1/assist/drafts/{draft}")
    assert (again.status_code, again.get_json()["draft"]["data"]) == (201, {"name": "Ana"})
    assert staff.save(draft, 1, writer="w_2", seen=1, income=1200).status_code == 200
    token = link_to(staff, again.get_json()["assist"]["id"])
    late = shop.page.post("/v1/handoffs/redeem", {"token": first, "nonce": new_key()})
    assert_problem(late, 404, "handoff-invalid")
    assert holder(shop, opened(shop, token)).data(draft) == {"name": "Ana", "income": 1200}
    assert_problem(staff.post(f"/v1/assist/drafts/{draft}"), 404, "not-found")


def test_whoever_opens_it_is_alone_in_it(shop: Shop) -> None:
    """Staff who went on meanwhile are out in the same moment: nobody has let them in."""
    staff = shop.staff()
    draft, assist = begun(staff, name="Ana")
    token = link_to(staff, assist)
    assert staff.post(f"/v1/assist/drafts/{draft}").status_code == 201
    assert staff.take(draft) is not None
    ana = holder(shop, opened(shop, token))
    assert_problem(staff.get(f"/v1/drafts/{draft}"), 404, "not-found")
    assert_problem(staff.save(draft, 2, income=1), 404, "not-found")
    assert ana.get(f"/v1/drafts/{draft}/assists").get_json()["items"] == []
    assert "assist-ended" in told(ana, draft)[-3:]


def test_what_was_somebodys_once_is_never_nobodys_again(shop: Shop) -> None:
    """Whoever signs their own device out, or hands a link on, gives it to nobody: least of all to staff."""
    staff = shop.staff()
    draft, assist = begun(staff, name="Ana")
    answer = opened(shop, link_to(staff, assist))
    ana = holder(shop, answer)
    token = token_of(ana.hand_off(draft))
    devices = ana.get("/v1/me/devices").get_json()["items"]
    assert [each["kind"] for each in devices] == ["visitor"]
    assert ana.ask("DELETE", f"/v1/me/devices/{devices[0]['id']}").status_code == 204
    for person in (ana, Person(shop.app, answer["grant"])):
        assert_problem(person.get(f"/v1/drafts/{draft}"), 401, "token-revoked")
    assert_problem(staff.post(f"/v1/assist/drafts/{draft}"), 404, "not-found")
    attempt = {"token": token, "nonce": new_key()}
    lent = shop.page.post("/v1/handoffs/redeem", attempt).get_json()
    assert lent.get("visitor") is None


def test_beginning_is_on_record_without_a_word_of_whom(shop: Shop) -> None:
    """Who began what, when and in which store, for supervisors and auditors."""
    staff = shop.staff()
    draft, assist = begun(staff)
    auditor = shop.staff("Iris", frozenset((Role.AUDITOR,)))
    page = auditor.get(f"/v1/audit?action=draft-started&draft={draft}").get_json()["items"]
    assert [(each["name"], each["assist"], each["paths"]) for each in page] == [("Marta", assist, [])]


@pytest.mark.parametrize("body", [{}, {"process": ""}, {"process": "loan", "customer": "cu_1"}])
def test_a_wrong_beginning_begins_nothing(shop: Shop, body: dict[str, str]) -> None:
    """422, also where somebody is named whose it is to be."""
    refused = shop.staff().post("/v1/assist/drafts", body)
    assert_problem(refused, 422, "unknown-field" if "customer" in body else "validation-failed")


def test_what_nobody_collects_ends_as_any_draft(desk: Shop) -> None:
    """Staff are out after an hour at most; it ends by its process's time, and its link after ten minutes."""
    staff = desk.staff()
    draft, assist = begun(staff, name="Ana")
    token = link_to(staff, assist)
    desk.clock.now += 11 * MINUTE
    attempt = {"token": token, "nonce": new_key()}
    assert_problem(desk.page.post("/v1/handoffs/redeem", attempt), 404, "handoff-invalid")
    assert desk.service.draft(draft)["data"] == {"name": "Ana"}


@contextmanager
def by_mail() -> Iterator[tuple[Shop, MailServer]]:
    """A shop that sends letters, and where they go."""
    opened_shop = shop_in_memory()
    with MailServer() as mail:
        deps = replace(opened_shop.deps, mailer=SmtpMailer.parse(mail.url, "Shop <no-reply@shop.example>"))
        yield replace(opened_shop, app=app_of(deps), deps=deps), mail
    deps.store.close()


def test_a_letter_goes_where_the_customer_says() -> None:
    """The code that is sent to the same address shows that it is theirs, and gives the draft to them."""
    with by_mail() as (mailing, mail):
        staff = mailing.staff()
        draft, assist = begun(staff, name="Ana")
        how = {"to": "email", "address": "ana@example.com"}
        assert staff.post(f"/v1/assist/{assist}/handback", how).status_code == 200
        attempt = {"token": mail.link.partition("#")[2], "nonce": new_key()}
        assert_problem(mailing.page.post("/v1/handoffs/redeem", attempt), 403, "code-required")
        done = mailing.page.post("/v1/handoffs/redeem", {**attempt, "code": mail.code})
        assert holder(mailing, done.get_json()).data(draft) == {"name": "Ana"}


def test_a_letter_that_went_astray_opens_nothing_once_there_is_another_link() -> None:
    """Whoever reads a mistyped address is not let into what is Ana's since she scanned the screen."""
    with by_mail() as (mailing, mail):
        staff = mailing.staff()
        draft, assist = begun(staff, name="Ana")
        how = {"to": "email", "address": "anna@example.com"}
        assert staff.post(f"/v1/assist/{assist}/handback", how).status_code == 200
        astray = {"token": mail.link.partition("#")[2], "nonce": new_key()}
        again = staff.post(f"/v1/assist/drafts/{draft}").get_json()["assist"]["id"]
        token = link_to(staff, again)
        assert_problem(mailing.page.post("/v1/handoffs/redeem", astray), 404, "handoff-invalid")
        assert holder(mailing, opened(mailing, token)).data(draft) == {"name": "Ana"}
        assert_problem(mailing.page.post("/v1/handoffs/redeem", astray), 404, "handoff-invalid")
