"""Whatever somebody wrote is text on the console: in carts, names of colleagues, notes and reasons."""

from urllib.parse import quote

import pytest

from retoma_server.domain.staff import Role
from tests.console.assisting import Counter, at_the_counter, redeemed, with_a_colleague
from tests.console.test_editing import HOSTILE, Drawn
from tests.http.shop import Shop, new_key
from tests.http.test_staff import clerk


def assert_text(page: str, text: str, times: int = 1) -> None:
    """Assert that a page shows a text so many times or more, and that a browser makes nothing else of it."""
    drawn = Drawn(page)
    assert sum(text in each for each in drawn.texts) >= times, page
    assert not drawn.names & {"svg", "b"}
    assert not [name for name in drawn.attributes if name.startswith("on") or name == "autofocus"]
    assert not [address for address in drawn.addresses if not address.startswith(("/", "#", "?"))]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cart_is_text(shop: Shop, text: str) -> None:
    """Its title, an article's number, title and details, and what one of the shop's says of it (case 57)."""
    name = new_key()
    shop.register(name, kind="cart", titles={"en": text}, fields={"": "public"})
    at = at_the_counter(shop, name, "cart")
    add = {"op": "add", "sku": text, "quantity": 1, "seen": 0, "info": {"title": text, text: text}}
    sent = at.customer.sending(Retoma_Device=quote(text)).send(at.draft, {"seq": 1, "ops": [add]})
    assert sent.get_json()["results"][0]["status"] == "applied", sent.text
    assert_text(at.page(), text, 3)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_colleagues_and_the_shop_wrote_is_text(shop: Shop, text: str) -> None:
    """Who is at work just now, the note of a call, an answer that is read for a reason, and the reason on
    record (case 57).
    """
    name = new_key()
    shop.register(name, titles={"en": text}, fields={"/free": "personal"})
    at = named(shop, name, text)
    customer = at.customer.customer
    told = {"name": "call", "channel": "contact_center", "note": text}
    noted = shop.service.post(f"/v1/customers/{customer}/touchpoints", told, Idempotency_Key=new_key())
    assert noted.status_code == 201, noted.text
    assert_text(at.page(), text, 3)
    assert_text(with_a_colleague(shop, at, "Ben").page(), text, 3)
    said = at.send("reveal", 1, path="/free", reason=f"Asked: {text}").text
    assert_text(said, text)
    assert_text(at.shown(at.clerk.get("/staff/record?action=field-revealed")), text, 2)
    assert_text(at.shown(at.clerk.get("/staff/activity")), text)


def named(shop: Shop, process: str, name: str) -> Counter:
    """A supervisor of that name with a draft in hand whose answer is that too."""
    at = at_the_counter(shop, process, free=name)
    return redeemed(clerk(shop, Role.SUPERVISOR, name=name).signed_in(), at.customer, at.draft)
