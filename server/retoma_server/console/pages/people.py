"""`/staff/people`: the accounts that a supervisor or an admin sees to."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from retoma_server.actions import staffing
from retoma_server.actions.staff import NameTaken
from retoma_server.console.blueprint import console
from retoma_server.console.callers import may, staffed
from retoma_server.console.refusing import words
from retoma_server.console.showing import lead, show
from retoma_server.domain.access import Verb
from retoma_server.domain.errors import Invalid
from retoma_server.domain.staff import ASSISTING, Account, Role, UnfitPassword
from retoma_server.http.auth import current_caller, deps
from retoma_server.http.drafts import known_id

SAID = ("added", "disabled", "enabled", "roles", "password")
UNFIT = (Invalid, NameTaken, UnfitPassword)
"""How somebody is refused for what a form says."""


@console.get("/people")
@staffed("reads")
def people() -> Response:
    """Who there is, and how somebody is added."""
    return people_shown()


def people_shown(status: int = 200, **values: Any) -> Response:
    """The page, with what was typed where that was not taken."""
    listed = staffing.list_people(deps(), current_caller())
    stores = staffing.list_stores(deps(), current_caller())
    about = {"people": listed, "stores": stores, "names": {each.id: each.name for each in stores}}
    return show("staff/people.html", status, **about, **told(), **values)


def told() -> dict[str, Any]:
    """What the last form did, which roles there are, and whether who asks may give them."""
    said = request.args.get("said")
    return {"said": said if said in SAID else None, "roles": list(Role), "is_admin": may(Verb.MANAGE_STORES)}


@console.post("/people")
@staffed("writes")
def add_person() -> Response:
    """Add somebody; what is not taken is typed on the page still, but for the password."""
    try:
        staffing.add_person(deps(), current_caller(), wanted(), request.form.get("password", ""))
    except UNFIT as refusal:
        return people_shown(422, refusal=words(code_of(refusal), 422), minutes=1, typed=wanted())
    return lead("/people?said=added")


def wanted() -> Account:
    """The account that the form asks for."""
    name, sign_in_name = (request.form.get(each, "").strip() for each in ("name", "sign_in_name"))
    roles = given_roles() if may(Verb.MANAGE_STORES) else ASSISTING
    return Account("", name, roles, sign_in_name, request.form.get("store") or None)


def given_roles() -> frozenset[Role]:
    """The roles that are ticked."""
    return frozenset(role for role in Role if role in request.form.getlist("roles"))


def code_of(refusal: Exception) -> str:
    """Which words say why somebody was not taken."""
    if isinstance(refusal, NameTaken):
        return "name-taken"
    code = str(getattr(refusal, "code", ""))
    return "store-unknown" if code == "validation-failed" else code


@console.get("/people/<staff>")
@staffed("reads")
def person(staff: str) -> Response:
    """One account, and what can be changed of it."""
    return person_shown(staff)


def person_shown(staff: str, status: int = 200, **values: Any) -> Response:
    """The page of an account."""
    account = staffing.read_person(deps(), current_caller(), known_id(staff, "st"))
    names = {each.id: each.name for each in staffing.list_stores(deps(), current_caller())}
    return show("staff/person.html", status, person=account, names=names, **told(), **values)


@console.post("/people/<staff>/disable")
@staffed("writes")
def disable_person(staff: str) -> Response:
    """Let somebody in no more; they are out at once."""
    return changed(staff, "disabled", lambda id: staffing.disable_person(deps(), current_caller(), id, True))


@console.post("/people/<staff>/enable")
@staffed("writes")
def enable_person(staff: str) -> Response:
    """Let somebody in again."""
    return changed(staff, "enabled", lambda id: staffing.disable_person(deps(), current_caller(), id, False))


@console.post("/people/<staff>/roles")
@staffed("writes")
def give_roles(staff: str) -> Response:
    """Give somebody the roles that are ticked, and no others."""
    return changed(
        staff, "roles", lambda id: staffing.give_roles(deps(), current_caller(), id, given_roles())
    )


@console.post("/people/<staff>/password")
@staffed("writes")
def give_password(staff: str) -> Response:
    """Give somebody another password."""
    password = request.form.get("password", "")
    return changed(
        staff, "password", lambda id: staffing.give_password(deps(), current_caller(), id, password)
    )


def changed(staff: str, said: str, change: Callable[[str], Account]) -> Response:
    """The page of an account after it was changed, or why it was not."""
    try:
        change(known_id(staff, "st"))
    except UNFIT as refusal:
        return person_shown(staff, 422, refusal=words(code_of(refusal), 422), minutes=1)
    return lead(f"/people/{staff}?said={said}")
