"""Promises of handoffs by link: used once, by whoever holds it, seen by nobody else, ended at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from retoma_server.actions.tenants import save_tenant
from retoma_server.domain.looks import Look, lightened
from tests.http.asserting import assert_problem
from tests.http.shop import DAY, MINUTE, ORIGIN, Person, Shop, new_key, set_op, token_of


def redeem(person: Person, token: str, nonce: str = "", **more: Any) -> Any:
    """The answer to a redemption."""
    return person.post("/v1/handoffs/redeem", {"token": token, "nonce": nonce or new_key(), **more})


TOLD = {"tenant", "process", "title", "started_at", "channel", "expires_at", "host"}
"""What a preview tells."""


def test_a_handoff_is_offered_as_link_and_picture(shop: Shop) -> None:
    """201: the token is in the fragment of our page's address, and in the QR code; ten minutes to use it."""
    visitor = shop.visitor()
    draft = visitor.begin()
    offer = visitor.hand_off(draft)
    assert offer["url"].startswith("https://retoma.test/r#ho_")
    assert offer["qr_svg"].startswith("<svg")
    assert offer.keys() == {"id", "to", "draft", "status", "expires_at", "url", "qr_svg"}
    assert (offer["to"], offer["draft"], offer["status"]) == ("device", draft, "pending")


def test_a_link_can_be_looked_at_without_being_used(shop: Shop) -> None:
    """A preview tells title, start and channel, in the reader's language, to anybody, any number of times."""
    shop.register("titled", titles={"en": "Mortgage", "es": "Hipoteca"})
    visitor = shop.visitor().sending(Retoma_Channel="web")
    token = token_of(visitor.hand_off(visitor.begin("titled")))
    for language, title in (("es-MX", "Hipoteca"), ("en", "Mortgage"), ("fr", "Mortgage")):
        seen = shop.nobody.post("/v1/handoffs/preview", {"token": token}, Accept_Language=language)
        assert seen.get_json()["title"] == title
        assert seen.get_json().keys() == TOLD
    assert redeem(shop.nobody, token).status_code == 200


def test_a_preview_tells_whose_it_is_and_where_it_leads(shop: Shop) -> None:
    """The tenant's name in the reader's language and its colour; of the page its host only."""
    other = shop.neighbour()
    tenant = shop.deps.tenants.get(other.tenant.id)
    names = {"en": "Acme Bank", "es": "Banco Acme"}
    save_tenant(shop.deps.store, replace(tenant, look=Look(names, "#7a1f3d")))
    shop.deps.tenants.forget()
    other.register("paged", url=f"{ORIGIN}/loan?secret=1")
    visitor = other.visitor()
    token = token_of(visitor.hand_off(visitor.begin("paged")))
    seen = shop.nobody.post("/v1/handoffs/preview", {"token": token}, Accept_Language="es").get_json()
    dark = lightened("#7a1f3d")
    assert seen["tenant"] == {"name": "Banco Acme", "colour": "#7a1f3d", "dark_colour": dark}
    assert seen["host"] == "shop.example"
    plain = shop.visitor()
    token = token_of(plain.hand_off(plain.begin()))
    seen = shop.nobody.post("/v1/handoffs/preview", {"token": token}).get_json()
    assert (seen["tenant"], seen["host"]) == ({"name": "shop", "colour": None, "dark_colour": None}, None)


def test_looking_at_the_page_or_guessing_methods_uses_nothing_up(shop: Shop) -> None:
    """GET and HEAD, on the page and on the endpoints, a hundred times: the link still works (case 52)."""
    visitor = shop.visitor()
    token = token_of(visitor.hand_off(visitor.begin()))
    for _ in range(25):
        for method in ("GET", "HEAD"):
            assert shop.nobody.ask(method, "/r").status_code == 200
            answer = shop.nobody.ask(method, f"/v1/handoffs/redeem?token={token}&nonce=12345678")
            assert answer.status_code == 405
            assert "GET" not in answer.headers["Allow"]
    assert redeem(shop.nobody, token).status_code == 200


def test_a_redeemer_gets_the_draft_and_a_grant_for_it_alone(shop: Shop) -> None:
    """The grant reads, changes and completes that draft; any other is absent, and lists are forbidden."""
    visitor = shop.visitor()
    draft, other = visitor.begin(name="Ann"), visitor.begin("other")
    done = redeem(shop.page, token_of(visitor.hand_off(draft)), device="Ann's phone").get_json()
    assert done.keys() == {"grant", "expires_at", "url", "draft", "visitor"}
    assert done["visitor"] is None
    assert done["draft"] == visitor.draft(draft)
    grant = Person(shop.app, done["grant"])
    assert grant.save(draft, 1, writer="w_2", seen=1, city="Vigo").status_code == 200
    by = visitor.get(f"/v1/drafts/{draft}?since=1").get_json()["cells"]["/city"]["by"]
    assert (by["kind"], by["device"]) == ("grant", "Ann's phone")
    assert_problem(grant.get(f"/v1/drafts/{other}"), 404, "not-found")
    for asked in (grant.get("/v1/drafts"), grant.post("/v1/drafts", {"process": "loan"})):
        assert_problem(asked, 403, "insufficient-scope")
    assert_problem(grant.ask("DELETE", f"/v1/drafts/{draft}"), 403, "insufficient-scope")
    ended = grant.post(f"/v1/drafts/{draft}/complete", {"seen": 2, "writer": "w_2", "seq": 2})
    assert ended.get_json()["status"] == "completed"


def test_a_device_that_names_itself_is_believed_over_the_link(shop: Shop) -> None:
    """Retoma-Device wins over the label that the link was redeemed with."""
    visitor = shop.visitor()
    draft = visitor.begin()
    done = redeem(shop.page, token_of(visitor.hand_off(draft)), device="a phone").get_json()
    grant = Person(shop.app, done["grant"]).sending(Retoma_Device="a%20tablet")
    grant.save(draft, 1, writer="w_2", a=1)
    assert visitor.get(f"/v1/drafts/{draft}?since=0").get_json()["cells"]["/a"]["by"]["device"] == "a tablet"


def test_a_double_click_gets_the_same_grant(shop: Shop) -> None:
    """The same nonce within a minute: the same answer; another nonce, or later: 404 `handoff-invalid`."""
    visitor = shop.visitor()
    token = token_of(visitor.hand_off(visitor.begin()))
    first, again = redeem(shop.page, token, "nonce-nonce"), redeem(shop.nobody, token, "nonce-nonce")
    assert first.get_json() == again.get_json()
    assert_problem(redeem(shop.page, token), 404, "handoff-invalid")
    shop.clock.now += MINUTE
    assert_problem(redeem(shop.page, token, "nonce-nonce"), 404, "handoff-invalid")


def test_two_who_redeem_at_once_get_one_grant_between_them(shop: Shop) -> None:
    """Of sixteen with different nonces one gets 200, the others 404 (case 48)."""
    visitor = shop.visitor()
    token = token_of(visitor.hand_off(visitor.begin()))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: redeem(shop.page, token), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 15


def test_a_double_click_at_once_gets_one_grant(shop: Shop) -> None:
    """Sixteen with the same nonce: sixteen times the same grant."""
    visitor = shop.visitor()
    token = token_of(visitor.hand_off(visitor.begin()))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: redeem(shop.page, token, "nonce-nonce"), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.get_json()["grant"] for answer in answers}) == 1


def unusable(shop: Shop, how: str) -> str:
    """A link's token that cannot be used, for this reason."""
    visitor = shop.visitor()
    draft = visitor.begin()
    offer = visitor.hand_off(draft)
    token = token_of(offer)
    match how:
        case "used":
            redeem(shop.page, token)
        case "expired":
            shop.clock.now += 10 * MINUTE
        case "revoked":
            visitor.ask("DELETE", f"/v1/handoffs/{offer['id']}")
        case "replaced by a newer one":
            visitor.hand_off(draft)
        case "of a completed draft":
            visitor.post(f"/v1/drafts/{draft}/complete", {"seen": 0}, Idempotency_Key=new_key())
        case "of a discarded draft":
            visitor.ask("DELETE", f"/v1/drafts/{draft}")
        case "of a customer being erased":
            shop.begin_erasure(visitor.customer)
        case "guessed":
            return f"{token[:-43]}{'A' * 43}"
        case "of an unknown handoff":
            return f"{token[:18]}{'B' * 20}{token[38:]}"
        case "of an unknown tenant":
            return f"ho_00{'A' * 10}{token[15:]}"
        case "a short code's handoff":
            made = visitor.hand_off(draft, "staff")
            return f"{token[:16]}{made['id'][3:]}_{'A' * 43}"
    return token


UNUSABLE = [
    "used",
    "expired",
    "revoked",
    "replaced by a newer one",
    "of a completed draft",
    "of a discarded draft",
    "of a customer being erased",
    "guessed",
    "of an unknown handoff",
    "of an unknown tenant",
    "a short code's handoff",
]


@pytest.mark.parametrize("how", UNUSABLE)
def test_links_that_cannot_be_used_are_all_alike(shop: Shop, how: str) -> None:
    """404 `handoff-invalid`, in preview and redemption, byte for byte the same but for the request's id."""
    token = unusable(shop, how)
    plain = redeem(shop.nobody, "not even a token")
    for person in (shop.nobody, shop.page, shop.service, shop.visitor()):
        for answer in (redeem(person, token), person.post("/v1/handoffs/preview", {"token": token})):
            problem = assert_problem(answer, 404, "handoff-invalid")
            same = {**assert_problem(plain, 404, "handoff-invalid"), "request_id": problem["request_id"]}
            assert problem == same


def test_a_link_is_of_no_use_at_another_tenant(shop: Shop) -> None:
    """With any other tenant's credential it is 404 `handoff-invalid`, and stays usable (case 7)."""
    visitor, other = shop.visitor(), shop.neighbour()
    token = token_of(visitor.hand_off(visitor.begin()))
    for stranger in (other.page, other.service, other.visitor()):
        assert_problem(redeem(stranger, token), 404, "handoff-invalid")
    assert redeem(shop.page, token).status_code == 200


def test_a_link_is_no_credential(shop: Shop) -> None:
    """401 `invalid-token-type` where it is sent as one, also for a cursor; a grant is no link (case 6)."""
    visitor = shop.visitor()
    draft = visitor.begin()
    token = token_of(visitor.hand_off(draft))
    assert_problem(Person(shop.app, token).get(f"/v1/drafts/{draft}"), 401, "invalid-token-type")
    grant = shop.grant(visitor, draft).credential
    assert grant is not None
    assert_problem(redeem(shop.page, grant), 404, "handoff-invalid")


def test_who_takes_a_handoff_back_ends_the_access_it_gave(shop: Shop) -> None:
    """204, again too; from then on the grant is revoked, reading and writing."""
    visitor = shop.visitor()
    draft = visitor.begin()
    offer = visitor.hand_off(draft)
    grant = Person(shop.app, redeem(shop.page, token_of(offer)).get_json()["grant"])
    assert grant.get(f"/v1/drafts/{draft}").status_code == 200
    for _ in range(2):
        assert visitor.ask("DELETE", f"/v1/handoffs/{offer['id']}").status_code == 204
        assert_problem(grant.get(f"/v1/drafts/{draft}"), 401, "token-revoked")
        assert_problem(grant.save(draft, 1, writer="w_2", a=1), 401, "token-revoked")


def test_only_the_owner_and_the_service_take_a_handoff_back(shop: Shop) -> None:
    """Others get what they get for one that does not exist; staff in the draft, that it is not for them."""
    visitor = shop.visitor()
    draft = visitor.begin()
    offer = visitor.hand_off(draft)
    absent = f"ho_{offer['id'][3:5]}{'A' * 20}"
    other = shop.neighbour()
    clerk = shop.assist(visitor, draft)
    assert_problem(clerk.ask("DELETE", f"/v1/handoffs/{offer['id']}"), 403, "not-allowed-in-assist")
    inside = (shop.grant(visitor, draft),)
    outside = (shop.visitor(), shop.staff(), shop.page, shop.nobody, other.visitor(), other.service)
    for person in (*inside, *outside):
        real, none = (person.ask("DELETE", f"/v1/handoffs/{each}") for each in (offer["id"], absent))
        assert real.status_code in (401, 403, 404)
        assert {**real.get_json(), "request_id": ""} == {**none.get_json(), "request_id": ""}
    assert shop.service.ask("DELETE", f"/v1/handoffs/{offer['id']}").status_code == 204


def test_an_owner_can_end_what_another_device_passed_on(shop: Shop) -> None:
    """A granted device shows staff a code, but no link; the owner's events name that handoff, to end it."""
    visitor = shop.visitor()
    draft = visitor.begin()
    grant = shop.grant(visitor, draft)
    link = grant.post(f"/v1/drafts/{draft}/handoffs", {"to": "device"})
    assert_problem(link, 403, "insufficient-scope")
    staff = shop.assist(grant, draft)
    events = visitor.get(f"/v1/events?draft={draft}&type=assist-started", Accept="application/json")
    [started] = events.get_json()["items"]
    assert visitor.ask("DELETE", f"/v1/handoffs/{started['handoff']}").status_code == 204
    assert_problem(staff.get(f"/v1/drafts/{draft}"), 404, "not-found")
    assert grant.get(f"/v1/drafts/{draft}").status_code == 200


def test_a_grant_ends_when_it_is_idle(shop: Shop) -> None:
    """Half an hour unused: 401 `token-expired`; used, it goes on, to eight hours at most."""
    visitor = shop.visitor()
    draft = visitor.begin()
    grant = shop.grant(visitor, draft)
    for _ in range(16):
        shop.clock.now += 29 * MINUTE
        assert grant.get(f"/v1/drafts/{draft}").status_code == 200
    shop.clock.now += 16 * MINUTE
    assert_problem(grant.get(f"/v1/drafts/{draft}"), 401, "token-expired")
    idle = shop.grant(visitor, draft)
    shop.clock.now += 30 * MINUTE
    assert_problem(idle.save(draft, 1, writer="w_2", a=1), 401, "token-expired")


def test_a_grant_with_a_wrong_secret_is_none(shop: Shop) -> None:
    """401 `invalid-token`, as for a grant that never was."""
    visitor = shop.visitor()
    draft = visitor.begin()
    grant = shop.grant(visitor, draft).credential
    assert grant is not None
    for wrong in (f"{grant[:-43]}{'A' * 43}", f"{grant[:18]}{'B' * 20}{grant[38:]}"):
        assert_problem(Person(shop.app, wrong).get(f"/v1/drafts/{draft}"), 401, "invalid-token")


def test_a_handoff_leads_to_pages_of_the_shop_only(shop: Shop) -> None:
    """The process's page, or another on an allowed origin; any other is 422 `url-not-allowed`."""
    shop.register("paged", url=f"{ORIGIN}/loan")
    visitor = shop.visitor()
    draft = visitor.begin("paged")
    assert redeem(shop.page, token_of(visitor.hand_off(draft))).get_json()["url"] == f"{ORIGIN}/loan"
    offer = visitor.hand_off(draft, url=f"{ORIGIN}/other?x=1")
    assert redeem(shop.page, token_of(offer)).get_json()["url"] == f"{ORIGIN}/other?x=1"
    for url in BAD_URLS:
        answer = visitor.post(f"/v1/drafts/{draft}/handoffs", {"url": url})
        assert_problem(answer, 422, "url-not-allowed")


BAD_URLS = [
    "https://evil.example/",
    "http://shop.example/",
    "https://shop.example.evil.example/",
    "https://evilshop.example/",
    "https://shop.example:8443/",
    "https://shop.example@evil.example/",
    "https://evil.example\\@shop.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "//shop.example/",
    "/loan",
    "https://",
    "https://[::1",
    "null",
]


def test_a_draft_that_is_closed_is_not_handed_off(shop: Shop) -> None:
    """409 `draft-closed`."""
    visitor = shop.visitor()
    draft = visitor.begin()
    visitor.ask("DELETE", f"/v1/drafts/{draft}")
    for to in ("device", "staff"):
        assert_problem(visitor.post(f"/v1/drafts/{draft}/handoffs", {"to": to}), 409, "draft-closed")


@pytest.mark.parametrize(
    "body",
    [
        {"token": "x"},
        {"nonce": "12345678"},
        {"token": 7, "nonce": "12345678"},
        {"token": "x", "nonce": "1"},
    ],
)
def test_a_redemption_says_token_and_nonce(shop: Shop, body: dict[str, Any]) -> None:
    """422 for anything less."""
    assert_problem(shop.nobody.post("/v1/handoffs/redeem", body), 422, "validation-failed")


def test_offers_go_with_the_draft(shop: Shop) -> None:
    """An expired draft is handed to nobody."""
    shop.register("brief", retention={"open_days": 1, "closed_days": 1})
    visitor = shop.visitor()
    draft = visitor.begin("brief")
    shop.clock.now += DAY - MINUTE
    token = token_of(visitor.hand_off(draft))
    shop.clock.now += MINUTE
    assert_problem(redeem(shop.page, token), 404, "handoff-invalid")
    assert_problem(shop.page.post("/v1/handoffs/preview", {"token": token}), 404, "handoff-invalid")


def test_saving_keeps_a_grant_alive(shop: Shop) -> None:
    """Writing is a use of it, by plain ops too."""
    visitor = shop.visitor()
    draft = visitor.begin()
    grant = shop.grant(visitor, draft)
    for revision in range(3):
        shop.clock.now += 29 * MINUTE
        assert grant.plain(draft, revision, set_op("/a", revision)).status_code == 200
