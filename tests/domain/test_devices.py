"""A customer's list of devices: what is kept of each, how many there are, and what a sign-out ends."""

import pytest

from retoma_server.domain.devices import (
    DEVICES_KEPT,
    REVOKED_KEPT,
    Device,
    DeviceKind,
    Devices,
    newest_first,
    renamed,
    sighted,
    signed_out,
    without,
)
from retoma_server.domain.errors import NotFound


def phone(number: int = 0, at: int = 0, label: str | None = "iPhone") -> Device:
    """A device that was seen at a time."""
    return Device(f"dv_{number:03}", DeviceKind.SIGNED_IN, "ios", label, at, at)


def test_a_device_seen_again_keeps_its_name_and_its_first_day() -> None:
    """What it calls itself is as it was last said; it may say nothing of itself once in a while."""
    known = renamed(sighted({}, phone(at=1)), "dv_000", "Ana's phone")
    again = sighted(known, phone(at=9, label=None))["dv_000"]
    assert (again.first_seen_at, again.last_seen_at) == (1, 9)
    assert (again.called, again.label) == ("Ana's phone", "iPhone")
    assert renamed({"dv_000": again}, "dv_000", None)["dv_000"].called == "iPhone"


def test_the_device_unseen_for_longest_falls_off_a_full_list() -> None:
    """Whichever it is: fifty are kept."""
    devices: Devices = {}
    for number in range(DEVICES_KEPT):
        devices = sighted(devices, phone(number, at=number))
    devices = sighted(devices, phone(0, at=1_000))
    devices = sighted(devices, phone(999, at=1_001))
    assert len(devices) == DEVICES_KEPT
    assert "dv_001" not in devices
    assert [each.id for each in newest_first(devices)][:2] == ["dv_999", "dv_000"]


def test_a_device_that_is_not_on_the_list_cannot_be_named() -> None:
    """And taking it off changes nothing."""
    devices = sighted({}, phone())
    with pytest.raises(NotFound):
        renamed(devices, "dv_001", "phone")
    assert without(devices, "dv_001") == devices
    assert without(devices, "dv_000") == {}


def test_no_sign_out_is_forgotten_without_everything_before_it_being_over() -> None:
    """The oldest gives way to the newest, and to a time before which no token is good."""
    revoked: dict[str, int] = {}
    for number in range(REVOKED_KEPT):
        revoked, floor = signed_out(revoked, f"dv_{number}", number + 1)
        assert floor == 0
    revoked, floor = signed_out(revoked, "dv_new", 1_000)
    assert len(revoked) == REVOKED_KEPT
    assert "dv_0" not in revoked
    assert floor == 1
    assert revoked["dv_new"] == 1_000
