"""A provider's token after its customer was merged: whose it is by now, on every running instance."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from retoma_server.actions.sign_ins import SignIns
from retoma_server.adapters.provider_tokens import ProviderTokens
from retoma_server.adapters.sending import Sender
from retoma_server.adapters.signing_keys import SigningKeys
from retoma_server.app import app_of, milliseconds
from tests.http import claiming
from tests.http.asserting import assert_problem
from tests.http.shop import Person, Shop, new_key
from tests.http.test_identity_provider import register
from tests.http.test_merges import merged, undone
from tests.servers.identity_provider import IdentityProvider

shop = claiming.shop


@dataclass
class Seconds:
    """A clock that the test sets forward, for what an instance keeps."""

    now: float = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    """A provider that the tests share."""
    with IdentityProvider() as running:
        yield running


def instance(shop: Shop, clock: Seconds) -> Shop:
    """One more running instance on the same store."""
    sender = Sender(loopback=True)
    tokens = ProviderTokens(SigningKeys(sender), milliseconds)
    deps = replace(shop.deps, sender=sender, provider_tokens=tokens, sign_ins=SignIns(clock))
    return replace(shop, app=app_of(deps), deps=deps)


def test_a_providers_token_is_the_customers_everywhere_within_a_second(
    shop: Shop, provider: IdentityProvider
) -> None:
    """Also on an instance that had seen it, and that did not merge them; undone, it is whose it was."""
    clock = Seconds()
    here, there = instance(shop, clock), instance(shop, clock)
    register(here, provider)
    number = new_key()
    token = provider.token(milliseconds(), sub=number)
    people = [
        Person(each.app, token, headers={"Retoma-Key": shop.tenant.publishable_key}) for each in (here, there)
    ]
    ann, other = here.customer(new_key()), here.customer(number)
    mine, theirs = ann.begin("home", name="Ann"), other.begin("car", name="Ann")
    for person in people:
        assert person.data(theirs) == {"name": "Ann"}
    receipt = merged(here, ann, other)
    assert_problem(people[1].get("/v1/drafts"), 401, "token-revoked")
    clock.now += 1
    for person in people:
        assert person.data(mine) == {"name": "Ann"}
    (form,) = undone(here, receipt)["forms"]
    assert_problem(people[1].get("/v1/drafts"), 401, "token-revoked")
    clock.now += 1
    for person in people:
        assert person.data(form["returned"]) == {"name": "Ann"}
        assert_problem(person.get(f"/v1/drafts/{mine}"), 404, "not-found")
