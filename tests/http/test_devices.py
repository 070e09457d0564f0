"""The devices that hold a customer's drafts: seen, named and signed out by their customer and the service."""

from typing import Any

import pytest
from itsdangerous import URLSafeSerializer

from retoma_server.domain.devices import DEVICES_KEPT
from tests.http.asserting import assert_problem
from tests.http.shop import MINUTE, Person, Shop, token_of

ABSENT = f"dv_00{'A' * 20}"


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A tenant of one's own on the server that the tests share."""
    return shop.neighbour()


def signed_in(shop: Shop, session: str, user: str = "u-17", **headers: str) -> Person:
    """A customer on the device of one sign-in."""
    minted = shop.service.post("/v1/customer-tokens", {"external_id": user, "device": session})
    assert minted.status_code == 201, minted.text
    told = minted.get_json()
    return Person(shop.app, told["token"], told["customer"]).sending(**headers)


def devices(person: Person, path: str = "/v1/me/devices") -> list[dict[str, Any]]:
    """The devices that somebody is shown."""
    answer = person.get(path)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def this_device(person: Person) -> str:
    """The id of the device that asks."""
    person.get("/v1/me/drafts")
    (own,) = [each["id"] for each in devices(person) if each["current"]]
    return str(own)


def test_a_customer_sees_the_devices_that_hold_their_drafts(shop: Shop) -> None:
    """Of each its channel, what it calls itself, and when it was seen; alike for the service."""
    phone = signed_in(shop, "s-1", Retoma_Channel="ios", Retoma_Device="iPhone")
    laptop = signed_in(shop, "s-2", Retoma_Channel="web", Retoma_Device="Laptop")
    phone.begin(name="Ana")
    shop.clock.now += MINUTE
    laptop.get("/v1/me/drafts")
    mine = devices(laptop)
    assert [(each["kind"], each["channel"], each["name"], each["current"]) for each in mine] == [
        ("signed-in", "web", "Laptop", True),
        ("signed-in", "ios", "iPhone", False),
    ]
    assert mine[0]["first_seen_at"] > mine[1]["last_seen_at"]
    theirs = devices(shop.service, f"/v1/customers/{phone.customer}/devices")
    assert [{**each, "current": False} for each in mine] == theirs


def test_a_renewed_token_is_the_same_device(shop: Shop) -> None:
    """As long as the service names the same sign-in; another customer's is another device."""
    first, again = signed_in(shop, "s-1"), signed_in(shop, "s-1")
    assert this_device(first) == this_device(again)
    assert len(devices(first)) == 1
    assert this_device(signed_in(shop, "s-1", "u-18")) != this_device(first)


def test_last_seen_goes_on_within_minutes(shop: Shop) -> None:
    """Whoever only reads is seen too, and not noted with every request."""
    ana = signed_in(shop, "s-1")
    ana.get("/v1/me/drafts")
    before = devices(ana)[0]
    shop.clock.now += MINUTE
    ana.get("/v1/me/drafts")
    assert devices(ana)[0] == before
    shop.clock.now += 5 * MINUTE
    ana.get("/v1/me/drafts")
    after = devices(ana)[0]
    assert after["last_seen_at"] > before["last_seen_at"]
    assert after["first_seen_at"] == before["first_seen_at"]


def test_a_token_that_names_no_device_shows_none(shop: Shop) -> None:
    """It can be ended with all of its customer's tokens only."""
    ana = shop.customer("u-17")
    ana.begin(name="Ana")
    assert devices(ana) == []
    assert ana.ask("DELETE", "/v1/me/tokens").status_code == 204
    assert_problem(ana.get("/v1/me/devices"), 401, "token-revoked")


def test_a_device_is_called_as_its_customer_likes(shop: Shop) -> None:
    """Until it is to call itself again; markup is a text like any other."""
    phone = signed_in(shop, "s-1", Retoma_Device="iPhone")
    own = f"/v1/me/devices/{this_device(phone)}"
    for name in ("Ana's phone", "<script>alert(1)</script>", "Teléfono 📱", "x" * 64):
        assert phone.ask("PATCH", own, {"name": f" {name}"[-64:]}).get_json()["name"] == name
        assert devices(phone)[0]["name"] == name
    theirs = f"/v1/customers/{phone.customer}/devices/{this_device(phone)}"
    assert shop.service.ask("PATCH", theirs, {"name": None}).get_json()["name"] == "iPhone"


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb", "a\x00b", "\u202eevil", 7, ["x"]])
def test_a_name_is_something_to_be_read(shop: Shop, name: object) -> None:
    """422 for one that is empty, too long, or has what cannot be seen; the device keeps the one it has."""
    phone = signed_in(shop, "s-1", Retoma_Device="iPhone")
    own = f"/v1/me/devices/{this_device(phone)}"
    answer = phone.ask("PATCH", own, {"name": name})
    assert answer.status_code in (400, 422), answer.text
    assert devices(phone)[0]["name"] == "iPhone"


def test_a_device_that_is_signed_out_is_out_with_the_next_request(shop: Shop) -> None:
    """401 `token-revoked` for its tokens, of every age; the other device goes on, and sees it no more."""
    phone, laptop = signed_in(shop, "s-1"), signed_in(shop, "s-2")
    draft = phone.begin(name="Ana")
    lost = this_device(phone)
    assert laptop.ask("DELETE", f"/v1/me/devices/{lost}").status_code == 204
    for path in (f"/v1/drafts/{draft}", "/v1/me/devices", f"/v1/events?draft={draft}"):
        assert_problem(phone.get(path, Accept="application/json"), 401, "token-revoked")
    assert_problem(phone.save(draft, 2, name="Eva"), 401, "token-revoked")
    assert laptop.data(draft) == {"name": "Ana"}
    assert [each["id"] for each in devices(laptop)] == [this_device(laptop)]
    assert_problem(laptop.ask("DELETE", f"/v1/me/devices/{lost}"), 404, "not-found")


def test_a_sign_in_that_was_ended_gets_no_token_and_a_new_one_does(shop: Shop) -> None:
    """403 `device-revoked`, so that the service ends its own session too; the customer signs in again."""
    phone = signed_in(shop, "s-1")
    assert (
        shop.service.ask("DELETE", f"/v1/customers/{phone.customer}/devices/{this_device(phone)}").status_code
        == 204
    )
    shop.clock.now += MINUTE
    refused = shop.service.post("/v1/customer-tokens", {"external_id": "u-17", "device": "s-1"})
    assert_problem(refused, 403, "device-revoked")
    again = signed_in(shop, "s-3")
    assert len(devices(again)) <= 1
    assert this_device(again)


def test_signing_oneself_out_is_not_noted_as_a_visit(shop: Shop) -> None:
    """The device that asks is off the list with its own request, however long it was unseen."""
    phone, laptop = signed_in(shop, "s-1"), signed_in(shop, "s-2")
    own = this_device(phone)
    shop.clock.now += 6 * MINUTE
    assert phone.ask("DELETE", f"/v1/me/devices/{own}").status_code == 204
    assert own not in [each["id"] for each in devices(laptop)]


def test_a_link_is_a_device_of_its_own(shop: Shop) -> None:
    """Seen as soon as it was redeemed, under the name it gave; revoking it ends its access."""
    ana = signed_in(shop, "s-1")
    draft = ana.begin(name="Ana")
    body = {"token": token_of(ana.hand_off(draft)), "nonce": "n" * 22, "device": "Kitchen tablet"}
    grant = shop.page.post("/v1/handoffs/redeem", body, Retoma_Channel="mobile_web").get_json()["grant"]
    tablet = Person(shop.app, grant)
    (shown,) = [each for each in devices(ana) if each["kind"] == "link"]
    assert (shown["name"], shown["channel"]) == ("Kitchen tablet", "mobile_web")
    assert tablet.data(draft) == {"name": "Ana"}
    assert ana.ask("DELETE", f"/v1/me/devices/{shown['id']}").status_code == 204
    assert_problem(tablet.get(f"/v1/drafts/{draft}"), 401, "token-revoked")
    assert [each["kind"] for each in devices(ana)] == ["signed-in"]


def test_a_link_whose_time_is_over_is_no_device_any_more(shop: Shop) -> None:
    """Half an hour idle, and it opens nothing."""
    ana = shop.visitor()
    shop.grant(ana, ana.begin(name="Ana"))
    assert sorted(each["kind"] for each in devices(ana)) == ["link", "visitor"]
    shop.clock.now += 31 * MINUTE
    assert [each["kind"] for each in devices(ana)] == ["visitor"]


def test_a_visitors_device_can_be_signed_out(shop: Shop) -> None:
    """Theirs is the only one; its token is over."""
    visitor = shop.visitor()
    assert visitor.ask("DELETE", f"/v1/me/devices/{this_device(visitor)}").status_code == 204
    assert_problem(visitor.get("/v1/drafts"), 401, "token-revoked")


def test_a_device_cannot_be_forged(shop: Shop) -> None:
    """A token whose device was changed is no token; a header changes nothing but the label."""
    phone, laptop = signed_in(shop, "s-1"), signed_in(shop, "s-2")
    lost = this_device(phone)
    laptop.ask("DELETE", f"/v1/me/devices/{lost}")
    head, _, signed = (phone.credential or "").partition("_")
    payload = URLSafeSerializer("guess").loads_unsafe(signed)[1]
    assert payload["dev"] == lost
    assert "s-1" not in str(payload)
    forged = URLSafeSerializer("guess", salt=b"customer-token.v1").dumps({**payload, "dev": None})
    assert_problem(Person(shop.app, f"{head}_{forged}").get("/v1/drafts"), 401, "invalid-token")
    assert_problem(phone.get("/v1/drafts", Retoma_Device="Laptop"), 401, "token-revoked")


def test_somebody_elses_device_is_as_if_it_were_not(shop: Shop) -> None:
    """404 alike for another customer's, another tenant's, and none; and nothing happens to it."""
    ana, eva = signed_in(shop, "s-1"), signed_in(shop, "s-2", "u-18")
    hers = this_device(ana)
    other = signed_in(shop.neighbour(), "s-1")
    for person in (eva, other):
        for device in (hers, ABSENT):
            assert_problem(person.ask("DELETE", f"/v1/me/devices/{device}"), 404, "not-found")
            assert_problem(person.ask("PATCH", f"/v1/me/devices/{device}", {"name": "x"}), 404, "not-found")
    for device in (hers, ABSENT):
        theirs = f"/v1/customers/{eva.customer}/devices/{device}"
        assert_problem(shop.service.ask("DELETE", theirs), 404, "not-found")
    assert this_device(ana) == hers


def test_fifty_devices_are_listed(shop: Shop) -> None:
    """One more, and the one that was not seen for longest falls off; it comes back when it is seen again."""
    people = []
    for number in range(DEVICES_KEPT + 1):
        people.append(signed_in(shop, f"s-{number}"))
        people[-1].get("/v1/me/drafts")
        shop.clock.now += 1
    shown = [each["id"] for each in devices(people[-1])]
    assert len(shown) == DEVICES_KEPT
    shop.clock.now += 6 * MINUTE
    assert this_device(people[0]) not in shown


def test_erasure_takes_the_devices_along(shop: Shop) -> None:
    """Whoever comes back is somebody new, with one device."""
    ana = signed_in(shop, "s-1")
    this_device(ana)
    assert ana.ask("DELETE", "/v1/me").status_code == 204
    assert_problem(ana.get("/v1/me/devices"), 410, "customer-erased")
    tenant = shop.tenant.id
    place = int(ana.customer[3:5], 16)
    key = f"{tenant}/devices/{ana.customer}"
    assert shop.deps.store.read(place, [key]).get(key) is None
    again = signed_in(shop, "s-1")
    assert again.customer != ana.customer
    this_device(again)
    assert len(devices(again)) == 1


def test_the_export_tells_of_the_devices(shop: Shop) -> None:
    """As the list does."""
    ana = signed_in(shop, "s-1", Retoma_Device="iPhone")
    this_device(ana)
    bundle = ana.post(ana.post("/v1/me/export").get_json()["url"]).get_json()
    assert bundle["devices"] == devices(ana)


def test_a_list_of_drafts_says_where_each_was_last_touched(shop: Shop) -> None:
    """On which channel, and on what device by the name that its customer gave it; a cart and a step too."""
    phone = signed_in(shop, "s-1", Retoma_Channel="ios", Retoma_Device="iPhone")
    laptop = signed_in(shop, "s-2", Retoma_Channel="web", Retoma_Device="Laptop")
    empty, form = phone.begin("claim"), phone.begin(name="Ana")
    cart = phone.post("/v1/drafts", {"process": "cart", "kind": "cart"}).get_json()["id"]
    phone.plain(cart, 0, {"op": "add", "sku": "tea"})
    laptop.send(form, {"seq": 1, "ops": [{"op": "position", "step": "income"}]}, writer="w_2")

    def touched() -> dict[str, Any]:
        return {each["id"]: each["touched"] for each in laptop.get("/v1/me/drafts").get_json()["items"]}

    assert touched() == {
        empty: None,
        form: {"channel": "web", "device": "Laptop"},
        cart: {"channel": "ios", "device": "iPhone"},
    }
    phone.ask("PATCH", f"/v1/me/devices/{this_device(phone)}", {"name": "Ana's phone"})
    assert touched()[cart] == {"channel": "ios", "device": "Ana's phone"}
