"""JSON Pointers (RFC 6901), the leaves that they address, and reading and writing them in a document."""

import copy
from collections.abc import Iterator
from typing import Any

ABSENT: Any = object()
"""Stands for no value at all, where None is JSON's null."""


def pointer(path: str) -> str:
    """The JSON Pointer of a path written either way: `/applicant/email` or `applicant.email`.

    Keys that contain a dot, or begin with a slash, can only be written as a pointer. Raises
    ValueError for an empty path, an empty part between dots and a `~` that is not ~0 or ~1.
    """
    if path.startswith("/"):
        if path.count("~") != path.count("~0") + path.count("~1"):
            raise ValueError(f"not a JSON Pointer: {path!r}")
        return path
    parts = path.split(".")
    if not all(parts):
        raise ValueError(f"not a path: {path!r}")
    return "".join(join("", part) for part in parts)


def join(parent: str, token: str) -> str:
    """The pointer of the member `token` of what `parent` points to (RFC 6901 §3)."""
    return f"{parent}/{token.replace('~', '~0').replace('/', '~1')}"


def tokens(pointer: str) -> list[str]:
    """Split a pointer into its tokens, unescaped (RFC 6901 §4)."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]


def touches(one: str, other: str) -> bool:
    """Whether two pointers are the same, or one lies above the other."""
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")


def leaves(pointer: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The leaves of a value put at a pointer; an array, an empty object or a masked value is one."""
    if not branches(value):
        yield pointer, value
        return
    for key, member in value.items():
        yield from leaves(join(pointer, key), member)


def branches(value: Any) -> bool:
    """Whether a value is an object with leaves of its own; what staff see masked is a leaf."""
    return isinstance(value, dict) and bool(value) and not masked(value)


def masked(value: Any) -> bool:
    """Whether a value only hints at one that is not for the reader's eyes."""
    return isinstance(value, dict) and "$masked" in value


def read(document: Any, pointer: str, default: Any = None) -> Any:
    """The value at a pointer; `default` where there is none. Array items are read by index."""
    place = document
    for token in tokens(pointer):
        if isinstance(place, dict) and token in place:
            place = place[token]
        elif isinstance(place, list) and token.isdecimal() and int(token) < len(place):
            place = place[int(token)]
        else:
            return default
    return place


def assign(document: dict[str, Any], pointer: str, value: Any) -> None:
    """Put a value at a pointer, in place; what is no object on the way gives way to one."""
    *parents, last = tokens(pointer)
    place = document
    for token in parents:
        if not isinstance(place.get(token), dict):
            place[token] = {}
        place = place[token]
    if value == {} and branches(place.get(last)):
        return  # an empty object says that there is one, not that its members go
    place[last] = copy.deepcopy(value)


def remove(document: dict[str, Any], pointer: str) -> None:
    """Take away whatever is at or below a pointer, in place, and every object that this empties."""
    *parents, last = tokens(pointer)
    trail: list[tuple[dict[str, Any], str]] = []
    place: Any = document
    for token in parents:
        if not isinstance(place, dict) or token not in place:
            return
        trail.append((place, token))
        place = place[token]
    if not isinstance(place, dict) or last not in place:
        return
    del place[last]
    for parent, token in reversed(trail):
        if parent[token]:
            return
        del parent[token]


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON: 1 is 1.0, but 1 is not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
