"""Promises of signing in from Python: what a visitor has begun goes along, and no sign-in fails for it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import retoma
from tests.actions.business import Clock
from tests.servers.identity_provider import AUDIENCE, IdentityProvider
from tests.servers.retoma_server import RetomaServer

from .people import somebody


def visitor_of(server: RetomaServer) -> retoma.Client:
    """A new visitor, on a phone."""
    page = retoma.Client(server.url, server.publishable_key, channel="mobile_web", device="iPhone")
    return page.visitor()


def begun(client: retoma.Client, process: str, **values: retoma.JSON) -> retoma.Draft:
    """A form with these values."""
    draft = client.draft(process)
    for path, value in values.items():
        draft.set(path, value)
    draft.save()
    return draft


def test_what_a_visitor_has_begun_goes_along(server: RetomaServer) -> None:
    """Forms and carts; the visitor's own draft is theirs no more."""
    visitor = visitor_of(server)
    begun(visitor, "loan", name="Eva")
    cart = visitor.cart()
    cart.add("tee", 2)
    cart.save()
    ana, claim = visitor.sign_in(somebody(server).token or "")
    assert claim is not None
    (form,) = claim.forms
    assert (form.fate, ana.get(form.draft).merged_into) == ("adopted", form.form)
    assert (form.saved, form.differs) == (None, ())
    assert [each.fate for each in claim.carts] == ["adopted"]
    assert ana.draft("loan").data == {"name": "Eva"}
    assert [line.quantity for line in ana.cart().lines] == [2]


def test_a_claim_is_told_with_where_it_was_begun(server: RetomaServer) -> None:
    """To whoever follows; the form's history goes on from what the visitor changed."""
    visitor, known = visitor_of(server), somebody(server)
    draft = begun(visitor, "loan", name="Eva")
    with known.events(type="draft-claimed") as events:
        ana, claim = visitor.sign_in(known.token or "")
        told = next(events)
    assert claim is not None
    assert told.claim is not None
    assert told.draft == claim.forms[0].form
    assert (told.claim.id, told.claim.draft, told.claim.channel) == (claim.id, draft.id, "mobile_web")
    assert told.claim.begun_at is not None
    assert told.claim.begun_at <= told.at
    claimed, applied = ana.draft("loan").history()
    assert (claimed.status, applied.by.device) == ("claimed", "iPhone")
    assert claimed.ops[0]["claim"]["id"] == claim.id


def test_where_there_is_one_already_there_is_something_to_choose_from(server: RetomaServer) -> None:
    """With where each was last touched, and what differs; nothing is lost whatever is chosen."""
    visitor, known = visitor_of(server), somebody(server)
    saved = begun(known, "loan", name="Ana", city="Sevilla")
    begun(visitor, "loan", name="Eva")
    ana, claim = visitor.sign_in(known.token or "")
    assert claim is not None
    (form,) = claim.forms
    assert (form.fate, form.form, form.differs) == ("guest-parked", saved.id, ("/city", "/name"))
    assert (form.guest.device, form.guest.fields) == ("iPhone", 1)
    assert form.saved is not None
    assert form.saved.fields == 2
    (parked,) = ana.drafts(status="parked")
    assert parked.id == form.parked
    assert ana.activate(parked).status == "open"
    assert ana.draft("loan").data == {"name": "Eva"}
    ana.activate(saved.id)
    ana.undo(claim)
    assert ana.draft("loan").data == {"name": "Ana", "city": "Sevilla"}


def test_a_strategy_says_what_becomes_of_forms(server: RetomaServer) -> None:
    """Merged, both values are kept where they differ."""
    visitor, known = visitor_of(server), somebody(server)
    begun(known, "loan", name="Ana")
    begun(visitor, "loan", name="Eva", income=3100)
    ana, claim = visitor.sign_in(known.token or "", forms="merge")
    assert claim is not None
    assert claim.forms[0].fate == "merged"
    form = ana.draft("loan")
    assert form.data == {"name": "Ana", "income": 3100}
    assert [conflict.arriving.value for conflict in form.conflicts] == ["Eva"]


def test_a_claim_that_cannot_be_made_now_is_made_later(server: RetomaServer) -> None:
    """The sign-in stands while the customer's cart is being ordered; nothing is lost meanwhile."""
    visitor, known = visitor_of(server), somebody(server)
    for client in (visitor, known):
        cart = client.cart()
        cart.add("tee")
        cart.save()
    order = known.cart().complete()
    ana, claim = visitor.sign_in(known.token or "")
    assert claim is None
    assert [line.quantity for line in visitor.cart().lines] == [1]
    order.commit("A-1")
    assert [each.fate for each in ana.claim(visitor).carts] == ["adopted"]


def test_a_token_that_is_none_signs_nobody_in(server: RetomaServer) -> None:
    """It is told at once; what was begun is still the visitor's."""
    visitor = visitor_of(server)
    begun(visitor, "loan", name="Eva")
    with pytest.raises(retoma.AuthenticationError):
        visitor.sign_in("ct_nothing")
    assert visitor.draft("loan").data == {"name": "Eva"}


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    """The shop's own sign-in."""
    with IdentityProvider() as running:
        yield running


def test_the_shops_own_tokens_sign_in_and_are_renewed(tmp_path: Path, provider: IdentityProvider) -> None:
    """A JWT goes beside the publishable key; when it is refused a fresh one is asked for, once."""
    asked: list[int] = []
    clock = Clock()
    with RetomaServer(tmp_path, RETOMA_HOOKS_TO_LOOPBACK="on") as server:
        about = {"issuer": provider.issuer, "audiences": [AUDIENCE]}
        service = {"Authorization": f"Bearer {server.secret_key}"}
        done = requests.put(f"{server.url}/v1/identity-provider", json=about, headers=service, timeout=30)
        assert done.status_code == 201, done.text

        def get_token() -> str:
            asked.append(1)
            clock.now = now_in_milliseconds() - (3_600_000 if len(asked) == 1 else 0)
            return provider.token(clock.now)

        visitor = visitor_of(server)
        begun(visitor, "loan", name="Eva")
        ana, claim = visitor.sign_in(get_token)
        assert claim is not None
        assert ana.draft("loan").data == {"name": "Eva"}
        assert len(asked) == 2
        again = retoma.Client(server.url, get_token, publishable_key=server.publishable_key)
        assert again.draft("loan").data == {"name": "Eva"}


def now_in_milliseconds() -> int:
    """The time, as tokens count it."""
    return int(time.time() * 1000)
