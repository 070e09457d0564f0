"""Claims of forms: what becomes of a guest's form where the customer has one of the same process already.

Nothing is lost by any strategy: a form that does not go on is parked whole, and a merge is the same as
if the guest's values had been sent to the saved form by somebody who had seen nothing of it. So a value
that is in both, and differs, is a conflict, and both are kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .authors import Author
from .changes import Change, Move, Op, Rejected, Resolve, Seen, Set, Unset
from .claims import Fate, FormStrategy
from .drafts import MISSING, Cell, Draft, Status
from .merging import merge
from .pointers import Json, same
from .rules import Rules

NOTHING_SEEN = Seen(0)


@dataclass(frozen=True, slots=True)
class FormPlan:
    """What becomes of a guest's form and a saved one; `form` is the saved one after a merge.

    `reason` says why the guest's form is parked where the strategy did not ask for it.
    """

    fate: Fate
    strategy: FormStrategy
    form: Draft | None = None
    reason: str | None = None


def has_content(draft: Draft) -> bool:
    """Whether there is anything in a draft that somebody would miss."""
    return bool(draft.lines) or any(cell.live for cell in draft.cells.values()) or bool(draft.conflicts)


def plan_form(guest: Draft, saved: Draft | None, strategy: FormStrategy, rules: Rules) -> FormPlan:
    """Decide what becomes of a guest's form where the customer has `saved`, or nothing.

    What cannot be mixed is parked. A saved form without anything in it is filled.
    """
    if saved is None:
        return FormPlan(Fate.ADOPTED, strategy)
    if saved.kind != guest.kind:
        return FormPlan(Fate.GUEST_PARKED, strategy, reason="kind")
    if strategy is FormStrategy.MERGE or not has_content(saved):
        return mixed(guest, saved, strategy, rules)
    if strategy is FormStrategy.NEWEST and guest.updated_at > saved.updated_at:
        return FormPlan(Fate.SAVED_PARKED, strategy)
    return FormPlan(Fate.GUEST_PARKED, strategy)


def mixed(guest: Draft, saved: Draft, strategy: FormStrategy, rules: Rules) -> FormPlan:
    """The merge of two forms, or the guest's parked where they cannot be one."""
    try:
        form = with_values(guest, saved, rules)
    except Rejected as refusal:
        return FormPlan(Fate.GUEST_PARKED, strategy, reason=refusal.code)
    return FormPlan(Fate.MERGED, strategy, form)


def with_values(guest: Draft, saved: Draft, rules: Rules) -> Draft:
    """The saved form with all that was kept of the guest's; raises Rejected where it does not fit."""
    form = saved
    for author, ops in changes_of(guest):
        form, _ = merge(form, Change(tuple(ops)), author, rules)
    is_further = guest.position and (saved.position is None or guest.updated_at > saved.updated_at)
    if guest.position and is_further:
        move = Move(guest.position.step, guest.position.cursor)
        form, _ = merge(form, Change((move,)), Author("customer", writer=writer_of(guest.id)), rules)
    return form._replace(revision=max(form.revision, saved.revision + 1))


def changes_of(guest: Draft) -> Iterator[tuple[Author, list[Op]]]:
    """A form's values as changes, those of each author together, then what its conflicts keep.

    The latter come from another writer: as the same one's, they would take the place of the former.
    """
    by_author: dict[Author, list[Op]] = {}
    for path, cell in sorted(guest.cells.items(), key=lambda item: item[1].revision):
        if cell.live:
            by_author.setdefault(brought_by(cell.by, writer_of(guest.id)), []).append(
                Set(path, cell.value, NOTHING_SEEN)
            )
    yield from by_author.items()
    for conflict in guest.open_conflicts():
        for number, kept in enumerate(conflict.losers):
            author = brought_by(kept.by, f"{writer_of(guest.id)}:{conflict.id}:{number}")
            yield author, list(as_value(conflict.path, kept))


def as_value(path: str, kept: Cell) -> Iterator[Op]:
    """A value that a conflict keeps, as an edit."""
    if kept.value is MISSING:
        yield Unset(path, NOTHING_SEEN)
    else:
        yield Set(path, kept.value, NOTHING_SEEN)


def writer_of(guest: str) -> str:
    """Who brings a guest's values; no client's writer has a colon."""
    return f"merge:{guest}"


def brought_by(author: Author, writer: str) -> Author:
    """Whoever wrote a value, by way of a merge."""
    return author._replace(writer=writer, installation=None)


def differences(guest: Draft, saved: Draft) -> list[Mapping[str, Json]]:
    """Where two forms differ, with both values; what one of them has not is left out of its side."""
    paths = sorted({*guest.cells, *saved.cells})
    sides = ((path, value_at(guest.cells, path), value_at(saved.cells, path)) for path in paths)
    return [
        {"path": path, **side("guest", mine), **side("saved", yours)}
        for path, mine, yours in sides
        if not (mine is MISSING and yours is MISSING)
        and (mine is MISSING or yours is MISSING or not same(mine, yours))
    ]


def value_at(cells: Mapping[str, Cell], path: str) -> Json:
    """The value of a path, MISSING where there is none."""
    return cells[path].value if path in cells else MISSING


def side(name: str, value: Json) -> dict[str, Json]:
    """One side of a difference."""
    return {} if value is MISSING else {name: value}


def undone_form(form: Draft, guest: str, author: Author, rules: Rules) -> Draft:
    """A form without what the merge of a guest's brought, as far as it is still there.

    Values that were chosen or changed since stay.
    """
    seen = Seen(form.revision)
    brought = [each for each in form.open_conflicts() if is_brought(each.origin, guest)]
    # The newest first: what it displaced may be what an earlier one of the same merge had brought.
    chosen = [Resolve(each.id, "stored", None, seen) for each in reversed(brought)]
    paths = [path for path, cell in form.cells.items() if cell.live and is_brought(cell.by.origin, guest)]
    given_back = {each.path for each in brought if not is_brought(each.stored.by.origin, guest)}
    taken = [Unset(path, seen) for path in paths if rules.unit(path) not in given_back]
    undone, _ = merge(form._replace(status=Status.OPEN), Change((*chosen, *taken)), author, rules)
    return undone._replace(revision=form.revision + 1, status=form.status)


def is_brought(origin: str | None, guest: str) -> bool:
    """Whether a value or a conflict is of the merge of a guest's form, by its origin."""
    writer = (origin or "").partition(":")[2]
    return writer == writer_of(guest) or writer.startswith(f"{writer_of(guest)}:")
