"""Promises of help by consent: the customer says how far, sees who, and ends or narrows it at once."""

from typing import Any

import pytest

from retoma_server.actions.staff import add_retail_store, add_staff
from retoma_server.domain.staff import Role
from tests.http.asserting import assert_problem
from tests.http.claiming import told
from tests.http.shop import MINUTE, Clerk, Person, Shop, new_key, set_op
from tests.http.test_assist import audit

CLASSES = {"/email": "personal", "/iban": "restricted"}
EMAIL, IBAN = "ann.secret@example.com", "ES9121000418450200051332"


def begun(shop: Shop) -> tuple[Person, str]:
    """A customer with a form of personal and restricted answers."""
    shop.register("helped", fields=CLASSES)
    visitor = shop.visitor()
    return visitor, visitor.begin("helped", email=EMAIL, iban=IBAN)


def helped(shop: Shop, *roles: Role, **consent: Any) -> tuple[Person, str, Clerk, str]:
    """(customer, draft, clerk, assist): a clerk in a store who redeemed a code made with that consent."""
    visitor, draft = begun(shop)
    tenant = shop.deps.tenants.get(shop.tenant.id)
    store = add_retail_store(shop.deps.store, shop.deps.ids, tenant, "Leeds")
    given = frozenset(roles or (Role.ASSIST,))
    made = add_staff(shop.deps.store, shop.deps.ids, tenant, "Sam", given, store.id)
    clerk = Clerk(shop.app, made.token, headers={"Retoma-Channel": "store"})
    code = visitor.hand_off(draft, "staff", **consent)["code"]
    return visitor, draft, clerk, clerk.post("/v1/assist/redeem", {"code": code}).get_json()["assist"]["id"]


def place(draft: str, assist: str) -> str:
    """Where the customer says what somebody may do."""
    return f"/v1/drafts/{draft}/assists/{assist}"


def write(clerk: Person, draft: str) -> Any:
    """The answer to a change by staff."""
    return clerk.plain(draft, 1, set_op("/note", new_key()))


def test_the_customer_sees_who_helps(shop: Shop) -> None:
    """By name, in which store, how far they may go, what they see, and until when."""
    visitor, draft, clerk, assist = helped(shop)
    (seen,) = visitor.get(f"/v1/drafts/{draft}/assists").get_json()["items"]
    assert (seen["id"], seen["staff"]["name"], seen["store"]["name"]) == (assist, "Sam", "Leeds")
    assert (seen["method"], seen["scope"], seen["shows_answers"]) == ("code", "edit", False)
    assert seen["began_at"] < seen["expires_at"] < seen["ends_at"]
    assert clerk.get(f"/v1/assist/{assist}").get_json() == seen


def test_a_device_that_came_by_a_link_sees_and_stops_help_too(shop: Shop) -> None:
    """It is the customer who holds it."""
    visitor, draft, clerk, assist = helped(shop)
    phone = shop.grant(visitor, draft, confirm=False)
    assert phone.get(f"/v1/drafts/{draft}/assists").get_json()["items"][0]["id"] == assist
    assert phone.ask("DELETE", place(draft, assist)).status_code == 204
    assert_problem(clerk.get(f"/v1/drafts/{draft}"), 404, "not-found")


@pytest.mark.parametrize(
    ("scope", "may_write", "may_complete"),
    [("view", False, False), (None, True, False), ("edit", True, False), ("complete", True, True)],
)
def test_staff_go_as_far_as_the_code_says(
    shop: Shop, scope: str | None, may_write: bool, may_complete: bool
) -> None:
    """To look, to change (unless said otherwise), or to complete; 403 `not-allowed-in-assist` beyond."""
    _, draft, clerk, _ = helped(shop, scope=scope)
    written = write(clerk, draft)
    seen = clerk.draft(draft)["revision"]
    done = clerk.post(f"/v1/drafts/{draft}/complete", {"seen": seen}, Idempotency_Key=new_key())
    assert (written.status_code == 200, done.status_code == 200) == (may_write, may_complete)
    for answer, is_allowed in ((written, may_write), (done, may_complete)):
        if not is_allowed:
            assert_problem(answer, 403, "not-allowed-in-assist")


def test_the_customer_takes_back_control_at_once(shop: Shop) -> None:
    """Staff may still look, and write no more; later they may again (case 20, acceptance test 19)."""
    visitor, draft, clerk, assist = helped(shop)
    narrowed = visitor.ask("PATCH", place(draft, assist), {"scope": "view"})
    assert narrowed.get_json()["scope"] == "view"
    assert write(clerk, draft).status_code in (403, 423)
    assert clerk.get(f"/v1/drafts/{draft}").status_code == 200
    assert visitor.save(draft, 2, note="mine").status_code == 200
    assert visitor.ask("PATCH", place(draft, assist), {"scope": "edit"}).get_json()["scope"] == "edit"


def test_the_customer_stops_help_at_once(shop: Shop) -> None:
    """The next request of staff is 404; stopping twice is, too; everybody who follows is told."""
    visitor, draft, clerk, assist = helped(shop)
    assert visitor.ask("DELETE", place(draft, assist)).status_code == 204
    assert_problem(clerk.get(f"/v1/drafts/{draft}"), 404, "not-found")
    assert_problem(clerk.get(f"/v1/assist/{assist}"), 404, "not-found")
    assert_problem(visitor.ask("DELETE", place(draft, assist)), 404, "not-found")
    assert visitor.get(f"/v1/drafts/{draft}/assists").get_json()["items"] == []
    events = visitor.get("/v1/events?limit=100", Accept="application/json").get_json()["items"]
    assert events[-1]["type"] == "assist-ended"


def test_personal_answers_are_shown_where_the_customer_says_so(shop: Shop) -> None:
    """On every way to read them, until the customer says otherwise; restricted ones never; on the record."""
    visitor, draft, clerk, assist = helped(shop, show_answers=True)
    looks = (f"/v1/drafts/{draft}", f"/v1/drafts/{draft}?since=0")
    events = clerk.get(f"/v1/events?draft={draft}", Accept="application/json")
    for text in (*(clerk.get(path).text for path in looks), clerk.get(f"/v1/drafts/{draft}/history").text):
        assert IBAN not in text
    assert IBAN not in events.text
    assert all(EMAIL in clerk.get(path).text for path in looks)
    assert ("Sam", "answers-shown") in audit(shop, draft)
    visitor.ask("PATCH", place(draft, assist), {"show_answers": False})
    assert not [path for path in looks if EMAIL in clerk.get(path).text]
    assert ("Sam", "consent-changed") in audit(shop, draft)


def test_a_code_for_staff_alone_carries_consent(shop: Shop) -> None:
    """422 for a link that would: nobody is to think that it did something."""
    visitor, draft = begun(shop)
    for consent in ({"scope": "view"}, {"show_answers": True}):
        answer = visitor.post(f"/v1/drafts/{draft}/handoffs", {"to": "device", **consent})
        assert_problem(answer, 422, "unknown-field")


def test_help_ends_after_a_quarter_of_an_hour_without_use_and_after_an_hour_with_it(shop: Shop) -> None:
    """404 from then on."""
    _, draft, clerk, _ = helped(shop)
    shop.clock.now += 15 * MINUTE
    assert_problem(clerk.get(f"/v1/drafts/{draft}"), 404, "not-found")
    _, draft, clerk, _ = helped(shop)
    for _ in range(5):
        shop.clock.now += 11 * MINUTE
        assert clerk.get(f"/v1/drafts/{draft}").status_code == 200
    shop.clock.now += 5 * MINUTE
    assert_problem(clerk.get(f"/v1/drafts/{draft}"), 404, "not-found")


def test_nobody_else_sees_or_ends_help(shop: Shop) -> None:
    """404 for another customer, another draft's owner and another tenant; staff are refused."""
    visitor, draft, clerk, assist = helped(shop)
    other, others = begun(shop)
    for person, where in ((other, draft), (shop.neighbour().visitor(), draft), (other, others)):
        assert_problem(person.ask("DELETE", place(where, assist)), 404, "not-found")
    assert_problem(clerk.ask("DELETE", place(draft, assist)), 403, "not-allowed-in-assist")
    assert len(visitor.get(f"/v1/drafts/{draft}/assists").get_json()["items"]) == 1


# -- reveal ------------------------------------------------------------------------------------


def revealed(clerk: Person, assist: str, path: str, reason: str = "Read back on request") -> Any:
    """The answer to a wish to read one answer."""
    return clerk.post(f"/v1/assist/{assist}/reveal", {"path": path, "reason": reason})


def test_a_supervisor_reads_one_answer_for_a_reason(shop: Shop) -> None:
    """Once; the draft stays masked; the customer reads who, what and why, in an answer nobody keeps."""
    visitor, draft, head, assist = helped(shop, Role.SUPERVISOR)
    answer = revealed(head, assist, "/email")
    assert answer.get_json() == {"path": "/email", "value": EMAIL}
    assert answer.headers["Cache-Control"] == "no-store"
    assert EMAIL not in head.get(f"/v1/drafts/{draft}").text
    log = visitor.get("/v1/me/access-log").get_json()["items"]
    entry = next(each for each in log if each["action"] == "field-revealed")
    assert "Read back on request" in str(entry)


def test_nobody_reads_what_is_restricted(shop: Shop) -> None:
    """403 to a supervisor, 404 where there is no answer, 403 to whoever is none."""
    _, _, head, assist = helped(shop, Role.SUPERVISOR)
    assert_problem(revealed(head, assist, "/iban"), 403, "not-allowed-in-assist")
    assert_problem(revealed(head, assist, "/nothing"), 404, "not-found")
    assert_problem(revealed(head, assist, "/email", ""), 422, "validation-failed")
    _, _, clerk, own = helped(shop)
    assert_problem(revealed(clerk, own, "/email"), 403, "insufficient-scope")
    assert_problem(revealed(head, own, "/email"), 404, "not-found")


def test_a_draft_goes_back_at_a_step(shop: Shop) -> None:
    """The customer goes on where staff say."""
    visitor, draft, clerk, assist = helped(shop)
    done = clerk.post(f"/v1/assist/{assist}/handback", {"step": "income"})
    assert done.status_code == 200, done.text
    assert visitor.draft(draft)["position"]["step"] == "income"


@pytest.mark.parametrize("before", [None, "income"])
def test_a_step_is_on_record_as_the_hand_back_alone(shop: Shop, before: str | None) -> None:
    """No answer was changed or tried: a new place is told to devices, and nobody reads of changed answers."""
    visitor, draft, clerk, assist = helped(shop)
    if before is not None:
        visitor.plain(draft, visitor.draft(draft)["revision"], {"op": "position", "step": before})
    known = told(visitor, draft)
    clerk.post(f"/v1/assist/{assist}/handback", {"step": "income"})
    moved = [] if before else ["draft-changed"]
    assert told(visitor, draft) == [*known, *moved, "assist-ended"]
    newest = [each["action"] for each in visitor.get("/v1/me/access-log").get_json()["items"][:2]]
    assert newest == ["draft-handed-back", "draft-viewed"]


def test_who_may_only_look_moves_the_customer_nowhere(shop: Shop) -> None:
    """403; they still hand back without a step."""
    _, _, clerk, assist = helped(shop, scope="view")
    answer = clerk.post(f"/v1/assist/{assist}/handback", {"step": "income"})
    assert_problem(answer, 403, "not-allowed-in-assist")
    assert clerk.post(f"/v1/assist/{assist}/handback", {}).status_code == 200
