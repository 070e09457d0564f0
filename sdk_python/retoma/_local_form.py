"""A form as one writer holds it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from ._local import LocalDraft
from ._ops import Op, confirm_op, resolve_op
from ._pointer import ABSENT
from ._view import altering, differing, fold


@dataclass(frozen=True)
class LocalForm(LocalDraft):
    """A local draft that holds fields, and conflicts between them."""

    @cached_property
    def view(self) -> dict[str, Any]:
        """The data as the person sees it."""
        return fold(self.base.draft.get("data", {}), self.outbox.ops())

    @property
    def conflicts(self) -> tuple[Mapping[str, Any], ...]:
        """The open conflicts that have not been resolved here."""
        chosen = {op.wire.get("conflict") for op in self.outbox.ops()}
        return tuple(each for each in self.base.draft["conflicts"] if each["id"] not in chosen)

    def altering(self, ops: Iterable[Op]) -> Iterator[Op]:
        """Of ops made one after the other, those that change something on screen."""
        return altering(self.view, ops)

    def resolved(self, conflict: str, choice: str, value: Any = ABSENT) -> Self:
        """Take in a choice in an open conflict; KeyError when it is not open here."""
        known = {each["id"]: each for each in self.base.draft["conflicts"]}
        op = resolve_op(known[conflict], choice, value).seen_at(self.base.revision)
        return replace(self, outbox=self.outbox.with_change((op,), alone=True))

    def confirmed(self, path: str) -> Self:
        """Take in that what staff entered at and below a path is right as it is on screen."""
        op = confirm_op(path).seen_at(self.base.revision)
        return replace(self, outbox=self.outbox.with_change((op,), alone=True))

    def arrived(self, before: Self) -> tuple[str, ...]:
        """The fields that are other than they were on screen; what comes masked is not seen."""
        return tuple(differing(before.view, self.view))
