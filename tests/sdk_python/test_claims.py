"""Promises of claims from Python: a guest who signs in keeps the cart, once, and may think better of it."""

from datetime import UTC, datetime

import pytest

import retoma
from tests.servers.retoma_server import RetomaServer

from .people import somebody


def test_a_guests_cart_is_the_customers_once_they_sign_in(server: RetomaServer) -> None:
    """Claimed twice it counts once; undone, both carts are as they were, the guest's parked."""
    service = retoma.Client(server.url, server.secret_key)
    guest = retoma.Client(server.url, server.publishable_key).visitor()
    ann = service.customer("claims-from-python")
    saved, brought = ann.cart(), guest.cart()
    saved.add("tee", 3)
    saved.save()
    brought.add("tee", 2)
    brought.add("lamp")
    brought.save()
    token = guest.token or ""
    claim, again = ann.claim(guest), ann.claim(token)
    assert claim.carts == again.carts
    assert claim.id == again.id
    (cart,) = claim.carts
    assert (cart.fate, cart.cart) == ("merged", saved.id)
    assert {each.sku: (each.guest, each.saved, each.result) for each in cart.lines} == {
        "tee": (2, 3, 3),
        "lamp": (1, 0, 1),
    }
    saved.refresh()
    assert {line.sku: line.quantity for line in saved.lines} == {"tee": 3, "lamp": 1}
    ann.undo(claim)
    ann.undo(claim)
    saved.refresh()
    assert {line.sku: line.quantity for line in saved.lines} == {"tee": 3}
    assert [draft.status for draft in ann.drafts(status="parked")] == ["parked"]


def test_what_a_limit_kept_out_is_on_the_receipt(server: RetomaServer) -> None:
    """With the time until which it can be undone, by its id too; undone the receipt says so."""
    ann, guest = somebody(server), retoma.Client(server.url, server.publishable_key).visitor()
    for client in (ann, guest):
        cart = client.cart()
        tee = cart.add("tee", 600)
        cart.save()
    claim = ann.claim(guest, strategy="sum")
    (claimed,) = claim.carts
    assert claimed.overflow == (retoma.Overflow(tee, "tee", 201),)
    assert (claimed.undone, claimed.undo_until and claimed.undo_until > datetime.now(UTC)) == (False, True)
    ann.undo(claim.id or "")
    assert [each.undone for each in ann.claim(guest).carts] == [True]


def test_who_had_nothing_has_nothing_to_undo(server: RetomaServer) -> None:
    """A receipt without an id."""
    ann, guest = somebody(server), retoma.Client(server.url, server.publishable_key).visitor()
    claim = ann.claim(guest)
    assert (claim.id, claim.carts) == (None, ())
    ann.undo(claim)


def test_just_one_of_a_guests_carts_can_be_claimed(server: RetomaServer) -> None:
    """By itself or by its id, the others under the receipt's token; one that nobody saved claims none."""
    ann, guest = somebody(server), retoma.Client(server.url, server.publishable_key).visitor()
    one, other, third = (guest.cart(key=key) for key in ("one", "other", "third"))
    for cart in (one, other, third):
        cart.add("tee")
        cart.save()
    with pytest.raises(retoma.RetomaError):
        ann.claim(guest, draft=guest.cart(key="unsaved"))
    first = ann.claim(guest, draft=one)
    second = ann.claim(first.visitor or "", draft=other.id)
    assert [each.draft for each in (*first.carts, *second.carts)] == [one.id, other.id]
    assert retoma.Client(server.url, second.visitor).get(third.id).status == "open"
