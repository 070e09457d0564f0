"""Exactly once: what each writer of a draft has sent, and what became of it."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType
from typing import Any, NamedTuple

from .carts import Warned
from .errors import Conflicting, Forbidden

RESULTS_KEPT = 32
"""How many answers are kept beyond those of the newest request: clients have one request under way."""


class Result(NamedTuple):
    """What became of a change: `applied`, `noop`, `conflict` or `rejected`, at which revision.

    `fingerprint` tells a resent change from another one under the same number. `warnings` are told
    once, with the first answer.
    """

    status: str
    revision: int
    fingerprint: str
    conflicts: tuple[str, ...] = ()
    code: str | None = None
    path: str | None = None
    warnings: tuple[Warned, ...] = ()


class Writer(NamedTuple):
    """One page load or running instance, bound to the principal that first used it.

    `refused` counts the bytes of refused changes that history keeps; it is counted in one record of
    each principal's, that no client writes under. `results` are kept by number as plain rows, because
    they are read and written with every save and looked at rarely.
    """

    id: str
    principal: str
    last: int = 0
    refused: int = 0
    results: Mapping[str, Sequence[Any]] = MappingProxyType({})

    def answered(self, seq: int) -> Result | None:
        """What became of a change; None when that is too long ago, or it never came."""
        row = self.results.get(str(seq))
        return None if row is None else Result(*row)


def check_owner(writer: Writer, principal: str) -> None:
    """Raise Forbidden `writer-mismatch` when somebody else uses a writer's name."""
    if writer.principal != principal:
        raise Forbidden("writer-mismatch")


def check_sequence(writer: Writer, numbers: list[int]) -> None:
    """Raise Conflicting `sequence-gap`, with the expected number, unless the numbers follow on.

    Numbers already used may come first: they are replayed.
    """
    expected = min(numbers[0], writer.last + 1)
    for number in numbers:
        if number != expected:
            raise Conflicting("sequence-gap", expected=writer.last + 1)
        expected += 1


def noted(writer: Writer, seq: int, result: Result) -> Writer:
    """The writer with one more change done."""
    results = {**writer.results, str(seq): [*result]}
    return writer._replace(last=seq, results=results)


def trimmed(writer: Writer, first: int) -> Writer:
    """The writer without the answers that nobody can be waiting for once change `first` has come."""
    over = set(takewhile(lambda seq: int(seq) < first - RESULTS_KEPT, writer.results))
    if not over:
        return writer
    return writer._replace(results={seq: row for seq, row in writer.results.items() if seq not in over})
