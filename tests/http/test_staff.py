"""Promises of staff who sign in: who gets in, how long, what ends it, and who cannot ride along."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from typing import Any

import pytest
from argon2 import PasswordHasher
from limits.storage import MemoryStorage
from werkzeug.test import TestResponse

from retoma_server.actions import records
from retoma_server.actions.callers import caller_of
from retoma_server.actions.deps import Deps
from retoma_server.actions.signing_out import sign_out
from retoma_server.actions.staff import (
    add_account,
    add_retail_store,
    add_staff,
    list_staff,
    set_disabled,
    set_password,
    set_roles,
)
from retoma_server.actions.sweeping import sweep
from retoma_server.actions.tenants import Tenant
from retoma_server.adapters.codec import json_bytes
from retoma_server.adapters.limiting import RULES, Limits, Rule
from retoma_server.adapters.passwords import Passwords
from retoma_server.adapters.stores import Commit, RedisStore, Write
from retoma_server.adapters.tokens import hash_secret, parse_credential
from retoma_server.app import app_of
from retoma_server.domain.staff import IDLE_LIFE, SESSION_LIFE, Account, Role
from tests.actions.business import Clock
from tests.actions.interleaving import interleave
from tests.http.asserting import assert_problem
from tests.http.claiming import told
from tests.http.shop import MINUTE, ORIGIN, Person, Shop, new_key, open_shop, shop_in_memory

OWN = "https://retoma.test"
COOKIE = "__Host-retoma-staff"
PASSWORD = "correct horse battery"
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="module", params=["memory", "redis"])
def office(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop whose staff sign in: on SQLite in memory, and on Redis."""
    if request.param == "memory":
        opened = shop_in_memory()
    else:
        url = request.getfixturevalue("redis_server").url()
        opened = open_shop(RedisStore(url, relaxed=True), Clock())
    yield hashing_quickly(opened)
    opened.deps.store.close()


@pytest.fixture
def timed() -> Iterator[Shop]:
    """The same on a store whose time the test tells."""
    opened = shop_in_memory()
    yield hashing_quickly(opened)
    opened.deps.store.close()


def hashing_quickly(shop: Shop) -> Shop:
    """A shop that spends no time on passwords."""
    deps = replace(shop.deps, passwords=QUICK)
    return replace(shop, app=app_of(deps), deps=deps)


@dataclass(frozen=True)
class Clerk:
    """A member of staff with an account."""

    office: Shop
    account: Account

    @property
    def tenant(self) -> Tenant:
        """Whose account it is."""
        return self.office.deps.tenants.get(self.office.tenant.id)

    def sign_in(self, password: str = PASSWORD, **headers: str) -> TestResponse:
        """The answer to the name with a password, from a page of the server."""
        return sign_in(self.office, self.account.sign_in_name or "", password, **headers)

    def signed_in(self) -> Person:
        """The member of staff at a browser, signed in."""
        return at_a_browser(self.office, self.sign_in())


def clerk(office: Shop, *roles: Role, store: str | None = None, name: str = "Marta") -> Clerk:
    """A new member of staff who signs in."""
    wanted = Account("", name, frozenset(roles or (Role.ASSIST,)), new_key(), store)
    deps = office.deps
    tenant = deps.tenants.get(office.tenant.id)
    return Clerk(office, add_account(deps.store, deps.ids, deps.passwords, tenant, wanted, PASSWORD))


def sign_in(office: Shop, name: str, password: str, **headers: str) -> TestResponse:
    """The answer to a name and a password."""
    body = {"sign_in_name": name, "password": password}
    return office.page.post("/v1/staff/session", body, **{"Origin": OWN, **headers})


def at_a_browser(office: Shop, answer: TestResponse) -> Person:
    """Whoever has just signed in, as a page of the server asks for them."""
    assert answer.status_code == 201, answer.text
    headers = {"Cookie": cookie_of(answer), "Retoma-CSRF": answer.get_json()["csrf"], "Origin": OWN}
    return Person(office.app, headers={**headers, "Retoma-Channel": "store"})


def cookie_of(answer: TestResponse) -> str:
    """The cookie of an answer as a browser sends it back."""
    return answer.headers["Set-Cookie"].partition(";")[0]


def session(person: Person) -> TestResponse:
    """Who is signed in."""
    return person.get("/v1/staff/session")


def test_staff_sign_in_and_are_told_who_they_are(office: Shop) -> None:
    """Name, roles, store, both ends, in an answer that nobody keeps; the name however it is typed."""
    store = add_retail_store(
        office.deps.store, office.deps.ids, office.deps.tenants.get(office.tenant.id), "Sol"
    )
    marta = clerk(office, Role.ASSIST, Role.AUDITOR, store=store.id)
    answer = sign_in(office, f" {(marta.account.sign_in_name or '').upper()} ", PASSWORD)
    told = answer.get_json()
    assert (told["id"], told["name"]) == (marta.account.id, "Marta")
    assert (told["roles"], told["store"]) == (["assist", "auditor"], {"id": store.id, "name": "Sol"})
    assert told["idle_until"] < told["ends_at"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert session(at_a_browser(office, answer)).get_json() == told


def test_the_cookie_is_for_this_server_alone_and_no_script_reads_it(office: Shop) -> None:
    """`__Host-`, Secure, HttpOnly, SameSite=Strict; where there is no https it says so by its name."""
    marta = clerk(office)
    morsel = SimpleCookie(marta.sign_in().headers["Set-Cookie"])[COOKIE]
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"], morsel["path"]) == (
        True,
        True,
        "Strict",
        "/",
    )
    assert (morsel["domain"], morsel["expires"], morsel["max-age"]) == ("", "", "")
    plain = replace(office, app=app_of(replace(office.deps, public_url="http://localhost")))
    text = sign_in(plain, marta.account.sign_in_name or "", PASSWORD, Origin="http://localhost").headers
    assert text["Set-Cookie"].startswith("retoma-staff=ss_")
    assert "Secure" not in text["Set-Cookie"]


def test_a_session_does_what_a_token_does(office: Shop) -> None:
    """A code redeemed, the draft read and changed by name, in a store's channel."""
    visitor = office.visitor()
    draft = visitor.begin()
    person = clerk(office).signed_in()
    done = person.post("/v1/assist/redeem", {"code": visitor.hand_off(draft, "staff")["code"]})
    assert done.status_code == 201
    assist = done.get_json()["assist"]["id"]
    fence = person.post(f"/v1/assist/{assist}/lease", {}).get_json()["fence"]
    person = person.sending(Retoma_Fence=str(fence))
    assert person.save(draft, 1, writer="w_2", income=1200).status_code == 200
    by = visitor.get(f"/v1/drafts/{draft}?since=0").get_json()["cells"]["/income"]["by"]
    assert (by["kind"], by["name"], by["channel"]) == ("staff", "Marta", "store")
    assert {"Authorization", "Cookie"} <= set(person.get(f"/v1/drafts/{draft}").vary)


def test_who_does_not_get_in_learns_not_why(office: Shop) -> None:
    """An unknown name, a wrong password, a disabled account, another tenant's: byte for byte the same."""
    marta, gone = clerk(office), clerk(office)
    set_disabled(office.deps.store, gone.tenant, gone.account.id, True)
    neighbour = office.neighbour()
    answers = [
        sign_in(office, "nobody", PASSWORD),
        marta.sign_in("wrong horse battery"),
        gone.sign_in(),
        sign_in(neighbour, marta.account.sign_in_name or "", PASSWORD),
    ]
    bodies = []
    for answer in answers:
        problem = assert_problem(answer, 401, "sign-in-refused")
        bodies.append({name: value for name, value in problem.items() if name != "request_id"})
        assert "Set-Cookie" not in answer.headers
    assert bodies[1:] == bodies[:-1]


def test_only_a_page_of_a_tenant_signs_staff_in(office: Shop) -> None:
    """Neither customers nor the service nor staff; nobody is asked who they are first."""
    body = {"sign_in_name": "marta", "password": PASSWORD}
    for person in (office.visitor(), office.staff()):
        assert_problem(person.post("/v1/staff/session", body, Origin=OWN), 403, "insufficient-scope")
    assert_problem(office.nobody.post("/v1/staff/session", body), 401, "authentication-required")


def test_a_session_ends_after_fifteen_minutes_without_use(timed: Shop) -> None:
    """Used, it goes on; 401 `session-ended` then, and the record goes."""
    person = clerk(timed).signed_in()
    timed.clock.now += IDLE_LIFE - 1
    assert session(person).status_code == 200
    timed.clock.now += IDLE_LIFE - 1
    assert session(person).status_code == 200
    timed.clock.now += IDLE_LIFE
    assert_problem(session(person), 401, "session-ended")
    assert sweep(timed.deps).counts["session"] >= 1
    assert_problem(session(person), 401, "session-ended")


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(timed: Shop) -> None:
    """401 `session-ended`; the answer has said when."""
    person = clerk(timed).signed_in()
    end = session(person).get_json()["ends_at"]
    for _ in range(SESSION_LIFE // (10 * MINUTE) - 1):
        timed.clock.now += 10 * MINUTE
        told = session(person).get_json()
    assert (told["idle_until"], told["ends_at"]) == (end, end)
    timed.clock.now += 10 * MINUTE
    assert_problem(session(person), 401, "session-ended")


def test_signing_out_ends_the_session_and_no_other(office: Shop) -> None:
    """The cookie is taken away, and of no use to whoever kept it."""
    marta = clerk(office)
    here, there = marta.signed_in(), marta.signed_in()
    done = here.ask("DELETE", "/v1/staff/session")
    assert done.status_code == 204
    assert f"{COOKIE}=;" in done.headers["Set-Cookie"]
    assert_problem(session(here), 401, "session-ended")
    assert session(there).status_code == 200


def test_whoever_signs_out_helps_nobody_any_more(office: Shop) -> None:
    """Their customer is told; where they are signed in on another browser too, they go on there."""
    marta, ana = clerk(office), office.visitor()
    here, there = marta.signed_in(), marta.signed_in()
    draft = ana.begin(name="Ana")
    here.post("/v1/assist/redeem", {"code": ana.hand_off(draft, "staff")["code"]})
    here.ask("DELETE", "/v1/staff/session")
    assert len(ana.get(f"/v1/drafts/{draft}/assists").get_json()["items"]) == 1
    assert there.get(f"/v1/drafts/{draft}").status_code == 200
    there.ask("DELETE", "/v1/staff/session")
    assert ana.get(f"/v1/drafts/{draft}/assists").get_json()["items"] == []
    assert told(ana, draft)[-1] == "assist-ended"
    assert_problem(marta.signed_in().get(f"/v1/drafts/{draft}"), 404, "not-found")


@pytest.mark.parametrize("ahead", range(8))
def test_of_two_browsers_that_sign_out_at_once_the_later_ends_the_help(office: Shop, ahead: int) -> None:
    """In whatever order they come to the store: neither leaves it to the other."""
    marta, ana = clerk(office), office.visitor()
    here, there = marta.signed_in(), marta.signed_in()
    draft = ana.begin(name="Ana")
    here.post("/v1/assist/redeem", {"code": ana.hand_off(draft, "staff")["code"]})
    done = interleave(office.deps, map(signing_out, (here, there)), [*[0] * ahead, *[1, 0] * 20])
    assert [each.error for each in done] == [None, None]
    assert ana.get(f"/v1/drafts/{draft}/assists").get_json()["items"] == []
    assert told(ana, draft).count("assist-ended") == 1


def signing_out(person: Person) -> Callable[[Deps], None]:
    """What a browser has a running instance do that signs out."""
    credential = parse_credential(person.headers["Cookie"].partition("=")[2])
    return lambda deps: sign_out(deps, caller_of(deps, credential, "store", None))


def test_signing_in_makes_a_new_session_in_place_of_the_browsers_old_one(office: Shop) -> None:
    """What somebody else put into the browser before is not what is signed in (case 54)."""
    marta, eve = clerk(office), clerk(office)
    planted = eve.signed_in()
    answer = marta.sign_in(Cookie=planted.headers["Cookie"])
    assert cookie_of(answer) != planted.headers["Cookie"]
    assert_problem(session(planted), 401, "session-ended")


def test_staff_who_are_disabled_are_out_with_the_next_request(office: Shop) -> None:
    """401 `session-ended`, by session and by token; enabling brings no session back (case 16)."""
    marta = clerk(office)
    person = marta.signed_in()
    set_disabled(office.deps.store, marta.tenant, marta.account.id, True)
    assert_problem(session(person), 401, "session-ended")
    set_disabled(office.deps.store, marta.tenant, marta.account.id, False)
    assert_problem(session(person), 401, "session-ended")
    assert marta.sign_in().status_code == 201
    till = add_staff(office.deps.store, office.deps.ids, marta.tenant, "Till")
    set_disabled(office.deps.store, marta.tenant, till.id, True)
    assert_problem(session(Person(office.app, till.token)), 401, "session-ended")


def test_staff_whose_roles_change_may_no_more_than_the_new_ones_at_once(office: Shop) -> None:
    """403 with a token; a session ends, and a new one has the new roles (case 17)."""
    marta = clerk(office)
    person = marta.signed_in()
    till = add_staff(office.deps.store, office.deps.ids, marta.tenant, "Till")
    visitor = office.visitor()
    code = {"code": visitor.hand_off(visitor.begin(), "staff")["code"]}
    for staff in (marta.account.id, till.id):
        set_roles(office.deps.store, marta.tenant, staff, frozenset((Role.AUDITOR,)))
    assert_problem(Person(office.app, till.token).post("/v1/assist/redeem", code), 403, "insufficient-scope")
    assert_problem(person.post("/v1/assist/redeem", code), 401, "session-ended")
    assert_problem(marta.signed_in().post("/v1/assist/redeem", code), 403, "insufficient-scope")


def test_another_password_ends_every_session(office: Shop) -> None:
    """And the old one signs nobody in."""
    marta = clerk(office)
    person = marta.signed_in()
    set_password(office.deps.store, QUICK, marta.tenant, marta.account.id, "a quite different one")
    assert_problem(session(person), 401, "session-ended")
    assert_problem(marta.sign_in(), 401, "sign-in-refused")
    assert marta.sign_in("a quite different one").status_code == 201


FOREIGN: dict[str, dict[str, str]] = {
    "no token": {"Retoma-CSRF": ""},
    "another token": {"Retoma-CSRF": "0" * 64},
    "another origin": {"Origin": "https://evil.example"},
    "an origin that the tenant allows": {"Origin": ORIGIN},
    "an origin that is none": {"Origin": "null"},
    "another site, by Fetch metadata": {"Sec-Fetch-Site": "cross-site"},
    "a neighbour of the same site": {"Sec-Fetch-Site": "same-site"},
}


@pytest.mark.parametrize("how", FOREIGN)
def test_a_strange_page_cannot_ride_on_a_session(office: Shop, how: str) -> None:
    """403 `csrf-failed` for writes, and for reads from elsewhere; nothing has happened (case 55)."""
    person = clerk(office).signed_in()
    riding = replace(person, headers={**person.headers, **FOREIGN[how]})
    assert_problem(riding.ask("DELETE", "/v1/staff/session"), 403, "csrf-failed")
    assert_problem(riding.post("/v1/assist/redeem", {"code": "BCDF-GHJK"}), 403, "csrf-failed")
    if "token" not in how:
        assert_problem(session(riding), 403, "csrf-failed")
    assert session(person).status_code == 200


def test_a_write_that_does_not_say_where_it_comes_from_is_refused(office: Shop) -> None:
    """Every browser says it; a read that is typed into the address bar says nothing (case 55)."""
    person = clerk(office).signed_in()
    silent = replace(person, headers={k: v for k, v in person.headers.items() if k != "Origin"})
    assert_problem(silent.ask("DELETE", "/v1/staff/session"), 403, "csrf-failed")
    assert session(silent).status_code == 200


def test_nobody_is_signed_in_as_somebody_else_by_a_strange_page(office: Shop) -> None:
    """403 `csrf-failed`, though the tenant allows the origin (case 55)."""
    for headers in ({"Origin": ORIGIN}, {"Sec-Fetch-Site": "cross-site"}):
        assert_problem(clerk(office).sign_in(**headers), 403, "csrf-failed")


def test_a_session_is_a_cookie_and_nothing_else(office: Shop) -> None:
    """401 in a header (case 6); what is no session of ours signs nobody in."""
    person = clerk(office).signed_in()
    text = person.headers["Cookie"].partition("=")[2]
    assert_problem(session(Person(office.app, text)), 401, "invalid-token-type")
    for cookie in ("", "x", office.staff().credential, text[:-1]):
        wrong = office.nobody.get("/v1/staff/session", Cookie=f"{COOKIE}={cookie}")
        assert_problem(wrong, 401, "authentication-required")
    forged = f"{COOKIE}={text[:-4]}AAAA"
    assert_problem(office.nobody.get("/v1/staff/session", Cookie=forged), 401, "session-ended")


def test_a_link_opens_the_same_on_a_browser_where_staff_are_signed_in(office: Shop) -> None:
    """The page behind a link asks as nobody, whatever cookie comes along."""
    visitor = office.visitor()
    token = visitor.hand_off(visitor.begin())["url"].partition("#")[2]
    marta = clerk(office).signed_in()
    riding = replace(marta, headers={"Cookie": marta.headers["Cookie"], "Origin": OWN})
    done = riding.post("/v1/handoffs/redeem", {"token": token, "nonce": new_key()})
    assert done.status_code == 200, done.text


def test_a_token_is_told_who_it_is_and_signs_nobody_out(office: Shop) -> None:
    """It has no session: no ends, no `csrf`; DELETE is 403."""
    till = office.staff("Till")
    told: dict[str, Any] = session(till).get_json()
    assert (told["name"], told["roles"]) == ("Till", ["assist"])
    assert (told["idle_until"], told["ends_at"], told["csrf"]) == (None, None, None)
    assert_problem(till.ask("DELETE", "/v1/staff/session"), 403, "insufficient-scope")


def test_an_account_of_an_earlier_release_goes_on(office: Shop) -> None:
    """Its token is there to assist; once it was changed it is listed."""
    tenant = office.deps.tenants.get(office.tenant.id)
    till = add_staff(office.deps.store, office.deps.ids, tenant, "Till")
    key = records.staff(tenant.id, till.id)
    body = json_bytes({"name": "Till", "hash": hash_secret(till.token[-43:]), "disabled": False})
    office.deps.store.commit(tenant.partition, Commit({key: 1}, [Write(key, body)]))
    assert session(Person(office.app, till.token)).get_json()["roles"] == ["assist"]
    assert till.id not in {each.id for each in list_staff(office.deps.store, tenant)}
    set_roles(office.deps.store, tenant, till.id, frozenset((Role.ASSIST, Role.ADMIN)))
    assert session(Person(office.app, till.token)).get_json()["roles"] == ["admin", "assist"]
    assert till.id in {each.id for each in list_staff(office.deps.store, tenant)}


def test_a_hash_made_with_other_parameters_is_made_anew_at_sign_in(office: Shop) -> None:
    """The password stays the same, and so does the session."""
    marta = clerk(office)
    slower = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    deps = replace(office.deps, passwords=slower)
    there = replace(office, app=app_of(deps), deps=deps)
    person = at_a_browser(there, sign_in(there, marta.account.sign_in_name or "", PASSWORD))
    assert session(person).status_code == 200
    assert marta.sign_in().status_code == 201  # back under the parameters of this instance
    assert session(person).status_code == 200


# -- how often -----------------------------------------------------------------------------------

HERE, THERE, ELSEWHERE = "198.51.100.7", "203.0.113.9", "192.0.2.1"


@pytest.fixture
def limited(office: Shop) -> Shop:
    """The same office, where tries are counted."""
    rules = {**RULES, "sign-in-failures-name": Rule(8, 3600, code="too-many-attempts")}
    deps = replace(office.deps, limits=Limits(MemoryStorage(), rules=rules))
    return replace(office, app=app_of(deps), deps=deps)


def tried(office: Shop, name: str, password: str, address: str) -> TestResponse:
    """The answer to a name and a password from an address."""
    return office.app.test_client().post(
        "/v1/staff/session",
        json={"sign_in_name": name, "password": password},
        headers={"Authorization": f"Bearer {office.tenant.publishable_key}", "Origin": OWN},
        environ_overrides={"REMOTE_ADDR": address},
    )


@pytest.mark.parametrize("exists", [True, False])
def test_whoever_guesses_waits(limited: Shop, exists: bool) -> None:
    """Five times 401, then 429 with Retry-After, alike for a name that nobody has; even if it is right."""
    name = clerk(limited).account.sign_in_name if exists else "nobody"
    for _ in range(5):
        assert_problem(tried(limited, name or "", "wrong", HERE), 401, "sign-in-refused")
    assert_problem(tried(limited, name or "", PASSWORD, HERE), 429, "too-many-attempts")


def test_nobody_is_locked_out_by_others(limited: Shop) -> None:
    """Guesses from elsewhere, however many, leave the place where one usually signs in alone."""
    name = clerk(limited).account.sign_in_name or ""
    assert tried(limited, name, PASSWORD, HERE).status_code == 201
    for address in (THERE, ELSEWHERE):
        for _ in range(5):
            tried(limited, name, "wrong", address)
    assert_problem(tried(limited, name, PASSWORD, "192.0.2.99"), 429, "too-many-attempts")
    assert tried(limited, name, PASSWORD, HERE).status_code == 201


def test_a_right_password_takes_nothing_back(limited: Shop) -> None:
    """An address that has guessed at others' accounts is not forgiven by signing in to its own."""
    own, other = (clerk(limited).account.sign_in_name or "" for _ in range(2))
    for _ in range(5):
        tried(limited, other, "wrong", HERE)
    assert tried(limited, own, PASSWORD, HERE).status_code == 201
    assert_problem(tried(limited, other, "wrong", HERE), 429, "too-many-attempts")
    for number in range(44):
        tried(limited, f"{number}", "wrong", HERE)
    tried(limited, own, PASSWORD, HERE)
    tried(limited, "x", "wrong", HERE)
    assert_problem(tried(limited, own, PASSWORD, HERE), 429, "too-many-attempts")


def test_a_page_that_keeps_its_lease_keeps_nobody_signed_in(timed: Shop) -> None:
    """Its heartbeats are no use of the session, which ends idle behind it."""
    marta, visitor = clerk(timed).signed_in(), timed.visitor()
    draft = visitor.begin(name="Ana")
    done = marta.post("/v1/assist/redeem", {"code": visitor.hand_off(draft, "staff")["code"]})
    path = f"/v1/assist/{done.get_json()['assist']['id']}/lease"
    fence = marta.post(path).get_json()["fence"]
    statuses = []
    for _ in range(2 * IDLE_LIFE // MINUTE + 1):
        timed.clock.now += MINUTE // 2
        statuses.append(marta.post(path, {"fence": fence}).status_code)
    assert (statuses[0], statuses[-1]) == (200, 401)
