"""Lists of drafts: a customer's, or for the service a tenant's, page by page."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from retoma_server.adapters.codec import (
    DraftHead,
    json_bytes,
    read_draft,
    read_head,
    read_json,
    with_unstored,
)
from retoma_server.adapters.envelopes import IntegrityFailure, owner_of
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import PARTITIONS, Found
from retoma_server.domain.access import Kind, Verb, authorize
from retoma_server.domain.devices import Devices
from retoma_server.domain.drafts import TIMED, Status
from retoma_server.domain.errors import Gone, NotFound
from retoma_server.domain.rendering import last_touch_json

from . import records
from .album import Album
from .callers import Caller, named_customer, principal_of
from .customers import followed, opened_keys, people, read_customer
from .deps import Deps
from .tenants import Tenant

Readable = tuple[Found, DraftHead, bytes]
"""A draft that was found, what can be told of it without parsing it, and all of it."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which drafts to list: everything that is None does not narrow it. `since` is milliseconds."""

    customer: str | None = None
    process: str | None = None
    status: Status | None = None
    since: int = 0
    limit: int = 20
    before: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some finished JSON items, and where the next ones begin."""

    items: tuple[bytes, ...]
    next: tuple[int, str] | None


def list_drafts(deps: Deps, caller: Caller, query: Query) -> Page:
    """A customer's drafts, or for the service a tenant's, most recently changed first."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.LIST_DRAFTS)
    if principal.kind is not Kind.SERVICE:
        query = replace(query, customer=named_customer(principal, query.customer))
    tenant = caller.home
    if query.customer is not None:
        query = replace(query, customer=followed(deps, tenant, query.customer))
    unstored = deps.tenants.process(tenant.id, query.process).unstored if query.process else ()
    devices = _devices(deps, tenant, query.customer)
    items: list[tuple[Found, bytes]] = []
    for found, head, plaintext in _matching(deps, tenant, query):
        if len(items) == query.limit:
            last = items[-1][0]
            return Page(tuple(json for _, json in items), (last.rank, last.record.key))
        items.append((found, with_unstored(_item(head, plaintext, devices), unstored)))
    return Page(tuple(json for _, json in items), None)


def _devices(deps: Deps, tenant: Tenant, customer: str | None) -> Devices:
    """The devices of the customer whose drafts are listed, who may not be there."""
    with suppress(NotFound, Gone):
        if customer is not None:
            return Album(deps, tenant, customer).devices
    return {}


def _item(head: DraftHead, plaintext: bytes, devices: Devices) -> bytes:
    """A draft as an item of a list: what its owner sees, and where it was last touched."""
    touched = json_bytes(last_touch_json(read_draft(plaintext), devices))
    return head.json.removesuffix(b"}") + b',"touched":' + touched + b"}"


@dataclass(frozen=True, slots=True)
class Exported:
    """A cart as finished JSON, and the place after which the next one is."""

    json: bytes
    place: tuple[int, str]


def export_carts(deps: Deps, caller: Caller, query: Query) -> Iterator[Exported]:
    """A tenant's carts, most recently changed first, read from the store page by page as they are taken.

    Raises Forbidden at once for anybody but the service.
    """
    authorize(principal_of(deps, caller), Verb.EXPORT_CARTS)
    found = _matching(deps, caller.home, query)
    return (
        Exported(head.json, (each.rank, each.record.key))
        for each, head, _ in found
        if read_json(head.json)["kind"] == "cart"
    )


def newest_open(deps: Deps, tenant: Tenant, customer: str, process: str | None) -> str | None:
    """A customer's own open draft that was changed last, of a process where one is named."""
    query = Query(customer=customer, process=process, status=Status.OPEN)
    mine = (found for found, _, _ in _matching(deps, tenant, query) if is_of(found, customer))
    return next((each.record.key.rpartition("/")[2] for each in mine), None)


def is_of(found: Found, customer: str) -> bool:
    """Whether a draft is a customer's own, not left by somebody who was merged into them."""
    return owner_of(found.record.body).name == customer


def _matching(deps: Deps, tenant: Tenant, query: Query) -> Iterator[Readable]:
    """Drafts that a query asks for, newest first, read in pages from the store."""
    owners = people(deps, tenant, query.customer) if query.customer is not None else ()
    partitions = list(dict.fromkeys(map(partition_of, owners))) or range(PARTITIONS)
    terms = _terms(tenant, query, owners)
    before = query.before
    while True:
        page = deps.store.find(partitions, terms, before=before, since=query.since, limit=query.limit + 1)
        yield from _readable(deps, tenant, query, page)
        if len(page) <= query.limit:
            return
        before = (page[-1].rank, page[-1].record.key)


def _terms(tenant: Tenant, query: Query, owners: Sequence[str]) -> list[str]:
    if owners:
        return [records.customers_drafts_term(tenant.id, owner) for owner in owners]
    statuses = [query.status] if query.status else list(Status)
    if query.process is None:
        return [records.status_term(tenant.id, status) for status in statuses]
    hashed = tenant.keys.keyed_hash("process", query.process)
    return [records.process_term(tenant.id, hashed, status) for status in statuses]


def _readable(deps: Deps, tenant: Tenant, query: Query, page: list[Found]) -> Iterator[Readable]:
    """The drafts of a page that are still there, still match, and whose time is not over."""
    customers = _customer_records(deps, tenant, page)
    now = deps.store.now() if page else 0
    for found in page:
        owner = owner_of(found.record.body).name
        fields = customers[owner]
        if fields.get("erased"):
            continue
        draft_id = found.record.key.rpartition("/")[2]
        key = opened_keys(deps, tenant, owner, fields)
        try:
            plaintext = key.open("draft", draft_id, found.record.revision, found.record.body)
        except IntegrityFailure:
            continue  # asked for by itself it says so; the others are listed all the same
        head = read_head(plaintext)
        over = head.status in TIMED and now >= head.expires_at
        moved = head.status is Status.MERGED and query.customer not in (None, owner)
        if not over and not moved and _matches(query, head.status, plaintext):
            yield found, head, plaintext


def _customer_records(deps: Deps, tenant: Tenant, page: list[Found]) -> dict[str, dict[str, Any]]:
    """The fields of the customers whose drafts are on a page."""
    places: dict[int, set[str]] = {}
    for found in page:
        places.setdefault(found.partition, set()).add(owner_of(found.record.body).name)
    fields = {}
    for place, owners in places.items():
        snapshot = deps.store.read(place, [records.customer(tenant.id, owner) for owner in owners])
        for owner in owners:
            fields[owner] = read_customer(snapshot.get(records.customer(tenant.id, owner)))
    return fields


def _matches(query: Query, status: Status, plaintext: bytes) -> bool:
    if query.status is not None and status is not query.status:
        return False
    return query.process is None or read_draft(plaintext).process == query.process
