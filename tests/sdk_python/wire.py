"""What the server says, as tests write it: short, with everything else filled in."""

from collections.abc import Mapping
from typing import Any

from retoma._identity import Identity

URL = "https://retoma.test"
DRAFT = f"{URL}/v1/drafts/dr_1"
CHANGES = f"{DRAFT}/changes"
EPOCH = "e1"
TIMES = {"updated_at": "2026-01-02T10:00:00.000Z", "expires_at": "2026-02-01T10:00:00.000Z"}
OTHER = {"kind": "customer", "channel": "mobile_web", "writer": "w_other", "device": "iPhone", "name": None}


def draft_json(revision: int = 5, data: Mapping[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """A draft."""
    names = {"id": "dr_1", "process": "mortgage", "kind": "form", "key": "default", "customer": "cu_1"}
    state = {"status": "open", "revision": revision, "data": dict(data or {}), "position": None}
    created = {"created_at": "2026-01-01T10:00:00.000Z"}
    return {**names, **state, "conflicts": [], **created, **TIMES, **members}


def cart_json(revision: int, *lines: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A draft that is a cart."""
    held = {"kind": "cart", "process": "cart", "lines": list(lines), "totals": totals_json(*lines)}
    cart = {**draft_json(revision), **held, "completion": None, **members}
    del cart["data"]
    return cart


def line_json(sku: str, quantity: int = 1, **members: Any) -> dict[str, Any]:
    """A line that another writer added, without a price."""
    identity = Identity(sku)
    names = {name: getattr(identity, name) for name in ("offer", "fulfilment", "parent", "split")}
    held = {"quantity": quantity, "info": {}, "price": None, "revision": 5, "by": OTHER}
    return {"key": identity.key, "sku": sku, "attributes": {}, **names, **held, **members}


def totals_json(*lines: dict[str, Any]) -> dict[str, Any]:
    """What lines without prices come to."""
    pieces = sum(line["quantity"] for line in lines)
    counts = {"lines": len(lines), "quantity": pieces, "unpriced": len(lines)}
    return {**counts, "amounts": [], "price_hash": f"{pieces:064}"}


def cart_delta_json(since: int, revision: int, *lines: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    """A delta of a cart: the lines that changed, and the keys of all that there are."""
    delta = delta_json(since, revision)
    del delta["cells"]
    told = {"lines": list(lines), "keys": keys, "totals": totals_json(*lines), "completion": None}
    return {**delta, **told}


def delta_json(
    since: int, revision: int, cells: Mapping[str, Any] | None = None, **members: Any
) -> dict[str, Any]:
    """A delta; a cell's value of None means that it was unset."""
    told = {path: cell_json(revision, value) for path, value in (cells or {}).items()}
    state = {"id": "dr_1", "from": since, "revision": revision, "epoch": EPOCH, "status": "open"}
    return {**state, "cells": told, "position": None, "conflicts": [], **TIMES, **members}


def cell_json(revision: int, value: Any) -> dict[str, Any]:
    """A cell that another writer wrote."""
    held = {"unset": True} if value is None else {"value": value}
    return {**held, "revision": revision, "by": OTHER}


def reply_json(
    since: int,
    revision: int,
    results: Mapping[int, str],
    cells: Mapping[str, Any] | None = None,
    **members: Any,
) -> dict[str, Any]:
    """The answer to changes; `results` has a status for each number."""
    told = [result_json(seq, status, revision) for seq, status in results.items()]
    delta = delta_json(since, revision, cells, conflicts=members.get("conflicts", []))
    return {"revision": revision, "epoch": EPOCH, "results": told, "conflicts": [], "delta": delta, **members}


def result_json(seq: int, status: str, revision: int) -> dict[str, Any]:
    """What became of one change."""
    why = {"code": "draft-full"} if status == "rejected" else {}
    return {"seq": seq, "status": status, "revision": revision, **why}


def conflict_json(
    revision: int = 6, stored: Any = "Ann", arriving: Any = "Anna", **members: Any
) -> dict[str, Any]:
    """An open conflict on /name."""
    sides = {"stored": {"value": stored, "by": OTHER}, "arriving": {"value": arriving, "by": OTHER}}
    names = {"id": f"cf_{revision}_0", "path": "/name", "policy": "incumbent", "status": "open"}
    return {**names, "revision": revision, **sides, "earlier": [], **members}


def problem_json(code: str, status: int, retryable: bool = False, **facts: Any) -> dict[str, Any]:
    """A problem document."""
    said = {"type": f"{URL}/problems/{code}", "title": code, "status": status, "code": code}
    return {**said, "retryable": retryable, "request_id": "req_1", **facts}
