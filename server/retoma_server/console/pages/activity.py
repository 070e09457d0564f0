"""`/staff/activity`: what a member of staff did themselves, day by day."""

from flask import Response, request

from retoma_server.actions.audit_log import AuditQuery, read_activity
from retoma_server.console.blueprint import console
from retoma_server.console.callers import staffed
from retoma_server.console.days import Day, day_at, named_day
from retoma_server.console.showing import show
from retoma_server.http.auth import current_caller, deps
from retoma_server.http.cursors import read_places

from .record import PAGE, cursor_name, older


@console.get("/activity")
@staffed("reads")
def activity() -> Response:
    """What oneself did today, or on another day, newest first."""
    day = asked_day()
    query = AuditQuery(since=day.since, until=day.until, limit=PAGE)
    name = f"own/{cursor_name(query)}"
    page = read_activity(deps(), current_caller(), query, read_places(name, request.args.get("cursor")))
    return show(
        "staff/activity.html", entries=page.items, day=day, older=older(name, {"day": day.text}, page)
    )


def asked_day() -> Day:
    """The day that is asked for, today where none is."""
    return named_day(request.args.get("day", "")) or day_at(deps().store.now())
