"""What is known of a customer, for the customer and the service: journey and access log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retoma_server.adapters.codec import read_event, read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.rendering import timestamp, touchpoint_json
from retoma_server.domain.touchpoints import journey

from . import records
from .callers import Caller, principal_of, whose
from .customers import check_customer
from .deps import Deps
from .desk import EVENTS_KEPT
from .tenants import Tenant


@dataclass(frozen=True, slots=True)
class Items:
    """Some items, newest first, and the position below which the next ones are."""

    items: list[Mapping[str, Any]]
    next: int | None


def owner_of_data(deps: Deps, caller: Caller, customer: str | None) -> tuple[Principal, str]:
    """Who asks, and about which customer, who is there; raises NotFound and Gone."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.READ_OWN_DATA)
    owner = whose(principal, customer)
    check_customer(deps, caller.home, owner)
    return principal, owner


def read_journey(deps: Deps, caller: Caller, customer: str | None) -> list[Mapping[str, Any]]:
    """A customer's journey, newest first, folded from all events that are kept; without values."""
    _, owner = owner_of_data(deps, caller, customer)
    return journey_of(deps, caller.home, owner)


def journey_of(deps: Deps, tenant: Tenant, customer: str) -> list[Mapping[str, Any]]:
    """The touchpoints of a customer, newest first."""
    log = records.events_log(tenant.id, customer)
    page = deps.store.read_log_back(partition_of(customer), log, limit=EVENTS_KEPT)
    events = (read_event(entry.body) for entry in reversed(page.entries))
    return [touchpoint_json(point) for point in reversed(journey(events))]


def read_access_log(
    deps: Deps, caller: Caller, customer: str | None, before: int | None, limit: int
) -> Items:
    """Who of the tenant's staff looked at or changed a customer's drafts, newest first."""
    _, owner = owner_of_data(deps, caller, customer)
    return access_page(deps, caller.home, owner, before, limit)


def access_page(deps: Deps, tenant: Tenant, customer: str, before: int | None, limit: int) -> Items:
    """Some of a customer's access log."""
    log = records.access_log(tenant.id, customer)
    page = deps.store.read_log_back(partition_of(customer), log, before=before, limit=limit)
    last = page.entries[-1].position if page.entries else 0
    return Items(
        [access_json(read_json(entry.body)) for entry in page.entries], last if last > page.first else None
    )


def access_json(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One look or change by staff, as its customer may see it."""
    return {
        "at": timestamp(entry["at"]),
        "name": entry["name"],
        "channel": entry["channel"],
        "action": entry["action"],
        "draft": entry["about"],
    }
