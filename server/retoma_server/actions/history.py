"""A draft's history: what was changed, by whom, refused changes too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retoma_server.adapters.codec import read_json
from retoma_server.adapters.stores import Entry
from retoma_server.adapters.vault import CustomerKeys
from retoma_server.domain.access import Principal, Verb

from . import records
from .callers import Caller
from .deps import Deps
from .desk import Desk
from .jobs import Job, work

PAGE_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Items of a draft's history, newest first, and the position below which the next ones are."""

    items: list[Mapping[str, Any]]
    next: int | None


def read_history(
    deps: Deps, caller: Caller, draft: str, before: int | None = None, limit: int = 20
) -> HistoryPage:
    """What was changed in a draft, by whom, refused changes too; staff see no values.

    A page may hold more items than `limit`, because changes committed together stay together, and
    fewer, because it ends at a megabyte.
    """

    def decide(desk: Desk, principal: Principal) -> HistoryPage:
        desk.audit(principal, "history-viewed")
        return _history_page(desk, principal, before, limit)

    page: HistoryPage = work(deps, draft, Job(caller, Verb.READ_HISTORY, decide))
    return page


def _history_page(desk: Desk, principal: Principal, before: int | None, limit: int) -> HistoryPage:
    log = records.history_log(desk.tenant.id, desk.draft_id)
    page = desk.deps.store.read_log_back(desk.partition, log, before=before, limit=limit)
    items: list[Mapping[str, Any]] = []
    last = room = 0
    for entry in page.entries:
        room += len(entry.body)
        if last and room > PAGE_BYTES:
            break
        last = entry.position
        _, opened = opened_entry(desk.key, desk.draft_id, entry)
        items += [without_values(item) if principal.masked else item for item in reversed(read_json(opened))]
    return HistoryPage(items, last if last > page.first else None)


def opened_entry(key: CustomerKeys, draft: str, entry: Entry) -> tuple[int, bytes]:
    """The revision of an entry of a draft's history, and its items; raises IntegrityFailure."""
    revision = int.from_bytes(entry.body[:8], "big")
    return revision, key.open("history", draft, revision, entry.body[8:])


def without_values(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """A history item as staff see it; what was refused may hold anything anywhere, so only names pass."""
    known = ("op",) if item["status"] == "rejected" else ("op", "path", "conflict", "step")
    ops = [
        {name: op[name] for name in known if isinstance(op.get(name), str)}
        for op in item["ops"]
        if isinstance(op, Mapping)
    ]
    return {**item, "by": {**item["by"], "device": None}, "ops": ops}
