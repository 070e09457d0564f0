"""`/staff/record`: what staff looked at and changed, for whoever watches over them."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from retoma_server.actions.audit_log import AuditQuery, filters, read_audit
from retoma_server.actions.audit_names import people_on_record, places_on_record
from retoma_server.actions.own_data import Items
from retoma_server.adapters.codec import json_bytes
from retoma_server.console.blueprint import console
from retoma_server.console.callers import staffed
from retoma_server.console.days import named_day
from retoma_server.console.showing import show
from retoma_server.http.auth import current_caller, deps
from retoma_server.http.cursors import read_places, sign_places
from retoma_server.http.drafts import known_id

PAGE = 50
LONGEST = 64
NARROWING = ("actor", "action", "day", "draft", "customer")


@console.get("/record")
@staffed("reads")
def record() -> Response:
    """Who did what, and when, newest first; by person, action, day, process and customer."""
    asked = {name: request.args.get(name, "").strip()[:LONGEST] for name in NARROWING}
    query = asked_for(asked)
    name = cursor_name(query)
    page = read_audit(deps(), current_caller(), query, read_places(name, request.args.get("cursor")))
    people, places = people_on_record(deps(), current_caller()), places_on_record(deps(), current_caller())
    names = people | places
    about: dict[str, Any] = {"people": people, "names": names, "asked": asked}
    return show("staff/record.html", older=older(name, asked, page), entries=page.items, **about)


def asked_for(asked: dict[str, str]) -> AuditQuery:
    """What the form asks for; a day that is none does not narrow."""
    day = named_day(asked["day"])
    return AuditQuery(
        asked["actor"] or None,
        known_id(asked["draft"]) if asked["draft"] else None,
        known_id(asked["customer"], "cu") if asked["customer"] else None,
        asked["action"] or None,
        day.since if day else 0,
        day.until if day else None,
        PAGE,
    )


def cursor_name(query: AuditQuery) -> str:
    """What a cursor of a query's pages is bound to."""
    return f"record/{json_bytes(filters(query)).decode()}"


def older(name: str, asked: dict[str, str], page: Items) -> str | None:
    """What asks for the next page; None at the end."""
    cursor = sign_places(name, page.next)
    return (
        urlencode({**{key: text for key, text in asked.items() if text}, "cursor": cursor})
        if cursor
        else None
    )
