"""Promises to programs of what staff begin for a person with no account: whoever opens the link has it."""

import pytest

import retoma
from tests.servers.retoma_server import RetomaServer

from .people import service, somebody
from .test_assist import clerk


def handed_over(server: RetomaServer, process: str = "loan") -> str:
    """The link to something that Sam began with an answer in it."""
    sam = clerk(server, "Sam")
    begun = sam.assist.start(process)
    assert isinstance(begun, retoma.Draft)
    assert begun.assist is not None
    assert begun.assist.method == "started"
    begun.set("income.net", 3100)
    handoff = sam.assist.hand_back(begun, "device")
    assert handoff is not None
    return handoff.url or ""


def entered(draft: retoma.Draft | retoma.Cart) -> list[str | None]:
    """Who of staff entered what is in a draft."""
    return [each.name for each in draft.entered_by_staff()]


def test_a_device_of_nobody_has_it_as_a_visitor(server: RetomaServer) -> None:
    """With a token that is worth keeping: it opens the same again, for longer than any link."""
    draft = retoma.Client(server.url, server.publishable_key).redeem(handed_over(server))
    assert isinstance(draft, retoma.Draft)
    assert (draft["income.net"], entered(draft)) == (3100, ["Sam"])
    assert (draft.client.token or "").startswith("vt_")
    later = retoma.Client(server.url, draft.client.token).draft("loan")
    assert later.id == draft.id
    draft.set("income.net", 3200)
    draft.save()
    assert entered(draft) == []


def test_who_has_signed_in_has_it_as_theirs(server: RetomaServer) -> None:
    """It is claimed on opening, and is in every other client of theirs."""
    ana = somebody(server)
    draft = ana.redeem(handed_over(server))
    assert isinstance(draft, retoma.Draft)
    assert (draft["income.net"], entered(draft), draft.client) == (3100, ["Sam"], ana)
    assert ana.draft("loan").id == draft.id


def test_who_has_one_already_goes_on_with_the_stores(server: RetomaServer) -> None:
    """What they had is parked, and one call brings it back: nothing of either is lost."""
    visitor = retoma.Client(server.url, server.publishable_key).visitor()
    mine = visitor.draft("loan")
    mine.set("email", "ann@example.com")
    mine.save()
    draft = visitor.redeem(handed_over(server))
    assert isinstance(draft, retoma.Draft)
    assert (draft["income.net"], draft.get("email")) == (3100, None)
    assert visitor.draft("loan").id == draft.id
    again = visitor.activate(mine)
    assert isinstance(again, retoma.Draft)
    assert again["email"] == "ann@example.com"


def test_an_empty_one_is_no_loss(server: RetomaServer) -> None:
    """Whoever has signed in begins where they would have begun themselves."""
    ana, sam = somebody(server), clerk(server, "Sam")
    handoff = sam.assist.hand_back(sam.assist.start("loan"), "device")
    assert handoff is not None
    draft = ana.redeem(handoff.url or "")
    assert (draft.process, draft.client) == ("loan", ana)


def test_a_cart_is_begun_the_same_way(server: RetomaServer) -> None:
    """And goes on as a cart."""
    service(server).processes.register("basket", titles={"en": "Basket"}, kind="cart")
    sam = clerk(server, "Sam")
    cart = sam.assist.start("basket")
    assert isinstance(cart, retoma.Cart)
    cart.add("tee", quantity=2)
    handoff = sam.assist.hand_back(cart, "device")
    assert handoff is not None
    ana = somebody(server)
    mine = ana.redeem(handoff.url or "")
    assert isinstance(mine, retoma.Cart)
    assert [line.quantity for line in mine.lines] == [2]
    assert [line.quantity for line in ana.cart("basket").lines] == [2]


def test_what_cannot_be_claimed_yet_is_not_lost(server: RetomaServer) -> None:
    """While their own cart is being ordered it is a new visitor's, and is claimed afterwards."""
    service(server).processes.register("hamper", titles={"en": "Hamper"}, kind="cart")
    ana, sam = somebody(server), clerk(server, "Sam")
    own = ana.cart("hamper")
    own.add("mug")
    own.save()
    order = own.complete()
    cart = sam.assist.start("hamper")
    assert isinstance(cart, retoma.Cart)
    cart.add("tee", quantity=2)
    handoff = sam.assist.hand_back(cart, "device")
    assert handoff is not None
    got = ana.redeem(handoff.url or "")
    assert isinstance(got, retoma.Cart)
    assert ([line.quantity for line in got.lines], got.client is ana) == ([2], False)
    order.commit("A-1")
    ana.claim(got.client.token or "")
    assert [line.sku for line in ana.cart("hamper").lines] == ["tee"]


def test_whoever_began_goes_on_until_it_is_somebodys(server: RetomaServer) -> None:
    """With another link, should the first not have come to anything."""
    sam = clerk(server, "Sam")
    begun = sam.assist.start("loan")
    assert sam.assist.hand_back(begun, "device") is not None
    again = sam.assist.resume(begun.id)
    handoff = sam.assist.hand_back(again, "device")
    assert handoff is not None
    retoma.Client(server.url).redeem(handoff.url or "")
    with pytest.raises(retoma.NotFoundError):
        sam.assist.resume(begun.id)


def test_nothing_is_handed_over_without_a_link(server: RetomaServer) -> None:
    """Nobody could go on; Sam is still there, and sends a link."""
    sam = clerk(server, "Sam")
    begun = sam.assist.start("loan")
    with pytest.raises(retoma.InvalidRequestError):
        sam.assist.hand_back(begun)
    assert sam.assist.hand_back(begun, "device") is not None
