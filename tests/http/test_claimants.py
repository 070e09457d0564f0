"""Who may claim what, and what becomes of the token that the guest had."""

from dataclasses import replace
from typing import Any

import pytest

from tests.http import claiming
from tests.http.asserting import assert_problem
from tests.http.claiming import Pair, asked, claim, filled, only, renewed
from tests.http.shop import Shop, new_key
from tests.http.test_carts import quantities

shop, pair = claiming.shop, claiming.pair


# -- who may -----------------------------------------------------------------------------------


def test_what_is_not_the_guests_is_as_if_it_were_not(shop: Shop, pair: Pair) -> None:
    """A wrong token, somebody else's cart and none at all: the same 404 (test 15, CVE-2026-94462)."""
    other, foreign = shop.visitor(), shop.neighbour().visitor()
    secret = (pair.guest.credential or "")[:-4]
    answers = [
        asked(pair.ann, replace(pair.guest, credential=f"{secret}AAAA")),
        asked(pair.ann, replace(pair.guest, credential="nothing")),
        asked(pair.ann, replace(pair.guest, credential=pair.ann.credential)),
        asked(pair.ann, replace(pair.guest, credential=shop.tenant.secret_key)),
        asked(pair.ann, foreign),
        asked(pair.ann, other, draft=pair.cart),
        asked(pair.ann, pair.guest, draft=pair.saved),
        asked(pair.ann, pair.guest, draft=f"dr_00{'A' * 20}"),
    ]
    problems = [assert_problem(answer, 404, "not-found") for answer in answers]
    assert len({str({**problem, "request_id": ""}) for problem in problems}) == 1
    assert quantities(pair.guest, pair.cart) == {"tee": 2, "lamp": 1}
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "mug": 1}


def test_only_a_customer_claims(shop: Shop, pair: Pair) -> None:
    """Not the guest alone, not the page, not staff, and not the service, which can mint a token.

    What staff began in a store a visitor claims as well.
    """
    for person in (pair.guest, shop.page, shop.service, shop.staff()):
        assert_problem(asked(person, pair.guest), 403, "insufficient-scope")
    assert_problem(asked(shop.nobody, pair.guest), 401, "authentication-required")


def test_a_receipt_is_its_customers_and_the_services(shop: Shop, pair: Pair) -> None:
    """Everybody else's question is about something that does not exist."""
    place = f"/v1/claims/{claim(pair.ann, pair.guest)['id']}"
    assert shop.service.get(place).status_code == 200
    for act in (lambda person: person.get(place), lambda person: person.post(f"{place}/undo")):
        assert_problem(act(shop.customer(new_key())), 404, "not-found")
        assert_problem(act(shop.neighbour().customer("u")), 404, "not-found")
        assert_problem(act(pair.guest), 403, "insufficient-scope")


def test_who_signs_in_next_never_sees_the_lines(shop: Shop, pair: Pair) -> None:
    """Ben claims with the browser that Ann signed in with, by either token (vendure#263)."""
    ben = shop.customer(new_key())
    receipt = claim(pair.ann, pair.guest)
    guest = renewed(pair.guest, receipt)
    assert_problem(asked(ben, pair.guest), 404, "not-found")
    assert_problem(asked(ben, guest, draft=pair.cart), 404, "not-found")
    bens = claim(ben, guest)
    assert bens["carts"] == []
    assert_problem(ben.get(f"/v1/drafts/{pair.cart}"), 404, "not-found")
    for page in ("", "/history"):
        shown = renewed(guest, bens).get(f"/v1/drafts/{pair.cart}{page}")
        assert (shown.status_code, "tee" in shown.text) == (200, False)
    assert ben.get("/v1/drafts").get_json()["items"] == []


def test_a_claim_of_ones_own_is_nothing(shop: Shop) -> None:
    """The service vouches for the visitor themself: same customer, same cart, same token."""
    guest = shop.visitor()
    cart = filled(guest, tee=1)
    minted = shop.service.post("/v1/customer-tokens", {"customer": guest.customer}).get_json()
    same = replace(guest, credential=minted["token"])
    receipt = claim(same, guest)
    assert receipt == {"id": None, "carts": [], "forms": [], "visitor": None}
    assert quantities(guest, cart) == {"tee": 1}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"visitor": 1},
        {"visitor": "vt_x", "strategy": "biggest"},
        {"visitor": "vt_x", "strategy": ["max"]},
        {"visitor": "vt_x", "strategy": "MAX"},
        {"visitor": "vt_x", "intent": "buy"},
        {"visitor": "vt_x", "draft": "cart"},
        {"visitor": "vt_x", "forms": "biggest"},
        {"visitor": "x" * 5000},
        {"visitor": "vt_x", "cart": "dr_1"},
    ],
)
def test_a_malformed_wish_is_refused_without_an_echo(shop: Shop, body: dict[str, Any]) -> None:
    """422, by place and never by value."""
    answer = shop.customer("u-malformed").post("/v1/claim", body)
    assert answer.status_code == 422
    assert all(part not in answer.text for part in ("biggest", "vt_x", "xxxx"))


# -- the visitor's token -----------------------------------------------------------------------


def test_the_visitors_token_is_replaced_and_what_was_not_claimed_stays(shop: Shop, pair: Pair) -> None:
    """The old one opens nothing any more, the new one all that the visitor has left (case 54)."""
    form = pair.guest.begin(name="Ann")
    guest = renewed(pair.guest, claim(pair.ann, pair.guest, draft=pair.cart))
    assert guest.data(form) == {"name": "Ann"}
    assert guest.save(form, 2, name="Eve").status_code == 200
    for refused in (
        pair.guest.get(f"/v1/drafts/{form}"),
        pair.guest.save(form, 3, name="Mallory"),
        pair.guest.get("/v1/drafts"),
        pair.guest.get("/v1/events", Accept="application/json"),
        pair.guest.get(f"/v1/drafts/{pair.cart}"),
        pair.guest.post("/v1/drafts", {"process": "loan"}),
    ):
        assert_problem(refused, 401, "token-revoked")


def test_a_guest_goes_on_after_the_claim(shop: Shop, pair: Pair) -> None:
    """After sign-out a new cart begins under the new token, and the next claim takes it too."""
    guest = renewed(pair.guest, claim(pair.ann, pair.guest))
    later = filled(guest, pen=4)
    receipt = claim(pair.ann, guest)
    assert only(receipt)["draft"] == later
    assert quantities(pair.ann, pair.saved) == {"tee": 3, "lamp": 1, "mug": 1, "pen": 4}
    assert claim(pair.ann, pair.guest)["visitor"] is None
