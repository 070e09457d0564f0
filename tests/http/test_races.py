"""Promises under contention: what many ask at once is done as if one had asked after the other."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import Settings
from retoma_server.app import app_of, wire
from tests.actions.business import Clock
from tests.actions.crashing import crashing
from tests.http.shop import Person, Shop, new_key, open_tenant, set_op, token_of

Ask = Callable[[Person, int], TestResponse]


@pytest.fixture(scope="module", params=["memory", "file", "redis"])
def instances(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Shop]]:
    """One shop on running instances of the server: one in memory, two on a file, two on Redis."""
    match request.param:
        case "memory":
            store, count = "sqlite://", 1
        case "file":
            store, count = f"sqlite:///{tmp_path_factory.mktemp('races')}/retoma.db", 2
        case _:
            store, count = request.getfixturevalue("redis_server").url(), 2
    variables = {
        "RETOMA_STORE": store,
        "RETOMA_KEYRING": Keyring.create().dump(),
        "RETOMA_RATE_LIMITS": "off",
        "RETOMA_DURABILITY": "relaxed",
    }
    made = [wire(Settings.from_env(variables)) for _ in range(count)]
    tenant = open_tenant(made[0])
    yield [Shop(app_of(deps), deps, Clock(), tenant) for deps in made]
    for deps in made:
        deps.store.close()


def at_once(instances: list[Shop], person: Person, count: int, ask: Ask) -> list[TestResponse]:
    """The answers to so many requests, begun together, spread over the running instances."""
    ready = threading.Barrier(count)

    def run(number: int) -> TestResponse:
        sender = replace(person, app=instances[number % len(instances)].app)
        ready.wait(timeout=60)
        return ask(sender, number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def statuses(answers: list[TestResponse]) -> dict[int, int]:
    """How often each status was answered."""
    return dict(Counter(answer.status_code for answer in answers))


def test_plain_changes_at_once_all_land(instances: list[Shop]) -> None:
    """Fifty on one draft: fifty times 200, and the revision is fifty."""
    visitor = instances[0].visitor()
    draft = visitor.begin()

    def change(person: Person, number: int) -> TestResponse:
        return person.plain(draft, 0, set_op(f"/f{number}", number))

    assert statuses(at_once(instances, visitor, 50, change)) == {200: 50}
    found = visitor.draft(draft)
    assert found["revision"] == 50
    assert found["data"] == {f"f{number}": number for number in range(50)}
    revisions = [item["revision"] for item in visitor.history(draft)]
    assert sorted(revisions) == list(range(1, 51))


def test_writers_at_once_never_lose_a_value(instances: list[Shop]) -> None:
    """Thirty writers of one field: one value is stored, the others are all kept in conflicts."""
    visitor = instances[0].visitor()
    draft = visitor.begin()

    def save(person: Person, number: int) -> TestResponse:
        return person.save(draft, 1, writer=f"w_{number}", name=f"v{number}")

    assert statuses(at_once(instances, visitor, 30, save)) == {200: 30}
    found = visitor.draft(draft)
    kept = {each["arriving"]["value"] for each in found["conflicts"]}
    assert kept | {found["data"]["name"]} == {f"v{number}" for number in range(30)}


def test_of_patches_at_once_exactly_one_is_done(instances: list[Shop]) -> None:
    """Fifty of one revision: one 200, and 412 for the forty-nine others (case 40)."""
    visitor = instances[0].visitor()
    draft = visitor.begin(name="Ann")
    tag = visitor.get(f"/v1/drafts/{draft}").headers["ETag"]

    def patch(person: Person, number: int) -> TestResponse:
        key = new_key()
        return person.ask("PATCH", f"/v1/drafts/{draft}", {"by": number}, If_Match=tag, Idempotency_Key=key)

    answers = at_once(instances, visitor, 50, patch)
    assert statuses(answers) == {200: 1, 412: 49}
    [winner] = [number for number, answer in enumerate(answers) if answer.status_code == 200]
    assert visitor.draft(draft)["revision"] == 2
    assert visitor.data(draft) == {"name": "Ann", "by": winner}


def test_opening_at_once_makes_one_draft(instances: list[Shop]) -> None:
    """Twenty: one 201, nineteen 200, all the same draft."""
    visitor = instances[0].visitor()

    def open_draft(person: Person, number: int) -> TestResponse:
        return person.post("/v1/drafts", {"process": "loan"})

    answers = at_once(instances, visitor, 20, open_draft)
    assert statuses(answers) == {201: 1, 200: 19}
    assert len({answer.get_json()["id"] for answer in answers}) == 1


def test_completing_at_once_is_done_once(instances: list[Shop]) -> None:
    """Twenty with keys of their own: one 200, and 409 for the others."""
    visitor = instances[0].visitor()
    draft = visitor.begin(name="Ann")

    def complete(person: Person, number: int) -> TestResponse:
        return person.post(f"/v1/drafts/{draft}/complete", {"seen": 1}, Idempotency_Key=new_key())

    answers = at_once(instances, visitor, 20, complete)
    assert statuses(answers) == {200: 1, 409: 19}
    assert {answer.get_json()["code"] for answer in answers if answer.status_code == 409} == {"draft-closed"}


def test_the_same_key_at_once_has_one_effect(instances: list[Shop]) -> None:
    """Twenty times the same change and the same patch: the same answer, done once, nineteen replays
    (case 43).
    """
    visitor = instances[0].visitor()
    draft = visitor.begin()
    change_key, patch_key = new_key(), new_key()

    def change(person: Person, number: int) -> TestResponse:
        return person.plain(draft, 0, {"op": "set", "path": "/n", "value": 1}, key=change_key)

    def patch(person: Person, number: int) -> TestResponse:
        headers = {"If_Match": tag, "Idempotency_Key": patch_key}
        return person.ask("PATCH", f"/v1/drafts/{draft}", {"m": 1}, **headers)

    for ask in (change, patch):
        tag = visitor.get(f"/v1/drafts/{draft}").headers["ETag"]
        answers = at_once(instances, visitor, 20, ask)
        assert statuses(answers) == {200: 20}
        assert len({answer.data for answer in answers}) == 1
        assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 19
    assert visitor.draft(draft)["revision"] == 2


def test_the_same_change_of_a_writer_at_once_is_done_once(instances: list[Shop]) -> None:
    """Twenty times the same number: applied once, replayed nineteen times."""
    visitor = instances[0].visitor()
    draft = visitor.begin()
    answers = at_once(instances, visitor, 20, lambda person, _: person.save(draft, 1, name="Ann"))
    told = Counter(answer.get_json()["results"][0]["status"] for answer in answers)
    assert told == {"applied": 1, "replayed": 19}


def test_of_redeemers_at_once_exactly_one_gets_a_grant(instances: list[Shop]) -> None:
    """Twenty with nonces of their own: one 200, and 404 for the others."""
    visitor = instances[0].visitor()
    token = token_of(visitor.hand_off(visitor.begin()))

    def redeem(person: Person, number: int) -> TestResponse:
        return person.post("/v1/handoffs/redeem", {"token": token, "nonce": new_key()})

    assert statuses(at_once(instances, instances[0].page, 20, redeem)) == {200: 1, 404: 19}


def test_signing_in_at_once_makes_one_customer(instances: list[Shop]) -> None:
    """Twenty tokens for one new external id are one customer's."""

    def mint(person: Person, number: int) -> TestResponse:
        return person.post("/v1/customer-tokens", {"external_id": "new-user"})

    answers = at_once(instances, instances[0].service, 20, mint)
    assert statuses(answers) == {201: 20}
    assert len({answer.get_json()["customer"] for answer in answers}) == 1


def test_registering_at_once_keeps_one_whole_process(instances: list[Shop]) -> None:
    """Ten versions: one 201, then 200s, and one of them is what is read."""

    def register(person: Person, number: int) -> TestResponse:
        return person.ask("PUT", "/v1/processes/raced", {"titles": {"en": f"Title {number}"}})

    answers = at_once(instances, instances[0].service, 10, register)
    assert statuses(answers) == {201: 1, 200: 9}
    assert instances[0].service.get("/v1/processes/raced").get_json() in [
        answer.get_json() for answer in answers
    ]


def test_handing_off_at_once_leaves_one_live_code(instances: list[Shop]) -> None:
    """Ten codes for one draft: each is told, the newest works, the others are withdrawn."""
    visitor = instances[0].visitor()
    draft = visitor.begin()
    answers = at_once(
        instances,
        visitor,
        10,
        lambda person, _: person.post(f"/v1/drafts/{draft}/handoffs", {"to": "staff"}),
    )
    assert statuses(answers) == {201: 10}
    tried = [
        instances[0].staff().post("/v1/assist/redeem", {"code": answer.get_json()["code"]})
        for answer in answers
    ]
    assert statuses(tried) == {201: 1, 404: 9}


def test_everything_at_once_fails_nobody(instances: list[Shop]) -> None:
    """Changes, patches, reads, handoffs, looks of staff and the end of the draft, mixed: never a 5xx."""
    visitor = instances[0].visitor()
    draft = visitor.begin(name="Ann")
    staff = instances[0].assist(visitor, draft)
    path = f"/v1/drafts/{draft}"
    tag = visitor.get(path).headers["ETag"]
    kinds: list[Callable[[Person], Any]] = [
        lambda person: person.plain(draft, 1, set_op("/a", new_key())),
        lambda person: person.ask("PATCH", path, {"b": 1}, If_Match=tag, Idempotency_Key=new_key()),
        lambda person: person.get(f"{path}?since=0"),
        lambda person: person.get(f"{path}/history"),
        lambda person: person.post(f"{path}/handoffs", {}),
        lambda person: replace(staff, app=person.app).get(path),
        lambda person: replace(staff, app=person.app).plain(draft, 1, set_op("/c", 1)),
        lambda person: person.get("/v1/drafts"),
        lambda person: person.post(f"{path}/complete", {"seen": 3}, Idempotency_Key=new_key()),
    ]
    answers = at_once(instances, visitor, 45, lambda person, number: kinds[number % len(kinds)](person))
    failed = [json.loads(answer.data) for answer in answers if answer.status_code >= 500]
    assert failed == []


def test_fifty_writers_that_add_the_same_product_make_one_line(instances: list[Shop]) -> None:
    """2,500 adds, each counted once, whoever was faster (shopware#8724) however often told to wait."""
    instances[0].register("bulk", kind="cart", limits={"line_quantity": 2_500})
    visitor = instances[0].visitor()
    cart = visitor.post("/v1/drafts", {"process": "bulk"}).get_json()["id"]

    def add_fifty(person: Person, number: int) -> TestResponse:
        for seq in range(1, 51):
            add = {"op": "add", "sku": "tee", "seen": 0}
            answer = person.send(cart, {"seq": seq, "ops": [add]}, writer=f"w_{number}")
            while answer.status_code == 503:
                answer = person.send(cart, {"seq": seq, "ops": [add]}, writer=f"w_{number}")
            assert answer.get_json()["results"][0]["status"] in ("applied", "replayed"), answer.text
        return answer

    at_once(instances, visitor, 50, add_fifty)
    lines = visitor.draft(cart)["lines"]
    assert [(line["sku"], line["quantity"]) for line in lines] == [("tee", 2_500)]
    one_more = visitor.send(cart, {"seq": 1, "ops": [{"op": "add", "sku": "tee", "seen": 0}]}, writer="w_one")
    assert one_more.get_json()["results"][0]["code"] == "limit-exceeded"


def test_the_same_add_at_once_counts_once(instances: list[Shop]) -> None:
    """Ten times the same number, and ten times the same key: one piece each."""
    visitor = instances[0].visitor()
    cart = visitor.post("/v1/drafts", {"process": "cart", "kind": "cart"}).get_json()["id"]
    tee, mug = ({"op": "add", "sku": sku, "seen": 0} for sku in ("tee", "mug"))
    numbered = at_once(instances, visitor, 10, lambda person, _: person.send(cart, {"seq": 1, "ops": [tee]}))
    key = new_key()
    keyed = at_once(instances, visitor, 10, lambda person, _: person.plain(cart, 0, mug, key=key))
    assert statuses([*numbered, *keyed]) == {200: 20}
    lines = visitor.draft(cart)["lines"]
    assert {line["sku"]: line["quantity"] for line in lines} == {"tee": 1, "mug": 1}


def cart_with(person: Person, **pieces: int) -> str:
    """The id of somebody's cart with so many of each sku."""
    cart: str = person.post("/v1/drafts", {"process": "cart", "kind": "cart"}).get_json()["id"]
    ops = [{"op": "add", "sku": sku, "quantity": quantity, "seen": 0} for sku, quantity in pieces.items()]
    assert person.send(cart, {"seq": 1, "ops": ops}).status_code == 200
    return cart


def claim_by(customer: Person, guest: Person, strategy: str = "sum") -> TestResponse:
    """The answer to a claim of a guest's carts."""
    return customer.post("/v1/claim", {"visitor": guest.credential, "strategy": strategy})


def test_claims_at_once_give_one_receipt_and_lose_nothing(instances: list[Shop]) -> None:
    """Twenty of one guest's cart, while the customer fills their own (vendure#4481)."""
    guest, ann = instances[0].visitor(), instances[0].customer(new_key())
    cart_with(guest, **{f"sku-{number}": 2 for number in range(65)})
    saved = cart_with(ann, tee=3)

    def ask(person: Person, number: int) -> TestResponse:
        if number % 5 == 4:
            return person.plain(saved, 1, {"op": "add", "sku": "mug"})
        return claim_by(person, guest)

    answers = at_once(instances, ann, 25, ask)
    assert statuses(answers) == {200: 25}
    receipts = [answer.data for number, answer in enumerate(answers) if number % 5 != 4]
    assert len(set(receipts)) == 1
    lines = {line["sku"]: line["quantity"] for line in ann.draft(saved)["lines"]}
    assert lines == {"tee": 3, "mug": 5, **{f"sku-{number}": 2 for number in range(65)}}


def test_claims_at_once_of_what_was_shown_are_one(instances: list[Shop]) -> None:
    """Twenty with the same `seen`: what the first one did is no change that the others had not seen."""
    guest, ann = instances[0].visitor(), instances[0].customer(new_key())
    cart_with(guest, tee=2)
    saved = cart_with(ann, tee=3)
    wish = {"visitor": guest.credential, "strategy": "sum"}
    seen = ann.post("/v1/claim", {**wish, "strategy": "ask"}).get_json()["seen"]
    answers = at_once(instances, ann, 20, lambda person, _: person.post("/v1/claim", {**wish, "seen": seen}))
    assert statuses(answers) == {200: 20}
    assert len({answer.data for answer in answers}) == 1
    assert [line["quantity"] for line in ann.draft(saved)["lines"]] == [5]


def test_two_customers_at_once_do_not_share_a_guests_cart(instances: list[Shop]) -> None:
    """One of them has it, whole; the other nothing (case 53)."""
    guest = instances[0].visitor()
    people = [instances[0].customer(new_key()) for _ in range(2)]
    cart_with(guest, tee=2)
    answers = at_once(
        instances,
        guest,
        10,
        lambda person, number: claim_by(replace(people[number % 2], app=person.app), guest),
    )
    assert set(statuses(answers)) <= {200, 404}
    held = [
        [line["quantity"] for item in who.get("/v1/drafts").get_json()["items"] for line in item["lines"]]
        for who in people
    ]
    assert sorted(held) == [[], [2]]


def test_undoing_at_once_is_done_once(instances: list[Shop]) -> None:
    """Ten times: one answer, one parked cart."""
    guest, ann = instances[0].visitor(), instances[0].customer(new_key())
    cart_with(guest, tee=2)
    saved = cart_with(ann, tee=3)
    receipt = claim_by(ann, guest).get_json()["id"]
    answers = at_once(instances, ann, 10, lambda person, _: person.post(f"/v1/claims/{receipt}/undo"))
    assert statuses(answers) == {200: 10}
    assert len({answer.data for answer in answers}) == 1
    assert [line["quantity"] for line in ann.draft(saved)["lines"]] == [3]
    assert len(ann.get("/v1/drafts?status=parked").get_json()["items"]) == 1


@pytest.mark.parametrize("commits", [0, 1, 2, 3])
def test_a_claim_cut_short_is_finished_by_whoever_repeats_it(instances: list[Shop], commits: int) -> None:
    """On another instance, after a crash at each of its commits."""
    guest, ann = instances[0].visitor(), instances[0].customer(new_key())
    cart_with(guest, tee=2)
    saved = cart_with(ann, tee=3)
    dying = app_of(crashing(instances[0].deps, commits))
    assert claim_by(replace(ann, app=dying), guest).status_code == 503
    again = [claim_by(replace(ann, app=instances[-1].app), guest) for _ in range(2)]
    assert again[0].status_code == 200
    assert again[0].data == again[1].data
    assert [line["quantity"] for line in ann.draft(saved)["lines"]] == [5]
