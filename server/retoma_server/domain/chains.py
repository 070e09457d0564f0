"""Chains of entries, each of which vouches for the one before: what is wrong with one that does not hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Wrong(StrEnum):
    """What was done to a chain, in words that follow "entry 7"."""

    EDITED = "was edited"
    MISSING = "is missing"
    INSERTED = "was inserted"
    MOVED = "is out of order"
    CUT_OFF = "and all after it were cut off at the end"
    REPLACED = "is not the one that a checkpoint saw"
    HEAD = "is not what the chain's head says: the head was edited"


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first entry of a chain that does not hold, and what is wrong with it."""

    entry: int
    wrong: Wrong


class Link(NamedTuple):
    """An entry as it was found at a place: the number and the link before that it names, and its own mac.

    `genuine` says that the mac is one that this server made of it.
    """

    position: int
    seq: int
    prev: str
    mac: str
    genuine: bool


class End(NamedTuple):
    """The last entry of a chain: its number and its mac; 0 of one that has none."""

    seq: int = 0
    mac: str = ""


def holds(link: Link, before: End) -> bool:
    """Whether a link is the one that comes after another."""
    at = before.seq + 1
    return link.genuine and (link.position, link.seq, link.prev) == (at, at, before.mac)


def flaw_at(link: Link, before: End, later: Sequence[Link]) -> Flaw:
    """What is wrong with the first link that does not hold, as those after it tell."""
    at = before.seq + 1
    elsewhere = any(each.genuine and each.seq == at for each in later)
    if not link.genuine:
        return Flaw(
            at, Wrong.INSERTED if elsewhere else Wrong.EDITED if link.position == at else Wrong.MISSING
        )
    if link.seq > at:
        return Flaw(at, Wrong.MOVED if elsewhere else Wrong.MISSING)
    if link.seq == at:  # of this number, and it was not made after the one before
        return Flaw(at, Wrong.MISSING if link.position > at else Wrong.INSERTED)
    return Flaw(at, Wrong.INSERTED)


def flaw_at_end(end: End, head: End) -> Flaw | None:
    """What is wrong between the last link of a chain and what its head says is the last one."""
    if end == head:
        return None
    if head.seq > end.seq:
        return Flaw(end.seq + 1, Wrong.CUT_OFF)
    if head.seq < end.seq:
        return Flaw(head.seq + 1, Wrong.INSERTED)
    return Flaw(end.seq, Wrong.HEAD)


def flaw_by_witness(seen: Mapping[int, str], wanted: Mapping[int, str], first: int, last: int) -> Flaw | None:
    """The first entry that a signed checkpoint saw and that is not there, or another one; None when all are.

    `wanted` are the macs that checkpoints saw, `seen` those that are there, by number. What was trimmed
    before `first` is missed by nobody.
    """
    for entry in sorted(wanted):
        if entry > last:
            return Flaw(last + 1, Wrong.CUT_OFF)
        if entry >= first and seen.get(entry) != wanted[entry]:
            return Flaw(entry, Wrong.REPLACED)
    return None
