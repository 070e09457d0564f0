"""Two customers who turn out to be one person, over HTTP: who may, what each sees then, and erasure."""

import json
from dataclasses import replace
from time import sleep
from typing import Any

import pytest
from werkzeug.test import TestResponse

from retoma_server.commands import described
from tests.http import claiming
from tests.http.asserting import assert_problem
from tests.http.claiming import filled, listed, only
from tests.http.shop import Person, Shop, new_key, set_op
from tests.http.test_carts import add, change, quantities

shop = claiming.shop
BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", "/v1/customers/{customer}"): {"phone": None},
    ("PATCH", "/v1/customers/{customer}/devices/{device}"): {"name": "Ann's laptop"},
    ("PUT", "/v1/customers/{customer}/consents/{purpose}"): {"granted": True, "version": "1"},
    ("POST", "/v1/customers/{customer}/touchpoints"): {"name": "call", "channel": "contact_center"},
}


def asked(shop: Shop, into: str, other: str, **wish: Any) -> TestResponse:
    """The answer to a merge."""
    return shop.service.post(f"/v1/customers/{into}/merges", {"from": other, **wish})


def merged(shop: Shop, into: Person, other: Person, **wish: Any) -> dict[str, Any]:
    """The receipt of a merge."""
    answer = asked(shop, into.customer, other.customer, **wish)
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.get_json()
    return receipt


def undone(shop: Shop, receipt: dict[str, Any]) -> dict[str, Any]:
    """The receipt of a merge that is undone."""
    answer = shop.service.post(f"/v1/customers/{receipt['customer']}/merges/{receipt['id']}/undo")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.fixture
def two(shop: Shop) -> tuple[Person, Person, str]:
    """Ann by her loyalty number's account, and by her e-mail's; and the latter's external id."""
    number = new_key()
    return shop.customer(new_key()), shop.customer(number), number


# -- who may -----------------------------------------------------------------------------------


def test_only_the_service_merges(shop: Shop, two: tuple[Person, Person, str]) -> None:
    """Not the customers themselves, not staff, not pages."""
    ann, other, _ = two
    receipt = merged(shop, ann, other)
    place = f"/v1/customers/{ann.customer}/merges"
    for person in (ann, shop.visitor(), shop.page, shop.staff()):
        assert_problem(person.post(place, {"from": other.customer}), 403, "insufficient-scope")
        assert_problem(person.get(f"{place}/{receipt['id']}"), 403, "insufficient-scope")
        assert_problem(person.post(f"{place}/{receipt['id']}/undo"), 403, "insufficient-scope")


def test_customers_of_other_tenants_are_as_if_they_were_not(
    shop: Shop, two: tuple[Person, Person, str]
) -> None:
    """From either side, and their receipts too (case 13)."""
    ann, other, _ = two
    neighbour = shop.neighbour()
    foreign = neighbour.customer(new_key())
    assert_problem(asked(shop, ann.customer, foreign.customer), 404, "not-found")
    assert_problem(asked(shop, foreign.customer, ann.customer), 404, "not-found")
    receipt = merged(shop, ann, other)
    place = f"/v1/customers/{ann.customer}/merges/{receipt['id']}"
    assert_problem(neighbour.service.get(place), 404, "not-found")
    assert_problem(neighbour.service.post(f"{place}/undo"), 404, "not-found")
    elsewhere = f"/v1/customers/{shop.visitor().customer}/merges/{receipt['id']}"
    assert_problem(shop.service.get(elsewhere), 404, "not-found")
    assert shop.service.get(place).get_json() == receipt


def test_nobody_is_merged_into_themselves(shop: Shop, two: tuple[Person, Person, str]) -> None:
    """Nor with an id that is none."""
    ann, _, _ = two
    assert_problem(asked(shop, ann.customer, ann.customer), 422, "same-customer")
    assert_problem(asked(shop, ann.customer, "u-17"), 422, "validation-failed")


# -- one person --------------------------------------------------------------------------------


def test_the_old_token_ends_and_the_same_sign_in_gives_the_customer(
    shop: Shop, two: tuple[Person, Person, str]
) -> None:
    """A device asks for a new token, by the same id, and is the other customer then."""
    ann, other, number = two
    filled(ann, tee=3)
    filled(other, tee=2, mug=1)
    cart = only(merged(shop, ann, other, strategy="sum"))["cart"]
    for path in ("/v1/drafts", "/v1/me/journey", "/v1/events"):
        assert_problem(other.get(path, Accept="application/json"), 401, "token-revoked")
    assert_problem(other.post("/v1/drafts", {"process": "loan"}), 401, "token-revoked")
    again = shop.customer(number)
    assert again.customer == ann.customer
    assert quantities(again, cart) == {"tee": 5, "mug": 1}
    by_id = shop.service.post("/v1/customer-tokens", {"customer": other.customer})
    assert by_id.get_json()["customer"] == ann.customer


def test_a_device_that_was_signed_out_stays_so(shop: Shop, two: tuple[Person, Person, str]) -> None:
    """A phone that was stolen from the other one gets no token as the customer."""
    ann, other, number = two
    body = {"external_id": number, "device": "stolen"}
    phone = replace(other, credential=shop.service.post("/v1/customer-tokens", body).get_json()["token"])
    phone.begin(name="Ann")
    devices = phone.get("/v1/me/devices").get_json()["items"]
    gone = next(each["id"] for each in devices if each["current"])
    assert other.ask("DELETE", f"/v1/me/devices/{gone}").status_code == 204
    merged(shop, ann, other)
    assert_problem(shop.service.post("/v1/customer-tokens", body), 403, "device-revoked")
    again = shop.service.post("/v1/customer-tokens", {**body, "device": "own"})
    assert again.get_json()["customer"] == ann.customer


def test_edits_that_come_late_go_on_in_the_customers_draft(
    shop: Shop, two: tuple[Person, Person, str]
) -> None:
    """Signed in again, the device hears where its cart went, and what it had taken."""
    ann, other, number = two
    filled(ann, tee=3)
    old = filled(other, tee=2)
    cart = only(merged(shop, ann, other))["cart"]
    changes = {"seq": 1, "ops": [add("tee", quantity=2)]}, {"seq": 2, "ops": [add("mug")]}
    assert_problem(other.send(old, *changes), 401, "token-revoked")
    problem = assert_problem(shop.customer(number).send(old, *changes), 409, "draft-merged")
    assert problem["merged_into"] == cart
    assert [result["status"] for result in problem["results"]] == ["applied", "not_applied"]
    assert change(shop.customer(number), cart, 1, add("mug"), writer="w_late")["status"] == "applied"


def test_past_orders_and_the_journey_are_the_customers(shop: Shop, two: tuple[Person, Person, str]) -> None:
    """What the other completed is listed, read and exported; nobody else reads it."""
    ann, other, number = two
    done = other.begin(name="Ann", net=1)
    assert (
        other.post(f"/v1/drafts/{done}/complete", {"seen": 1}, Idempotency_Key=new_key()).status_code == 200
    )
    mine = ann.begin(process="visit", city="Madrid")
    shop.service.ask("PATCH", f"/v1/customers/{other.customer}", {"email": f"{number}@shop.example"})
    receipt = merged(shop, ann, other)
    assert receipt["identifiers"] == [{"kind": "external_id", "both": True}, {"kind": "email", "both": False}]
    assert receipt["forms"] == []
    listed_now = {item["id"] for item in ann.get("/v1/me/drafts").get_json()["items"]}
    assert listed_now == {done, mine}
    assert ann.data(done) == {"name": "Ann", "net": 1}
    assert ann.history(done)
    assert_problem(shop.customer(new_key()).get(f"/v1/drafts/{done}"), 404, "not-found")
    for name in (ann.customer, other.customer):
        shown = shop.service.get(f"/v1/customers/{name}").get_json()
        assert shown == {"id": ann.customer, "identifiers": ["external_id", "email"]}
        journey = shop.service.get(f"/v1/customers/{name}/journey").get_json()["items"]
        assert {point["draft"] for point in journey} == {done, mine}
        drafts = shop.service.get(f"/v1/customers/{name}/drafts").get_json()["items"]
        assert {draft["id"] for draft in drafts} == {done, mine}
    export = ann.post(ann.post("/v1/me/export").get_json()["url"]).get_json()
    assert {draft["id"] for draft in export["drafts"]} == {done, mine}
    assert export["identifiers"] == ["email", "external_id"]


def test_the_access_log_is_one(shop: Shop, two: tuple[Person, Person, str]) -> None:
    """Looks at drafts of both, newest first, page by page."""
    ann, other, _ = two
    for person, name in ((ann, "Marta"), (other, "Luis"), (ann, "Eva"), (other, "Jon")):
        draft = person.begin(process=name.lower(), city="Madrid")
        shop.assist(person, draft, name).get(f"/v1/drafts/{draft}")
        shop.clock.now += 1
    merged(shop, ann, other)
    place, names = "/v1/me/access-log?limit=3", []
    answer = ann.get(place).get_json()
    while True:
        names += [(item["at"], item["name"]) for item in answer["items"]]
        if answer["next"] is None:
            break
        answer = ann.get(f"{place}&cursor={answer['next']}").get_json()
    assert {name for _, name in names} == {"Marta", "Luis", "Eva", "Jon"}
    assert [at for at, _ in names] == sorted((at for at, _ in names), reverse=True)
    everything = ann.get("/v1/me/access-log?limit=100").get_json()
    assert [(item["at"], item["name"]) for item in everything["items"]] == names
    assert_problem(ann.get("/v1/me/access-log?cursor=x"), 400, "invalid-cursor")


def test_identifiers_of_both_are_linked_and_unlinked_as_ones(
    shop: Shop, two: tuple[Person, Person, str]
) -> None:
    """One that leads by the other is no other customer's; null unlinks it wherever it is."""
    ann, other, number = two
    mail = f"{number}@shop.example"
    shop.service.ask("PATCH", f"/v1/customers/{other.customer}", {"email": mail})
    merged(shop, ann, other)
    for name in (ann.customer, other.customer):
        linked = shop.service.ask("PATCH", f"/v1/customers/{name}", {"email": mail})
        assert linked.get_json() == {"id": ann.customer, "identifiers": ["external_id", "email"]}
    stranger = shop.customer(new_key())
    refused = shop.service.ask("PATCH", f"/v1/customers/{stranger.customer}", {"email": mail})
    assert assert_problem(refused, 409, "identifier-taken")["customer"] == ann.customer
    put = shop.service.ask("PUT", f"/v1/customers/by-external-id/{number}", {"email": None})
    assert put.get_json() == {"id": ann.customer, "identifiers": ["external_id"]}


def test_what_is_opened_for_the_other_is_the_customers(shop: Shop, two: tuple[Person, Person, str]) -> None:
    """The service may go on naming the old id."""
    ann, other, _ = two
    merged(shop, ann, other)
    opened = shop.service.post("/v1/drafts", {"process": "loan", "customer": other.customer}).get_json()
    assert opened["customer"] == ann.customer
    assert listed(ann, "open") == [opened["id"]]


def test_a_form_that_moves_has_its_history_there_and_back(
    shop: Shop, two: tuple[Person, Person, str]
) -> None:
    """With the move in it, which is no claim: the journey has what happened to both anyway."""
    ann, other, number = two
    other.begin(name="Ann")
    receipt = merged(shop, ann, other)
    (form,) = receipt["forms"]
    assert [item["status"] for item in ann.history(form["form"])] == ["moved", "applied"]
    journey = shop.service.get(f"/v1/customers/{ann.customer}/journey").get_json()["items"]
    assert not {"claimed", "claim-undone"} & {point["type"] for point in journey}
    (back,) = undone(shop, receipt)["forms"]
    statuses = [item["status"] for item in shop.customer(number).history(back["returned"])]
    assert statuses == ["moved", "undone", "moved", "applied"]


def of_customers() -> list[tuple[str, str]]:
    """(method, path) of every operation of a customer whom its path names."""
    paths = json.loads(described())["paths"]
    named = [(path, method) for path in paths if "{customer}" in path for method in paths[path]]
    return [(method.upper(), path) for path, method in named if method != "parameters"]


@pytest.mark.parametrize(("method", "path"), of_customers())
def test_the_old_id_is_answered_as_the_customers_on_every_route(
    shop: Shop, two: tuple[Person, Person, str], method: str, path: str
) -> None:
    """It is what other systems hold: only a further merge wants to be asked of the customer."""
    ann, other, _ = two
    filled(ann, tee=1)
    filled(other, mug=1)
    device = shop.service.post(
        "/v1/customer-tokens", {"customer": ann.customer, "device": "laptop"}
    ).get_json()
    replace(ann, credential=device["token"]).begin(name="Ann")
    receipt = merged(shop, ann, other)
    devices = shop.service.get(f"/v1/customers/{ann.customer}/devices").get_json()["items"]
    places = {"device": devices[0]["id"], "merge": receipt["id"], "purpose": "reminders"}
    place = path.format(customer="{customer}", **places)
    old, new = (place.replace("{customer}", each.customer) for each in (other, ann))
    if (method, path) == ("POST", "/v1/customers/{customer}/merges"):
        refused = asked(shop, other.customer, shop.visitor().customer)
        assert assert_problem(refused, 409, "customer-merged")["customer"] == ann.customer
        return
    answer = shop.service.ask(method, old, BODIES.get((method, path)), Idempotency_Key=new_key())
    assert answer.status_code in (200, 201, 204), answer.text
    if method == "GET":
        assert answer.get_json() == shop.service.get(new).get_json()
    if method in ("PATCH", "POST"):
        assert other.customer not in answer.text.replace(f'"from":"{other.customer}"', "")


def test_devices_are_managed_by_the_old_id(shop: Shop, two: tuple[Person, Person, str]) -> None:
    """The customer's are listed, named and signed out; nothing of it happens to the record that is over."""
    ann, other, _ = two
    body = {"customer": ann.customer, "device": "laptop"}
    laptop = replace(ann, credential=shop.service.post("/v1/customer-tokens", body).get_json()["token"])
    laptop.begin(name="Ann")
    merged(shop, ann, other)
    place = f"/v1/customers/{other.customer}/devices"
    (device,) = (
        each["id"] for each in shop.service.get(place).get_json()["items"] if each["kind"] == "signed-in"
    )
    assert shop.service.ask("PATCH", f"{place}/{device}", {"name": "Ann's laptop"}).status_code == 200
    assert "Ann's laptop" in [each["name"] for each in laptop.get("/v1/me/devices").get_json()["items"]]
    assert shop.service.ask("DELETE", f"{place}/{device}").status_code == 204
    assert_problem(laptop.get("/v1/drafts"), 401, "token-revoked")


def test_tokens_of_the_customer_end_with_the_undoing(shop: Shop, two: tuple[Person, Person, str]) -> None:
    """Whoever signed in by the other's id must not stay the customer (CVE-2026-94462)."""
    ann, other, number = two
    draft = other.begin(name="Ann")
    receipt = merged(shop, ann, other)
    device = shop.customer(number)
    (form,) = undone(shop, receipt)["forms"]
    assert form["draft"] == draft
    for person in (device, ann):
        assert_problem(person.get("/v1/drafts"), 401, "token-revoked")
    back = shop.customer(number)
    assert back.customer == other.customer
    assert back.data(form["returned"]) == {"name": "Ann"}


def test_a_visitor_who_is_merged_is_told_as_after_a_claim(shop: Shop) -> None:
    """The service may merge a guest too; the browser's token is over, but for what comes late."""
    guest, ann = shop.visitor(), shop.customer(new_key())
    old = filled(guest, tee=2)
    cart = only(merged(shop, ann, guest))["cart"]
    assert_problem(guest.get(f"/v1/drafts/{old}"), 401, "token-revoked")
    late = guest.send(old, {"seq": 2, "ops": [add("mug")]})
    assert assert_problem(late, 409, "draft-merged")["merged_into"] == cart
    claim = ann.post("/v1/claim", {"visitor": guest.credential}).get_json()
    assert (claim["carts"], claim["visitor"]) == ([], None)


def test_staff_who_assist_and_devices_with_a_link_hear_of_it(
    shop: Shop, two: tuple[Person, Person, str]
) -> None:
    """They hold one draft, which has gone on; none of them gets into the other one."""
    ann, other, _ = two
    filled(ann, tee=1)
    old = filled(other, tee=2)
    staff, device = shop.assist(other, old), shop.grant(other, old)
    cart = only(merged(shop, ann, other))["cart"]
    for person in (staff, device):
        change_of = person.send(old, {"seq": 1, "ops": [add("mug")]}, writer=new_key())
        assert_problem(change_of, 409, "draft-merged")
        assert_problem(person.get(f"/v1/drafts/{cart}"), 404, "not-found")


def test_forms_by_a_strategy(shop: Shop, two: tuple[Person, Person, str]) -> None:
    """As in a claim: both values are kept where they differ."""
    ann, other, _ = two
    mine = ann.begin(name="Ann")
    other.begin(name="Anna", net=1)
    (form,) = merged(shop, ann, other, forms="merge")["forms"]
    assert (form["fate"], form["form"], form["differs"]) == ("merged", mine, ["/name", "/net"])
    assert ann.data(mine) == {"name": "Ann", "net": 1}
    assert len(ann.draft(mine)["conflicts"]) == 1


def test_of_what_both_agreed_to_the_newest_word_counts(shop: Shop, two: tuple[Person, Person, str]) -> None:
    """Both words are kept, and each is again whose it was when the merge is undone."""
    ann, other, number = two
    for person, granted in ((ann, True), (other, False)):
        person.ask("PUT", "/v1/me/consents/reminders", {"granted": granted, "version": "1"})
        shop.clock.now += 1
        sleep(0.002)
    receipt = merged(shop, ann, other)
    assert words(ann) == [False, True]
    ann.ask("PUT", "/v1/me/consents/reminders", {"granted": True, "version": "1"})
    assert words(ann) == [True, False, True]
    undone(shop, receipt)
    assert words(shop.customer(number)) == [False]


def words(person: Person) -> list[bool]:
    """What somebody has said of the one purpose, newest first."""
    (purpose,) = person.get("/v1/me/consents").get_json()["items"]
    return [purpose["granted"], *(each["granted"] for each in purpose["earlier"])]


# -- erasure -----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["customer", "the other's id", "themselves"])
def test_who_is_erased_is_erased_whole(shop: Shop, two: tuple[Person, Person, str], by: str) -> None:
    """By either id: drafts, orders, identifiers and receipts of both (case 76)."""
    ann, other, number = two
    done = other.begin(name="canary-3f9")
    other.post(f"/v1/drafts/{done}/complete", {"seen": 1}, Idempotency_Key=new_key())
    open_one = other.begin(process="visit", city="canary-3f9")
    receipt = merged(shop, ann, other)
    erased = {
        "customer": lambda: shop.service.ask("DELETE", f"/v1/customers/{ann.customer}"),
        "the other's id": lambda: shop.service.ask("DELETE", f"/v1/customers/{other.customer}"),
        "themselves": lambda: ann.ask("DELETE", "/v1/me"),
    }[by]()
    assert erased.status_code == 204
    for draft in (done, open_one, receipt["forms"][0]["form"]):
        assert_problem(shop.service.get(f"/v1/drafts/{draft}"), 404, "not-found")
    for name in (ann.customer, other.customer):
        assert_problem(shop.service.get(f"/v1/customers/{name}/journey"), 410, "customer-erased")
    for person in (ann, other):
        assert_problem(person.get("/v1/drafts"), 410, "customer-erased")
    assert_problem(asked(shop, ann.customer, other.customer), 410, "customer-erased")
    assert shop.customer(number).customer not in (ann.customer, other.customer)


def test_a_closed_draft_of_the_others_takes_no_change(shop: Shop, two: tuple[Person, Person, str]) -> None:
    """The device's writers are its own still, when it has signed in again."""
    ann, other, number = two
    done = other.begin(name="Ann")
    other.post(f"/v1/drafts/{done}/complete", {"seen": 1}, Idempotency_Key=new_key())
    merged(shop, ann, other)
    late = shop.customer(number).send(done, {"seq": 2, "ops": [set_op("/name", "Bob", 1)]})
    assert_problem(late, 409, "draft-closed")
    assert ann.data(done) == {"name": "Ann"}
