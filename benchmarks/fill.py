"""Drafts to measure with, as the server's own actions leave them but for their history, written in lots.

Made one by one through the actions, a hundred thousand drafts would take longer than all the measuring.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retoma_server.actions import records
from retoma_server.actions.callers import caller_of
from retoma_server.actions.customers import new_customer, wrapped_keys
from retoma_server.actions.deps import Deps
from retoma_server.actions.desk import EVENTS_KEPT, OUTBOX_KEPT
from retoma_server.actions.identity import VISITOR_LIFE
from retoma_server.actions.tenants import Tenant
from retoma_server.adapters.codec import draft_bytes, event_bytes, read_json, writer_bytes
from retoma_server.adapters.stores import Append, Commit, Write
from retoma_server.adapters.tokens import credential_text, hash_secret, parse_credential
from retoma_server.domain.changes import read_change
from retoma_server.domain.drafts import Author, Draft
from retoma_server.domain.events import Event, EventType
from retoma_server.domain.merging import merge
from retoma_server.domain.processes import Process
from retoma_server.domain.writers import Result, Writer, noted

FIELD = "a value as people type it, of some sixty characters, number"
PROCESS = Process("mortgage-application")
WRITER = "w_fill"
LOT = 16
"""How many drafts one commit makes; they share a partition."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A visitor with one draft: their token, and all that is stored of both."""

    draft: Draft
    token: str
    writes: tuple[Write, ...]
    appends: tuple[Append, ...]


def fill(deps: Deps, publishable_key: str, number: int, size: int, file: Path) -> Path:
    """Make visitors with one draft each of about `size` bytes; `file` lists `draft token` by line."""
    tenant = caller_of(deps, parse_credential(publishable_key)).home
    model = model_draft(deps.store.now(), size)
    with file.open("w") as out:
        for first in range(0, number, LOT):
            place = deps.ids.partition()
            lot = [filled(deps, tenant, place, model) for _ in range(min(LOT, number - first))]
            deps.store.commit(place, commit_of(lot))
            out.writelines(f"{each.draft.id} {each.token}\n" for each in lot)
    return file


def commit_of(lot: list[Filled]) -> Commit:
    """One commit for a lot, of records that are not there yet."""
    writes = [write for each in lot for write in each.writes]
    appends = [append for each in lot for append in each.appends]
    return Commit({write.key: 0 for write in writes}, writes, appends=appends)


def model_draft(now: int, size: int) -> Draft:
    """A draft as it stands after one writer has filled it in; nobody's yet."""
    draft = Draft("", PROCESS.name, "form", "default", "", now, now, PROCESS.expires_at(now))
    author = Author("visitor", "api", WRITER)
    for seq, ops in enumerate(batches(size), 1):
        change = read_change({"seq": seq, "ops": ops}, draft.revision)
        draft, _ = merge(draft, change, author, PROCESS.rules)
    return draft


def batches(size: int) -> Iterator[list[dict[str, object]]]:
    """Fields of about 90 bytes each, as many as `size` takes, in changes of at most 200."""
    fields = [
        {"op": "set", "path": f"/applicant/field_{number}", "value": f"{FIELD} {number}", "seen": 0}
        for number in range(max(16, size // 90))
    ]
    for first in range(0, len(fields), 200):
        yield fields[first : first + 200]


def filled(deps: Deps, tenant: Tenant, place: int, model: Draft) -> Filled:
    """A new visitor in a partition, with a draft like the model."""
    customer, secret = deps.ids.new("cu", place), deps.ids.secret()
    draft = model._replace(id=deps.ids.new("dr", place), customer=customer)
    person = new_customer(tenant, customer, hash_secret(secret), draft.created_at + VISITOR_LIFE)
    return Filled(
        draft,
        credential_text("vt", tenant.id, subject=customer, secret=secret),
        (person, *draft_writes(tenant, person, draft)),
        appends_of(tenant, draft),
    )


def draft_writes(tenant: Tenant, person: Write, draft: Draft) -> Iterator[Write]:
    """The records of a draft: itself, sealed, the pointer to it, and what its writer has sent."""
    owner, at = draft.customer, draft.updated_at
    key = tenant.keys.open_customer(owner, wrapped_keys(read_json(person.body)))
    body = key.seal("draft", draft.id, 1, draft_bytes(draft))
    process = tenant.keys.keyed_hash("process", draft.process)
    terms = records.draft_terms(tenant.id, draft.customer, draft.status, process)
    yield Write(records.draft(tenant.id, draft.id), body, terms, at, draft.expires_at)
    hashed = tenant.keys.keyed_hash("current", draft.process, draft.key)
    pointer = records.current(tenant.id, owner, hashed)
    yield Write(pointer, draft.id.encode(), (records.pointers_term(tenant.id, owner),), at)
    writer = Writer(WRITER, f"customer:{owner}")
    for seq in range(1, draft.revision + 1):
        writer = noted(writer, seq, Result("applied", seq, "0" * 16))
    name = records.writer(tenant.id, draft.id, WRITER)
    yield Write(name, writer_bytes(writer), due=draft.expires_at)


def appends_of(tenant: Tenant, draft: Draft) -> tuple[Append, ...]:
    """What the logs hold of a draft that was opened: the customer's own, and the outbox."""
    opened = Event(
        EventType.DRAFT_OPENED,
        draft.created_at,
        draft.customer,
        draft.id,
        draft.process,
        draft.revision,
        0,
        "visitor",
        "api",
    )
    body = event_bytes(opened)
    return (
        Append(records.events_log(tenant.id, draft.customer), body, EVENTS_KEPT),
        Append(records.outbox_log(tenant.id), body, OUTBOX_KEPT),
    )
