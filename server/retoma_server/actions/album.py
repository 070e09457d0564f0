"""A customer's devices as they are kept: one sealed record in the customer's partition."""

from collections.abc import Iterable

from retoma_server.adapters.codec import devices_bytes, read_devices
from retoma_server.adapters.envelopes import owner_of
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Append, Commit, Record, Write
from retoma_server.adapters.vault import CustomerKeys
from retoma_server.domain.devices import Devices

from . import records
from .customers import opened_keys, present_fields
from .deps import Deps
from .tenants import Tenant


class Album:
    """A customer's devices and what is read with them, to be written in one commit."""

    def __init__(self, deps: Deps, tenant: Tenant, customer: str, more: Iterable[str] = ()) -> None:
        """Read them, and `more` records of the same partition; raises NotFound and Gone."""
        self._deps, self._tenant, self._customer = deps, tenant, customer
        self._place = records.devices(tenant.id, customer)
        owner = records.customer(tenant.id, customer)
        wanted = {owner, self._place, *more}
        snapshot = deps.store.read(partition_of(customer), wanted)
        self.now, self.find = snapshot.now, snapshot.get
        self._expects = {key: snapshot.revision(key) for key in wanted}
        self.fields = present_fields(snapshot.get(owner))
        self.key = opened_keys(deps, tenant, customer, self.fields)
        self.devices = opened(self.key, customer, snapshot.get(self._place))

    def keep(self, devices: Devices, *writes: Write, appends: Iterable[Append] = ()) -> None:
        """Write the devices, and what goes with them; raises Stale."""
        revision = self._expects[self._place] + 1
        write = sealed(self._tenant, self.key, self._customer, devices, revision, self.now)
        commit = Commit(self._expects, [write, *writes], appends=tuple(appends))
        self._deps.store.commit(partition_of(self._customer), commit)


def opened(key: CustomerKeys, customer: str, record: Record | None) -> Devices:
    """The devices of a customer's record; none where there is no record yet."""
    if record is None:
        return {}
    return read_devices(key.open("devices", customer, record.revision, record.body))


def sealed(
    tenant: Tenant, key: CustomerKeys, customer: str, devices: Devices, revision: int, now: int
) -> Write:
    """The record of a customer's devices, which erasure finds with the customer's pointers."""
    body = key.seal("devices", customer, revision, devices_bytes(devices))
    terms = (records.pointers_term(tenant.id, customer),)
    return Write(records.devices(tenant.id, customer), body, terms, now)


def reseal_devices(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Seal a customer's devices by the newest key where an older one did; raises Stale."""
    album = Album(deps, tenant, customer)
    record = album.find(records.devices(tenant.id, customer))
    if record is not None and owner_of(record.body).version < album.key.version:
        album.keep(album.devices)


def sign_out_nudge(tenant: Tenant, customer: str) -> Append:
    """What wakes a customer's open streams, so that those that may go on no longer end at once."""
    return Append(records.sign_outs_log(tenant.id, customer), b"{}", 1, nudge=True)
