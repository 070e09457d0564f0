"""What the audit log calls by ids, as it is called now: people, stores and devices."""

from retoma_server.adapters.staff import read_store_device
from retoma_server.domain.access import Verb, authorize

from .callers import Caller, principal_of
from .deps import Deps
from .staff import list_retail_stores, list_staff
from .store_devices import found


def people_on_record(deps: Deps, caller: Caller) -> dict[str, str]:
    """The names of a tenant's staff by id, for whoever reads the audit log."""
    authorize(principal_of(deps, caller), Verb.READ_AUDIT)
    named = {each.id: each.name for each in list_staff(deps.store, caller.home)}
    return dict(sorted(named.items(), key=lambda each: each[1].casefold()))


def places_on_record(deps: Deps, caller: Caller) -> dict[str, str]:
    """The names of a tenant's stores and registered devices by id, for the same."""
    authorize(principal_of(deps, caller), Verb.READ_AUDIT)
    devices = (read_store_device(each.body) for each in found(deps, caller.home))
    stores = list_retail_stores(deps.store, caller.home)
    return {each.id: each.name for each in stores} | {each.id: each.name for each in devices}
