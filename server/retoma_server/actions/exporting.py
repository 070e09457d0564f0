"""Exporting a customer: all that is kept of them as one JSON document, fetched once and stored nowhere."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit, Record, Stale, Write
from retoma_server.domain.access import Kind, Verb, authorize
from retoma_server.domain.errors import Gone, NotFound
from retoma_server.domain.people_rendering import consent_json, device_json

from . import records
from .callers import Caller, principal_of
from .consents import read_consents
from .deps import Deps
from .devices import devices_of
from .drafts import get_draft
from .history import read_history
from .linking import known
from .listing import Query, list_drafts
from .own_data import access_page, journey_of, owner_of_data
from .tenants import Tenant

FETCHED_WITHIN = 15 * 60_000
"""Milliseconds within which an export is fetched."""
PAGE = 100


@dataclass(frozen=True, slots=True)
class Export:
    """An export that may be fetched once, until then (milliseconds since 1970)."""

    id: str
    customer: str
    expires_at: int


def begin_export(deps: Deps, caller: Caller, customer: str | None) -> Export:
    """Let a customer's data be fetched once, within 15 minutes, by whoever may read it.

    Raises NotFound and Gone for a customer who is not there.
    """
    _, owner = owner_of_data(deps, caller, customer)
    place = partition_of(owner)
    export = deps.ids.new("ex", place)
    until = deps.store.now() + FETCHED_WITHIN
    key = records.export(caller.home.id, export)
    terms = (records.pointers_term(caller.home.id, owner),)
    write = Write(key, json_bytes({"customer": owner, "until": until}), terms, until, until)
    deps.store.commit(place, Commit({key: 0}, [write]))
    return Export(export, owner, until)


def fetch_export(deps: Deps, caller: Caller, export: str) -> Iterator[bytes]:
    """A customer's data as pieces of one JSON document, made while it is read.

    Raises NotFound for an export that was fetched, is over, or is of somebody else, all alike.
    """
    key, place = records.export(caller.home.id, export), partition_of(export)
    snapshot = deps.store.read(place, [key])
    record = snapshot.get(key)
    owner, until = read_ticket(record)
    if not may_fetch(deps, caller, owner) or snapshot.now >= until:
        raise NotFound
    try:
        deps.store.commit(place, Commit({key: snapshot.revision(key)}, deletes=[key]))
    except Stale:
        raise NotFound from None
    return document(deps, caller, owner)


def read_ticket(record: Record | None) -> tuple[str, int]:
    """Whose export it is, and until when; nobody's and over where there is none."""
    if record is None:
        return "", 0
    fields = read_json(record.body)
    return str(fields["customer"]), int(fields["until"])


def may_fetch(deps: Deps, caller: Caller, customer: str) -> bool:
    """Whether a caller is that customer, or the service."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.READ_OWN_DATA)
    return principal.kind is Kind.SERVICE or principal.customer == customer


def document(deps: Deps, caller: Caller, customer: str) -> Iterator[bytes]:
    """The document, piece by piece: of each list no more than a page is in memory."""
    head = {"customer": customer, "identifiers": sorted(known(deps, caller.home, customer).identifiers)}
    yield json_bytes(head)[:-1]
    yield b',"drafts":['
    yield from separated(drafts(deps, caller, customer))
    devices = devices_of(deps, caller, customer)
    yield b'],"devices":' + json_bytes([device_json(each.device, each.current) for each in devices])
    decided = read_consents(deps, caller, named(caller, customer)).values()
    yield b',"consents":' + json_bytes(list(map(consent_json, decided)))
    yield b',"journey":' + json_bytes(journey_of(deps, caller.home, customer))
    yield b',"access_log":['
    yield from separated(accesses(deps, caller.home, customer))
    yield b"]}"


def separated(items: Iterator[bytes]) -> Iterator[bytes]:
    """The items of a JSON list, with commas between them."""
    for number, item in enumerate(items):
        yield item if number == 0 else b"," + item


def drafts(deps: Deps, caller: Caller, customer: str) -> Iterator[bytes]:
    """Each draft as its customer sees it, with its history, newest first."""
    before = None
    while True:
        page = list_drafts(deps, caller, Query(named(caller, customer), limit=PAGE, before=before))
        for head in page.items:
            draft = str(read_json(head)["id"])
            with suppress(NotFound, Gone):  # ended while this was written
                shown = get_draft(deps, caller, draft).json
                yield shown[:-1] + b',"history":[' + b",".join(changes(deps, caller, draft)) + b"]}"
        if page.next is None:
            return
        before = page.next


def named(caller: Caller, customer: str) -> str | None:
    """The customer as a query names them: the service says who, a customer asks of nobody else."""
    return customer if caller.kind == "sk" else None


def changes(deps: Deps, caller: Caller, draft: str) -> Iterator[bytes]:
    """A draft's history, newest first."""
    before = None
    while True:
        page = read_history(deps, caller, draft, before, PAGE)
        yield from map(json_bytes, page.items)
        if page.next is None:
            return
        before = page.next


def accesses(deps: Deps, tenant: Tenant, customer: str) -> Iterator[bytes]:
    """A customer's access log, newest first."""
    before = None
    while True:
        page = access_page(deps, tenant, customer, before, PAGE)
        yield from map(json_bytes, page.items)
        if page.next is None:
            return
        before = page.next
