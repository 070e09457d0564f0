"""The tablets and tills of a tenant's stores: registered, listed, and let in no more."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from retoma_server.adapters.staff import read_account, read_retail_store, read_store_device, record_bytes
from retoma_server.adapters.stores import Commit, Record, Write
from retoma_server.adapters.tokens import credential_text, hash_secret
from retoma_server.domain.access import Principal, Verb, authorize
from retoma_server.domain.errors import Invalid, NotFound
from retoma_server.domain.staff import StoreDevice

from . import records
from .callers import Caller, principal_of
from .deps import Deps
from .retrying import retried
from .staff import every
from .staff_sessions import dismissal
from .tenants import Tenant


@dataclass(frozen=True, slots=True)
class Registered:
    """A device just registered, with what its browser keeps."""

    device: StoreDevice
    cookie: str = field(repr=False)


def register_device(deps: Deps, caller: Caller, name: str, store: str | None) -> Registered:
    """Register a browser for a store, which is one's own unless another is said.

    Raises Invalid where there is no such store.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.MANAGE_STORE_DEVICES)
    tenant = caller.home
    secret = deps.ids.secret()
    place = checked_store(deps, tenant, store or own_store(deps, tenant, principal))
    made = StoreDevice(
        deps.ids.new("sd", tenant.partition), name, place, hash_secret(secret), deps.store.now()
    )
    deps.store.commit(tenant.partition, Commit({key_of(tenant, made): 0}, [device_write(tenant, made)]))
    return Registered(made, credential_text("sd", tenant.id, subject=made.id, secret=secret))


def own_store(deps: Deps, tenant: Tenant, principal: Principal) -> str | None:
    """The store that a member of staff works in."""
    key = records.staff(tenant.id, principal.id)
    record = deps.store.read(tenant.partition, [key]).get(key)
    return read_account(principal.id, record.body).store if record else None


def checked_store(deps: Deps, tenant: Tenant, store: str | None) -> str:
    """The id of a store that there is; raises Invalid."""
    key = records.retail_store(tenant.id, store or "")
    record = deps.store.read(tenant.partition, [key]).get(key) if store else None
    if record is None:
        raise Invalid(errors=[{"pointer": "/store", "code": "required" if store is None else "unknown"}])
    return read_retail_store(record.body).id


def list_devices(deps: Deps, caller: Caller) -> list[StoreDevice]:
    """A tenant's registered devices."""
    authorize(principal_of(deps, caller), Verb.MANAGE_STORE_DEVICES)
    return [read_store_device(each.body) for each in found(deps, caller.home)]


def found(deps: Deps, tenant: Tenant) -> Iterable[Record]:
    """The records of a tenant's devices."""
    return every(deps.store, tenant, records.store_devices_term(tenant.id))


def revoke_device(deps: Deps, caller: Caller, device: str) -> None:
    """Let nobody sign in on a device any more, and end at once who is signed in there; raises NotFound."""
    authorize(principal_of(deps, caller), Verb.MANAGE_STORE_DEVICES)
    retried(deps, lambda: revoke(deps, caller.home, device))


def revoke(deps: Deps, tenant: Tenant, device: str) -> None:
    """Delete a registration with all sessions on it; open streams end."""
    key = records.store_device(tenant.id, device)
    record = deps.store.read(tenant.partition, [key]).get(key)
    if record is None:
        raise NotFound
    sessions = list(every(deps.store, tenant, records.device_sessions_term(tenant.id, device)))
    expects = {key: record.revision} | {each.key: each.revision for each in sessions}
    staff = {each.key.split("/")[2] for each in sessions}
    nudges = [dismissal(tenant.id, each) for each in staff]
    deps.store.commit(tenant.partition, Commit(expects, deletes=list(expects), appends=nudges))


def key_of(tenant: Tenant, device: StoreDevice) -> str:
    """Where a registration is kept."""
    return records.store_device(tenant.id, device.id)


def device_write(tenant: Tenant, device: StoreDevice) -> Write:
    """The record of a registration."""
    return Write(key_of(tenant, device), record_bytes(device), (records.store_devices_term(tenant.id),))
