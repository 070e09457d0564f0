"""Promises of who is calling: what each credential opens, and how every wrong one is refused."""

import hashlib
from typing import Any

import pytest
from itsdangerous import URLSafeSerializer

from retoma_server.actions import records
from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.stores import Commit, Write
from retoma_server.adapters.tokens import Cursors, CustomerTokens
from tests.http.asserting import assert_problem
from tests.http.shop import DAY, MINUTE, ORIGIN, Person, Shop

SIGNED_IN = [
    ("GET", "/v1/audit"),
    ("POST", f"/v1/customers/cu_00{'A' * 20}/touchpoints"),
    ("GET", f"/v1/assist/as_00{'A' * 20}/journey"),
    ("GET", "/v1/drafts"),
    ("POST", "/v1/drafts"),
    ("GET", f"/v1/drafts/dr_00{'A' * 20}"),
    ("PATCH", f"/v1/drafts/dr_00{'A' * 20}"),
    ("DELETE", f"/v1/drafts/dr_00{'A' * 20}"),
    ("POST", f"/v1/drafts/dr_00{'A' * 20}/changes"),
    ("POST", f"/v1/drafts/dr_00{'A' * 20}/complete"),
    ("GET", f"/v1/drafts/dr_00{'A' * 20}/history"),
    ("POST", f"/v1/drafts/dr_00{'A' * 20}/handoffs"),
    ("GET", f"/v1/drafts/dr_00{'A' * 20}/handoffs"),
    ("DELETE", f"/v1/handoffs/ho_00{'A' * 20}"),
    ("POST", f"/v1/handoffs/ho_00{'A' * 20}/confirm"),
    ("POST", "/v1/visitors"),
    ("POST", "/v1/customer-tokens"),
    ("GET", f"/v1/customers/cu_00{'A' * 20}"),
    ("PATCH", f"/v1/customers/cu_00{'A' * 20}"),
    ("DELETE", f"/v1/customers/cu_00{'A' * 20}"),
    ("PUT", "/v1/customers/by-external-id/u-17"),
    ("DELETE", f"/v1/customers/cu_00{'A' * 20}/tokens"),
    ("GET", f"/v1/customers/cu_00{'A' * 20}/drafts"),
    ("GET", f"/v1/customers/cu_00{'A' * 20}/journey"),
    ("GET", f"/v1/customers/cu_00{'A' * 20}/access-log"),
    ("POST", f"/v1/customers/cu_00{'A' * 20}/export"),
    ("GET", f"/v1/customers/cu_00{'A' * 20}/consents"),
    ("PUT", f"/v1/customers/cu_00{'A' * 20}/consents/reminders"),
    ("GET", "/v1/me/consents"),
    ("PUT", "/v1/me/consents/reminders"),
    ("GET", f"/v1/customers/cu_00{'A' * 20}/devices"),
    ("PATCH", f"/v1/customers/cu_00{'A' * 20}/devices/dv_00{'A' * 20}"),
    ("DELETE", f"/v1/customers/cu_00{'A' * 20}/devices/dv_00{'A' * 20}"),
    ("GET", "/v1/me/devices"),
    ("PATCH", f"/v1/me/devices/dv_00{'A' * 20}"),
    ("DELETE", f"/v1/me/devices/dv_00{'A' * 20}"),
    ("POST", f"/v1/customers/cu_00{'A' * 20}/merges"),
    ("GET", f"/v1/customers/cu_00{'A' * 20}/merges/mg_00{'A' * 20}"),
    ("POST", f"/v1/customers/cu_00{'A' * 20}/merges/mg_00{'A' * 20}/undo"),
    ("GET", "/v1/me/drafts"),
    ("GET", "/v1/me/journey"),
    ("GET", "/v1/me/access-log"),
    ("POST", "/v1/me/export"),
    ("POST", f"/v1/exports/ex_00{'A' * 20}"),
    ("DELETE", "/v1/me/tokens"),
    ("DELETE", "/v1/me"),
    ("GET", "/v1/identity-provider"),
    ("PUT", "/v1/identity-provider"),
    ("DELETE", "/v1/identity-provider"),
    ("POST", "/v1/assist/redeem"),
    ("POST", "/v1/assist/drafts"),
    ("POST", f"/v1/assist/drafts/dr_00{'A' * 20}"),
    ("GET", f"/v1/assist/as_00{'A' * 20}"),
    ("DELETE", f"/v1/assist/as_00{'A' * 20}"),
    ("POST", f"/v1/assist/as_00{'A' * 20}/handback"),
    ("POST", f"/v1/assist/as_00{'A' * 20}/reveal"),
    ("POST", "/v1/assist/lookup"),
    ("POST", "/v1/assist/override"),
    ("GET", f"/v1/assist/lookup/lk_00{'A' * 20}"),
    ("POST", f"/v1/assist/lookup/lk_00{'A' * 20}"),
    ("POST", f"/v1/assist/lookup/lk_00{'A' * 20}/code"),
    ("GET", "/v1/me/assist-requests"),
    ("POST", f"/v1/me/assist-requests/lk_00{'A' * 20}"),
    ("GET", f"/v1/drafts/dr_00{'A' * 20}/assists"),
    ("PATCH", f"/v1/drafts/dr_00{'A' * 20}/assists/as_00{'A' * 20}"),
    ("DELETE", f"/v1/drafts/dr_00{'A' * 20}/assists/as_00{'A' * 20}"),
    ("POST", f"/v1/assist/as_00{'A' * 20}/lease"),
    ("DELETE", f"/v1/assist/as_00{'A' * 20}/lease"),
    ("POST", "/v1/staff/session"),
    ("GET", "/v1/staff/session"),
    ("DELETE", "/v1/staff/session"),
    ("GET", "/v1/staff/devices"),
    ("POST", "/v1/staff/devices"),
    ("DELETE", f"/v1/staff/devices/sd_00{'A' * 20}"),
    ("GET", "/v1/processes"),
    ("GET", "/v1/processes/loan"),
    ("PUT", "/v1/processes/loan"),
    ("GET", "/v1/events"),
]
"""Everything that needs a credential."""

BODIES: dict[str, Any] = {
    "/v1/identity-provider": {"issuer": "https://login.example", "audiences": ["retoma"]},
    "/v1/drafts": {"process": "loan"},
    f"/v1/customers/cu_00{'A' * 20}/touchpoints": {"name": "call", "channel": "contact_center"},
    "/v1/customer-tokens": {"external_id": "u"},
    "/v1/assist/redeem": {"code": "BCDF-GHJK"},
    "/v1/assist/drafts": {"process": "loan"},
    "/v1/assist/lookup": {"kind": "email", "value": "ana@example.com", "reason": "asked"},
    "/v1/assist/override": {"draft": f"dr_00{'A' * 20}", "reason": "asked for by a court", "ticket": "1"},
    f"/v1/assist/lookup/lk_00{'A' * 20}": {"code": "471920"},
    f"/v1/me/assist-requests/lk_00{'A' * 20}": {"approve": False},
    "/v1/staff/devices": {"name": "Tablet 2"},
    "/v1/staff/session": {"sign_in_name": "marta", "password": "correct horse battery"},
    f"/v1/customers/cu_00{'A' * 20}/merges": {"from": f"cu_00{'B' * 20}"},
}
LAST: dict[str, Any] = {
    "complete": {"seen": 0},
    "confirm": {"digits": "47"},
    "reveal": {"path": "/name", "reason": "asked"},
}
"""Bodies by the last part of a path."""


def ask(person: Person, method: str, path: str, **headers: str) -> Any:
    """The answer to a request whose body, where it has one, is in order."""
    body = BODIES.get(path, LAST.get(path.rpartition("/")[2], {}))
    body = {"name": "phone"} if "/devices/" in path else body
    strict = {"If_Match": '"e.0"', "Idempotency_Key": "key-of-a-test", "Accept": "application/json"}
    return person.ask(method, path, None if method in ("GET", "DELETE") else body, **strict, **headers)


@pytest.mark.parametrize(("method", "path"), SIGNED_IN)
def test_nobody_gets_nothing_without_a_credential(shop: Shop, method: str, path: str) -> None:
    """401 `authentication-required`, and how to authenticate (case 1)."""
    assert_problem(ask(shop.nobody, method, path), 401, "authentication-required")


UNREADABLE: dict[str, tuple[str, bytes, str]] = {
    "no JSON": ("", b"{", "application/json"),
    "an unknown field": ("", b'{"canary": 1}', "application/json"),
    "a form": ("", b"process=loan", "application/x-www-form-urlencoded"),
    "a body without end": ("", b" " * 300_000, "application/json"),
    "a query that is none": ("?canary=1&limit=-1&since=x&cursor=x&wait=x", b"{}", "application/json"),
}


@pytest.mark.parametrize(("query", "body", "media"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize(("method", "path"), SIGNED_IN)
def test_who_is_not_known_learns_that_first(
    shop: Shop, method: str, path: str, query: str, body: bytes, media: str
) -> None:
    """401 whatever was sent, to nobody and to forged credentials: validation is for callers who are known."""
    own = shop.visitor().credential or ""
    for credential in (None, damaged(own), damaged(shop.tenant.secret_key), WRONG["an unknown visitor"]):
        answer = Person(shop.app, credential).ask(method, path + query, body, Content_Type=media)
        assert_problem(answer, 401, "invalid-token" if credential else "authentication-required")


def damaged(text: str) -> str:
    """A credential with another last character."""
    return text[:-1] + ("A" if text[-1] != "A" else "B")


WRONG = {
    "empty": "",
    "a word": "word",
    "an unknown kind": f"xx_00{'A' * 10}",
    "ten kilobytes": f"vt_{'A' * 10_000}",
    "not ASCII": "vt_é",
    "a space inside": f"pk_00{'A' * 5} {'A' * 5}",
    "an unknown tenant's key": f"pk_00{'A' * 10}",
    "an unknown tenant's secret": f"sk_00{'A' * 10}_{'A' * 43}",
    "an unknown visitor": f"vt_00{'A' * 10}_00{'A' * 20}_{'A' * 43}",
    "an unsigned token": "ct_eyJ0eXAiOiJjdXN0b21lciJ9",
    "a signed nothing": "ct_.",
    "a very long token": f"ct_{'A' * 4_000}.{'A' * 40}",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize(("method", "path"), [SIGNED_IN[0], SIGNED_IN[2], SIGNED_IN[10], SIGNED_IN[13]])
def test_what_is_no_credential_is_refused(shop: Shop, method: str, path: str, text: str) -> None:
    """401 `invalid-token`, whatever it is, and no part of it is repeated (case 2)."""
    answer = ask(Person(shop.app, headers={"Authorization": f"Bearer {text}"}), method, path)
    problem = assert_problem(answer, 401, "invalid-token")
    assert not text or text not in str(problem)


SCHEMES = ["Basic dXNlcjpwYXNz", "Bearer", "bearer ", "Token x", "\u00a0", "Bearer a, Bearer b"]


@pytest.mark.parametrize("header", SCHEMES)
def test_only_bearer_credentials_are_read(shop: Shop, header: str) -> None:
    """401 `invalid-token` for any other scheme; the scheme's case does not matter."""
    assert_problem(shop.nobody.get("/v1/processes", Authorization=header), 401, "invalid-token")
    key = f"bEaReR   {shop.tenant.publishable_key} "
    assert shop.nobody.get("/v1/processes", Authorization=key).status_code == 200


def test_a_damaged_secret_is_refused(shop: Shop) -> None:
    """401 `invalid-token` for every kind that has one."""
    visitor = shop.visitor()
    draft = visitor.begin()
    people = [visitor, shop.service, shop.grant(visitor, draft), shop.assist(visitor, draft)]
    for person in people:
        assert person.credential is not None
        wrong = Person(shop.app, damaged(person.credential))
        assert_problem(wrong.get(f"/v1/drafts/{draft}"), 401, "invalid-token")


def test_a_credential_in_the_address_is_not_seen(shop: Shop) -> None:
    """401: only the header counts (case 10)."""
    asked = f"/v1/processes?access_token={shop.tenant.secret_key}&authorization={shop.tenant.secret_key}"
    assert_problem(shop.nobody.get(asked), 401, "authentication-required")


def test_cookies_are_not_seen(shop: Shop) -> None:
    """401: no credential but a staff session is a cookie (case 6)."""
    asked = shop.nobody.get("/v1/drafts", Cookie=f"Authorization=Bearer {shop.tenant.secret_key}")
    assert_problem(asked, 401, "authentication-required")


def test_a_visitor_token_works_for_ninety_days(shop: Shop) -> None:
    """Then 401 `token-expired`."""
    minted = shop.page.post("/v1/visitors")
    assert minted.get_json().keys() == {"token", "customer", "expires_at"}
    visitor = shop.visitor()
    shop.clock.now += 90 * DAY - 1
    assert visitor.get("/v1/drafts").status_code == 200
    shop.clock.now += 1
    assert_problem(visitor.get("/v1/drafts"), 401, "token-expired")


def test_a_customer_token_works_for_fifteen_minutes(shop: Shop) -> None:
    """And for the minute that clocks may differ; then 401 `token-expired` (case 3)."""
    customer = shop.customer("ann")
    shop.clock.now += 16 * MINUTE
    assert customer.get("/v1/drafts").status_code == 200
    shop.clock.now += 1
    assert_problem(customer.get("/v1/drafts"), 401, "token-expired")


def test_a_token_from_the_future_is_refused(shop: Shop) -> None:
    """401 `invalid-token` beyond the minute that clocks may differ (case 4)."""
    shop.clock.now += 10 * MINUTE
    customer = shop.customer("ann")
    shop.clock.now -= 10 * MINUTE
    assert_problem(customer.get("/v1/drafts"), 401, "invalid-token")


def test_a_customer_token_is_signed_by_this_server(shop: Shop) -> None:
    """401 `invalid-token` for another root key's; a changed last character never gets in as somebody else."""
    foreign, _ = CustomerTokens(Keyring.create(), shop.clock).mint(shop.tenant.id, shop.visitor().customer)
    assert_problem(Person(shop.app, foreign).get("/v1/drafts"), 401, "invalid-token")
    own = shop.customer("ann").credential
    assert own is not None
    head, _, signature = own.rpartition(".")
    forged = Person(shop.app, f"{head}.{damaged(signature[:10])}{signature[10:]}")
    assert_problem(forged.get("/v1/drafts"), 401, "invalid-token")


def test_what_was_signed_for_another_purpose_is_no_token(shop: Shop) -> None:
    """A list's cursor in the place of a customer token is 401."""
    visitor = shop.visitor()
    for number in range(2):
        visitor.begin(f"p{number}")
    cursor = visitor.get("/v1/drafts?limit=1").get_json()["next"]
    assert_problem(Person(shop.app, f"ct_{cursor}").get("/v1/drafts"), 401, "invalid-token")


def test_tokens_from_before_a_revocation_are_refused(shop: Shop) -> None:
    """401 `token-revoked`, whatever text of the token is sent; a new one works (cases 8, 9)."""
    customer = shop.customer("rev")
    key = records.customer(shop.tenant.id, customer.customer)
    place = partition_of(customer.customer)
    record = shop.deps.store.read(place, [key]).get(key)
    assert record is not None
    shop.clock.now += 1
    fields = {**read_json(record.body), "min_iat": shop.clock.now}
    shop.deps.store.commit(place, Commit({key: record.revision}, [Write(key, json_bytes(fields))]))
    assert customer.credential is not None
    for text in (customer.credential, f"{customer.credential}="):
        assert Person(shop.app, text).get("/v1/drafts").status_code == 401
    assert_problem(customer.get("/v1/drafts"), 401, "token-revoked")
    assert shop.customer("rev").get("/v1/drafts").status_code == 200


def test_a_tokens_claims_are_bound_to_its_type(shop: Shop) -> None:
    """A token with other claims under the right signature would be 401 `invalid-token-type`."""
    keyring = Keyring.create()
    tokens = CustomerTokens(keyring, shop.clock)
    signing: dict[str, Any] = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    serializer = URLSafeSerializer(
        keyring.signing_keys("customer-token"), salt=b"customer-token.v1", signer_kwargs=signing
    )
    text = f"ct_{serializer.dumps({'typ': 'staff', 'sub': 'cu_x'})}"
    with pytest.raises(Exception, match="invalid-token-type"):
        tokens.verify(text)
    assert Cursors(keyring)


def test_the_same_user_is_the_same_customer(shop: Shop) -> None:
    """By external id, however odd; ids of other tenants lead elsewhere."""
    for external_id in ("u-17", "ann@example.com", "é\u202e'--", "x" * 256):
        first = shop.customer(external_id).customer
        assert shop.customer(external_id).customer == first
        assert shop.neighbour().customer(external_id).customer != first


def test_the_service_vouches_for_a_visitor_by_id(shop: Shop) -> None:
    """The customer token opens the visitor's drafts; an absent id is 404, and so is another tenant's."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    minted = shop.service.post("/v1/customer-tokens", {"customer": visitor.customer}).get_json()
    assert Person(shop.app, minted["token"]).data(draft) == {"name": "Ann"}
    for absent in (f"cu_00{'A' * 20}", shop.neighbour().visitor().customer):
        assert_problem(shop.service.post("/v1/customer-tokens", {"customer": absent}), 404, "not-found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"external_id": "u", "customer": f"cu_00{'A' * 20}"},
        {"external_id": ""},
        {"external_id": "x" * 257},
        {"external_id": 7},
        {"customer": "cu_1"},
        {"customer": f"dr_00{'A' * 20}"},
    ],
)
def test_a_token_is_for_one_user(shop: Shop, body: dict[str, Any]) -> None:
    """422 unless exactly one of the two is there and can be."""
    assert_problem(shop.service.post("/v1/customer-tokens", body), 422, "validation-failed")


def test_each_credential_does_only_its_own(shop: Shop) -> None:
    """403 `insufficient-scope`: the publishable key opens visitors, the secret key mints and registers
    (case 11).
    """
    visitor = shop.visitor()
    draft = visitor.begin()
    forbidden: list[tuple[Person, str, str]] = [
        (shop.page, "GET", "/v1/drafts"),
        (shop.page, "POST", "/v1/drafts"),
        (shop.page, "GET", f"/v1/drafts/{draft}"),
        (shop.page, "POST", f"/v1/drafts/{draft}/changes"),
        (shop.page, "POST", "/v1/customer-tokens"),
        (shop.page, "PUT", "/v1/processes/loan"),
        (shop.page, "GET", f"/v1/events?draft={draft}"),
        (visitor, "POST", "/v1/visitors"),
        (visitor, "POST", "/v1/customer-tokens"),
        (visitor, "DELETE", f"/v1/customers/{visitor.customer}"),
        (shop.page, "DELETE", f"/v1/customers/{visitor.customer}"),
        (visitor, "PUT", "/v1/processes/loan"),
        (visitor, "POST", "/v1/assist/redeem"),
        (shop.service, "POST", "/v1/visitors"),
        (shop.service, "POST", "/v1/assist/redeem"),
    ]
    for person, method, path in forbidden:
        body = {"writer": "w", "changes": [{"seq": 1, "ops": []}]} if path.endswith("changes") else None
        answer = person.post(path, body) if body else ask(person, method, path)
        assert_problem(answer, 403, "insufficient-scope")


def test_the_service_erases_a_customer(shop: Shop) -> None:
    """204 as often as it is asked; 410 to the old token; the external id begins anew; 404 for nobody's id
    (case 76).
    """
    old = shop.customer("u-erased")
    draft = old.begin(name="Ann")
    path = f"/v1/customers/{old.customer}"
    assert_problem(shop.neighbour().service.ask("DELETE", path), 404, "not-found")
    assert [shop.service.ask("DELETE", path).status_code for _ in range(2)] == [204, 204]
    assert_problem(old.get(f"/v1/drafts/{draft}"), 410, "customer-erased")
    new = shop.customer("u-erased")
    assert new.customer != old.customer
    assert new.get("/v1/drafts").get_json()["items"] == []
    for nobody in (f"cu_00{'A' * 20}", "somebody"):
        assert_problem(shop.service.ask("DELETE", f"/v1/customers/{nobody}"), 404, "not-found")


def test_a_secret_key_does_not_work_in_a_browser(shop: Shop) -> None:
    """403 `secret-key-in-browser` with any Origin, the shop's own and `null` too (case 10)."""
    for origin in (ORIGIN, "null", "https://evil.example"):
        for method, path in SIGNED_IN:
            answer = ask(shop.service, method, path, Origin=origin)
            assert_problem(answer, 403, "secret-key-in-browser")


def test_what_a_client_says_about_itself_changes_nothing(shop: Shop) -> None:
    """Headers that claim a user, an address, a host or a method are not believed (case 19)."""
    visitor = shop.visitor()
    draft = visitor.begin(name="Ann")
    claims = {
        "X_User_Id": visitor.customer,
        "X_Forwarded_For": "127.0.0.1",
        "X_Forwarded_Host": "evil.example",
        "X_Original_URL": f"/v1/drafts/{draft}",
        "X_HTTP_Method_Override": "DELETE",
        "X_Method_Override": "DELETE",
    }
    assert_problem(shop.visitor().get(f"/v1/drafts/{draft}", **claims), 404, "not-found")
    assert visitor.post("/v1/drafts", {"process": "loan"}, **claims).get_json()["status"] == "open"
    link = visitor.post(f"/v1/drafts/{draft}/handoffs", {}, Host="evil.example", **claims).get_json()["url"]
    assert link.startswith("https://retoma.test/r#")


@pytest.mark.parametrize("method", ["PUT", "TRACE", "POST", "BREW", "CONNECT"])
def test_methods_that_are_not_offered_are_refused(shop: Shop, method: str) -> None:
    """405 `method-not-allowed`, and which ones are (case 20)."""
    visitor = shop.visitor()
    answer = visitor.ask(method, f"/v1/drafts/{visitor.begin()}", {})
    assert_problem(answer, 405, "method-not-allowed")
    assert {"GET", "PATCH", "DELETE"} <= set(answer.headers["Allow"].split(", "))


def test_addresses_that_are_not_there_are_absent(shop: Shop) -> None:
    """404 `not-found`, with and without a credential, inside and outside /v1."""
    for person in (shop.nobody, shop.visitor()):
        for path in ("/v1", "/v1/nothing", "/v2/drafts", "/nothing", "/v1/drafts/a/b/c", "/problems/nothing"):
            assert_problem(person.get(path), 404, "not-found")
