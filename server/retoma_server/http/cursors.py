"""Where a list goes on: a signed cursor, of use only to its own tenant and query."""

from retoma_server.domain.errors import Malformed

from .auth import current_caller, deps

Place = tuple[int, str]
"""A rank (time or position) and a name, below which the next items are."""


def sign_place(query: str, place: Place | None) -> str | None:
    """The cursor of a place in a query's list; None at its end."""
    return deps().cursors.sign(current_caller().home.id, query, list(place)) if place else None


def read_place(query: str, cursor: str | None) -> Place | None:
    """The place of a cursor that was signed for this query, None without one.

    Raises Malformed `invalid-cursor` for any other text.
    """
    if cursor is None:
        return None
    match deps().cursors.verify(current_caller().home.id, query, cursor):
        case [int(rank), str(name)]:
            return rank, name
    raise Malformed("invalid-cursor")


def sign_places(query: str, places: tuple[int, ...] | None) -> str | None:
    """The cursor of places in several lists that are shown as one; None at their end."""
    return deps().cursors.sign(current_caller().home.id, query, list(places)) if places else None


def read_places(query: str, cursor: str | None) -> tuple[int, ...] | None:
    """The places of a cursor that was signed for this query, None without one; raises as `read_place`."""
    if cursor is None:
        return None
    places = deps().cursors.verify(current_caller().home.id, query, cursor)
    if isinstance(places, list) and all(isinstance(place, int) for place in places):
        return tuple(places)
    raise Malformed("invalid-cursor")
