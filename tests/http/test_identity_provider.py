"""A shop's own sign-in: its tokens are taken as they are, and lead to one customer whatever else they say."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from retoma_server.actions.sign_ins import SignIns
from retoma_server.adapters.provider_tokens import ProviderTokens
from retoma_server.adapters.sending import Sender
from retoma_server.adapters.signing_keys import SigningKeys
from retoma_server.app import app_of
from tests.http.asserting import assert_problem
from tests.http.shop import MINUTE, Person, Shop, shop_in_memory
from tests.servers.identity_provider import AUDIENCE, IdentityProvider

PLACE = "/v1/identity-provider"


@pytest.fixture(scope="module")
def running() -> Iterator[IdentityProvider]:
    """A provider that the tests share."""
    with IdentityProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def local() -> Iterator[Shop]:
    """A server in development, whose tenants' providers are on this machine."""
    opened = shop_in_memory()
    sender = Sender(loopback=True)
    tokens = ProviderTokens(SigningKeys(sender, lambda: opened.clock.now / 1000), opened.clock)
    sign_ins = SignIns(lambda: opened.clock.now / 1000)
    deps = replace(opened.deps, sender=sender, provider_tokens=tokens, sign_ins=sign_ins)
    yield replace(opened, app=app_of(deps), deps=deps)
    deps.store.close()


@pytest.fixture
def shop(local: Shop, running: IdentityProvider) -> Shop:
    """A tenant of one's own that takes the provider's tokens; time has gone on since the last test."""
    running.down = False
    local.clock.now += 60 * MINUTE
    own = local.neighbour()
    register(own, running)
    return own


def register(shop: Shop, provider: IdentityProvider, status: int = 201, **more: Any) -> Any:
    """The answer to a registration."""
    about = {"issuer": provider.issuer, "audiences": [AUDIENCE], **more}
    answer = shop.service.ask("PUT", PLACE, about)
    assert answer.status_code == status, answer.text
    return answer.get_json()


def signed_in(shop: Shop, provider: IdentityProvider, **claims: Any) -> Person:
    """Whoever has a token of the provider, on a page of the shop."""
    token = provider.token(shop.clock.now, **claims)
    return Person(shop.app, token, headers={"Retoma-Key": shop.tenant.publishable_key})


def known(shop: Shop, customer: str) -> list[str]:
    """By what a customer is known."""
    found: list[str] = shop.service.get(f"/v1/customers/{customer}").get_json()["identifiers"]
    return found


def customer_with(shop: Shop, **identifiers: str) -> str:
    """The customer to whom an identifier leads, made if there is none."""
    put = shop.service.ask("PUT", "/v1/customers/by-external-id/somebody", identifiers)
    return str(put.get_json()["id"])


def test_a_providers_token_is_a_customer_token(shop: Shop, running: IdentityProvider) -> None:
    """It opens and saves drafts, of the customer for whom the service mints tokens by the same id."""
    ana = signed_in(shop, running)
    draft = ana.begin(name="Ana")
    assert ana.data(draft) == {"name": "Ana"}
    assert shop.customer("u-17").data(draft) == {"name": "Ana"}


def test_the_publishable_key_says_whose_customer_it_is(shop: Shop, running: IdentityProvider) -> None:
    """Without one, or with a secret one, a token is none; another tenant's key leads to its own provider
    (case 7).
    """
    token = running.token(shop.clock.now)
    for headers in ({}, {"Retoma-Key": "pk_"}, {"Retoma-Key": shop.tenant.secret_key}):
        answer = Person(shop.app, token, headers=headers).get("/v1/drafts")
        assert_problem(answer, 401, "invalid-token")
    other = shop.neighbour()
    assert_problem(signed_in(other, running).get("/v1/drafts"), 401, "invalid-token")
    register(other, running)
    mine, theirs = signed_in(shop, running), signed_in(other, running)
    draft = mine.begin(name="Ana")
    assert_problem(theirs.get(f"/v1/drafts/{draft}"), 404, "not-found")


def test_verified_addresses_are_linked_and_others_are_not(shop: Shop, running: IdentityProvider) -> None:
    """What somebody only typed into a profile proves nothing."""
    register(shop, running, 200, claims={"email": "email", "phone": "phone_number"})
    for number, (claims, kinds) in enumerate(
        (
            ({"email": "ana@example.com"}, ["external_id"]),
            ({"email": "ana@example.com", "email_verified": "true"}, ["external_id"]),
            ({"email": "no address", "email_verified": True}, ["external_id"]),
            ({"email": "ana@example.com", "email_verified": True}, ["external_id", "email"]),
        )
    ):
        person = signed_in(shop, running, sub=f"user-{number}", **claims)
        person.begin()
        assert known(shop, shop.customer(f"user-{number}").customer) == kinds


def test_a_taken_address_keeps_nobody_out(shop: Shop, running: IdentityProvider) -> None:
    """It stays with whom it leads to."""
    register(shop, running, 200, claims={"email": "email"})
    somebody = customer_with(shop, email="both@example.com")
    ana = signed_in(shop, running, email="both@example.com", email_verified=True)
    assert ana.get("/v1/drafts").status_code == 200
    assert known(shop, shop.customer("u-17").customer) == ["external_id"]
    assert known(shop, somebody) == ["external_id", "email"]


def test_another_claim_may_be_the_external_id(shop: Shop, running: IdentityProvider) -> None:
    """A token without it is none."""
    register(shop, running, 200, claims={"external_id": "user"})
    draft = signed_in(shop, running, user="u-99").begin()
    assert shop.customer("u-99").draft(draft)["id"] == draft
    for odd in ({}, {"user": 99}, {"user": ""}):
        assert_problem(signed_in(shop, running, **odd).get("/v1/drafts"), 401, "invalid-token")


def test_tokens_end_when_they_say_so_also_while_they_are_kept(shop: Shop, running: IdentityProvider) -> None:
    """A token that was just verified is not believed beyond its end and its minute of skew."""
    now = shop.clock.now // 1000
    ana = signed_in(shop, running, exp=now - 50)
    assert ana.get("/v1/drafts").status_code == 200
    shop.clock.now += 15_000
    assert_problem(ana.get("/v1/drafts"), 401, "token-expired")


def test_a_revoked_customer_is_out_at_once(shop: Shop, running: IdentityProvider) -> None:
    """Ours and the provider's tokens; new ones are good again, and so is a visitor's."""
    ana, ours, visitor = signed_in(shop, running), shop.customer("u-17"), shop.visitor()
    assert ana.get("/v1/drafts").status_code == ours.get("/v1/drafts").status_code == 200
    ended = shop.service.ask("DELETE", f"/v1/customers/{ours.customer}/tokens")
    assert ended.status_code == 204
    for person in (ana, ours):
        assert_problem(person.get("/v1/drafts"), 401, "token-revoked")
    shop.clock.now += 1_000
    for person in (signed_in(shop, running), shop.customer("u-17"), visitor):
        assert person.get("/v1/drafts").status_code == 200


def test_who_was_erased_is_told_so_and_comes_back_as_somebody_new(
    shop: Shop, running: IdentityProvider
) -> None:
    """While their token is kept it is 410; after that the same id is a new customer."""
    ana = signed_in(shop, running)
    draft = ana.begin(name="Ana")
    shop.service.ask("DELETE", f"/v1/customers/{shop.customer('u-17').customer}")
    assert_problem(ana.get(f"/v1/drafts/{draft}"), 410, "customer-erased")
    shop.clock.now += MINUTE
    again = signed_in(shop, running)
    assert again.get("/v1/drafts").get_json()["items"] == []
    assert_problem(again.get(f"/v1/drafts/{draft}"), 404, "not-found")


def test_a_provider_that_does_not_answer_is_no_fault_of_the_token(
    local: Shop, running: IdentityProvider
) -> None:
    """503, retryable; whoever was let in by other means goes on."""
    shop = local.neighbour()
    running.down = False
    register(shop, running, keys_url=f"{running.issuer}/keys")
    running.down = True
    shop.clock.now += 48 * 60 * MINUTE
    problem = assert_problem(signed_in(shop, running).get("/v1/drafts"), 503, "identity-provider-unavailable")
    assert problem["retryable"] is True
    assert shop.customer("u-17").get("/v1/drafts").status_code == 200


def test_a_mistake_shows_at_the_registration(local: Shop, running: IdentityProvider) -> None:
    """422 with the step that failed; what was registered before stays."""
    shop = local.neighbour()
    running.down = False
    before = register(shop, running)
    for more, step in (
        ({"issuer": f"{running.issuer}/"}, "discovery"),
        ({"issuer": "https://localhost./"}, "address"),
        ({"keys_url": f"{running.issuer}/nothing"}, "keys"),
        ({"keys_url": "ftp://shop.example/keys"}, "address"),
        ({"keys_url": "http://192.168.1.1/keys"}, "address"),
    ):
        answer = shop.service.ask("PUT", PLACE, {"issuer": running.issuer, "audiences": ["x"], **more})
        problem = assert_problem(answer, 422, "identity-provider-unusable")
        assert problem["step"] == step, more
    assert shop.service.get(PLACE).get_json() == before


def test_a_provider_is_registered_read_and_taken_away(shop: Shop, running: IdentityProvider) -> None:
    """Then its tokens are good for nothing."""
    assert shop.service.get(PLACE).get_json() == {
        "issuer": running.issuer,
        "audiences": [AUDIENCE],
        "keys_url": None,
        "claims": {"external_id": "sub"},
        "types": ["JWT", "at+jwt"],
    }
    for _ in range(2):
        assert shop.service.ask("DELETE", PLACE).status_code == 204
    assert_problem(shop.service.get(PLACE), 404, "not-found")
    assert_problem(signed_in(shop, running).get("/v1/drafts"), 401, "invalid-token")


def test_only_the_service_may_say_whose_tokens_are_taken(shop: Shop, running: IdentityProvider) -> None:
    """Neither pages nor customers nor staff."""
    body = {"issuer": running.issuer, "audiences": [AUDIENCE]}
    for person in (shop.page, shop.visitor(), shop.staff(), signed_in(shop, running)):
        for method, sent in (("GET", None), ("PUT", body), ("DELETE", None)):
            assert_problem(person.ask(method, PLACE, sent), 403, "insufficient-scope")
