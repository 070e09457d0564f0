"""A customer's devices, as they go in and come out."""

from marshmallow import Schema, ValidationError, fields, validate

from retoma_server.domain.access import CHANNELS
from retoma_server.domain.devices import DeviceKind

from .answer import Answer

LONGEST_NAME = 64


def a_name(text: str) -> None:
    """A validator for what people call things: something to be seen, and nothing that only a machine sees."""
    if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
        raise ValidationError("invalid")


class DeviceName(Schema):
    """What a customer calls a device."""

    name = fields.String(
        required=True,
        allow_none=True,
        validate=a_name,
        metadata={"example": "Ana's phone", "description": "Null: as the device calls itself."},
    )


class DeviceOut(Answer):
    """A device that holds a customer's drafts; `current` is the one that asks."""

    id = fields.String(required=True, metadata={"example": "dv_3f0YzQ7mJ2nE5hT8kLqRpW"})
    kind = fields.String(required=True, validate=validate.OneOf([str(kind) for kind in DeviceKind]))
    channel = fields.String(required=True, validate=validate.OneOf(sorted(CHANNELS)))
    name = fields.String(required=True, allow_none=True, metadata={"example": "iPhone"})
    first_seen_at = fields.AwareDateTime(required=True)
    last_seen_at = fields.AwareDateTime(required=True)
    current = fields.Boolean(required=True)


class DevicesOut(Answer):
    """A customer's devices, the one seen last first; at most fifty."""

    items = fields.List(fields.Nested(DeviceOut), required=True)
