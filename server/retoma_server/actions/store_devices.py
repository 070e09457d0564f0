"""The tablets and tills of a tenant's stores: registered, listed, and let in no more."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from retoma_server.adapters.staff import read_retail_store, read_store_device, record_bytes
from retoma_server.adapters.stores import Commit, Record, Write
from retoma_server.adapters.tokens import credential_text, hash_secret
from retoma_server.domain.access import Principal, Verb, authorize, works_in
from retoma_server.domain.errors import Invalid, NotFound
from retoma_server.domain.staff import Role, StoreDevice

from . import records
from .callers import Caller, principal_of
from .deps import Deps
from .on_record import Order, commit_on_record
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
    """Register a browser for a store, which is one's own; only an admin says another.

    Raises Invalid where there is no such store, it is out of reach, or it has a device of that name.
    """
    principal = principal_of(deps, caller)
    authorize(principal, Verb.MANAGE_STORE_DEVICES)
    tenant = caller.home
    secret = deps.ids.secret()
    place = checked_store(deps, tenant, store or principal.store)
    if not sees_to(principal, place):
        raise Invalid(errors=[{"pointer": "/store", "code": "unknown"}])
    made = StoreDevice(
        deps.ids.new("sd", tenant.partition), name, place, hash_secret(secret), deps.store.now()
    )
    retried(deps, lambda: _register(deps, tenant, principal, made))
    return Registered(made, credential_text("sd", tenant.id, subject=made.id, secret=secret))


def _register(deps: Deps, tenant: Tenant, principal: Principal, made: StoreDevice) -> None:
    """Keep a registration; the store is written anew, so that of two of one name at once one is stale."""
    place = records.retail_store(tenant.id, made.store)
    record = deps.store.read(tenant.partition, [place]).get(place)
    if record is None:
        raise NotFound
    others = (read_store_device(each.body) for each in found(deps, tenant))
    if any(each.store == made.store and each.name.casefold() == made.name.casefold() for each in others):
        raise Invalid(errors=[{"pointer": "/name", "code": "taken"}])
    again = Write(place, record.body, (records.retail_stores_term(tenant.id),))
    expects = {key_of(tenant, made): 0, place: record.revision}
    commit = Commit(expects, [device_write(tenant, made), again])
    commit_on_record(deps.store, tenant, commit, made.id, Order(principal, "device-registered"))


def sees_to(principal: Principal, store: str) -> bool:
    """Whether somebody sees to a store's devices: an admin to all, a supervisor to those of their own."""
    return Role.ADMIN in principal.roles or works_in(principal, store)


def checked_store(deps: Deps, tenant: Tenant, store: str | None) -> str:
    """The id of a store that there is; raises Invalid."""
    key = records.retail_store(tenant.id, store or "")
    record = deps.store.read(tenant.partition, [key]).get(key) if store else None
    if record is None:
        raise Invalid(errors=[{"pointer": "/store", "code": "required" if store is None else "unknown"}])
    return read_retail_store(record.body).id


def list_devices(deps: Deps, caller: Caller) -> list[StoreDevice]:
    """The registered devices of the stores that one sees to."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.MANAGE_STORE_DEVICES)
    listed = (read_store_device(each.body) for each in found(deps, caller.home))
    return [each for each in listed if sees_to(principal, each.store)]


def found(deps: Deps, tenant: Tenant) -> Iterable[Record]:
    """The records of a tenant's devices."""
    return every(deps.store, tenant, records.store_devices_term(tenant.id))


def revoke_device(deps: Deps, caller: Caller, device: str) -> None:
    """Let nobody sign in on a device any more, and end at once who is signed in there; raises NotFound."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.MANAGE_STORE_DEVICES)
    retried(deps, lambda: revoke(deps, caller.home, device, principal))


def revoke(deps: Deps, tenant: Tenant, device: str, principal: Principal) -> None:
    """Delete a registration with all sessions on it; open streams end."""
    key = records.store_device(tenant.id, device)
    record = deps.store.read(tenant.partition, [key]).get(key)
    if record is None or not sees_to(principal, read_store_device(record.body).store):
        raise NotFound
    sessions = list(every(deps.store, tenant, records.device_sessions_term(tenant.id, device)))
    expects = {key: record.revision} | {each.key: each.revision for each in sessions}
    staff = {each.key.split("/")[2] for each in sessions}
    nudges = [dismissal(tenant.id, each) for each in staff]
    commit = Commit(expects, deletes=list(expects), appends=nudges)
    commit_on_record(deps.store, tenant, commit, device, Order(principal, "device-taken-back"))


def key_of(tenant: Tenant, device: StoreDevice) -> str:
    """Where a registration is kept."""
    return records.store_device(tenant.id, device.id)


def device_write(tenant: Tenant, device: StoreDevice) -> Write:
    """The record of a registration."""
    return Write(key_of(tenant, device), record_bytes(device), (records.store_devices_term(tenant.id),))
