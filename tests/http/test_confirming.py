"""Promises of what staff enter: the customer confirms it where it counts, and only they sign."""

import pytest
from werkzeug.test import TestResponse

from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop


@pytest.fixture
def helped(shop: Shop) -> tuple[Person, Person, str]:
    """A customer, a member of staff who helps them, and the draft."""
    shop.register("confirmed", confirm=["/income"], customer_only=["/terms"])
    visitor = shop.visitor()
    draft = visitor.begin("confirmed", name="Ana")
    return visitor, shop.assist(visitor, draft, "Sam"), draft


def revision(person: Person, draft: str) -> int:
    """The draft's revision."""
    return int(person.draft(draft)["revision"])


def completed(person: Person, draft: str) -> TestResponse:
    """The answer to a completion of the draft as it is."""
    body = {"seen": revision(person, draft)}
    return person.post(
        f"/v1/drafts/{draft}/complete", body, Idempotency_Key=f"complete-{draft}-{body['seen']}"
    )


def test_what_staff_entered_is_confirmed_before_completion(helped: tuple[Person, Person, str]) -> None:
    """409 `confirmation-needed` names the fields; once the customer confirmed them it goes through."""
    visitor, clerk, draft = helped
    assert clerk.save(draft, 1, writer="w_2", seen=1, income=1200, city="Leeds").status_code == 200
    refusal = assert_problem(completed(visitor, draft), 409, "confirmation-needed")
    assert refusal["fields"] == ["/income"]
    done = visitor.plain(draft, revision(visitor, draft), {"op": "confirm", "path": "/income"})
    assert done.get_json()["results"][0]["status"] == "applied"
    assert completed(visitor, draft).status_code == 200


def test_staff_do_not_confirm_for_the_customer(helped: tuple[Person, Person, str]) -> None:
    """403 `not-allowed-in-assist`; nothing is changed."""
    visitor, clerk, draft = helped
    clerk.save(draft, 1, writer="w_2", seen=1, income=1200)
    before = revision(visitor, draft)
    answer = clerk.plain(draft, before, {"op": "confirm", "path": "/income"})
    assert_problem(answer, 403, "not-allowed-in-assist")
    assert revision(visitor, draft) == before


def test_staff_never_sign(helped: tuple[Person, Person, str]) -> None:
    """What the process leaves to the customer alone is refused to staff, and taken from the customer."""
    visitor, clerk, draft = helped
    ops = [{"op": "set", "path": "/terms/accepted", "value": True, "seen": 1}]
    result = clerk.send(draft, {"seq": 1, "ops": ops}, writer="w_2").get_json()["results"][0]
    assert (result["status"], result["code"]) == ("rejected", "not-allowed-in-assist")
    assert visitor.save(draft, 2, terms={"accepted": True}).status_code == 200
    assert visitor.data(draft)["terms"] == {"accepted": True}


def test_a_process_tells_what_is_the_customers(shop: Shop) -> None:
    """As it was registered."""
    shop.register("confirmed", confirm=["/income"], customer_only=["/terms"])
    told = shop.service.get("/v1/processes/confirmed").get_json()
    assert (told["confirm"], told["customer_only"]) == (["/income"], ["/terms"])


def test_customers_see_what_staff_entered_until_they_confirm_or_change_it(
    shop: Shop, helped: tuple[Person, Person, str]
) -> None:
    """By path, with the name and what must be confirmed, without values; everywhere, and after help too."""
    visitor, clerk, draft = helped
    assert told_of(visitor, draft) == []
    clerk.save(draft, 1, writer="w_2", seen=1, income=1200, city="Leeds")
    phone = shop.grant(visitor, draft)
    assert clerk.ask("DELETE", f"/v1/assist/{clerk.assists[draft]}").status_code == 204
    who = {"name": "Sam", "channel": "store", "revision": 2}
    city, income = ({"path": path, **who, "confirm": path == "/income"} for path in ("/city", "/income"))
    for reader in (visitor, phone, shop.service):
        assert told_of(reader, draft) == [city, income]
    visitor.plain(draft, revision(visitor, draft), {"op": "confirm", "path": "/income"})
    assert told_of(visitor, draft) == [city]
    visitor.save(draft, 2, seen=revision(visitor, draft), city="York")
    assert told_of(visitor, draft) == []


def told_of(person: Person, draft: str) -> list[dict[str, object]]:
    """What staff entered, as somebody is told."""
    answers: list[dict[str, object]] = person.get(f"/v1/drafts/{draft}/assists").get_json()["answers"]
    return answers
