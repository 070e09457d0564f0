"""What is known of a customer, for the customer and the service: journey and access log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain, islice, zip_longest
from operator import attrgetter
from typing import Any

from retoma_server.adapters.codec import read_event, read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.events import Event
from retoma_server.domain.journey import journey
from retoma_server.domain.people_rendering import touchpoint_json

from . import records
from .audit_views import Reader
from .callers import Caller, principal_of, whose
from .customers import living, people
from .deps import Deps
from .desk import EVENTS_KEPT
from .tenants import Tenant
from .touchpoints import touchpoints_of

Places = tuple[int, ...]
"""How far the access log of a customer, and of each who was merged into them, was read: by position."""


@dataclass(frozen=True, slots=True)
class Items:
    """Some items, newest first, and the places below which the next ones are."""

    items: list[Mapping[str, Any]]
    next: Places | None


def owner_of_data(deps: Deps, caller: Caller, customer: str | None) -> tuple[Principal, str]:
    """Who asks, and about which customer, who is there by now; raises NotFound and Gone."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.READ_OWN_DATA)
    return principal, living(deps, caller.home, whose(principal, customer))


def read_journey(deps: Deps, caller: Caller, customer: str | None) -> list[Mapping[str, Any]]:
    """A customer's journey, newest first, folded from all events that are kept; without values."""
    _, owner = owner_of_data(deps, caller, customer)
    return journey_of(deps, caller.home, owner)


def journey_of(deps: Deps, tenant: Tenant, customer: str) -> list[Mapping[str, Any]]:
    """The touchpoints of a customer, and of those who were merged into them, newest first."""
    told = (events_of(deps, tenant, each) for each in people(deps, tenant, customer))
    noted = chain.from_iterable(touchpoints_of(deps, tenant, each) for each in people(deps, tenant, customer))
    points = [*journey(merge(*told, key=attrgetter("at"))), *noted]
    points.sort(key=attrgetter("at"))
    return [touchpoint_json(point) for point in reversed(points)]


def events_of(deps: Deps, tenant: Tenant, customer: str) -> list[Event]:
    """What happened to the drafts of one customer, oldest first."""
    log = records.events_log(tenant.id, customer)
    page = deps.store.read_log_back(partition_of(customer), log, limit=EVENTS_KEPT)
    return [read_event(entry.body) for entry in reversed(page.entries)]


def read_access_log(
    deps: Deps, caller: Caller, customer: str | None, before: Places | None, limit: int
) -> Items:
    """Who of the tenant's staff looked at or changed a customer's drafts, newest first."""
    _, owner = owner_of_data(deps, caller, customer)
    return access_page(deps, caller.home, owner, before, limit)


def access_page(deps: Deps, tenant: Tenant, customer: str, before: Places | None, limit: int) -> Items:
    """Some of the access logs of a customer and of those who were merged into them, newest first."""
    logs = [
        read_back(deps, tenant, owner, place, limit)
        for owner, place in zip_longest(people(deps, tenant, customer), before or ())
        if owner is not None
    ]
    newest = merge(*(log.entries for log in logs), key=lambda each: -each[0]["at"])
    taken = list(islice(newest, limit))
    for entry, log in taken:
        log.place = entry["position"]
    more = any(log.place > log.first > 0 for log in logs)
    reader = Reader(deps, tenant, [entry for entry, _ in taken])
    items: list[Mapping[str, Any]] = [reader.access(entry) for entry, _ in taken]
    return Items(items, tuple(log.place for log in logs) if more else None)


@dataclass(slots=True)
class Log:
    """Entries of one access log, newest first, below the `place` that reading has come to."""

    place: int
    first: int
    entries: list[tuple[Mapping[str, Any], "Log"]] = field(default_factory=list)


def read_back(deps: Deps, tenant: Tenant, customer: str, place: int | None, limit: int) -> Log:
    """The next entries of the access log of one customer."""
    log = records.access_log(tenant.id, customer)
    page = deps.store.read_log_back(partition_of(customer), log, before=place, limit=limit)
    found = Log(page.last + 1 if place is None else place, page.first)
    found.entries = [({**read_json(each.body), "position": each.position}, found) for each in page.entries]
    return found
