"""The entries of maps at `/staff/help/{id}/entries`: one is added by a name, one is taken away."""

from dataclasses import replace

from flask import Response, request

from retoma_server.console.blueprint import console
from retoma_server.console.callers import staffed
from retoma_server.console.days import zone_here
from retoma_server.console.editing import Editor, Note
from retoma_server.console.form.maps import Blank
from retoma_server.console.form.reading import Unreadable, value_of
from retoma_server.console.showing import by_htmx
from retoma_server.domain.pointers import Json

from .editing import done, editor_of, refused, sent, submit, written


@console.post("/help/<as_id>/entries")
@staffed("writes")
def change_entry(as_id: str) -> Response:
    """Add an entry to a map, or take one away; what became of it is said where entries are added."""
    editor, path = editor_of(as_id), request.form.get("path", "")
    is_removal = request.form.get("do") == "remove"
    blank = editor.blank(path.rpartition("/")[0] if is_removal else path)
    note = removed(editor, path) if is_removal else added(editor, blank)
    return done(as_id, {blank.id if blank else path: note})


def removed(editor: Editor, path: str) -> Note:
    """What becomes of an entry that is to go."""
    if editor.barred or not editor.is_removable(path):
        return Note(refused(editor) if editor.barred else "other")
    note = written(editor, {"op": "unset", "path": path, "seen": submit().seen})
    return Note("removed") if note.code == "saved" else note


def added(editor: Editor, blank: Blank | None) -> Note:
    """What becomes of an entry that was named, and of its answer."""
    name, typed = request.form.get("name", "").strip(), None if by_htmx() else request.form.get("value", "")
    if blank is None:
        return Note(refused(editor) if editor.barred else "other", typed)
    try:
        note = entered(editor, blank, name, typed)
    except Unreadable as refusal:
        note = Note(refusal.code, typed)
    if note.is_saved:
        return Note("added") if note.code == "saved" else note
    return replace(note, name=None if note.typed is None else name)


def entered(editor: Editor, blank: Blank, name: str, typed: str | None) -> Note:
    """Write an entry. Raises Unreadable where its name or its answer is none."""
    if why := blank.refusal(name):
        raise Unreadable(why)
    value: Json = {}
    if blank.field:
        value = value_of(blank.field, sent(), zone_here())
    if value is None:
        raise Unreadable("unanswered")
    op = {"op": "set", "path": blank.place(name), "value": value, "seen": submit().seen}
    return written(editor, op, typed)
