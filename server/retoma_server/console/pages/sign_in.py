"""`/staff/sign-in` and the ways out of it: signing in, out, and showing that it is still the same person."""

from flask import Response, g, request

from retoma_server.actions import signing_out
from retoma_server.actions.callers import Caller
from retoma_server.actions.staff_providers import registered
from retoma_server.actions.staff_sessions import Attempt, confirm_password, end_session, sign_in_staff
from retoma_server.console.blueprint import console
from retoma_server.console.callers import page_caller, staffed
from retoma_server.console.refusing import minutes, words
from retoma_server.console.showing import known_way, lead, show
from retoma_server.domain.errors import Forbidden, TooMany, Unauthenticated
from retoma_server.http.auth import check_own_page, current_caller, deps, session_cookie
from retoma_server.http.limiting import by_caller, limited, network
from retoma_server.http.staff import set_cookie, this_browser


@console.get("/sign-in")
def sign_in_page() -> Response:
    """Where a member of staff says who they are; without a tenant it says how to come by one."""
    caller = page_caller()
    if caller is None:
        return show("console/unknown.html", 404)
    said, to = request.args.get("said"), known_way(request.args.get("to", ""))
    return show("console/sign_in.html", said=said, to=to, provider=has_provider(caller))


def has_provider(caller: Caller) -> bool:
    """Whether the staff of a tenant may sign in at a provider of its own."""
    return registered(deps(), caller.home) is not None


@console.post("/sign-in")
def sign_in() -> Response:
    """Begin a session by name and password; whoever is refused is shown the page again, with why."""
    check_own_page(request.environ)
    g.caller = page_caller()
    if g.caller is None:
        return show("console/unknown.html", 404)
    try:
        return begin()
    except Unauthenticated as refusal:
        return again(refusal.code, 401)
    except Forbidden as refusal:
        return again(refusal.code, 403)
    except TooMany as refusal:
        answer = again("too-many-attempts", 429, minutes(refusal))
        answer.headers["Retry-After"] = str(refusal.facts.get("retry_after", 60))
        return answer


@limited("sign-ins", by_caller)
def begin() -> Response:
    """Sign in whoever the form names; who was at work here before the session ended goes on there."""
    before = session_cookie()
    known = sign_in_staff(deps(), current_caller(), attempt(request.form.get("sign_in_name", "")))
    is_back = before is not None and before.subject == known.account.id
    return set_cookie(lead(known_way(request.form.get("to", "")) if is_back else ""), "staff", known.cookie)


def attempt(name: str) -> Attempt:
    """What the form says, from where it is sent, and what the browser has already."""
    password = request.form.get("password", "")
    return Attempt(name, password, network(request.remote_addr or ""), this_browser())


def again(code: str, status: int, wait: int = 1) -> Response:
    """The page once more, with the name as it was typed and why it did not sign in."""
    typed = request.form.get("sign_in_name", "")
    told = {"refusal": words(code, status), "minutes": wait, "typed": typed}
    told["to"] = known_way(request.form.get("to", ""))
    caller = page_caller()
    return show("console/sign_in.html", status, provider=caller and has_provider(caller), **told)


@console.post("/sign-out")
@staffed("writes")
def sign_out() -> Response:
    """End the session, and the help that one gives."""
    signing_out.sign_out(deps(), current_caller())
    return signed_out("/sign-in?said=signed-out")


@console.post("/switch")
@staffed("writes")
def switch() -> Response:
    """End the session and let somebody else sign in; whoever comes back goes on with their help."""
    end_session(deps(), current_caller())
    return signed_out("/sign-in")


def signed_out(to: str) -> Response:
    """Lead to where somebody signs in, without the cookie."""
    g.who = None
    return set_cookie(lead(to), "staff", "")


@console.post("/unlock")
@staffed("sign-ins")
def unlock() -> Response:
    """Whether the password is still that of who is signed in: the page that hid itself shows itself again."""
    address = network(request.remote_addr or "")
    try:
        confirm_password(deps(), current_caller(), request.form.get("password", ""), address)
    except Unauthenticated as refusal:
        if refusal.code != "sign-in-refused":
            raise
        return show("console/_refusal.html", 403, refusal=words("unlock-refused", 403), minutes=1)
    answer = Response(status=204)
    answer.headers["HX-Trigger"] = "unlocked"
    return answer
