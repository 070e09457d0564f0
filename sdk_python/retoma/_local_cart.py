"""A cart as one writer holds it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from ._cart_view import Lines, altering, differing, fold, held
from ._local import LocalDraft
from ._ops import Op


@dataclass(frozen=True)
class LocalCart(LocalDraft):
    """A local draft that holds lines."""

    @cached_property
    def view(self) -> Lines:
        """The lines by key, as the person sees them; those that cannot be had, too."""
        return fold(held(self.base.draft), self.outbox.ops())

    def altering(self, ops: Iterable[Op]) -> Iterator[Op]:
        """Of ops made one after the other, those that change something on screen; KeyError as `altering`."""
        return altering(self.view, ops)

    def arrived(self, before: Self) -> tuple[str, ...]:
        """The keys of the lines that are other than they were on screen; a masked note is not seen."""
        return tuple(differing(before.view, self.view))
