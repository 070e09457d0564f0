"""Promises of signing in at the tenant's own provider: who comes back, is let in, and who is not."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from retoma_server.actions.staff import add_account, set_disabled
from retoma_server.actions.staff_providers import register, registered
from retoma_server.actions.tenants import Tenant
from retoma_server.adapters.openid import OpenId
from retoma_server.adapters.provider_tokens import ProviderTokens
from retoma_server.adapters.sending import Sender
from retoma_server.adapters.signing_keys import SigningKeys
from retoma_server.app import app_of, milliseconds
from retoma_server.domain.staff import Account, Role
from retoma_server.domain.staff_providers import StaffProvider
from tests.http.shop import MINUTE, Shop, shop_in_memory
from tests.http.test_staff import COOKIE, OWN, QUICK
from tests.servers.identity_provider import AUDIENCE, SECRET, IdentityProvider


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    """The tenant's provider, at which Marta is signed in."""
    with IdentityProvider() as running:
        running.person = {"sub": "p-1", "email": "marta@shop.example", "email_verified": True}
        yield running


@pytest.fixture
def office(provider: IdentityProvider) -> Iterator[Shop]:
    """A shop whose staff sign in there; its clock is the world's, as the provider's tokens are."""
    opened = shop_in_memory()
    opened.clock.now = milliseconds()
    sender = Sender(loopback=True)
    tokens = ProviderTokens(SigningKeys(sender), milliseconds)
    deps = replace(opened.deps, passwords=QUICK, openid=OpenId(sender), provider_tokens=tokens)
    shop = replace(opened, app=app_of(deps), deps=deps)
    register(deps, tenant(shop), StaffProvider(provider.issuer, AUDIENCE), SECRET)
    yield shop
    deps.store.close()


def tenant(shop: Shop) -> Tenant:
    """Whose staff it is."""
    return shop.deps.tenants.get(shop.tenant.id)


def account(shop: Shop, name: str = "marta@shop.example", password: str | None = None) -> Account:
    """An account of somebody who signs in at the provider, or by a password."""
    wanted = Account("", "Marta", frozenset((Role.ASSIST,)), name)
    return add_account(shop.deps.store, shop.deps.ids, QUICK, tenant(shop), wanted, password)


def browser(shop: Shop) -> FlaskClient:
    """A browser at the console of this tenant."""
    client = shop.app.test_client()
    client.get(f"/staff?key={shop.tenant.publishable_key}", base_url=OWN)
    return client


def sent_away(client: FlaskClient) -> str:
    """Where the browser is led to sign in."""
    answer = client.get("/staff/sign-in/provider", base_url=OWN)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def sent_back(address: str) -> str:
    """Where the provider sends the browser, once somebody has signed in there."""
    return str(requests.get(address, allow_redirects=False, timeout=5).headers["Location"])


def arrived(client: FlaskClient, address: str) -> TestResponse:
    """The page to which the browser comes back."""
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}", base_url=OWN)


def came_back(client: FlaskClient) -> TestResponse:
    """The page after the whole way."""
    return arrived(client, sent_back(sent_away(client)))


def is_in(client: FlaskClient) -> bool:
    """Whether somebody is signed in at a browser."""
    return client.get_cookie(COOKIE, domain=urlsplit(OWN).hostname or "") is not None


def test_staff_sign_in_at_the_provider(office: Shop) -> None:
    """Their account is found by the name that it says; the page they come to leads on to the console."""
    account(office)
    client = browser(office)
    page = came_back(client)
    assert page.status_code == 200
    assert 'content="0; url=/staff"' in page.text
    assert is_in(client)
    assert "Marta" in client.get("/staff", base_url=OWN).text


def test_the_way_there_says_no_more_than_it_must(office: Shop) -> None:
    """Code and PKCE; neither the secret nor the verifier is in an address."""
    asked = parse_qs(urlsplit(sent_away(browser(office))).query)
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert asked["redirect_uri"] == [f"{OWN}/staff/sign-in/back"]
    assert SECRET not in str(asked)


def test_the_clients_secret_is_kept_sealed(office: Shop) -> None:
    """Nobody who reads the store reads it."""
    kept = registered(office.deps, tenant(office))
    assert kept is not None
    assert SECRET not in str(kept.secret)
    assert "secret" not in repr(kept).replace("secret=", "")


REFUSED: dict[str, dict[str, Any]] = {
    "somebody without an account": {"email": "nobody@shop.example"},
    "an address that nobody verified": {"email_verified": False},
    "no address": {"email": None},
    "no subject": {"sub": None},
    "a token for somebody else": {"aud": "another client"},
    "a token of another provider": {"iss": "https://login.example"},
    "a token for another sign-in": {"nonce": "another"},
}


@pytest.mark.parametrize("how", REFUSED)
def test_whoever_has_no_account_here_is_not_let_in(
    office: Shop, provider: IdentityProvider, how: str
) -> None:
    """Alike, whatever it is."""
    account(office)
    provider.person |= REFUSED[how]
    client = browser(office)
    assert came_back(client).status_code == 401
    assert not is_in(client)


def test_an_account_is_one_persons(office: Shop, provider: IdentityProvider) -> None:
    """An address may pass on to somebody else at the provider; the account does not go with it."""
    account(office)
    assert came_back(browser(office)).status_code == 200
    provider.person["sub"] = "p-2"
    assert came_back(browser(office)).status_code == 401


def test_who_signs_in_by_password_is_not_let_in_by_the_provider(office: Shop) -> None:
    """How somebody signs in is for whoever runs the server to say."""
    account(office, password="correct horse battery")
    assert came_back(browser(office)).status_code == 401


def test_a_disabled_account_stays_out(office: Shop) -> None:
    """Whatever the provider says."""
    made = account(office)
    set_disabled(office.deps.store, tenant(office), made.id, True)
    assert came_back(browser(office)).status_code == 401


def test_another_browser_brings_nothing_back(office: Shop) -> None:
    """Nobody is signed in as somebody else by a link: the way back belongs to the browser that left."""
    account(office)
    address = sent_back(sent_away(browser(office)))
    strange = browser(office)
    assert arrived(strange, address).status_code == 401
    sent_away(strange)
    assert arrived(strange, address).status_code == 401
    assert not is_in(strange)


def test_a_code_is_good_once(office: Shop) -> None:
    """The address of the way back, opened again, signs nobody in."""
    account(office)
    client = browser(office)
    address = sent_back(sent_away(client))
    assert arrived(client, address).status_code == 200
    assert arrived(client, address).status_code == 401


def test_whoever_stays_away_too_long_begins_again(office: Shop) -> None:
    """After ten minutes."""
    account(office)
    client = browser(office)
    address = sent_back(sent_away(client))
    office.clock.now += 10 * MINUTE
    assert arrived(client, address).status_code == 401


def test_a_provider_that_does_not_answer_is_said(office: Shop, provider: IdentityProvider) -> None:
    """503, in words; nobody is sent into the void."""
    provider.down = True
    answer = browser(office).get("/staff/sign-in/provider", base_url=OWN)
    assert answer.status_code == 503
    assert "company account does not answer" in answer.text


def test_the_page_offers_the_provider_only_where_there_is_one(office: Shop) -> None:
    """A tenant without one is not offered it, and its address is not there."""
    assert "/staff/sign-in/provider" in browser(office).get("/staff/sign-in", base_url=OWN).text
    client = browser(office.neighbour())
    assert "/staff/sign-in/provider" not in client.get("/staff/sign-in", base_url=OWN).text
    assert client.get("/staff/sign-in/provider", base_url=OWN).status_code == 404
