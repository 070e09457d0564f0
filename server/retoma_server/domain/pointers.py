"""JSON Pointers (RFC 6901) and the leaves of a JSON object that they address."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = Any
"""A JSON value as Python holds it: dict, list, str, int, float, bool or None."""


def tokens(pointer: str) -> list[str]:
    """Split a pointer into its tokens, unescaped; the empty pointer has none (RFC 6901 §4)."""
    if not pointer:
        return []
    return [unescaped(token) for token in pointer[1:].split("/")]


def unescaped(token: str) -> str:
    """A token as the name that it stands for (RFC 6901 §4)."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def join(parent: str, token: str) -> str:
    """The pointer of the member `token` of what `parent` points to (RFC 6901 §3)."""
    return f"{parent}/{token.replace('~', '~0').replace('/', '~1')}"


def is_pointer(text: str) -> bool:
    """Whether a text is a well-formed pointer: empty or starting with `/`, with `~` only as ~0 and ~1."""
    if not text:
        return True
    return text[0] == "/" and text.count("~") == text.count("~0") + text.count("~1")


def above(pointer: str) -> Iterator[str]:
    """Every pointer above this one, the nearest first, without the empty one."""
    end = pointer.rfind("/")
    while end > 0:
        pointer = pointer[:end]
        yield pointer
        end = pointer.rfind("/")


def covers(pointer: str, other: str) -> bool:
    """Whether `other` is `pointer` or lies below it."""
    return other == pointer or other.startswith(pointer + "/")


class Places:
    """Pointers by those at and above them, so that what lies below one is found without looking at all."""

    def __init__(self, pointers: Iterable[str]) -> None:
        """Begin with some."""
        self._below: dict[str, dict[str, None]] = {}
        for pointer in pointers:
            self.add(pointer)

    def add(self, pointer: str) -> None:
        """Put one in; it goes last."""
        for at in (pointer, *above(pointer), ""):
            self._below.setdefault(at, {})[pointer] = None

    def take(self, pointer: str) -> list[str]:
        """Take out, in order, all that are at or below a pointer."""
        taken = list(self._below.get(pointer, ()))
        for each in taken:
            for at in (each, *above(each), ""):
                del self._below[at][each]
        return taken


def leaves(pointer: str, value: Json) -> Iterator[tuple[str, Json]]:
    """The leaves of a value put at a pointer: an array, or an empty object, is one leaf."""
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield from leaves(join(pointer, key), member)
    else:
        yield pointer, value


def nest(cells: Mapping[str, Json], root: str = "") -> Json:
    """Build the object whose leaves these are; pointers are relative to `root`.

    A leaf at `root` itself is the whole value. No leaf may lie below another.
    """
    objects: dict[str, dict[str, Json]] = {root: {}}

    def object_at(pointer: str) -> dict[str, Json]:
        known = objects.get(pointer)
        if known is None:
            parent, _, token = pointer.rpartition("/")
            known = objects[pointer] = object_at(parent)[unescaped(token)] = {}
        return known

    for pointer, value in cells.items():
        if pointer == root:
            return value
        parent, _, token = pointer.rpartition("/")
        begun = objects.get(parent)  # asked here, not there: every save puts every value of its draft here
        (object_at(parent) if begun is None else begun)[unescaped(token)] = value
    return objects[root]


def same(one: Json, other: Json) -> bool:
    """Whether two values are equal as JSON: 1 is 1.0, but 1 is not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def weight(value: Json) -> int:
    """Roughly how many bytes a value takes as JSON; cheap, and never below what its strings take."""
    if isinstance(value, str):
        return len(value.encode()) + 2
    if isinstance(value, dict):
        return 2 + sum(len(key.encode()) + 4 + weight(member) for key, member in value.items())
    if isinstance(value, list):
        return 2 + sum(1 + weight(item) for item in value)
    return 8
