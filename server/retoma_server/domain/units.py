"""A unit, a leaf or a group that stands or falls together, as its leaves and as one value."""

from collections.abc import Mapping

from .changes import Rejected
from .drafts import MISSING
from .pointers import Json, above, nest


def value_of(values: Mapping[str, Json], unit: str) -> Json:
    """A unit's leaves as one value: a group's as an object, none at all as MISSING."""
    return nest(values, unit) if values else MISSING


def fitted(values: Mapping[str, Json]) -> dict[str, Json]:
    """A unit's leaves without the empty objects that others fill.

    Raises Rejected `path-collision` where a leaf lies below one that is no object.
    """
    filled = {parent for path in values for parent in above(path)}
    fitting = {path: value for path, value in values.items() if path not in filled or value != {}}
    if clash := filled & fitting.keys():
        raise Rejected("path-collision", min(clash))
    return fitting
