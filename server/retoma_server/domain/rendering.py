"""Drafts, deltas, conflicts and events as the JSON that everybody reads: one shape, two views.

The owner sees everything. Staff see what `masking` leaves of it, and no device labels.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from .drafts import Author, Cell, Conflict, Delta, Draft, Position
from .events import Event
from .masking import masked_cell, shows_conflict_values
from .pointers import Json, nest
from .processes import Process

EPOCH = datetime(1970, 1, 1)
ShowCell = Callable[[str, Cell], Json]


def timestamp(milliseconds: int) -> str:
    """A time as RFC 3339 in UTC, with milliseconds."""
    return (EPOCH + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds") + "Z"


def draft_json(draft: Draft) -> dict[str, Json]:
    """A draft as its owner sees it."""
    return _draft(draft, draft.data, [conflict_json(each) for each in draft.open_conflicts()])


def masked_draft_json(draft: Draft, process: Process) -> dict[str, Json]:
    """A draft as staff see it."""
    shown = {path: masked_cell(process, path, cell) for path, cell in draft.cells.items() if cell.live}
    conflicts = [masked_conflict_json(each, process) for each in draft.open_conflicts()]
    return _draft(draft, nest(shown), conflicts) | {"position": masked_position_json(draft.position)}


def _draft(draft: Draft, data: Json, conflicts: list[dict[str, Json]]) -> dict[str, Json]:
    return {
        "id": draft.id,
        "process": draft.process,
        "kind": draft.kind,
        "key": draft.key,
        "customer": draft.customer,
        "status": str(draft.status),
        "revision": draft.revision,
        "data": data,
        "position": position_json(draft.position),
        "conflicts": conflicts,
        "created_at": timestamp(draft.created_at),
        "updated_at": timestamp(draft.updated_at),
        "expires_at": timestamp(draft.expires_at),
    }


def position_json(position: Position | None) -> dict[str, Json] | None:
    """Where the customer was, or None when nobody said."""
    return None if position is None else {"step": position.step, "cursor": position.cursor}


def masked_position_json(position: Position | None) -> dict[str, Json] | None:
    """Where the customer was, for staff: the step without the client's own note."""
    return None if position is None else {"step": position.step, "cursor": None}


def author_json(author: Author) -> dict[str, Json]:
    """Who wrote something, as the customer sees it."""
    return {
        "kind": author.kind,
        "channel": author.channel,
        "writer": author.writer,
        "device": author.device,
        "name": author.name,
    }


def side_json(cell: Cell) -> dict[str, Json]:
    """One value of a conflict; `unset` where there was none."""
    by = author_json(cell.by)
    return {"value": cell.value, "by": by} if cell.live else {"unset": True, "by": by}


def conflict_json(conflict: Conflict) -> dict[str, Json]:
    """A conflict as the owner sees it."""
    return _conflict(conflict, side_json)


def masked_conflict_json(conflict: Conflict, process: Process) -> dict[str, Json]:
    """A conflict as staff see it: that there is one and between whom, rarely what."""
    if shows_conflict_values(process, conflict):
        return _conflict(conflict, lambda cell: side_json(cell) | {"by": _unlabelled(cell.by)})
    return _conflict(conflict, lambda cell: {"masked": True, "by": _unlabelled(cell.by)})


def _conflict(conflict: Conflict, side: Callable[[Cell], dict[str, Json]]) -> dict[str, Json]:
    return {
        "id": conflict.id,
        "path": conflict.path,
        "policy": str(conflict.policy),
        "status": str(conflict.status),
        "revision": conflict.revision,
        "stored": side(conflict.stored),
        "arriving": side(conflict.arriving),
        "earlier": [side(each) for each in conflict.earlier],
    }


def delta_json(delta: Delta, epoch: str) -> dict[str, Json]:
    """What changed in a draft, as its owner sees it."""
    cells = {path: _cell(cell, cell.value, author_json(cell.by)) for path, cell in delta.cells.items()}
    return _delta(delta, epoch, cells, [conflict_json(each) for each in delta.conflicts])


def masked_delta_json(delta: Delta, epoch: str, process: Process) -> dict[str, Json]:
    """What changed in a draft, as staff see it."""
    cells = {
        path: _cell(cell, masked_cell(process, path, cell) if cell.live else None, _unlabelled(cell.by))
        for path, cell in delta.cells.items()
    }
    masked = _delta(delta, epoch, cells, [masked_conflict_json(each, process) for each in delta.conflicts])
    return masked | {"position": masked_position_json(delta.draft.position)}


def _cell(cell: Cell, shown: Json, by: dict[str, Json]) -> dict[str, Json]:
    if cell.live:
        return {"value": shown, "revision": cell.revision, "by": by}
    return {"unset": True, "revision": cell.revision, "by": by}


def _unlabelled(author: Author) -> dict[str, Json]:
    return author_json(author) | {"device": None}


def _delta(
    delta: Delta, epoch: str, cells: Mapping[str, Json], conflicts: list[dict[str, Json]]
) -> dict[str, Json]:
    draft = delta.draft
    return {
        "id": draft.id,
        "from": delta.since,
        "revision": draft.revision,
        "epoch": epoch,
        "status": str(draft.status),
        "cells": cells,
        "position": position_json(draft.position),
        "conflicts": conflicts,
        "updated_at": timestamp(draft.updated_at),
        "expires_at": timestamp(draft.expires_at),
    }


def event_json(event: Event) -> dict[str, Any]:
    """An event as everybody sees it: it holds no value, so there is nothing to mask."""
    return {
        "type": str(event.type),
        "at": timestamp(event.at),
        "customer": event.customer,
        "draft": event.draft,
        "process": event.process,
        "revision": event.revision,
        "from": event.since,
        "actor": event.actor,
        "channel": event.channel,
        "step": event.step,
        "fields": event.fields,
        "handoff": event.handoff,
    }


def process_json(process: Process) -> dict[str, Json]:
    """A process as it was registered."""
    return {
        "name": process.name,
        "kind": process.kind,
        "titles": dict(process.titles),
        "url": process.url,
        "steps": [{"id": step.id, "titles": dict(step.titles)} for step in process.steps],
        "schema": process.schema,
        "fields": {path: str(kind) for path, kind in process.fields.items()},
        "groups": list(process.groups),
        "policies": {path: str(policy) for path, policy in process.policies.items()},
        "retention": {"open_days": process.open_days, "closed_days": process.closed_days},
    }
