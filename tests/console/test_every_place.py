"""Promises that hold at every address there is, also at those that are added: forgery, frames, and caches."""

import re

import pytest

from retoma_server.domain.staff import Role
from tests.console.counter import NAVIGATION, OWN, Counter, at_work
from tests.http.shop import Shop
from tests.http.test_staff import FOREIGN

IDS = {"as_id": f"as_00{'A' * 20}", "lookup": f"lk_00{'A' * 20}", "draft": f"dr_00{'A' * 20}"}
WITHOUT_SESSION = ("/staff/sign-in", "/v1/staff/session", "/v1/handoffs")
"""Where nobody is signed in yet, or whoever asks is nobody: tests of their own say what can be done there."""
WRITES = frozenset(("POST", "PUT", "PATCH", "DELETE"))


def places(shop: Shop, methods: frozenset[str]) -> list[tuple[str, str]]:
    """Every method and address of the server, with ids that are nobody's."""
    found = []
    for rule in shop.app.url_map.iter_rules():
        address = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda each: IDS.get(each[1], "x"), rule.rule)
        found += [(method, address) for method in sorted(methods & (rule.methods or set()))]
    return sorted(set(found))


def refusals(person: Counter, headers: dict[str, str], **form: str) -> dict[tuple[str, str], int]:
    """How every write is answered that comes with a session's cookie and these headers."""
    return {
        (method, place): person.client.open(
            place, method=method, base_url=OWN, headers=headers, data=form, follow_redirects=False
        ).status_code
        for method, place in places(person.shop, WRITES)
        if not place.startswith(WITHOUT_SESSION)
    }


def test_no_write_anywhere_counts_without_the_sessions_token(shop: Shop) -> None:
    """403 from every form and every route of the API, and whoever was signed in still is (case 55)."""
    person = at_work(shop, *Role)
    for sent in ({}, {"csrf": "0" * 64}):
        answers = refusals(person, NAVIGATION, **sent)
        assert len(answers) > 60
        assert {place: status for place, status in answers.items() if status != 403} == {}
    assert person.client.get("/v1/staff/session", base_url=OWN).status_code == 200


@pytest.mark.parametrize("how", [name for name in FOREIGN if "token" not in name])
def test_no_write_anywhere_counts_from_a_strange_page(shop: Shop, how: str) -> None:
    """403 though it knows the token (case 55)."""
    person = at_work(shop, *Role)
    person.open()
    headers = {**NAVIGATION, "Retoma-CSRF": person.csrf, **FOREIGN[how]}
    answers = refusals(person, headers, csrf=person.csrf)
    assert {place: status for place, status in answers.items() if status != 403} == {}
    assert person.client.get("/v1/staff/session", base_url=OWN).status_code == 200


def test_no_place_of_the_console_can_be_framed_or_kept(shop: Shop) -> None:
    """Found, absent and refused alike; no page runs a script that is not a file of ours (cases 56, 57)."""
    person = at_work(shop, *Role)
    for method, place in places(shop, frozenset(("GET",))):
        if not place.startswith("/staff") or "assets" in place:
            continue
        answer = person.client.get(place, base_url=OWN, buffered=True)
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, (method, place)
        assert "require-trusted-types-for 'script'" in policy, place
        assert "unsafe" not in policy, place
        assert answer.headers["Cache-Control"] == "no-store", place
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|<style|\sstyle=", answer.text), place
