"""Noting on which devices a customer is seen: once in some minutes, apart from what they came for."""

from collections.abc import Mapping

from retoma_server.adapters.stores import Stale
from retoma_server.domain.access import Kind, Principal
from retoma_server.domain.devices import Device, DeviceKind, sighted
from retoma_server.domain.errors import RetomaError

from . import records
from .album import Album, opened, sealed
from .callers import Caller, identify, principal_of, proofs
from .deps import Deps
from .desk import Desk

KINDS: Mapping[Kind, DeviceKind] = {
    Kind.CUSTOMER: DeviceKind.SIGNED_IN,
    Kind.VISITOR: DeviceKind.VISITOR,
    Kind.GRANT: DeviceKind.LINK,
}


def note_device(deps: Deps, caller: Caller) -> None:
    """Note that a caller's device was seen, unless this instance has done so lately.

    Nobody is kept from anything because that could not be noted.
    """
    if caller.holder is None:
        return
    sighting = (caller.home.id, caller.holder, caller.signed_in_at)
    if not deps.sightings.is_due(sighting):
        return
    try:
        note(deps, caller)
    except (Stale, RetomaError):
        deps.sightings.missed(sighting)


def note(deps: Deps, caller: Caller) -> None:
    """Note a device, unless it was signed out meanwhile."""
    owner = caller.customer or principal_of(deps, caller).customer or ""
    album = Album(deps, caller.home, owner, (key for _, key in proofs(caller)))
    principal = identify(caller, album.find, album.now)
    if principal.spent_by is None:
        album.keep(sighted(album.devices, device_of(principal, album.now)))


def device_of(principal: Principal, now: int) -> Device:
    """The device of a principal, as it is seen now."""
    grant = principal.passage.id if principal.passage else None
    about = (principal.channel, principal.device, now, now)
    return Device(principal.known_by() or "", KINDS[principal.kind], *about, grant=grant)


def note_at(desk: Desk, principal: Principal) -> None:
    """Note a device that is just let in, in the commit that lets it in."""
    record = desk.fetch(records.devices(desk.tenant.id, desk.customer))
    devices = sighted(opened(desk.key, desk.customer, record), device_of(principal, desk.now))
    revision = record.revision + 1 if record else 1
    desk.write(sealed(desk.tenant, desk.key, desk.customer, devices, revision, desk.now))
