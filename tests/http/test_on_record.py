"""Promises of what goes on record when staff act: who, where, what and why, in no words of a customer."""

from typing import Any

import pytest

from retoma_server.actions import records
from retoma_server.actions.auditing import AuditEntry, broken_link, chained
from retoma_server.actions.callers import Caller, caller_of
from retoma_server.actions.desk import Desk
from retoma_server.actions.jobs import Job, work
from retoma_server.actions.key_uses import key_uses
from retoma_server.actions.staff import add_retail_store, add_staff
from retoma_server.actions.tenants import Tenant
from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Append, Commit, Write
from retoma_server.adapters.tokens import parse_credential
from retoma_server.domain.access import Principal, Verb
from tests.http.shop import Clerk, Person, Shop, set_op

SCHEMA = {"type": "object", "properties": {"home": {"type": "object", "properties": {"city": {}}}}}


@pytest.fixture
def shop(stored: Shop) -> Shop:
    """A shop whose process registered some fields."""
    stored.register("loan", kind="form", fields={"/income": "personal"}, schema=SCHEMA)
    return stored


def tenant_of(shop: Shop) -> Tenant:
    """The shop's tenant, with its keys."""
    return shop.deps.tenants.get(shop.tenant.id)


def marta_in(shop: Shop, ana: Person, draft: str) -> Person:
    """Marta of the store Sol, who has redeemed a code for a draft."""
    sol = add_retail_store(shop.deps.store, shop.deps.ids, tenant_of(shop), "Sol")
    made = add_staff(shop.deps.store, shop.deps.ids, tenant_of(shop), "Marta", works_in=sol.id)
    marta = Clerk(shop.app, made.token, headers={"Retoma-Channel": "store"})
    done = marta.post("/v1/assist/redeem", {"code": ana.hand_off(draft, "staff")["code"]})
    assert done.status_code in (200, 201), done.text
    return marta


def read_log(shop: Shop, person: Person) -> list[dict[str, Any]]:
    """A customer's access log, newest first."""
    items: list[dict[str, Any]] = person.get("/v1/me/access-log").get_json()["items"]
    return items


def test_a_change_names_the_fields_that_the_process_registered(shop: Shop) -> None:
    """Who, in which store, by which assist, which fields; a name that nobody registered is only counted."""
    ana = shop.customer("u-17")
    draft = ana.begin(income=3_000)
    marta = marta_in(shop, ana, draft)
    ops = [set_op(path, "x", 0) for path in ("/home/city", "/Ana owes me", "/income")]
    assert marta.send(draft, {"seq": 1, "ops": ops}, writer="w_2").status_code == 200
    newest, *others = read_log(shop, ana)
    assert (newest["name"], newest["store"]["name"], newest["channel"]) == ("Marta", "Sol", "store")
    assert newest["action"] in ("draft-changed", "draft-conflicted")
    assert (newest["paths"], newest["others"]) == (["/home/city", "/income"], 1)
    assert newest["assist"].startswith("as_")
    assert {each["assist"] for each in others} == {newest["assist"]}
    entries = shop.deps.store.read_log(partition_of(draft), records.audit_log(shop.tenant.id)).entries
    assert not any(b"owes" in entry.body for entry in entries)


def explained(shop: Shop, staff: Person, draft: str) -> None:
    """Put a look with a reason on record."""

    def decide(desk: Desk, principal: Principal) -> None:
        desk.audit(principal, "field-revealed", paths=["/income"], reason="Ana cannot see")

    work(shop.deps, draft, Job(as_caller(shop, staff), Verb.READ_DRAFT, decide))


def as_caller(shop: Shop, person: Person) -> Caller:
    """A person as actions see them."""
    return caller_of(shop.deps, parse_credential(person.credential or ""), "store")


def test_a_reason_is_sealed_by_the_customers_key(shop: Shop) -> None:
    """The customer reads it; no log holds it in the clear, and keys that open it are not taken away."""
    ana = shop.customer("u-17")
    draft = ana.begin(income=3_000)
    explained(shop, marta_in(shop, ana, draft), draft)
    assert read_log(shop, ana)[0]["reason"] == "Ana cannot see"
    place = partition_of(draft)
    for log in (records.audit_log(shop.tenant.id), records.access_log(shop.tenant.id, ana.customer)):
        bodies = [entry.body for entry in shop.deps.store.read_log(place, log).entries]
        assert any(b"field-revealed" in body for body in bodies)
        assert not any(b"cannot see" in body for body in bodies)
    before = key_uses(shop.deps, tenant_of(shop), lambda _: None).seals[1]
    shop.deps.store.commit(place, Commit({}, drops=[records.access_log(shop.tenant.id, ana.customer)]))
    assert key_uses(shop.deps, tenant_of(shop), lambda _: None).seals[1] == before - 1


def test_entries_of_an_earlier_release_are_read_and_hold(shop: Shop) -> None:
    """They lack what was added since; the chain goes on from them."""
    ana = shop.customer("u-17")
    draft, tenant = ana.begin(income=3_000), tenant_of(shop)
    place, key = partition_of(draft), records.audit_head(tenant.id)
    old = {
        "at": 5,
        "actor": "st_1",
        "name": "Eva",
        "channel": "store",
        "action": "draft-viewed",
        "about": draft,
    }
    link = {"seq": 1, "entry": old, "prev": ""}
    mac = tenant.keys.mac("audit", json_bytes(link)).hex()
    appends = [
        Append(records.audit_log(tenant.id), json_bytes({**link, "mac": mac}), 10),
        Append(records.access_log(tenant.id, ana.customer), json_bytes(old), 10),
    ]
    shop.deps.store.commit(place, Commit({key: 0}, [Write(key, json_bytes([1, mac]))], appends=appends))
    marta_in(shop, ana, draft)
    assert broken_link(shop.deps.store, tenant, place) is None
    eldest = read_log(shop, ana)[-1]
    assert (eldest["name"], eldest["store"], eldest["paths"], eldest["reason"]) == ("Eva", None, [], None)


def test_a_checkpoint_is_due_after_a_thousand_entries_or_five_minutes(shop: Shop) -> None:
    """The head says when; what a checkpoint saw is not waited for again."""
    tenant = tenant_of(shop)
    entry = AuditEntry(1_000, "st_1", "Marta", "store", "draft-viewed", "dr_1")
    head, _ = chained(tenant, None, [entry])
    assert head.due == 1_000 + 5 * 60_000
    assert read_json(head.body)[2:] == [0, head.due]
    many, _ = chained(tenant, None, [entry] * 1_000)
    assert many.due == 1_000
