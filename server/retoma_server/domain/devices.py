"""A customer's devices: which there are, what they are called, and which of them were signed out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from .errors import NotFound

DEVICES_KEPT = 50
"""How many devices a customer's list holds; the one that was not seen for longest falls off."""
REVOKED_KEPT = 50
"""How many sign-outs are known one by one; before the oldest of them everything is over."""


class DeviceKind(StrEnum):
    """How a device came to a customer's drafts."""

    SIGNED_IN = "signed-in"
    VISITOR = "visitor"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Device:
    """A device as its customer knows it.

    `label` is what it says of itself, `name` what its customer calls it; `grant` is the access of one
    that came by a link.
    """

    id: str
    kind: DeviceKind
    channel: str
    label: str | None
    first_seen_at: int
    last_seen_at: int
    name: str | None = None
    grant: str | None = None

    @property
    def called(self) -> str | None:
        """What it is called: by its customer, else by itself."""
        return self.name or self.label


Devices = Mapping[str, Device]
"""A customer's devices by id."""


def sighted(devices: Devices, seen: Device) -> dict[str, Device]:
    """The devices after one was seen; its name, the day it was first seen, and a link that let it in stay."""
    known = devices.get(seen.id, seen)
    label, first = seen.label or known.label, known.first_seen_at
    seen = replace(seen, label=label, first_seen_at=first, name=known.name, grant=seen.grant or known.grant)
    now = {**devices, seen.id: seen}
    return {device.id: device for device in newest_first(now)[:DEVICES_KEPT]}


def newest_first(devices: Devices) -> list[Device]:
    """The devices, the one seen last first."""
    return sorted(devices.values(), key=lambda device: (device.last_seen_at, device.id), reverse=True)


def found(devices: Devices, device: str) -> Device:
    """One of the devices; raises NotFound."""
    if device not in devices:
        raise NotFound
    return devices[device]


def renamed(devices: Devices, device: str, name: str | None) -> dict[str, Device]:
    """The devices with one called otherwise, with None as it calls itself; raises NotFound."""
    return {**devices, device: replace(found(devices, device), name=name)}


def without(devices: Devices, gone: str) -> dict[str, Device]:
    """The devices without one."""
    return {name: device for name, device in devices.items() if name != gone}


def signed_out(revoked: Mapping[str, int], device: str, at: int) -> tuple[dict[str, int], int]:
    """When each device was signed out, with one more, and before when nothing is good any more.

    Whoever makes that time later than it was ends the tokens of all devices, which are made anew
    without anybody noticing: so a sign-out that is forgotten lets no token live.
    """
    known = sorted({**revoked, device: at}.items(), key=lambda each: each[1])
    forgotten, kept = known[:-REVOKED_KEPT], known[-REVOKED_KEPT:]
    return dict(kept), max((when for _, when in forgotten), default=0)
