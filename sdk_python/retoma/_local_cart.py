"""A cart as one writer holds it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from ._cart_view import Lines, altering, differing, fold, held
from ._late import CLOSED, MERGED, Parting
from ._line_ops import LineOp
from ._local import LocalDraft
from ._ops import Op
from ._stored import Base


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

    def fixed(self, op: Op) -> Op:
        """The op with its `seen`, and with the line that it means: elsewhere its key says nothing."""
        line = self.view.get(op.wire.get("line", ""))
        known = replace(op, about=line) if isinstance(op, LineOp) and line is not None else op
        return super().fixed(known)

    @property
    def holds_news_back(self) -> bool:
        """Whether something was sent and not answered: news may have it, and it would show twice."""
        return any(change.unanswered for change in self.outbox.changes)

    def caught_up(self, delta: Mapping[str, Any]) -> Self:
        """Take in a delta, unless the answer to what was sent will tell as much."""
        return self if self.holds_news_back else super().caught_up(delta)

    def arrived(self, before: Self) -> tuple[str, ...]:
        """The keys of the lines that are other than they were on screen; a masked note is not seen."""
        return tuple(differing(before.view, self.view))

    def merged_into(self, draft: Mapping[str, Any], epoch: str | None, writer: str) -> Self:
        """Go on in the cart that this one was merged into."""
        return self.going_on(Base(draft, epoch), writer, MERGED)

    def begun_anew(self, nothing: Mapping[str, Any], writer: str) -> Self:
        """Go on in the next cart, of which nothing is known yet, once this one was ordered."""
        return self.going_on(Base(nothing), writer, CLOSED)

    def going_on(self, base: Base, writer: str, code: str) -> Self:
        """Go on in another cart: adds as a new writer's, all else is told with a code."""
        parting = Parting(self.outbox.changes, code)
        outbox = parting.outbox(held(base.draft))
        told = (*self.rejected, *parting.told)
        return replace(self, base=base, writer=writer, outbox=outbox, rejected=told)
