"""What may be said of fields where values must not be: the names that a process registered, else a number."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .pointers import above, join
from .processes import Process


class Named(NamedTuple):
    """Fields by the names that their process registered, and how many others there are."""

    paths: tuple[str, ...] = ()
    others: int = 0


def named_fields(process: Process, paths: Iterable[str]) -> Named:
    """Fields as they may be named outside of a draft.

    A path that nobody registered may be a customer's own words: below a registered name it is told as
    that one, elsewhere it is only counted.
    """
    known = frozenset(filter(None, (*process.fields, *schema_paths(process.schema or {}))))
    named = [next((at for at in (path, *above(path)) if at in known), None) for path in dict.fromkeys(paths)]
    return Named(tuple(sorted({each for each in named if each})), named.count(None))


def schema_paths(schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """The pointers of the properties that a JSON Schema names, one below the other."""
    properties = schema.get("properties")
    for name, below in properties.items() if isinstance(properties, dict) else ():
        path = join(at, name)
        yield path
        if isinstance(below, dict):
            yield from schema_paths(below, path)
