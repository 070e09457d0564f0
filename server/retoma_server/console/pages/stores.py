"""`/staff/stores`: the places where staff meet customers, for admins."""

from flask import Response, request

from retoma_server.actions import staffing
from retoma_server.console.blueprint import console
from retoma_server.console.callers import staffed
from retoma_server.console.refusing import words
from retoma_server.console.showing import lead, show
from retoma_server.domain.access import Verb
from retoma_server.domain.errors import Invalid
from retoma_server.http.auth import current_caller, deps
from retoma_server.http.drafts import known_id

SAID = ("added", "registered", "anywhere")


@console.get("/stores")
@staffed("reads")
def stores() -> Response:
    """Which stores there are, on which devices their assistants sign in, and how one is added."""
    return stores_shown()


def stores_shown(status: int = 200, **values: object) -> Response:
    """The page, with what was typed where that was not taken."""
    staffing.allowed(deps(), current_caller(), Verb.MANAGE_STORES)
    listed, said = staffing.list_stores(deps(), current_caller()), request.args.get("said")
    return show("staff/stores.html", status, stores=listed, said=said if said in SAID else None, **values)


@console.post("/stores")
@staffed("writes")
def add_store() -> Response:
    """Add a store."""
    name = request.form.get("name", "")
    try:
        staffing.add_store(deps(), current_caller(), name)
    except Invalid as refusal:
        return stores_shown(422, refusal=words(refusal.code, 422), minutes=1, typed=name)
    return lead("/stores?said=added")


@console.post("/stores/<store>/registered-only")
@staffed("writes")
def require_registered(store: str) -> Response:
    """Let a store's assistants sign in on its registered devices only, or anywhere."""
    only = request.form.get("only") == "yes"
    staffing.require_registered(deps(), current_caller(), known_id(store, "so"), only)
    return lead(f"/stores?said={'registered' if only else 'anywhere'}")
