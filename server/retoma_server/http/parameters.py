"""The headers and queries that no schema reads, as the API reference describes them."""

from typing import Any

from retoma_server.domain.access import CHANNELS

IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A name of this request, 8 to 255 characters; sent again, it is done once. Kept 24 hours.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{8,255}$"},
    "example": "6f1c1d1e-order-1",
}
FENCE: dict[str, Any] = {
    "name": "Retoma-Fence",
    "in": "header",
    "required": False,
    "description": "Of staff: the fence of the lease by which they write.",
    "schema": {"type": "integer", "minimum": 1},
}
IF_MATCH: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the revision that was seen.",
    "schema": {"type": "string"},
    "example": '"k3x9.12"',
}
IF_NONE_MATCH: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag that the caller has: 304 when it is still the newest.",
    "schema": {"type": "string"},
    "example": '"k3x9.12"',
}
SINCE: dict[str, Any] = {
    "name": "since",
    "in": "query",
    "description": "A revision, or `epoch.revision`: only what is newer.",
    "schema": {"type": "string", "pattern": r"^([A-Za-z0-9_-]{1,32}\.)?(0|[1-9][0-9]{0,14})$"},
    "example": "11",
}
CHANNEL: dict[str, Any] = {
    "name": "Retoma-Channel",
    "in": "header",
    "description": "Where the request comes from: `api` unless said, `store` of a staff session's cookie. "
    "`store` and `contact_center` are for staff and service.",
    "schema": {"type": "string", "enum": sorted(CHANNELS)},
    "example": "web",
}
DEVICE: dict[str, Any] = {
    "name": "Retoma-Device",
    "in": "header",
    "description": "A label of the device, percent-encoded, that the same customer sees elsewhere; "
    "64 printable characters of it are kept.",
    "schema": {"type": "string"},
    "example": "Ana%27s%20phone",
}
OF_EVERY_REQUEST = (CHANNEL, DEVICE)
"""The headers that `auth.read_caller` reads, whatever is asked."""
