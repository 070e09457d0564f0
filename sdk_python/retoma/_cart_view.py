"""What the person sees of a cart: the lines that the server last told, with what is not saved on top.

A pure function, `fold(base, pending)`. Nobody adds up prices here: totals are the server's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from ._ops import Op
from ._pointer import masked

Line: TypeAlias = Mapping[str, Any]
Lines: TypeAlias = Mapping[str, Line]
"""Lines as the server tells them, by their keys and in its order."""


def held(cart: Mapping[str, Any]) -> Lines:
    """All lines of a cart that was told: those that can be had, then those that cannot, with the `reason`."""
    return {line["key"]: line for line in (*cart["lines"], *cart.get("unavailable", ()))}


def can_be_had(line: Line) -> bool:
    """Whether the shop has not said that a line cannot be had."""
    return line.get("reason") is None


def with_lines(lines: Iterable[Line], delta: Mapping[str, Any]) -> list[Line]:
    """The lines once a delta is in them: it tells those that changed, and the keys of all that there are."""
    known = {line["key"]: line for line in (*lines, *delta["lines"])}
    return [known[key] for key in delta["keys"] if key in known]


def fold(base: Lines, pending: Iterable[Op]) -> Lines:
    """The lines as they will be once the pending ops are in them, if nobody else changes anything."""
    view = dict(base)
    for op in pending:
        show(view, op)
    return view


def show(view: dict[str, Line], op: Op) -> None:
    """Apply one op to a view, in place; a line that is not there is only made by an add."""
    if op.path is None:
        return
    key, wire = op.path[1:], op.wire
    if wire["op"] == "clear":
        view.clear()
    elif wire["op"] == "add" and "sku" in wire:
        view[key] = added(view.get(key) or new_line(key, wire), wire)
    elif key in view:
        put(view, key, ACTS[wire["op"]](view[key], wire))


def put(view: dict[str, Line], key: str, line: Line) -> None:
    """Let a line be this from now on; one without pieces is gone."""
    if line["quantity"] > 0:
        view[key] = line
    else:
        del view[key]


def new_line(key: str, wire: Mapping[str, Any]) -> Line:
    """A line without pieces yet, of the identity in an add."""
    names = {name: wire.get(name) for name in ("sku", "offer", "fulfilment", "parent", "split")}
    return {
        "key": key,
        **names,
        "attributes": wire["attributes"],
        "quantity": 0,
        "info": {},
        "price": None,
        "max_quantity": None,
    }


def added(line: Line, wire: Mapping[str, Any]) -> Line:
    """A line with more pieces, the notes that came with them, and the price that was shown last."""
    price = wire.get("price", line["price"])
    more = {**line, "quantity": line["quantity"] + wire["quantity"], "price": price}
    return informed(more, {"info": wire.get("info", {})})


def taken(line: Line, wire: Mapping[str, Any]) -> Line:
    """A line with fewer pieces, down to none."""
    return {**line, "quantity": line["quantity"] - wire["quantity"]}


def counted(line: Line, wire: Mapping[str, Any]) -> Line:
    """A line with exactly so many pieces."""
    return {**line, "quantity": wire["quantity"]}


def emptied(line: Line, _: Mapping[str, Any]) -> Line:
    """A line without pieces."""
    return {**line, "quantity": 0}


def informed(line: Line, wire: Mapping[str, Any]) -> Line:
    """A line with other notes; None takes one away."""
    notes = {**line["info"], **wire["info"]}
    return {**line, "info": {name: value for name, value in notes.items() if value is not None}}


ACTS: Mapping[str, Callable[[Line, Mapping[str, Any]], Line]] = {
    "add": added,
    "decrement": taken,
    "set_quantity": counted,
    "remove": emptied,
    "info": informed,
}


def altering(view: Lines, ops: Iterable[Op]) -> Iterator[Op]:
    """Of ops made one after the other on a view, those that change something in it; a move always counts.

    Raises KeyError for a line that is not in it, unless it is to be removed.
    """
    changing = dict(view)
    for op in ops:
        check_on_screen(changing, op)
        before = dict(changing)
        show(changing, op)
        if op.path is None or changing != before:
            yield op


def check_on_screen(view: Lines, op: Op) -> None:
    """Raise KeyError for an op on a line that is not in the view; what is gone may be removed again."""
    line = op.wire.get("line")
    if line is not None and line not in view and op.wire["op"] != "remove":
        raise KeyError(line)


def differing(before: Lines, after: Lines) -> Iterator[str]:
    """The keys of the lines that are other than they were: how many, with which notes, by the shop's word."""
    for key in {**before, **after}:
        one, other = before.get(key), after.get(key)
        if one is None or other is None or not alike(one, other):
            yield key


def alike(one: Line, other: Line) -> bool:
    """Whether a customer sees the same in two states of a line; a note that comes masked is not seen."""
    if (one["quantity"], valued(one)) != (other["quantity"], valued(other)):
        return False
    names = {*one["info"], *other["info"]}
    notes = [(one["info"].get(name), other["info"].get(name)) for name in names]
    return all(before == after or masked(after) for before, after in notes)


def valued(line: Line) -> tuple[object, ...]:
    """What the shop says of a line: its price, whether it can be had, how many there are."""
    return priced(line), line.get("reason"), line.get("max_quantity")


def priced(line: Line) -> tuple[int, str] | None:
    """The price of one piece, whenever it was shown."""
    price = line["price"]
    return None if price is None else (price["amount"], price["currency"])
