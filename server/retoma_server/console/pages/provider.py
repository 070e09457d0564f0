"""`/staff/sign-in/provider` and back: signing in at the tenant's own identity provider."""

from flask import Response, g, make_response, redirect, request

from retoma_server.actions import staff_providers
from retoma_server.actions.staff_providers import Arrival
from retoma_server.console.blueprint import console
from retoma_server.console.callers import page_caller
from retoma_server.console.pages.sign_in import again
from retoma_server.console.showing import show
from retoma_server.domain.errors import Forbidden, Unauthenticated
from retoma_server.domain.staff_providers import AWAY_LIFE
from retoma_server.http.auth import cookie_name, current_caller, deps
from retoma_server.http.limiting import by_caller, by_ip, limited, network
from retoma_server.http.staff import set_cookie, this_browser

TRIP = "trip"


@console.get("/sign-in/provider")
def go_to_provider() -> Response:
    """Lead to the provider, and have the browser keep what it must bring back."""
    g.caller = page_caller()
    return show("console/unknown.html", 404) if g.caller is None else depart()


@limited("sign-ins", by_caller)
def depart() -> Response:
    """Send the browser away."""
    left = staff_providers.depart(deps(), current_caller())
    answer = make_response(redirect(left.url, 303))
    # Lax: the way back is a page of the provider's, and nothing else is this cookie for.
    return set_cookie(answer, TRIP, left.trip, AWAY_LIFE // 1_000, same_site="Lax")


@console.get("/sign-in/back")
@limited("previews", by_ip)
def come_back() -> Response:
    """Begin a session for whoever the provider says it is; whoever is refused is shown where they began.

    The page leads on by itself: browsers hold a strict cookie back from what another site led to.
    """
    try:
        known = staff_providers.arrive(deps(), arrival())
    except (Unauthenticated, Forbidden) as refusal:
        return forgetting(again(refusal.code, 401 if isinstance(refusal, Unauthenticated) else 403))
    return set_cookie(forgetting(show("console/arrived.html")), "staff", known.cookie)


def arrival() -> Arrival:
    """What the browser brought."""
    trip = request.cookies.get(cookie_name(TRIP, deps().public_url), "")
    said = (request.args.get("state", ""), request.args.get("code", ""))
    return Arrival(trip, *said, network(request.remote_addr or ""), this_browser())


def forgetting(answer: Response) -> Response:
    """The answer, with nothing kept of the trip."""
    return set_cookie(answer, TRIP, "", same_site="Lax")
