"""Idempotency keys: a request sent twice is answered twice and done once.

The answer is stored in the commit that did the work, so there is no moment in which one exists
without the other (draft-ietf-httpapi-idempotency-key-header-07).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.stores import Write
from retoma_server.domain.errors import Invalid, Malformed

from . import records
from .callers import Caller
from .desk import Desk
from .tenants import Tenant

KEPT = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Once:
    """An Idempotency-Key and the fingerprint of the request that came with it."""

    key: str = field(repr=False)
    fingerprint: str

    def record(self, caller: Caller, draft: str, verb: str) -> str:
        """Where the answer is kept: apart for each caller, draft and verb."""
        tenant = caller.home
        return records.once(tenant.id, draft, tenant.keys.keyed_hash("once", caller.label, verb, self.key))


def required(once: Once | None) -> Once:
    """The key, where one must be sent; raises Malformed `idempotency-key-required`."""
    if once is None:
        raise Malformed("idempotency-key-required")
    return once


def answer_once(desk: Desk, once: Once, record: str, answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The stored answer, marked `replayed`, or a new one that is stored with what it did.

    Raises Invalid `idempotency-key-reused` when the key came with another request.
    """
    kept = answered(desk, once, record)
    if kept is not None:
        return {**kept, "replayed": True}
    fresh = answer()
    remember(desk, once, record, fresh)
    return fresh


def answered(desk: Desk, once: Once, record: str) -> dict[str, Any] | None:
    """The answer that was stored under a key, None where there is none; raises as `answer_once` does."""
    stored = desk.find(record)
    if stored is None:
        return None
    kept = read_json(desk.key.open("once", record, stored.revision, stored.body))
    if kept["fingerprint"] != once.fingerprint:
        raise Invalid("idempotency-key-reused")
    return dict(kept["answer"])


def remember(desk: Desk, once: Once, record: str, answer: dict[str, Any]) -> None:
    """Store an answer under a key, with whatever else the desk commits."""
    body = json_bytes({"fingerprint": once.fingerprint, "answer": answer})
    sealed = desk.key.seal("once", record, desk.revision(record) + 1, body)
    desk.write(Write(record, sealed, due=desk.now + KEPT))


def fingerprint(tenant: Tenant, ops: Any, verb: str = "change") -> str:
    """What tells a resent request from another one, or one of another verb, under the same number.

    Keyed, because short answers could be guessed from a plain hash.
    """
    return tenant.keys.mac(verb, orjson.dumps(ops, option=orjson.OPT_SORT_KEYS)).hex()[:16]
