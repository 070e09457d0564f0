"""The devices that hold a customer's drafts: listed, named, signed out.

Which of them were signed out is in the customer's own record, because that is read with every request.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from retoma_server.adapters.codec import read_passage
from retoma_server.adapters.ids import partition_of
from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.devices import Device, DeviceKind, found, newest_first, renamed, signed_out, without
from retoma_server.domain.errors import Gone, NotFound

from . import records
from .album import Album, sign_out_nudge
from .callers import Caller, principal_of, whose
from .customers import changed_customer, living
from .deps import Deps
from .own_data import owner_of_data
from .retrying import retried
from .revoking import revoke_handoff
from .tenants import Tenant


@dataclass(frozen=True, slots=True)
class Listed:
    """A device of a list, and whether it is the one that asks."""

    device: Device
    current: bool


def list_devices(deps: Deps, caller: Caller, customer: str | None) -> list[Listed]:
    """A customer's devices, the one seen last first; a link whose time is over is none any more."""
    _, owner = owner_of_data(deps, caller, customer)
    return devices_of(deps, caller, owner)


def devices_of(deps: Deps, caller: Caller, customer: str) -> list[Listed]:
    """The devices of a customer who is there."""
    shown = newest_first(Album(deps, caller.home, customer).devices)
    live = live_grants(deps, caller.home, customer, [each.grant for each in shown if each.grant])
    own = caller.device_id()
    return [
        Listed(each, each.id == own)
        for each in shown
        if each.kind is not DeviceKind.LINK or each.grant in live
    ]


def live_grants(deps: Deps, tenant: Tenant, customer: str, grants: list[str]) -> set[str]:
    """Those of a customer's grants that still open something."""
    keys = [records.grant(tenant.id, grant) for grant in grants]
    snapshot = deps.store.read(partition_of(customer), keys)
    passages = (read_passage(record.body) for record in snapshot.records.values())
    return {passage.id for passage in passages if passage.live(snapshot.now)}


def rename_device(deps: Deps, caller: Caller, customer: str | None, device: str, name: str | None) -> Listed:
    """Call a device otherwise, with None as it calls itself; raises NotFound."""
    owner = managed(deps, caller, customer)

    def rename() -> Device:
        album = Album(deps, caller.home, owner)
        devices = renamed(album.devices, device, name)
        album.keep(devices)
        return devices[device]

    return Listed(retried(deps, rename), device == caller.device_id())


def revoke_device(deps: Deps, caller: Caller, customer: str | None, device: str) -> None:
    """Sign a device out, at once everywhere: what it was let in by is over. Raises NotFound."""
    owner = managed(deps, caller, customer)
    known = found(Album(deps, caller.home, owner).devices, device)
    if known.grant:
        end_grant(deps, caller, known.grant)
    retried(deps, lambda: sign_out(deps, caller.home, owner, known))


def managed(deps: Deps, caller: Caller, customer: str | None) -> str:
    """The customer whose devices a caller may name and sign out; raises NotFound and Gone."""
    principal = principal_of(deps, caller)
    authorize(principal, Verb.MANAGE_DEVICES)
    return living(deps, caller.home, whose(principal, customer))


def end_grant(deps: Deps, caller: Caller, grant: str) -> None:
    """Take back the handoff that gave a grant; one whose draft or time is gone opens nothing anyway."""
    key = records.grant(caller.home.id, grant)
    record = deps.store.read(partition_of(grant), [key]).get(key)
    if record is not None:
        with suppress(NotFound, Gone):
            revoke_handoff(deps, caller, read_passage(record.body).handoff)


def sign_out(deps: Deps, tenant: Tenant, customer: str, device: Device) -> None:
    """Take a device off its customer's list, and let what it has be over; raises Stale."""
    album = Album(deps, tenant, customer)
    record = album.find(records.customer(tenant.id, customer))
    assert record is not None, "an album is of a customer who is there"
    write = changed_customer(record, **over(album, device))
    album.keep(without(album.devices, device.id), write, appends=[sign_out_nudge(tenant, customer)])


def over(album: Album, device: Device) -> dict[str, Any]:
    """What changes in the customer's record when a device is signed out; a link has its own."""
    if device.kind is DeviceKind.VISITOR:
        return {"visitor": None}
    if device.kind is DeviceKind.LINK:
        return {}
    revoked, floor = signed_out(album.fields.get("revoked", {}), device.id, album.now + 1)
    return {"revoked": revoked, "min_iat": max(album.fields["min_iat"], floor)}
