"""The editor at `/staff/help/{id}/…`: a field is saved, a line is changed, a form is sent, news is shown."""

from secrets import token_urlsafe
from typing import Any

from flask import Response, request

from retoma_server.actions.editing import read_sheet
from retoma_server.actions.handing_back import get_assist, read_assisted_journey
from retoma_server.actions.overviews import get_overview
from retoma_server.adapters.codec import json_bytes
from retoma_server.console.blueprint import console
from retoma_server.console.callers import may, staffed
from retoma_server.console.cart import cart_op
from retoma_server.console.completing import complete
from retoma_server.console.days import zone_here
from retoma_server.console.editing import Editor, Note, Refusal, author_words
from retoma_server.console.form.fields import carried, figure, id_of, text_of
from retoma_server.console.form.reading import Unreadable, op_of
from retoma_server.console.form.times import Clock
from retoma_server.console.form.words import worded
from retoma_server.console.past import Past
from retoma_server.console.showing import by_htmx, lead, show
from retoma_server.console.texts import console_language
from retoma_server.console.writing import Submit, write
from retoma_server.domain.access import Verb
from retoma_server.domain.errors import NotFound, RetomaError, Unauthenticated
from retoma_server.domain.pointers import Json, tokens
from retoma_server.http.auth import current_caller, deps
from retoma_server.http.drafts import known_id

SUBMITS = ("path", "seen", "epoch", "once", "csrf", "since", "shape", "conflict", "choice")
"""What a form carries besides its answer."""


BARRED = {"closed": "draft-closed", "view": "not-allowed-in-assist", "busy": "lease-held"}
"""What is said of an answer that came where nothing can be entered any more."""


@console.get("/help/<as_id>/changes")
@staffed("reads", is_use=False)
def changes(as_id: str) -> Response:
    """The fields that are newer than what is on the page; all of them where others are there now."""
    return news(editor_of(as_id, is_use=False), request.args.get("since", ""), request.args.get("shape", ""))


@console.post("/help/<as_id>/fields")
@staffed("writes")
def save_field(as_id: str) -> Response:
    """Save one answer, or settle one that met another."""
    path = request.form.get("path", "")
    return done(as_id, {path: answered(editor_of(as_id), path)})


@console.post("/help/<as_id>/lines")
@staffed("writes")
def change_line(as_id: str) -> Response:
    """Change a line of a cart."""
    editor = editor_of(as_id)
    op = cart_op(request.form) if editor.is_cart and editor.writable else None
    return done(as_id, {"": Note("cart") if op is None else written(editor, op)})


@console.post("/help/<as_id>/complete")
@staffed("writes")
def send(as_id: str) -> Response:
    """Send the form for its customer, or say beside its fields what is wanting."""
    editor = editor_of(as_id)
    allowed = editor.may_complete
    refusal = complete(deps(), current_caller(), editor, submit()) if allowed else Refusal(refused(editor))
    if refusal is None:
        return news_of_form(editor_of(as_id)) if by_htmx() else lead(f"/help/{as_id}")
    notes = {path: Note("wanting") for path in refusal.paths} if refusal.code == "validation-failed" else {}
    return unsent(as_id, notes, refusal)


def unsent(as_id: str, notes: dict[str, Note], refusal: Refusal) -> Response:
    """The answer to a form that was not sent."""
    if by_htmx():
        return news_of_form(editor_of(as_id, notes, refusal))
    return help_shown(as_id, notes, 422, refusal)


def refused(editor: Editor) -> str:
    """The code of what keeps staff from writing here."""
    return BARRED.get(editor.barred, "not-allowed-in-assist")


def editor_of(
    as_id: str, notes: dict[str, Note] | None = None, refusal: Refusal | None = None, is_use: bool = True
) -> Editor:
    """The editor of an assist; raises NotFound for one that is not the caller's, or is over."""
    assist = get_assist(deps(), current_caller(), known_id(as_id, "as"))
    sheet = read_sheet(deps(), current_caller(), assist.draft, assist.id, is_use)
    return Editor(assist, sheet, console_language(), notes or {}, refusal, may(Verb.REVEAL_FIELD))


def answered(editor: Editor, path: str) -> Note:
    """What becomes of an answer that was sent."""
    field = None if editor.is_cart else editor.find(path)
    if field is None:
        return Note("other")
    typed = None if by_htmx() else request.form.get("value")  # a page with scripts has it still
    if editor.barred:
        return Note(refused(editor), typed)
    try:
        if "conflict" in request.form:
            return settled(editor, request.form["conflict"], request.form.get("choice", ""))
        op = op_of(field, sent(), submit().seen, zone_here())
    except Unreadable as refusal:
        return Note(refusal.code, typed)
    return Note("same", None, editor.revision) if op is None else written(editor, op, typed)


def sent() -> dict[str, list[str]]:
    """What the controls of a form say."""
    return {name: given for name, given in request.form.lists() if name not in SUBMITS}


def settled(editor: Editor, conflict: str, choice: str) -> Note:
    """What becomes of a choice between two answers; raises Unreadable where nobody may choose."""
    if not editor.writable or choice not in ("stored", "arriving"):
        raise Unreadable("read-only")
    note = written(editor, {"op": "resolve", "conflict": conflict, "choice": choice})
    return Note("resolved") if note.is_saved else note


def written(editor: Editor, op: dict[str, Any], typed: str | None = None) -> Note:
    """Write an op. What the page cannot go on from is raised: nobody is signed in, or the help is over."""
    try:
        reply = write(deps(), current_caller(), editor.assist, submit(), [op])
    except (Unauthenticated, NotFound):
        raise
    except RetomaError as refusal:
        return Note(refusal.code, None if refusal.code == "payment-data-refused" else typed)
    met = reply["results"][0]["status"] == "conflict"
    return Note("met") if met else Note("saved", None, reply["revision"])


def submit() -> Submit:
    """What the form says of when it was shown."""
    form = request.form
    return Submit(form.get("once", "")[:64], number(form.get("seen", "")), form.get("epoch") or None)


def done(as_id: str, notes: dict[str, Note]) -> Response:
    """The answer to a submit: news for a page with scripts, else the page again."""
    if by_htmx():
        return news_of_form(editor_of(as_id, notes))
    if all(note.is_saved for note in notes.values()):
        return lead(f"/help/{as_id}#{anchor_of(next(iter(notes)))}")
    return help_shown(as_id, notes, 422)


def anchor_of(place: str) -> str:
    """What a field is called on the page, by its path; a blank is told of by that already."""
    return place if place.startswith("n-") else id_of(place)


def news_of_form(editor: Editor) -> Response:
    """What is newer than the page was when it sent a form."""
    return news(editor, request.form.get("since", ""), request.form.get("shape", ""))


def news(editor: Editor, since: str, shape: str) -> Response:
    """What is newer than a revision, for a page that shows fields of this shape."""
    seen = number(since)
    is_whole = shape != editor.shape or (editor.is_cart and (editor.revision > seen or bool(editor.notes)))
    changed = [] if is_whole or editor.is_cart else list(editor.changed(seen))
    return show("help/_changes.html", editor=editor, whole=is_whole, changed=changed)


def help_shown(
    as_id: str,
    notes: dict[str, Note] | None = None,
    status: int = 200,
    refusal: Refusal | None = None,
    **more: Any,
) -> Response:
    """The page of an assist: what it is about, what happened before, and its editor."""
    overview = get_overview(deps(), current_caller(), known_id(as_id, "as"))
    items = read_assisted_journey(deps(), current_caller(), overview.assist.id)
    past = Past(deps().tenants, current_caller().home.id, console_language(), items)
    editor = editor_of(as_id, notes, refusal)
    return show("help/show.html", status, overview=overview, editor=editor, past=past, **more)


def number(text: str) -> int:
    """A revision, 0 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def member(row: Json, path: str) -> Json:
    """The member of a list's item at a path within it, None where there is none."""
    for token in tokens(path):
        row = row.get(token) if isinstance(row, dict) else None
    return row


def key_of(value: Json) -> str:
    """A value as a control carries it."""
    return json_bytes(value).decode()


def keys_of(values: Json) -> list[str]:
    """The values of a list as controls carry them."""
    return [key_of(each) for each in values] if isinstance(values, list) else []


def new_name() -> str:
    """A name for one submit."""
    return token_urlsafe(12)


def time_words(value: Json) -> str:
    """A time as people read it; empty for what is none."""
    told = Clock.of(value)
    return told.words if told else ""


def time_zone(value: Json, local: bool) -> str:
    """What the offset of a time is called, where the browser is for one to come; empty where it has none."""
    told = Clock.of(value)
    return told.zone if told else "" if local else str(zone_here()).replace("_", " ")


for tool in (
    author_words,
    carried,
    figure,
    key_of,
    keys_of,
    member,
    new_name,
    text_of,
    time_words,
    time_zone,
    worded,
):
    console.add_app_template_global(tool)
