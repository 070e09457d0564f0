"""Promises of assist: staff see what a code allowed, masked everywhere, and every look is on record."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from retoma_server.actions import records
from retoma_server.actions.auditing import broken_link
from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.qr import qr_svg
from retoma_server.adapters.stores import Commit, Write
from retoma_server.domain.chains import Flaw, Wrong
from tests.http.asserting import assert_problem
from tests.http.shop import MINUTE, Person, Shop, new_key, set_op

SECRETS = {
    "email": "ann.secret@example.com",
    "phone": "600123456",
    "iban": "ES9121000418450200051332",
    "free": "hidden words",
    "list": ["hidden item"],
}
SEEN = ("ann.secret", "600123", "ES91", "hidden", "Anna", "arriving words")
"""Nothing of these is ever shown to staff."""

CLASSES = {"/email": "personal", "/iban": "restricted", "/public": "public"}


def classified(shop: Shop) -> tuple[Person, str]:
    """A customer with a draft of a process whose fields have classes."""
    shop.register("classified", fields=CLASSES)
    visitor = shop.visitor().sending(Retoma_Device="secret%20device")
    draft = visitor.begin("classified")
    place = {"op": "position", "step": "you", "cursor": "hidden cursor"}
    values = set_op("", {"public": "in the open", **SECRETS}, 0)
    assert visitor.send(draft, {"seq": 1, "ops": [values, place]}).status_code == 200
    return visitor, draft


def audit(shop: Shop, draft: str) -> list[tuple[str, str]]:
    """(name, action) of what is on record of staff in a draft."""
    place = partition_of(draft)
    log = shop.deps.store.read_log(place, records.audit_log(shop.tenant.id), limit=1_000)
    entries = [read_json(entry.body)["entry"] for entry in log.entries]
    return [(entry["name"], entry["action"]) for entry in entries if entry["about"] == draft]


def redeem(staff: Person, code: str) -> Any:
    """The answer to a code."""
    return staff.post("/v1/assist/redeem", {"code": code})


def test_a_code_opens_the_draft_to_staff(shop: Shop) -> None:
    """The assist and the masked draft; from then on the staff token reads and changes it, by name."""
    visitor, draft = classified(shop)
    offer = visitor.hand_off(draft, "staff")
    shown = {"id", "to", "draft", "status", "expires_at", "code", "spelled", "qr_svg"}
    assert offer.keys() == shown
    staff = shop.staff("Marta")
    assert_problem(staff.get(f"/v1/drafts/{draft}"), 404, "not-found")
    done = redeem(staff, offer["code"]).get_json()
    assert done["assist"]["staff"]["name"] == "Marta"
    assert (done["assist"]["draft"], done["assist"]["customer"]) == (draft, visitor.customer)
    assert done["draft"] == staff.draft(draft)
    assert staff.save(draft, 1, writer="w_2", seen=1, income=1200).status_code == 200
    by = visitor.get(f"/v1/drafts/{draft}?since=1").get_json()["cells"]["/income"]["by"]
    assert (by["kind"], by["name"], by["channel"]) == ("staff", "Marta", "store")


def test_a_code_can_be_said_and_scanned(shop: Shop) -> None:
    """Each letter by a word in the customer's language; the QR code holds the bare code and no address."""
    visitor = shop.visitor()
    offer = visitor.hand_off(visitor.begin(), "staff", language="es")
    bare = offer["code"].replace("-", "")
    assert [each[0] for each in offer["spelled"]] == list(bare)
    assert all(" de " in each for each in offer["spelled"])
    assert offer["qr_svg"] == qr_svg(bare)


def test_a_code_is_read_however_it_is_typed(shop: Shop) -> None:
    """Lower case, spaces and dashes make no difference (case 49)."""
    visitor = shop.visitor()
    draft = visitor.begin()
    for written in (str.lower, lambda code: code.replace("-", " "), lambda code: f" {'-'.join(code)} "):
        code = visitor.hand_off(draft, "staff")["code"]
        assert redeem(shop.staff(), written(code)).status_code == 201


def unusable(shop: Shop, how: str) -> str:
    """A code that cannot be used, for this reason."""
    visitor = shop.visitor()
    draft = visitor.begin()
    offer = visitor.hand_off(draft, "staff")
    match how:
        case "used":
            redeem(shop.staff(), offer["code"])
        case "expired":
            shop.clock.now += 5 * MINUTE
        case "revoked":
            visitor.ask("DELETE", f"/v1/handoffs/{offer['id']}")
        case "replaced by a newer one":
            visitor.hand_off(draft, "staff")
        case "of a completed draft":
            visitor.post(f"/v1/drafts/{draft}/complete", {"seen": 0}, Idempotency_Key=new_key())
        case "of a customer being erased":
            shop.begin_erasure(visitor.customer)
        case "of another tenant":
            other = shop.neighbour().visitor()
            return str(other.hand_off(other.begin(), "staff")["code"])
        case "guessed":
            return "BBBB-BBBB" if offer["code"] != "BBBB-BBBB" else "CCCC-CCCC"
        case "no code at all":
            return "AEIO-0123"
    return str(offer["code"])


@pytest.mark.parametrize(
    "how",
    [
        "used",
        "expired",
        "revoked",
        "replaced by a newer one",
        "of a completed draft",
        "of a customer being erased",
        "of another tenant",
        "guessed",
        "no code at all",
    ],
)
def test_codes_that_cannot_be_used_are_all_alike(shop: Shop, how: str) -> None:
    """404 `handoff-invalid`, byte for byte the same but for the request's id (case 49)."""
    code = unusable(shop, how)
    problem = assert_problem(redeem(shop.staff(), code), 404, "handoff-invalid")
    assert problem.keys() == {"type", "title", "status", "code", "retryable", "request_id"}


def test_only_staff_redeem_codes_or_the_very_customer(shop: Shop) -> None:
    """Nobody 401, others 403; a signed-in customer their own; for another customer it is 404 (case 50)."""
    ann = shop.customer("ann")
    draft = ann.begin()
    code = ann.hand_off(draft, "staff")["code"]
    assert_problem(redeem(shop.nobody, code), 401, "authentication-required")
    for person in (shop.page, shop.service, shop.visitor(), shop.grant(ann, draft)):
        assert_problem(redeem(person, code), 403, "insufficient-scope")
    assert_problem(redeem(shop.customer("ben"), code), 404, "handoff-invalid")
    done = redeem(shop.customer("ann"), code).get_json()
    assert (done["assist"], done["draft"]["id"]) == (None, draft)
    assert_problem(redeem(shop.staff(), code), 404, "handoff-invalid")


def test_a_clerk_whose_answer_was_lost_tries_again(shop: Shop) -> None:
    """The same code by the same clerk within a minute is the same assist; later it is 404."""
    visitor = shop.visitor()
    code = visitor.hand_off(visitor.begin(), "staff")["code"]
    staff = shop.staff()
    first, again = redeem(staff, code).get_json(), redeem(staff, code).get_json()
    assert first["assist"] == again["assist"]
    shop.clock.now += MINUTE
    assert_problem(redeem(staff, code), 404, "handoff-invalid")


def test_two_members_of_staff_at_once_get_one_assist(shop: Shop) -> None:
    """Of eight one gets 201, the others 404 (case 48)."""
    visitor = shop.visitor()
    code = visitor.hand_off(visitor.begin(), "staff")["code"]
    staff = [shop.staff(f"Clerk {number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: redeem(each, code), staff))
    assert sorted(answer.status_code for answer in answers) == [201] + [404] * 7


def looks(staff: Person, draft: str) -> list[Any]:
    """The answers to every way of looking at a draft, changing nothing but a note."""
    path = f"/v1/drafts/{draft}"
    stale = {"If_Match": '"e.0"', "Idempotency_Key": new_key()}
    empty = {"seq": 1, "ops": []}
    return [
        staff.get(path),
        staff.get(f"{path}?since=0"),
        staff.get(f"{path}/history"),
        staff.ask("PATCH", path, {"note": 1}, **stale),
        staff.post(f"{path}/complete", {"seen": 0}, Idempotency_Key=new_key()),
        staff.post(f"{path}/complete", {"seen": 3}, Idempotency_Key=new_key()),
        staff.send(draft, empty, writer="w_look", since=0),
        staff.get(f"/v1/events?draft={draft}", Accept="application/json"),
    ]


def in_conflict(shop: Shop) -> tuple[Person, str]:
    """A customer with a classified draft at revision 3, in which conflicts are open."""
    visitor, draft = classified(shop)
    visitor.save(draft, 1, writer="w_2", email="Anna@example.com", iban="arriving words")
    visitor.save(draft, 2, writer="w_2", public="open words")
    return visitor, draft


def test_staff_see_masked_values_on_every_way(shop: Shop) -> None:
    """No answer holds a personal or restricted value or a device's label: read, delta, history, refusals."""
    visitor, draft = in_conflict(shop)
    staff = shop.assist(visitor, draft)
    statuses = []
    for answer in looks(staff, draft):
        statuses.append(answer.status_code)
        assert not [word for word in (*SEEN, "secret device") if word in answer.text], answer.text
    assert statuses == [200, 200, 200, 412, 412, 409, 200, 200]


def test_every_look_of_staff_is_on_record(shop: Shop) -> None:
    """Each of those answers leaves an entry under the member's name, and the chain holds."""
    visitor, draft = in_conflict(shop)
    staff = shop.assist(visitor, draft, "Olga")
    before = audit(shop, draft)
    assert before == [("Olga", "draft-viewed")]
    looks(staff, draft)
    entries = audit(shop, draft)[len(before) :]
    assert {name for name, _ in entries} == {"Olga"}
    assert [action for _, action in entries] == [
        "draft-viewed",
        "draft-viewed",
        "history-viewed",
        "draft-viewed",
        "draft-viewed",
        "draft-viewed",
        "draft-tried",
        "draft-viewed",
    ]
    staff.save(draft, 1, writer="w_3", seen=3, note="seen")
    assert audit(shop, draft)[-1] == ("Olga", "draft-changed")
    tenant = shop.deps.tenants.get(shop.tenant.id)
    assert broken_link(shop.deps.store, tenant, partition_of(draft)) is None


def test_customers_leave_nothing_in_the_audit_log(shop: Shop) -> None:
    """It is staff's alone."""
    visitor, draft = classified(shop)
    looks(visitor, draft)
    looks(shop.service, draft)
    assert audit(shop, draft) == []


def test_an_edited_head_of_the_audit_log_is_found(shop: Shop) -> None:
    """A head that was rewritten does not go with the chain any more."""
    visitor, draft = classified(shop)
    shop.assist(visitor, draft)
    tenant = shop.deps.tenants.get(shop.tenant.id)
    place, key = partition_of(draft), records.audit_head(shop.tenant.id)
    snapshot = shop.deps.store.read(place, [key])
    head = snapshot.get(key)
    assert head is not None
    number, *_ = read_json(head.body)
    forged = Write(key, json_bytes([number, "00" * 32]))
    shop.deps.store.commit(place, Commit({key: head.revision}, [forged]))
    assert broken_link(shop.deps.store, tenant, place) == Flaw(number, Wrong.HEAD)


def test_staff_values_are_masked_by_class(shop: Shop) -> None:
    """Public whole, personal a hint, restricted and arrays only present."""
    visitor, draft = classified(shop)
    data = shop.assist(visitor, draft).data(draft)
    assert data["public"] == "in the open"
    assert data["email"] == {"$masked": True, "hint": "a•••@e•••.com"}
    assert data["iban"] == {"$masked": True, "present": True}
    assert data["list"]["$masked"] is True


def test_staff_never_write_a_mask_back(shop: Shop) -> None:
    """400 or `rejected` `masked-value-echo`, by change, by patch and by a choice unseen; nothing is lost."""
    visitor, draft = in_conflict(shop)
    staff = shop.assist(visitor, draft)
    shown = staff.draft(draft)
    echoed = staff.send(draft, {"seq": 1, "ops": [set_op("", shown["data"], 3)]}, writer="w_3")
    assert echoed.get_json()["results"][0]["code"] == "masked-value-echo"
    tag = staff.get(f"/v1/drafts/{draft}").headers["ETag"]
    patched = staff.ask(
        "PATCH", f"/v1/drafts/{draft}", shown["data"], If_Match=tag, Idempotency_Key=new_key()
    )
    assert_problem(patched, 400, "masked-value-echo")
    email = next(each for each in shown["conflicts"] if each["path"] == "/email")
    assert email["arriving"]["masked"] is True
    for choice in ("stored", "arriving"):
        op = {"op": "resolve", "conflict": email["id"], "choice": choice}
        assert_problem(staff.plain(draft, 3, op), 400, "masked-value-echo")
    assert visitor.data(draft) == {**SECRETS, "public": "in the open"}


def test_staff_may_not_do_what_is_the_customers_alone(shop: Shop) -> None:
    """403 for discarding, handing off, listing, opening and revoking."""
    visitor, draft = classified(shop)
    offer = visitor.hand_off(draft)
    staff = shop.assist(visitor, draft)
    for answer in (
        staff.ask("DELETE", f"/v1/drafts/{draft}"),
        staff.post(f"/v1/drafts/{draft}/handoffs", {"to": "device"}),
        staff.ask("DELETE", f"/v1/handoffs/{offer['id']}"),
        staff.get(f"/v1/drafts/{draft}/assists"),
    ):
        assert_problem(answer, 403, "not-allowed-in-assist")
    for answer in (
        staff.get("/v1/drafts"),
        staff.post("/v1/drafts", {"process": "loan"}),
        staff.ask("PUT", "/v1/processes/x", {}),
        staff.post("/v1/visitors"),
        staff.post("/v1/customer-tokens", {"external_id": "u"}),
    ):
        assert_problem(answer, 403, "insufficient-scope")


def test_staff_complete_on_behalf_of_the_customer(shop: Shop) -> None:
    """The answer is masked, the history names them, sent again it is masked and on record as well."""
    visitor, draft = classified(shop)
    staff = shop.assist(visitor, draft, "Olga")
    key = new_key()
    for _ in range(2):
        done = staff.post(f"/v1/drafts/{draft}/complete", {"seen": 1}, Idempotency_Key=key)
        assert done.get_json()["status"] == "completed"
        assert not [word for word in SEEN if word in done.text]
    assert [action for _, action in audit(shop, draft)] == [
        "draft-viewed",
        "draft-completed",
        "draft-viewed",
    ]


def test_an_assist_ends_at_once_when_the_customer_says_so(shop: Shop) -> None:
    """404 from the next request on, reading and writing."""
    visitor, draft = classified(shop)
    offer = visitor.hand_off(draft, "staff")
    staff = shop.staff()
    redeem(staff, offer["code"])
    assert staff.get(f"/v1/drafts/{draft}").status_code == 200
    visitor.ask("DELETE", f"/v1/handoffs/{offer['id']}")
    assert_problem(staff.get(f"/v1/drafts/{draft}"), 404, "not-found")
    assert_problem(staff.save(draft, 1, writer="w_2", a=1), 404, "not-found")


def test_an_assist_ends_when_it_is_idle(shop: Shop) -> None:
    """Half an hour, or eight hours in all: 404."""
    visitor, draft = classified(shop)
    staff = shop.assist(visitor, draft)
    shop.clock.now += 30 * MINUTE
    assert_problem(staff.get(f"/v1/drafts/{draft}"), 404, "not-found")


def test_a_replay_after_the_assist_ended_is_refused(shop: Shop) -> None:
    """404, not the answer that was kept (case 46)."""
    visitor, draft = classified(shop)
    offer = visitor.hand_off(draft, "staff")
    staff = shop.staff()
    redeem(staff, offer["code"])
    key = new_key()
    assert staff.plain(draft, 1, set_op("/note", 1), key=key).status_code == 200
    visitor.ask("DELETE", f"/v1/handoffs/{offer['id']}")
    assert_problem(staff.plain(draft, 1, set_op("/note", 1), key=key), 404, "not-found")


def test_a_change_sent_again_is_a_look_at_what_its_conflict_is_now(shop: Shop) -> None:
    """Staff see its newest sides, which may be other values than they saw before: it is on record."""
    shop.register("plans", fields={"/plan": "public"})
    visitor = shop.visitor()
    draft = visitor.begin("plans", plan="silver")
    visitor.save(draft, 2, seen=1, plan="gold")
    staff, key = shop.assist(visitor, draft, "Olga"), new_key()
    staff.plain(draft, 1, set_op("/plan", "lead"), key=key)
    visitor.save(draft, 3, seen=3, plan="platinum")
    before = audit(shop, draft)
    again = staff.plain(draft, 1, set_op("/plan", "lead"), key=key).get_json()
    assert again["conflicts"][0]["stored"]["value"] == "platinum"
    assert audit(shop, draft)[len(before) :] == [("Olga", "draft-viewed")]


def test_staff_who_are_disabled_are_out_at_once(shop: Shop) -> None:
    """401 `session-ended` at the next request."""
    visitor, draft = classified(shop)
    staff = shop.assist(visitor, draft)
    disable(shop, staff)
    for answer in (staff.get(f"/v1/drafts/{draft}"), redeem(staff, "BCDF-GHJK"), staff.get("/v1/processes")):
        assert_problem(answer, 401, "session-ended")


def disable(shop: Shop, staff: Person) -> None:
    """Disable a member of staff, as an administrator would."""
    assert staff.credential is not None
    name = f"st_{staff.credential.split('_')[2]}"
    key = records.staff(shop.tenant.id, name)
    record = shop.deps.store.read(partition_of(name), [key]).get(key)
    assert record is not None
    write = Write(key, json_bytes({**read_json(record.body), "disabled": True}))
    shop.deps.store.commit(partition_of(name), Commit({key: record.revision}, [write]))


def test_staff_of_another_shop_are_strangers(shop: Shop) -> None:
    """Their codes and drafts do not exist for each other."""
    visitor, draft = classified(shop)
    other = shop.neighbour().staff()
    assert_problem(redeem(other, visitor.hand_off(draft, "staff")["code"]), 404, "handoff-invalid")
    assert_problem(other.get(f"/v1/drafts/{draft}"), 404, "not-found")


def test_only_staff_and_the_service_are_in_the_store(shop: Shop) -> None:
    """403 `channel-not-allowed` for anybody else who says so, and 422 for a channel that there is not."""
    visitor = shop.visitor()
    draft = visitor.begin()
    for person in (visitor, shop.page, shop.nobody, shop.grant(visitor, draft), shop.customer("ann")):
        for channel in ("store", "contact_center"):
            person = replace(person, headers={"Retoma-Channel": channel})
            assert_problem(person.get(f"/v1/drafts/{draft}"), 403, "channel-not-allowed")
    assert_problem(visitor.get("/v1/drafts", Retoma_Channel="moon"), 422, "validation-failed")
    assert shop.service.get(f"/v1/drafts/{draft}", Retoma_Channel="store").status_code == 200
