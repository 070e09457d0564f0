"""Promises of a store's registered tablets and tills: who signs in where, and what ends with them."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from retoma_server.actions.staff import add_retail_store, set_registered_only
from retoma_server.domain.staff import Role
from tests.http import test_staff
from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop
from tests.http.test_staff import Clerk, at_a_browser, clerk, cookie_of, hashing_quickly, session

PLACE = "/v1/staff/devices"


office = test_staff.office


@pytest.fixture
def sol(office: Shop) -> str:
    """A store whose assistants sign in on its registered devices only."""
    return guarded(office, "Sol")


def guarded(office: Shop, name: str) -> str:
    """Another such store."""
    tenant = office.deps.tenants.get(office.tenant.id)
    made = add_retail_store(office.deps.store, office.deps.ids, tenant, name)
    return set_registered_only(office.deps.store, tenant, made.id, True).id


def registered(supervisor: Person, **more: Any) -> tuple[str, str]:
    """(id, cookie) of the browser that a supervisor registers."""
    answer = supervisor.post(PLACE, {"name": "Tablet 2", **more})
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"]), cookie_of(answer)


def test_an_assistant_signs_in_on_a_registered_device_of_their_store_only(office: Shop, sol: str) -> None:
    """Elsewhere a right password gets 403 `device-not-registered`, a wrong one what it always gets."""
    marta, head = clerk(office, store=sol), clerk(office, Role.SUPERVISOR, store=sol)
    assert_problem(marta.sign_in(), 403, "device-not-registered")
    assert_problem(marta.sign_in("another password"), 401, "sign-in-refused")
    _, cookie = registered(head.signed_in())
    assert marta.sign_in(Cookie=cookie).status_code == 201


def test_no_two_devices_of_a_store_share_a_name(office: Shop, sol: str) -> None:
    """However it is written, and of many at once; another store may have it, and this one later."""
    head = clerk(office, Role.SUPERVISOR, store=sol).signed_in()
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: head.post(PLACE, {"name": "Till 1"}), range(4)))
    assert sorted(each.status_code for each in answers) == [201, 422, 422, 422]
    refused = assert_problem(head.post(PLACE, {"name": "TILL 1"}), 422, "validation-failed")
    assert refused["errors"] == [{"pointer": "/name", "code": "taken"}]
    far = clerk(office, Role.SUPERVISOR, store=guarded(office, "Norte")).signed_in()
    registered(far, name="Till 1")
    made = next(each.get_json()["id"] for each in answers if each.status_code == 201)
    assert head.ask("DELETE", f"{PLACE}/{made}").status_code == 204
    registered(head, name="Till 1")


def test_a_device_of_another_store_is_none_of_ones_own(office: Shop, sol: str) -> None:
    """Nor is one that was made up, or another tenant's."""
    marta = clerk(office, store=sol)
    _, cookie = registered(clerk(office, Role.ADMIN, store=guarded(office, "Gran Vía")).signed_in())
    name, _, text = cookie.partition("=")
    foreign = hashing_quickly(office.neighbour())
    _, theirs = registered(clerk(foreign, Role.ADMIN, store=guarded(foreign, "Sol")).signed_in())
    for held in (cookie, theirs, f"{name}={text[:-4]}AAAA", f"{name}=nonsense"):
        assert_problem(marta.sign_in(Cookie=held), 403, "device-not-registered")


def test_a_device_is_registered_for_the_store_that_is_named(office: Shop, sol: str) -> None:
    """Where nobody names one it is the supervisor's own; an unknown one, or none at all, is refused."""
    admin = clerk(office, Role.ADMIN).signed_in()
    device, cookie = registered(admin, store=sol)
    assert clerk(office, store=sol).sign_in(Cookie=cookie).status_code == 201
    assert device in [each["id"] for each in admin.get(PLACE).get_json()["items"]]
    for body in ({"name": "Tablet"}, {"name": "Tablet", "store": f"so_00{'A' * 20}"}):
        assert_problem(admin.post(PLACE, body), 422, "validation-failed")


def test_who_signed_in_on_a_device_is_out_when_it_is_taken_back(office: Shop, sol: str) -> None:
    """At once; whoever signed in elsewhere goes on, and nobody signs in there again."""
    marta, head = clerk(office, store=sol), clerk(office, Role.SUPERVISOR, store=sol)
    browser = head.signed_in()
    device, cookie = registered(browser)
    there = at_a_browser(office, marta.sign_in(Cookie=cookie))
    assert session(there).status_code == 200
    assert browser.ask("DELETE", f"{PLACE}/{device}").status_code == 204
    assert_problem(session(there), 401, "session-ended")
    assert_problem(marta.sign_in(Cookie=cookie), 403, "device-not-registered")
    assert session(browser).status_code == 200
    assert_problem(browser.ask("DELETE", f"{PLACE}/{device}"), 404, "not-found")


@pytest.mark.parametrize("role", [Role.ASSIST, Role.AUDITOR])
def test_only_supervisors_and_admins_register_devices(office: Shop, role: Role) -> None:
    """403 for whoever else is signed in."""
    who = clerk(office, role).signed_in()
    for answer in (who.get(PLACE), who.post(PLACE, {"name": "Tablet"})):
        assert_problem(answer, 403, "insufficient-scope")


def test_a_device_alone_signs_nobody_in(office: Shop, sol: str) -> None:
    """Its cookie is no credential, neither as a cookie nor as a token."""
    _, cookie = registered(clerk(office, Role.SUPERVISOR, store=sol).signed_in())
    text = cookie.partition("=")[2]
    alone = Person(office.app, headers={"Cookie": cookie})
    assert_problem(session(alone), 401, "authentication-required")
    assert_problem(session(Person(office.app, text)), 401, "invalid-token-type")


def test_the_fourth_browser_ends_the_first(office: Shop) -> None:
    """Three sessions at once; the oldest gives way to a new one."""
    marta: Clerk = clerk(office)
    browsers = []
    for _ in range(4):
        office.clock.now += 1  # of the store in memory; Redis has its own
        time.sleep(0.002)
        browsers.append(marta.signed_in())
    answers: list[TestResponse] = [session(each) for each in browsers]
    assert [each.status_code for each in answers] == [401, 200, 200, 200]


def test_a_supervisor_reaches_no_device_of_another_store(office: Shop, sol: str) -> None:
    """It is neither listed nor taken back, and none is registered there: as if it were not. An admin does."""
    far = clerk(office, Role.SUPERVISOR, store=guarded(office, "Norte"))
    device, _ = registered(far.signed_in())
    head, admin = clerk(office, Role.SUPERVISOR, store=sol).signed_in(), clerk(office, Role.ADMIN).signed_in()
    assert device not in [each["id"] for each in head.get(PLACE).get_json()["items"]]
    assert_problem(head.ask("DELETE", f"{PLACE}/{device}"), 404, "not-found")
    refused = head.post(PLACE, {"name": "Till", "store": far.account.store})
    assert_problem(refused, 422, "validation-failed")
    assert device in [each["id"] for each in admin.get(PLACE).get_json()["items"]]
    assert admin.ask("DELETE", f"{PLACE}/{device}").status_code == 204


def test_registering_and_taking_back_is_on_record(office: Shop, sol: str) -> None:
    """Who did it, and with which device."""
    head = clerk(office, Role.SUPERVISOR, store=sol).signed_in()
    device, _ = registered(head)
    assert head.ask("DELETE", f"{PLACE}/{device}").status_code == 204
    found = head.get("/v1/audit?limit=100").get_json()["items"]
    assert {each["action"] for each in found if each["about"] == device} == {
        "device-registered",
        "device-taken-back",
    }
