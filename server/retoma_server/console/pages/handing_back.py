"""`/staff/help/{id}/hand-back`: a customer's process on its way back to them."""

from flask import Response, request

from retoma_server.actions.handing_back import hand_back
from retoma_server.actions.handoffs import Offer, Wish
from retoma_server.actions.overviews import get_overview
from retoma_server.adapters.mailing import CannotSend
from retoma_server.adapters.qr import qr_svg
from retoma_server.console.blueprint import console
from retoma_server.console.callers import staffed
from retoma_server.console.refusing import words
from retoma_server.console.showing import lead, show
from retoma_server.console.texts import console_language
from retoma_server.domain.errors import Invalid, Locked
from retoma_server.http.auth import current_caller, deps
from retoma_server.http.drafts import known_id
from retoma_server.http.texts import LANGUAGES

WAYS = ("device", "email", "phone", "none")
"""How a customer comes to it again: by a link on screen, by one that is sent, or where it is."""


@console.get("/help/<as_id>/hand-back")
@staffed("reads")
def hand_back_page(as_id: str) -> Response:
    """The ways in which a customer can go on."""
    overview = get_overview(deps(), current_caller(), known_id(as_id, "as"))
    return show("console/hand_back.html", overview=overview)


@console.post("/help/<as_id>/hand-back")
@staffed("handoffs")
def give_back(as_id: str) -> Response:
    """Give a process back, in the way that was chosen; from then on staff are out of it."""
    way = request.form.get("way", "")
    if way not in WAYS:
        raise Invalid
    if way in ("email", "phone") and not typed(way):
        return again(as_id, way, "contact-missing")
    step = request.form.get("step") or None
    try:
        offer = hand_back(deps(), current_caller(), known_id(as_id, "as"), wish(way), step)
    except (Invalid, CannotSend, Locked) as refusal:  # nothing was given back
        return again(as_id, way, refusal.code)
    return lead("?said=given-back") if offer is None else given_back(way, offer)


def again(as_id: str, way: str, code: str) -> Response:
    """The page once more, with what was typed and why it was not done."""
    overview = get_overview(deps(), current_caller(), known_id(as_id, "as"))
    told = {"refusal": words(code, 422), "minutes": 1}
    kept = {"chosen": way, "address": typed(way), "step_chosen": request.form.get("step")}
    return show("console/hand_back.html", 422, overview=overview, **kept, **told)


def typed(way: str) -> str:
    """The address that was typed for a way."""
    return request.form.get(f"address_{way}", "").strip()


def wish(way: str) -> Wish | None:
    """What the form wishes; letters are in the language that the customer is spoken to."""
    if way == "none":
        return None
    address = typed(way) if way != "device" else None
    asked = request.form.get("language")
    return Wish(way, address=address, language=asked if asked in LANGUAGES else console_language())


def given_back(way: str, offer: Offer) -> Response:
    """The link on screen, or that it was sent."""
    code = qr_svg(offer.link) if offer.link else None
    about = {"way": way, "link": offer.link, "code": code, "offer": offer.handoff}
    return show("console/given_back.html", 200, is_begun="begun" in request.form, **about)
