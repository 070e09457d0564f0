"""Promises of limits on requests: the refusal, the headers, and who is counted together."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from flask import Flask
from limits.storage import MemoryStorage
from werkzeug.test import TestResponse

from retoma_server.actions.deps import Deps
from retoma_server.actions.staff import add_staff
from retoma_server.actions.tenants import NewTenant, create_tenant
from retoma_server.adapters.ids import Ids
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.limiting import RULES, Limits, Rule, storage_beside
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.stores import Snapshot, Store
from retoma_server.app import app_of, wire
from retoma_server.domain.errors import TooMany
from tests.servers.redis_server import RedisServer

SHOP, HOME, HERE = "198.51.100.7", "203.0.113.9", "127.0.0.1"
FEW = {
    **RULES,
    "visitors": Rule(3, 60),
    "reads": Rule(2, 60, shared=False),
    "service-reads": Rule(5, 60, shared=False),
}


@pytest.fixture
def deps() -> Iterator[Deps]:
    """Everything in memory, with limits that are soon reached."""
    environ = {"RETOMA_STORE": "sqlite://", "RETOMA_KEYRING": Keyring.create().dump()}
    made = replace(wire(Settings.from_env(environ)), limits=Limits(MemoryStorage(), rules=FEW))
    yield made
    made.store.close()


@pytest.fixture
def app(deps: Deps) -> Flask:
    """The server, asked directly."""
    return app_of(deps)


@pytest.fixture
def tenant(deps: Deps) -> NewTenant:
    """A tenant."""
    return create_tenant(deps.store, deps.vault, Ids(), "shop", frozenset())


def post(app: Flask, path: str, key: str, **body: str) -> TestResponse:
    """An answer, to a JSON body."""
    return app.test_client().post(path, json=body, headers={"Authorization": f"Bearer {key}"})


def ask(app: Flask, method: str, path: str, key: str, address: str = SHOP, **headers: str) -> TestResponse:
    """An answer, to a request with a credential from an address."""
    return app.test_client().open(
        path,
        method=method,
        headers={"Authorization": f"Bearer {key}", **headers},
        environ_overrides={"REMOTE_ADDR": address},
    )


def open_visitor(app: Flask, tenant: NewTenant, address: str = SHOP, **headers: str) -> TestResponse:
    """A new visitor at an address."""
    return ask(app, "POST", "/v1/visitors", tenant.publishable_key, address, **headers)


def statuses(*answers: TestResponse) -> list[int]:
    """The status of each answer."""
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize("path", ["/v1/drafts", f"/v1/drafts/dr_00{'A' * 20}/changes", "/v1/assist/redeem"])
def test_what_cannot_be_read_counts_like_any_other_request(deps: Deps, tenant: NewTenant, path: str) -> None:
    """400 as often as the limit allows, then 429 before the body is looked at."""
    limits = Limits(MemoryStorage(), rules={**FEW, "writes": Rule(3, 60, shared=False)})
    app = app_of(replace(deps, limits=limits))
    token = open_visitor(app, tenant).get_json()["token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answers = [app.test_client().post(path, data=b"{", headers=headers) for _ in range(5)]
    assert statuses(*answers) == [400, 400, 400, 429, 429]


def test_who_asks_too_often_is_refused_and_told_how_long(app: Flask, tenant: NewTenant) -> None:
    """429 with the problem `rate-limited`, Retry-After, and nothing left in RateLimit (case 71)."""
    assert statuses(*(open_visitor(app, tenant) for _ in range(3))) == [201, 201, 201]
    refused = open_visitor(app, tenant)
    problem: dict[str, Any] = refused.get_json()
    assert (refused.status_code, problem["code"], problem["retryable"]) == (429, "rate-limited", True)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit"] == f'"visitors";r=0;t={refused.headers["Retry-After"]}'
    assert refused.headers["RateLimit-Policy"] == '"visitors";q=3;w=60'


def test_an_answer_tells_how_many_times_are_left(app: Flask, tenant: NewTenant) -> None:
    """RateLimit counts down, RateLimit-Policy says from what."""
    answers = [open_visitor(app, tenant) for _ in range(3)]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"visitors";q=3;w=60'}
    left = [re.fullmatch(r'"visitors";r=(\d+);t=\d+', answer.headers["RateLimit"]) for answer in answers]
    assert [match and match[1] for match in left] == ["2", "1", "0"]


def test_others_are_not_affected(app: Flask, tenant: NewTenant) -> None:
    """Another address goes on; all addresses of one IPv6 network are one (case 71)."""
    for _ in range(4):
        open_visitor(app, tenant)
    assert open_visitor(app, tenant, HOME).status_code == 201
    neighbours = [open_visitor(app, tenant, f"2001:db8:0:1::{host}") for host in range(4)]
    assert statuses(*neighbours) == [201, 201, 201, 429]
    assert open_visitor(app, tenant, "2001:db8:0:2::1").status_code == 201


def test_an_address_that_a_client_claims_is_not_believed(app: Flask, tenant: NewTenant) -> None:
    """X-Forwarded-For changes nothing where no proxy is trusted (case 19)."""
    answers = [open_visitor(app, tenant, **{"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(4)]
    assert statuses(*answers) == [201, 201, 201, 429]


def test_a_trusted_proxy_says_who_calls(deps: Deps, tenant: NewTenant) -> None:
    """With one proxy in front only what that one added counts, not what the client wrote before it."""
    app = app_of(deps, trusted_proxies=1)
    chains = [f"192.0.2.{n}, {HOME}" for n in range(4)]
    assert statuses(*(open_visitor(app, tenant, **{"X-Forwarded-For": chain}) for chain in chains))[-1] == 429
    assert open_visitor(app, tenant, **{"X-Forwarded-For": SHOP}).status_code == 201


def test_a_wrong_secret_does_not_use_up_the_limit_of_its_owner(app: Flask, tenant: NewTenant) -> None:
    """Somebody who knows a customer's id and guesses the secret is refused; the customer goes on."""
    token = open_visitor(app, tenant).get_json()["token"]
    forged = f"{token[:-43]}{'A' * 43}"
    guesses = [ask(app, "GET", "/v1/drafts", forged) for _ in range(3)]
    assert statuses(*guesses) == [401, 401, 429]
    own = [ask(app, "GET", "/v1/drafts", token) for _ in range(3)]
    assert statuses(*own) == [200, 200, 429]


def test_a_secret_key_has_a_limit_of_its_own_far_above(app: Flask, tenant: NewTenant) -> None:
    """It is counted under `service-reads`."""
    path = "/v1/processes/cart"
    answers = [ask(app, "GET", path, tenant.secret_key) for _ in range(6)]
    assert [answer.headers["RateLimit-Policy"] for answer in answers] == ['"service-reads";q=5;w=60'] * 6
    assert answers[-2].status_code != 429
    assert answers[-1].status_code == 429


def test_where_limits_are_off_no_answer_speaks_of_them(deps: Deps, tenant: NewTenant) -> None:
    """Neither refusals nor headers."""
    app = app_of(replace(deps, limits=Limits(MemoryStorage(), enabled=False, rules=FEW)))
    answers = [open_visitor(app, tenant) for _ in range(5)]
    assert statuses(*answers) == [201] * 5
    assert not any("RateLimit" in answer.headers for answer in answers)


def test_while_counters_are_away_no_visitor_is_opened_but_drafts_are_read(
    deps: Deps, tenant: NewTenant
) -> None:
    """503 for what is guarded by a shared count, 200 for reading (case 72)."""
    token = open_visitor(app_of(deps), tenant).get_json()["token"]
    with RedisServer() as server:
        app = app_of(replace(deps, limits=Limits(storage_beside(server.url()))))
        server.kill()
        refused = open_visitor(app, tenant)
        assert (refused.status_code, refused.get_json()["code"]) == (503, "store-unavailable")
        assert ask(app, "GET", "/v1/drafts", token).status_code == 200


def test_after_five_wrong_codes_the_right_one_is_refused_too(
    app: Flask, deps: Deps, tenant: NewTenant
) -> None:
    """404 five times, then 429 with Retry-After; another member of staff redeems the code (case 47)."""
    customer = open_visitor(app, tenant).get_json()["token"]
    draft = post(app, "/v1/drafts", customer, process="loan").get_json()["id"]
    code = post(app, f"/v1/drafts/{draft}/handoffs", customer, to="staff").get_json()["code"]
    business = deps.tenants.get(tenant.id)
    ann, ben = (add_staff(deps.store, deps.ids, business, name).token for name in ("Ann", "Ben"))
    wrong = "BBBB-BBBB" if code != "BBBB-BBBB" else "CCCC-CCCC"
    answers = [post(app, "/v1/assist/redeem", ann, code=each) for each in (*[wrong] * 5, code)]
    assert statuses(*answers) == [404] * 5 + [429]
    assert answers[-1].get_json()["code"] == "too-many-attempts"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 300
    assert post(app, "/v1/assist/redeem", ben, code=code).status_code == 201


def test_ten_thousand_guesses_from_everywhere_find_no_code(deps: Deps, tenant: NewTenant) -> None:
    """Whoever guesses and from wherever: a hundred are looked at, then codes are 429 for the tenant, the
    right one too, while links still work (case 51).
    """
    limits = Limits(MemoryStorage(), rules=RULES)
    app = app_of(replace(deps, limits=limits))
    customer = open_visitor(app, tenant).get_json()["token"]
    draft = post(app, "/v1/drafts", customer, process="loan").get_json()["id"]
    code = post(app, f"/v1/drafts/{draft}/handoffs", customer, to="staff").get_json()["code"]
    business = deps.tenants.get(tenant.id)
    guessers = [add_staff(deps.store, deps.ids, business, f"Staff {each}").token for each in range(50)]
    found: Counter[int] = Counter()
    for number in range(1_000):
        address = {"REMOTE_ADDR": f"198.51.{number % 100}.{number % 250}"}
        guess = {"code": Ids().short_code()}
        headers = {"Authorization": f"Bearer {guessers[number % 50]}"}
        answer = app.test_client().post(
            "/v1/assist/redeem", json=guess, headers=headers, environ_base=address
        )
        found[answer.status_code] += 1
    assert found == {404: 100, 429: 900}
    for number in range(9_000):  # asked as the route asks, which would take half a minute
        with pytest.raises(TooMany):
            limits.check_codes(tenant.id, f"sf_{number % 1_000}")
    late = post(app, "/v1/assist/redeem", guessers[0], code=code)
    assert (late.status_code, late.get_json()["code"]) == (429, "too-many-attempts")
    link = post(app, f"/v1/drafts/{draft}/handoffs", customer, to="device").get_json()["url"]
    body = {"token": link.partition("#")[2], "nonce": "0123456789"}
    assert app.test_client().post("/v1/handoffs/redeem", json=body).status_code == 200


def forged(token: str, number: int) -> str:
    """The credential with another secret."""
    return f"{token[:-43]}{number:043d}"


def test_any_number_of_made_up_secrets_is_counted_as_one_address(deps: Deps, tenant: NewTenant) -> None:
    """401 so often, then 429, whatever they ask; the owner, who shares the address, goes on."""
    rules = {**RULES, "unproved": Rule(4, 60, shared=False)}
    app = app_of(replace(deps, limits=Limits(MemoryStorage(), rules=rules)))
    token = open_visitor(app, tenant).get_json()["token"]
    draft = post(app, "/v1/drafts", token, process="loan").get_json()["id"]
    path = f"/v1/drafts/{draft}/handoffs"
    answers = [post(app, path, forged(token, number), to="staff") for number in range(3)]
    answers += [ask(app, "GET", "/v1/drafts", forged(token, number), HERE) for number in range(3, 6)]
    assert statuses(*answers) == [401] * 4 + [429] * 2
    assert post(app, path, token, to="staff").status_code == 201
    assert ask(app, "GET", "/v1/drafts", forged(token, 9), HOME).status_code == 401


def test_made_up_secrets_leave_nothing_in_the_store(deps: Deps, tenant: NewTenant) -> None:
    """A shared count is of somebody who was proved first."""
    storage = MemoryStorage()
    app = app_of(replace(deps, limits=Limits(storage)))
    token = open_visitor(app, tenant).get_json()["token"]
    draft = post(app, "/v1/drafts", token, process="loan").get_json()["id"]
    before = len(storage.events)
    for number in range(20):
        refused = post(app, f"/v1/drafts/{draft}/handoffs", forged(token, number), to="staff")
        assert refused.status_code == 401
    assert len(storage.events) == before
    assert post(app, f"/v1/drafts/{draft}/handoffs", token, to="staff").status_code == 201
    assert len(storage.events) == before + 1


def test_who_is_refused_before_being_known_is_counted_too(deps: Deps, tenant: NewTenant) -> None:
    """A wrong secret key, a channel that does not exist, no credential at all."""
    rules = {**RULES, "unproved": Rule(3, 60, shared=False)}
    app = app_of(replace(deps, limits=Limits(MemoryStorage(), rules=rules)))
    wrong = f"{tenant.secret_key[:-43]}{'A' * 43}"
    answers = [
        ask(app, "GET", "/v1/processes", wrong),
        ask(app, "GET", "/v1/processes", tenant.secret_key, **{"Retoma-Channel": "bogus"}),
        app.test_client().get("/v1/processes", environ_overrides={"REMOTE_ADDR": SHOP}),
        ask(app, "GET", "/v1/processes", wrong),
    ]
    assert statuses(*answers) == [401, 422, 401, 429]
    assert ask(app, "GET", "/v1/processes", tenant.secret_key).status_code == 200


class Counting:
    """A store that counts how often it is read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reads = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def read(self, partition: int, keys: Iterable[str]) -> Snapshot:
        """Read, and count it."""
        self.reads += 1
        return self._store.read(partition, keys)


def test_who_is_proved_is_not_proved_again(deps: Deps, tenant: NewTenant) -> None:
    """A refusal after the proof costs no read beyond those of an answer, and one to nobody costs none."""
    app = app_of(deps)
    token = open_visitor(app, tenant).get_json()["token"]
    draft = post(app, "/v1/drafts", token, process="loan").get_json()["id"]
    store = Counting(deps.store)
    app = app_of(replace(deps, store=cast(Store, store)))
    reads = []
    for path in (f"/v1/drafts/{draft}", f"/v1/drafts/{draft[:5]}{'A' * 20}"):
        before = store.reads
        ask(app, "GET", path, token)
        reads.append(store.reads - before)
    assert reads[1] <= reads[0]
    before = store.reads
    assert app.test_client().post("/v1/handoffs/preview", json={}).status_code == 422
    assert store.reads == before
