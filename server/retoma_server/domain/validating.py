"""What a shop says of the lines of a cart, and what becomes of them: nothing ever vanishes by its word."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from .cart_ops import MAX_QUANTITY, read_price
from .changes import Rejected
from .drafts import Draft
from .lines import Line, Price

MAX_REASON = 256


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the shop says of one line: nothing for `ok`, else a new price, why not, or how many at most."""

    price: Price | None = None
    unavailable: str | None = None
    max_quantity: int | None = None


class Revalued(NamedTuple):
    """A line that the shop's word changed, as it was and as it is now."""

    before: Line
    after: Line


def read_verdicts(raw: object, asked: Collection[str]) -> Mapping[str, Verdict]:
    """A shop's answer about exactly the lines that it was asked of, by key.

    Raises ValueError for anything else: an answer that is wrong in one place is believed in none.
    """
    match raw:
        case {"lines": dict(lines), **more} if not more and lines.keys() == set(asked):
            return {key: read_verdict(said) for key, said in lines.items()}
    raise ValueError("not an answer about these lines")


def read_verdict(raw: object) -> Verdict:
    """What is said of one line; raises ValueError."""
    if not isinstance(raw, dict) or not isinstance(raw.get("status"), str):
        raise ValueError("not a verdict")
    said = {name: value for name, value in raw.items() if name != "status"}
    member, read = READERS.get(raw["status"], ("", refuse))
    if said.keys() != ({member} if member else set()):
        raise ValueError("not the members of this verdict")
    return read(said.get(member))


def read_ok(_: object) -> Verdict:
    """The line is as it was."""
    return Verdict()


def read_new_price(raw: object) -> Verdict:
    """One piece costs something else now."""
    try:
        price = read_price(raw)
    except Rejected:
        price = None
    if price is None or not isinstance(raw, dict) or len(raw) != 2:
        raise ValueError("not a price")
    return Verdict(price=price)


def read_reason(raw: object) -> Verdict:
    """The line cannot be had."""
    if not isinstance(raw, str) or not 0 < len(raw) <= MAX_REASON or not raw.isprintable():
        raise ValueError("not a reason")
    return Verdict(unavailable=raw)


def read_most(raw: object) -> Verdict:
    """So many can be had at most."""
    if type(raw) is not int or not 1 <= raw <= MAX_QUANTITY:
        raise ValueError("not a quantity")
    return Verdict(max_quantity=raw)


def refuse(_: object) -> Verdict:
    """A status that is none."""
    raise ValueError("not a status")


READERS: Mapping[str, tuple[str, Callable[[Any], Verdict]]] = {
    "ok": ("", read_ok),
    "price_changed": ("price", read_new_price),
    "unavailable": ("reason", read_reason),
    "max_quantity": ("quantity", read_most),
}
"""By status: the one member that comes with it, and how it is read."""


def validated(
    draft: Draft, verdicts: Mapping[str, Verdict] | None, now: int
) -> tuple[Draft, tuple[Revalued, ...]]:
    """The cart after the shop's word, or after it gave none, and the lines that changed by it.

    The revision rises by one where anything that can be seen changed; that the shop was asked is no
    change.
    """
    upkeep = draft.upkeep._replace(asked_at=now, validation="stale" if verdicts is None else "ok")
    revalued = {
        key: Revalued(draft.lines[key], judged(draft.lines[key], verdict, draft.revision + 1, now))
        for key, verdict in (verdicts or {}).items()
    }
    changed = {key: each for key, each in revalued.items() if each.after is not each.before}
    lines = {**draft.lines, **{key: each.after for key, each in changed.items()}}
    after = draft._replace(lines=lines, upkeep=upkeep)
    if changed or upkeep.validation != draft.upkeep.validation:
        after = after._replace(revision=draft.revision + 1, updated_at=now)
    return after, tuple(changed.values())


def judged(line: Line, verdict: Verdict, revision: int, now: int) -> Line:
    """A line after the shop's word; the very same line where that changes nothing."""
    price = verdict.price or line.price
    priced_at = line.priced_at if price == line.price else now
    after = replace(
        line,
        price=price,
        priced_at=priced_at,
        unavailable=verdict.unavailable,
        max_quantity=verdict.max_quantity,
    )
    return line if after == line else replace(after, revision=revision)


def too_many(draft: Draft) -> tuple[Line, ...]:
    """The lines of which a cart holds more than the shop has."""
    limited = ((line, line.max_quantity) for line in draft.orderable)
    return tuple(line for line, most in limited if most is not None and line.quantity > most)
