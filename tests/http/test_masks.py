"""Promises about masks: what staff may read of an answer is the same on every way to it, for every class."""

import json
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from retoma_server.domain.staff import Role
from tests.http.asserting import assert_problem
from tests.http.shop import Clerk, Person, Shop, new_key, set_op

VALUES = {
    "public": ("canary-public-a", "canary-public-b"),
    "personal": ("canary-personal-a", "canary-personal-b"),
    "restricted": ("canary-restricted-a", "canary-restricted-b"),
    "unnamed": ("canary-unnamed-a", "canary-unnamed-b"),
}
"""By class, the answer that stands and the one that met it; what no process names is personal."""
CLASSES = {f"/{name}": name for name in VALUES if name != "unnamed"}
SCHEMA = {
    "properties": {
        "restricted": {"type": "string", "maxLength": 3},
        "personal": {"enum": ["canary-personal-of-the-schema"]},
        "unnamed": {"pattern": "^x$"},
    }
}
SHOWN = {False: {"public"}, True: {"public", "personal", "unnamed"}}
"""Of which classes staff read the answers, and where the customer shows theirs."""


@pytest.fixture
def shop(stored: Shop) -> Shop:
    """A shop on a real store, where answers of each class do not fit their process."""
    stored.register("masked", fields={**CLASSES, "/met": "restricted"}, schema=SCHEMA)
    return stored


def begun(shop: Shop) -> tuple[Person, str]:
    """A customer with an answer of each class, each of which met another one."""
    owner = shop.customer(new_key())
    draft = owner.begin("masked")
    for writer, at in (("w_1", 0), ("w_2", 1)):
        assert owner.save(draft, 1, writer, **{name: pair[at] for name, pair in VALUES.items()}).status_code
    return owner, draft


def helper(shop: Shop, owner: Person, draft: str, role: Role, shows: bool) -> tuple[Clerk, TestResponse]:
    """A member of staff, and the answer to the code that they redeemed."""
    clerk = shop.staff("Marta", frozenset((role,)))
    consent = {"scope": "complete", "show_answers": shows}
    return clerk, clerk.post("/v1/assist/redeem", {"code": owner.hand_off(draft, "staff", **consent)["code"]})


def reads(clerk: Clerk, draft: str) -> Iterator[tuple[str, TestResponse]]:
    """The answer to every way to look at a draft, and to what is refused with what is newer."""
    path, assist = f"/v1/drafts/{draft}", f"/v1/assist/{clerk.assists[draft]}"
    strict = outdated(clerk, draft)
    once = {"Idempotency_Key": new_key()}
    page = {"Accept": "application/json"}
    yield "draft", clerk.get(path)
    yield "delta", clerk.get(f"{path}?since=0")
    yield "history", clerk.get(f"{path}/history?limit=100")
    yield "events", clerk.get(f"/v1/events?draft={draft}&limit=100", **page)
    yield "assist", clerk.get(assist)
    yield "journey", clerk.get(f"{assist}/journey")
    yield "outdated patch", clerk.ask("PATCH", path, {"note": 1}, **strict)
    yield "outdated submit", clerk.post(f"{path}/complete", {"seen": 0}, **once)
    yield "submit in conflict", clerk.post(f"{path}/complete", {"seen": revision(clerk, draft)}, **once)
    yield "nothing changed", clerk.send(draft, {"seq": 1, "ops": []}, writer="w_look", since=0)
    yield "met", clerk.save(draft, 2, "w_look", **dict.fromkeys(VALUES, "of staff"))
    yield "replayed", clerk.save(draft, 2, "w_look", **dict.fromkeys(VALUES, "of staff"))
    echo = set_op("", clerk.data(draft))
    yield "echo", clerk.plain(draft, revision(clerk, draft), echo)
    yield (
        "search",
        clerk.post("/v1/assist/lookup", {"kind": "external_id", "value": "u", "reason": "Asked for"}),
    )
    yield "export", clerk.post("/v1/me/export")
    yield "audit", clerk.get("/v1/audit")
    yield "hand-back", clerk.post(f"{assist}/handback", {"to": "device"})


def outdated(person: Person, draft: str) -> dict[str, str]:
    """What a strict request says that saw the draft when it was empty."""
    tag = person.get(f"/v1/drafts/{draft}").headers["ETag"]
    return {"If_Match": f'{tag.rpartition(".")[0]}.0"', "Idempotency_Key": new_key()}


def revision(clerk: Clerk, draft: str) -> int:
    """How far a draft is."""
    return int(clerk.draft(draft)["revision"])


def found(answer: TestResponse) -> set[str]:
    """The classes of which an answer holds an answer of the customer's, however it is written."""
    text = answer.text + json.dumps(answer.get_json(silent=True), ensure_ascii=False)
    return {name for name, values in VALUES.items() if any(each in text for each in values)}


@pytest.mark.parametrize("shows", [False, True])
@pytest.mark.parametrize("role", [Role.ASSIST, Role.SUPERVISOR])
def test_staff_read_of_each_class_the_same_on_every_way(shop: Shop, role: Role, shows: bool) -> None:
    """The code's answer, draft, delta, history, events, journey, refusals, replays, search, export, record
    and hand-back hold what that class lets them read and not a value more (acceptance test 16).
    """
    owner, draft = begun(shop)
    clerk, redeemed = helper(shop, owner, draft, role, shows)
    statuses, seen = {"code": redeemed.status_code}, {"code": found(redeemed)}
    for way, answer in reads(clerk, draft):
        statuses[way], seen[way] = answer.status_code, found(answer)
    assert {way: classes - SHOWN[shows] for way, classes in seen.items() if classes - SHOWN[shows]} == {}
    whole = {way for way, classes in seen.items() if classes == SHOWN[shows]}
    assert whole >= {"code", "draft", "delta", "outdated patch", "outdated submit"}, seen
    assert statuses == {
        "code": 201,
        "draft": 200,
        "delta": 200,
        "history": 200,
        "events": 200,
        "assist": 200,
        "journey": 200,
        "outdated patch": 412,
        "outdated submit": 412,
        "submit in conflict": 409,
        "nothing changed": 200,
        "met": 200,
        "replayed": 200,
        "echo": 400,
        "search": 202,
        "export": 403,
        "audit": 200 if role is Role.SUPERVISOR else 403,
        "hand-back": 200,
    }


@pytest.mark.parametrize("shows", [False, True])
def test_what_does_not_fit_is_told_by_its_place(shop: Shop, shows: bool) -> None:
    """422 names the fields of a form that staff send, and none of what is in them or in the schema."""
    owner = shop.customer(new_key())
    draft = owner.begin("masked", **{name: pair[0] for name, pair in VALUES.items()})
    clerk, _ = helper(shop, owner, draft, Role.SUPERVISOR, shows)
    answer = clerk.post(f"/v1/drafts/{draft}/complete", {"seen": 1}, Idempotency_Key=new_key())
    errors = assert_problem(answer, 422, "validation-failed")["errors"]
    assert {each["pointer"] for each in errors} == {f"/{name}" for name in VALUES if name != "public"}
    assert "canary" not in answer.text


def test_the_customer_reads_all_of_it_where_staff_do_not(shop: Shop) -> None:
    """The very ways that hide it from staff hold every answer for its owner: nothing is hidden by chance."""
    owner, draft = begun(shop)
    path = f"/v1/drafts/{draft}"
    stale = outdated(owner, draft)
    for answer in (
        owner.get(path),
        owner.get(f"{path}?since=0"),
        owner.get(f"{path}/history?limit=100"),
        owner.ask("PATCH", path, {"note": 1}, **stale),
        owner.post(f"{path}/complete", {"seen": 0}, Idempotency_Key=new_key()),
    ):
        assert found(answer) == VALUES.keys(), answer.text
