"""Merge patches (RFC 7396) as ops of a draft."""

from collections.abc import Iterator, Mapping

from .drafts import Draft
from .pointers import Json, above, join


def patch_ops(draft: Draft, patch: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    """A merge patch as ops: null unsets, an object goes deeper, anything else replaces what is there."""
    live = {path: cell.value for path, cell in draft.cells.items() if cell.live}
    objects = {parent for path in live for parent in above(path)}

    def inside(patch: Mapping[str, Json], at: str) -> Iterator[dict[str, Json]]:
        for name, value in patch.items():
            path = join(at, name)
            deeper = isinstance(value, dict)
            if value is None or (path in objects and not deeper) or (path in live and deeper):
                yield {"op": "unset", "path": path}
            if deeper and value:
                yield from inside(value, path)
            elif value is not None:
                yield {"op": "set", "path": path, "value": value}

    return inside(patch, "")
