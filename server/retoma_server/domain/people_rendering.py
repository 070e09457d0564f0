"""What is known of a customer besides drafts, as JSON: touchpoints, consents, devices."""

from collections.abc import Sequence
from typing import Any

from .consents import Consent
from .devices import Device
from .pointers import Json
from .rendering import claim_json, timestamp
from .touchpoints import Touchpoint


def touchpoint_json(point: Touchpoint) -> dict[str, Any]:
    """A touchpoint of a journey."""
    return {
        "type": point.type,
        "at": timestamp(point.at),
        "until": timestamp(point.until),
        "draft": point.draft,
        "process": point.process,
        "actor": point.actor,
        "channel": point.channel,
        "step": point.step,
        "fields": point.fields,
        "claim": claim_json(point.claim),
        "note": point.note,
    }


def consent_json(decisions: Sequence[Consent]) -> dict[str, Any]:
    """What a customer says of one purpose now, and said before, newest first."""
    newest, *earlier = map(decision_json, decisions)
    return {"purpose": decisions[0].purpose, **newest, "earlier": earlier}


def decision_json(consent: Consent) -> dict[str, Any]:
    """One decision on a purpose."""
    return {
        "granted": consent.granted,
        "version": consent.version,
        "at": timestamp(consent.at),
        "by": consent.by,
        "channel": consent.channel,
    }


def device_json(device: Device, current: bool) -> dict[str, Json]:
    """A device as its customer sees it; `current` is the one that asks."""
    return {
        "id": device.id,
        "kind": str(device.kind),
        "channel": device.channel,
        "name": device.called,
        "first_seen_at": timestamp(device.first_seen_at),
        "last_seen_at": timestamp(device.last_seen_at),
        "current": current,
    }
