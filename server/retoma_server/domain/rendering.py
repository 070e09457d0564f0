"""Drafts, deltas, conflicts and events as the JSON that everybody reads: one shape, two views.

The owner sees everything. Staff see what `masking` leaves of it, and no device labels.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from .authors import Author
from .carts import Warned
from .completions import Completion, price_hash
from .devices import Devices
from .drafts import Cell, Conflict, Delta, Draft, Position
from .events import Event
from .hooks import Hook
from .lines import Line
from .masking import masked, masked_cell, shows_conflict_values
from .pointers import Json, join, nest
from .processes import Process
from .touchpoints import ClaimedFrom
from .validating import Revalued

EPOCH = datetime(1970, 1, 1)
ShowCell = Callable[[str, Cell], Json]


def timestamp(milliseconds: int) -> str:
    """A time as RFC 3339 in UTC, with milliseconds."""
    return (EPOCH + timedelta(0, 0, 0, milliseconds)).isoformat(timespec="milliseconds") + "Z"


def draft_json(draft: Draft) -> dict[str, Json]:
    """A draft as its owner sees it."""
    content = cart_json(draft, line_json) if draft.kind == "cart" else {"data": draft.data}
    return _draft(draft, content, [conflict_json(each) for each in draft.open_conflicts()])


def masked_draft_json(draft: Draft, process: Process) -> dict[str, Json]:
    """A draft as staff see it."""
    conflicts = [masked_conflict_json(each, process) for each in draft.open_conflicts()]
    content = masked_content(draft, process)
    return _draft(draft, content, conflicts) | {"position": masked_position_json(draft.position)}


def masked_content(draft: Draft, process: Process) -> dict[str, Json]:
    """What a draft holds, as staff see it."""
    if draft.kind == "cart":
        return cart_json(draft, lambda line: masked_line_json(line, process))
    shown = {path: masked_cell(process, path, cell) for path, cell in draft.cells.items() if cell.live}
    return {"data": nest(shown)}


def _draft(draft: Draft, content: dict[str, Json], conflicts: list[dict[str, Json]]) -> dict[str, Json]:
    return {
        "id": draft.id,
        "process": draft.process,
        "kind": draft.kind,
        "key": draft.key,
        "customer": draft.customer,
        "status": str(draft.status),
        "revision": draft.revision,
        **content,
        "position": position_json(draft.position),
        "conflicts": conflicts,
        "merged_into": draft.takeover and draft.takeover.into,
        "created_at": timestamp(draft.created_at),
        "updated_at": timestamp(draft.updated_at),
        "expires_at": timestamp(draft.expires_at),
    }


def cart_json(draft: Draft, show: Callable[[Line], dict[str, Json]]) -> dict[str, Json]:
    """What a cart holds, and its totals: clients show these, and never add up lines themselves."""
    return {
        "lines": [show(line) for line in draft.orderable],
        "unavailable": [unavailable_json(line, show) for line in draft.unavailable],
        "totals": totals_json(draft.orderable),
        "validation": draft.upkeep.validation,
        "completion": completion_json(draft.completion),
        "successor": draft.successor,
    }


def completion_json(completion: Completion | None) -> dict[str, Json] | None:
    """How far the order of a cart has come, or None where nobody has begun to complete it."""
    if completion is None:
        return None
    return {
        "id": completion.id,
        "attempt": completion.attempt,
        "status": str(completion.progress),
        "lease_expires_at": timestamp(completion.lease_until),
        "order_ref": completion.order_ref,
    }


def totals_json(lines: Collection[Line]) -> dict[str, Json]:
    """How many lines and pieces there are, and what they come to in each currency, where priced."""
    amounts: dict[str, int] = {}
    for line in lines:
        if line.price is not None:
            amounts[line.price.currency] = (
                amounts.get(line.price.currency, 0) + line.price.amount * line.quantity
            )
    return {
        "lines": len(lines),
        "quantity": sum(line.quantity for line in lines),
        "unpriced": sum(line.price is None for line in lines),
        "price_hash": price_hash(lines),
        "amounts": [{"amount": amount, "currency": currency} for currency, amount in amounts.items()],
    }


def line_json(line: Line) -> dict[str, Json]:
    """A line of a cart as the owner sees it."""
    identity, price = line.identity, line.price
    return {
        "key": identity.key,
        "sku": identity.sku,
        "attributes": dict(identity.attributes),
        "offer": identity.offer,
        "fulfilment": identity.fulfilment,
        "parent": identity.parent,
        "split": identity.split,
        "quantity": line.quantity,
        "info": dict(line.info),
        "price": price
        and {"amount": price.amount, "currency": price.currency, "at": timestamp(line.priced_at)},
        "max_quantity": line.max_quantity,
        "revision": line.revision,
        "by": author_json(line.by),
    }


def unavailable_json(line: Line, show: Callable[[Line], dict[str, Json]]) -> dict[str, Json]:
    """A line that cannot be had, with the shop's reason."""
    return show(line) | {"reason": line.unavailable}


def revalued_json(revalued: Revalued) -> dict[str, Json]:
    """A line that the shop's word changed: what was known of it, and what is."""
    before, after = (value_json(line) for line in revalued)
    return {"line": revalued.after.identity.key, "before": before, "after": after}


def value_json(line: Line) -> dict[str, Json]:
    """What the shop says of a line."""
    price = line.price
    return {
        "price": price and {"amount": price.amount, "currency": price.currency},
        "unavailable": line.unavailable,
        "max_quantity": line.max_quantity,
    }


def masked_line_json(line: Line, process: Process) -> dict[str, Json]:
    """A line as staff see it: what is to be sold whole, the customer's notes by the class of `/info/…`."""
    info = {name: masked(process, join("/info", name), value) for name, value in line.info.items()}
    return line_json(line) | {"info": info, "by": _unlabelled(line.by)}


def warned_json(warned: Warned) -> dict[str, Json]:
    """What the author of an op should know."""
    return {"code": warned.code, "line": warned.line, "quantity": warned.quantity}


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
    conflicts = [conflict_json(each) for each in delta.conflicts]
    if delta.draft.kind == "cart":
        return _delta(delta, epoch, cart_delta_json(delta, line_json), conflicts)
    cells = {path: _cell(cell, cell.value, author_json(cell.by)) for path, cell in delta.cells.items()}
    return _delta(delta, epoch, {"cells": cells}, conflicts)


def masked_delta_json(delta: Delta, epoch: str, process: Process) -> dict[str, Json]:
    """What changed in a draft, as staff see it."""
    conflicts = [masked_conflict_json(each, process) for each in delta.conflicts]
    shown = _delta(delta, epoch, masked_changes(delta, process), conflicts)
    return shown | {"position": masked_position_json(delta.draft.position)}


def masked_changes(delta: Delta, process: Process) -> dict[str, Json]:
    """The cells or lines that changed, as staff see them."""
    if delta.draft.kind == "cart":
        return cart_delta_json(delta, lambda line: masked_line_json(line, process))
    cells = {
        path: _cell(cell, masked_cell(process, path, cell) if cell.live else None, _unlabelled(cell.by))
        for path, cell in delta.cells.items()
    }
    return {"cells": cells}


def cart_delta_json(delta: Delta, show: Callable[[Line], dict[str, Json]]) -> dict[str, Json]:
    """The lines that changed, the keys of all that can be had, all that cannot, and the totals."""
    return {
        "lines": [show(line) for line in delta.lines.values() if line.unavailable is None],
        "keys": [line.identity.key for line in delta.draft.orderable],
        "unavailable": [unavailable_json(line, show) for line in delta.draft.unavailable],
        "totals": totals_json(delta.draft.orderable),
        "validation": delta.draft.upkeep.validation,
        "completion": completion_json(delta.draft.completion),
        "successor": delta.draft.successor,
    }


def _cell(cell: Cell, shown: Json, by: dict[str, Json]) -> dict[str, Json]:
    if cell.live:
        return {"value": shown, "revision": cell.revision, "by": by}
    return {"unset": True, "revision": cell.revision, "by": by}


def _unlabelled(author: Author) -> dict[str, Json]:
    return author_json(author) | {"device": None}


def _delta(
    delta: Delta, epoch: str, changed: dict[str, Json], conflicts: list[dict[str, Json]]
) -> dict[str, Json]:
    draft = delta.draft
    return {
        "id": draft.id,
        "from": delta.since,
        "revision": draft.revision,
        "epoch": epoch,
        "status": str(draft.status),
        **changed,
        "position": position_json(draft.position),
        "conflicts": conflicts,
        "merged_into": draft.takeover and draft.takeover.into,
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
        "to": event.to,
        "claim": claim_json(event.claim),
    }


def claim_json(claim: ClaimedFrom | None) -> dict[str, Json] | None:
    """The claim that is told of, and where its guest's draft was begun."""
    if claim is None:
        return None
    about = {"id": claim.id, "draft": claim.draft}
    return {**about, "begun_at": timestamp(claim.begun_at), "channel": claim.channel}


def touched_json(draft: Draft, steps: Sequence[str]) -> dict[str, Any]:
    """Where and when somebody was last at work in a draft, and how far they came."""
    by = draft.last_author
    step = draft.position.step if draft.position else None
    return {
        "draft": draft.id,
        "updated_at": timestamp(draft.updated_at),
        "channel": by and by.channel,
        "device": by and by.device,
        "step": step,
        "step_number": steps.index(step) + 1 if step in steps else None,
        "steps": len(steps),
        "fields": sum(cell.live for cell in draft.cells.values()),
    }


def last_touch_json(draft: Draft, devices: Devices) -> dict[str, Json] | None:
    """Where a draft was last changed, on what its customer calls the device; None of one that is empty."""
    by = draft.last_author
    if by is None:
        return None
    known = devices.get(by.device_id or "")
    return {"channel": by.channel, "device": (known and known.called) or by.device}


def hook_json(hook: Hook) -> dict[str, Json]:
    """A hook as it was registered."""
    return {"url": hook.url, "when_silent": "block" if hook.blocks else "proceed"}


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
        "lookalikes": list(process.lookalikes),
        "confirm": list(process.confirm),
        "customer_only": list(process.customer_only),
        "policies": {path: str(policy) for path, policy in process.policies.items()},
        "retention": {
            "open_days": process.open_days,
            "closed_days": process.closed_days,
            "customer_days": process.customer_days,
            "most_days": process.most_days,
        },
        "limits": {"line_quantity": process.line_quantity},
        "spillover": process.spillover,
        "claim": str(process.claim),
    }
