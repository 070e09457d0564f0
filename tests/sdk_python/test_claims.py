"""Promises of claims from Python: a guest who signs in keeps the cart, once, and may think better of it."""

import retoma
from tests.servers.retoma_server import RetomaServer


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
