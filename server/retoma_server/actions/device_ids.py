"""What a device is known by: a keyed hash, of which the sign-in or access behind it cannot be learnt."""

from retoma_server.adapters.framing import framed
from retoma_server.adapters.ids import id_from, partition_of
from retoma_server.domain.devices import DeviceKind

from .tenants import Tenant


def device_id(tenant: Tenant, kind: DeviceKind, owner: str, name: str = "") -> str:
    """The id of a device: of a customer's sign-in by its name, of a visitor, of a grant.

    The same name is another device for another customer.
    """
    return id_from("dv", partition_of(owner), tenant.keys.mac("device", framed(kind, owner, name)))
