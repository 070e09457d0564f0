"""What became of changes, as the wire carries it and as history keeps it."""

from collections.abc import Mapping, Sequence
from typing import Any

from retoma_server.domain.rendering import warned_json
from retoma_server.domain.writers import Result


def without_values(ops: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What ops did, without what they said."""
    return [{name: value for name, value in op.items() if name not in ("value", "info")} for op in ops]


def result_json(seq: int | None, result: Result) -> dict[str, Any]:
    """A result as the wire carries it."""
    facts: dict[str, Any] = {"status": result.status, "revision": result.revision}
    if seq is not None:
        facts = {"seq": seq, **facts}
    if result.conflicts:
        facts["conflicts"] = list(result.conflicts)
    if result.code is not None:
        facts["code"] = result.code
    if result.path is not None:
        facts["path"] = result.path
    if result.warnings:
        facts["warnings"] = [warned_json(each) for each in result.warnings]
    return facts


def replayed_json(seq: int, result: Result | None, mark: str) -> dict[str, Any]:
    """The answer to a change sent again; `was` is None when it is too long ago to be told."""
    if result is None:
        return {"seq": seq, "status": "replayed", "revision": None, "was": None}
    if result.fingerprint != mark:
        return {"seq": seq, "status": "rejected", "revision": result.revision, "code": "sequence-reused"}
    return {**result_json(seq, result), "status": "replayed", "was": result.status}
