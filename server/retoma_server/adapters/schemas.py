"""JSON Schema: which answers of a form are missing or of the wrong kind, when it is completed."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson


def violations(schema: Mapping[str, Any] | None, data: Any, at_most: int = 50) -> list[dict[str, str]]:
    """Where data breaks a schema: `{pointer, code}` each, without any value."""
    if schema is None:
        return []
    validator = _validator(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS))
    found = []
    for error in validator.iter_errors(data):
        found.append({"pointer": _pointer(error.instance_path), "code": str(error.kind.name)})
        if len(found) == at_most:
            break
    return found


def is_schema(schema: Any) -> bool:
    """Whether this is a schema of a draft that is known, and refers to nothing outside itself."""
    try:
        _validator(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS))
    except (ValueError, TypeError):
        return False
    return True


def holds(condition: Mapping[str, Any], within: Mapping[str, Any], data: Any) -> bool | None:
    """Whether data fits a part of a schema; None where the part cannot be read by itself."""
    kept = {key: within[key] for key in ("$schema", "$defs", "definitions") if key in within}
    try:
        alone = orjson.dumps({**kept, "allOf": [condition]}, option=orjson.OPT_SORT_KEYS)
        return bool(_validator(alone).is_valid(data))
    except (ValueError, TypeError):
        return None


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Any:
    """A compiled schema; a reference to a file or address is an error, never a look-up."""
    return jsonschema_rs.validator_for(orjson.loads(schema), retriever=_refuse)


def _refuse(address: str) -> Any:
    raise ValueError("a schema may refer only to itself")


def _pointer(path: Any) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
