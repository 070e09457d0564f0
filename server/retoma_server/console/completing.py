"""Sending a form for its customer, where they allow it; and which fields keep it from being sent."""

from collections.abc import Iterator
from dataclasses import replace

from retoma_server.actions.callers import Caller
from retoma_server.actions.deps import Deps
from retoma_server.actions.drafts import Completion, complete_draft
from retoma_server.actions.once import Once, fingerprint
from retoma_server.domain.errors import NotFound, RetomaError, Unauthenticated
from retoma_server.domain.pointers import covers

from .editing import Editor, Refusal
from .form.fields import Field
from .writing import Submit


def complete(deps: Deps, caller: Caller, editor: Editor, submit: Submit) -> Refusal | None:
    """Send the form as it was on screen; None once it is sent, else why it was not.

    What the page cannot go on from is raised: nobody is signed in, or the help is over.
    """
    once = Once(submit.once, fingerprint(caller.home, [submit.seen], "complete"))
    try:
        complete_draft(
            deps, replace(caller, takes_lease=True), editor.assist.draft, Completion(submit.seen, once=once)
        )
    except (Unauthenticated, NotFound):
        raise
    except RetomaError as refusal:
        return Refusal(refusal.code, tuple(paths_of(refusal, editor.fields)))
    return None


def paths_of(refusal: RetomaError, fields: list[Field]) -> Iterator[str]:
    """The fields that a refusal is about, in the order of the form."""
    facts = refusal.facts
    met = [each["path"] for each in facts.get("conflicts", ())]
    wanted = {*facts.get("fields", ()), *met}
    errors = [(each["pointer"], each["code"]) for each in facts.get("errors", ())]
    for field in fields:
        if field.path in wanted or any(is_about(field, *each) for each in errors):
            yield field.path


def is_about(field: Field, pointer: str, code: str) -> bool:
    """Whether a violation is one of a field: what is missing is said of the object around it."""
    if code == "required":
        parent = field.path.rpartition("/")[0]
        return field.required and not field.answered and parent == pointer
    return covers(field.path, pointer)
