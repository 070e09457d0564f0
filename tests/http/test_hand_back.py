"""Promises of the hand-back: staff are out at once, and what they see of the way back opens nothing."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from retoma_server.adapters.mailing import SmtpMailer
from retoma_server.app import app_of
from tests.http.asserting import assert_problem
from tests.http.claiming import told
from tests.http.shop import MINUTE, Person, Shop, new_key, shop_in_memory, token_of
from tests.servers.mail_server import MailServer


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    """A mail server."""
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def mailing(mail: MailServer) -> Iterator[Shop]:
    """A server that sends e-mail."""
    opened = shop_in_memory()
    deps = replace(opened.deps, mailer=SmtpMailer.parse(mail.url, "Shop <no-reply@shop.example>"))
    yield replace(opened, app=app_of(deps), deps=deps)
    deps.store.close()


def assisted(shop: Shop, owner: Person) -> tuple[Person, str, str]:
    """A member of staff, the draft of somebody's that they are in, and their assist."""
    draft = owner.begin(name="Ana")
    staff = shop.staff()
    code = owner.hand_off(draft, "staff")["code"]
    return staff, draft, staff.post("/v1/assist/redeem", {"code": code}).get_json()["assist"]["id"]


def hand_back(staff: Person, assist: str, **how: Any) -> Any:
    """The answer to a hand-back."""
    return staff.post(f"/v1/assist/{assist}/handback", how)


def test_an_assist_says_what_it_opens_and_for_how_long(shop: Shop) -> None:
    """As when the code was redeemed; a colleague in the same draft has one of their own."""
    owner = shop.visitor()
    staff, draft, assist = assisted(shop, owner)
    shown = staff.get(f"/v1/assist/{assist}").get_json()
    assert (shown["id"], shown["draft"], shown["customer"]) == (assist, draft, owner.customer)
    colleague = shop.assist(owner, draft, "Leo")
    assert_problem(colleague.get(f"/v1/assist/{assist}"), 404, "not-found")
    assert_problem(colleague.ask("DELETE", f"/v1/assist/{assist}"), 404, "not-found")
    assert staff.get(f"/v1/drafts/{draft}").status_code == 200


def test_whoever_leaves_is_out_at_once_and_the_customer_is_told(shop: Shop) -> None:
    """404 from then on, also long after: an assist that has ended is never prolonged by its last use."""
    owner = shop.visitor()
    staff, draft, assist = assisted(shop, owner)
    shop.clock.now += 2 * MINUTE
    assert staff.ask("DELETE", f"/v1/assist/{assist}").status_code == 204
    for path in (f"/v1/assist/{assist}", f"/v1/drafts/{draft}"):
        assert_problem(staff.get(path), 404, "not-found")
    assert told(owner, draft)[-1] == "assist-ended"


def test_a_draft_that_is_handed_back_goes_on_where_it_was(shop: Shop) -> None:
    """No link, no code: the customer has it on their own device, with what staff entered, and nobody else."""
    owner = shop.visitor()
    staff, draft, assist = assisted(shop, owner)
    assert staff.save(draft, 1, writer="w_2", seen=1, income=1200).status_code == 200
    assert hand_back(staff, assist).get_json() == {"handoff": None}
    assert_problem(staff.get(f"/v1/drafts/{draft}"), 404, "not-found")
    assert owner.draft(draft)["data"] == {"name": "Ana", "income": 1200}
    assert told(owner, draft)[-1] == "assist-ended"
    assert_problem(hand_back(staff, assist), 404, "not-found")


def test_a_link_on_screen_opens_nothing_for_the_staff_who_see_it(shop: Shop) -> None:
    """It waits for the customer to pick its digits, though nothing in the draft is restricted."""
    owner = shop.visitor()
    staff, _, assist = assisted(shop, owner)
    offer = hand_back(staff, assist, to="device").get_json()["handoff"]
    assert offer["qr_svg"].startswith("<svg")
    attempt = {"token": token_of(offer), "nonce": new_key()}
    shown = assert_problem(shop.page.post("/v1/handoffs/redeem", attempt), 403, "match-required")
    for person in (staff, shop.page):
        picked = person.post(f"/v1/handoffs/{offer['id']}/confirm", {"digits": shown["digits"]})
        assert_problem(picked, 403, "insufficient-scope")
    assert owner.post(f"/v1/handoffs/{offer['id']}/confirm", {"digits": shown["digits"]}).status_code == 204
    assert shop.page.post("/v1/handoffs/redeem", attempt).get_json()["draft"]["data"] == {"name": "Ana"}


def test_a_link_on_screen_opens_for_the_customer_who_has_signed_in(shop: Shop) -> None:
    """On the phone that scans it; they need no second device."""
    owner = shop.customer("ana")
    staff, _, assist = assisted(shop, owner)
    offer = hand_back(staff, assist, to="device").get_json()["handoff"]
    done = shop.customer("ana").post("/v1/handoffs/redeem", {"token": token_of(offer), "nonce": new_key()})
    assert done.get_json()["draft"]["data"] == {"name": "Ana"}


def test_a_letter_goes_only_to_an_address_that_leads_to_the_customer(mailing: Shop, mail: MailServer) -> None:
    """Any other is 422 `contact-unknown`, and then nothing is handed back: the assist goes on."""
    owner = mailing.customer("bea")
    mailing.service.ask("PUT", "/v1/customers/by-external-id/bea", {"email": "bea@example.com"})
    staff, draft, assist = assisted(mailing, owner)
    mail.letters.clear()
    wrong = hand_back(staff, assist, to="email", address="staff@example.com")
    assert_problem(wrong, 422, "contact-unknown")
    assert (mail.letters, staff.get(f"/v1/drafts/{draft}").status_code) == ([], 200)
    done = hand_back(staff, assist, to="email", address=" Bea@Example.com ").get_json()["handoff"]
    assert done.keys() == {"id", "to", "draft", "status", "expires_at"}
    assert mail.letters[0][0] == ["bea@example.com"]
    attempt = {"token": mail.link.partition("#")[2], "nonce": new_key()}
    assert_problem(mailing.nobody.post("/v1/handoffs/redeem", attempt), 403, "code-required")
    opened = mailing.nobody.post("/v1/handoffs/redeem", {**attempt, "code": mail.code})
    assert opened.get_json()["draft"]["id"] == draft


@pytest.mark.parametrize(
    "how", [{"address": "ana@example.com"}, {"url": "https://shop.example/"}, {"to": "staff"}]
)
def test_a_hand_back_that_leads_nowhere_is_refused(shop: Shop, how: dict[str, str]) -> None:
    """422, and the assist goes on."""
    staff, draft, assist = assisted(shop, shop.visitor())
    assert_problem(hand_back(staff, assist, **how), 422, "validation-failed")
    assert staff.get(f"/v1/drafts/{draft}").status_code == 200


def test_leaving_is_on_record(shop: Shop) -> None:
    """The customer reads when staff gave it back."""
    owner = shop.visitor()
    staff, _, assist = assisted(shop, owner)
    hand_back(staff, assist)
    entry = owner.get("/v1/me/access-log").get_json()["items"][0]
    assert (entry["name"], entry["action"]) == ("Marta", "draft-handed-back")
