"""A draft of a form: read it, edit it, complete it."""

import copy
from contextlib import AbstractContextManager
from typing import Any, Literal, overload

from ._local_form import LocalForm
from ._models import Conflict
from ._opened import Opened
from ._ops import JSON, Editing, Transaction
from ._pointer import ABSENT, pointer, read
from ._stored import Base
from ._syncing import new_writer


class Draft(Opened[LocalForm], Editing):
    """The saved state of one form for one customer; made by a client.

    Edits are kept here, and shown, until `save()`; they are not kept anywhere else. It belongs to
    one thread.
    """

    # -- reading ---------------------------------------------------------------------------------

    @property
    def data(self) -> dict[str, Any]:
        """All fields, with the edits that are not saved yet; a copy that is yours to alter."""
        return copy.deepcopy(self._local.view)

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The conflicts that wait for a choice."""
        return tuple(Conflict.read(each) for each in self._local.conflicts)

    def get(self, path: str, default: Any = None) -> Any:
        """The value at a path, or `default` where there is none; items of a list by index."""
        return copy.deepcopy(read(self._local.view, pointer(path), default))

    def __getitem__(self, path: str) -> Any:
        """The value at a path; raises KeyError where there is none."""
        value = read(self._local.view, pointer(path), ABSENT)
        if value is ABSENT:
            raise KeyError(path)
        return copy.deepcopy(value)

    def __contains__(self, path: str) -> bool:
        """Whether there is a value at a path, be it None."""
        return read(self._local.view, pointer(path), ABSENT) is not ABSENT

    # -- editing ---------------------------------------------------------------------------------

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Edits that are saved all together or not at all; none are kept when the block raises."""
        return self._gathering(Transaction())

    @overload
    def resolve(self, conflict: Conflict, choice: Literal["stored", "arriving"]) -> None: ...
    @overload
    def resolve(self, conflict: Conflict, *, value: JSON) -> None: ...
    def resolve(self, conflict: Conflict, choice: str | None = None, *, value: Any = ABSENT) -> None:
        """Settle a conflict: by one of the values that met, or with `value=` by one of your own.

        It is an edit like any other: `save()` sends it. Raises KeyError for a conflict that is not
        open, and TypeError unless exactly one of `choice` and `value` is given.
        """
        if (choice is None) == (value is ABSENT):
            raise TypeError('resolve() takes "stored", "arriving" or value=…, and only one of them')
        self._local = self._local.resolved(conflict.id, choice or "value", value)

    def confirm_answers(self, path: str) -> None:
        """Say that what staff entered at and below a path is right: it is the customer's own then.

        It is of what is on screen now, and an edit like any other: `save()` sends it. See `entered_by_staff`.
        """
        self._local = self._local.confirmed(pointer(path))

    def complete(self, *, keep_stored: bool = False) -> None:
        """Save, and close the draft as done; `keep_stored` settles open conflicts by what is stored.

        Raises RejectedError when a change that had to be saved first was refused, and ConflictError
        when others changed the draft since you last looked (`revision-conflict`) or conflicts are
        open (`conflicts-open`); the draft is then still open.
        """
        body = {"seen": self._saved_as_seen(), "keep_stored": keep_stored}
        self._complete(body, "kept" if keep_stored else "clean")

    # -- within ----------------------------------------------------------------------------------

    def _held(self, base: Base) -> LocalForm:
        return LocalForm(new_writer(), base)
