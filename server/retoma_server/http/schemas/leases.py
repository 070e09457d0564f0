"""Leases, as they go in and come out."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from .answer import Answer


class WantedLease(Schema):
    """A lease to take, or with a `fence` exactly that one to keep."""

    fence = fields.Integer(
        load_default=None,
        strict=True,
        validate=validate.Range(1, 2**53 - 1),
        metadata={"description": "A heartbeat: every 20 seconds while somebody is at work."},
    )
    take_over = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Also from a colleague who is at work in it; for supervisors, and audited."},
    )

    @validates_schema
    def check_wish(self, wanted: dict[str, Any], **_: object) -> None:
        """Refuse to keep a lease and take another's in one."""
        if wanted["fence"] is not None and wanted["take_over"]:
            raise ValidationError("Invalid value.", "take_over")


class HolderOut(Answer):
    """Who holds a lease, as colleagues are told."""

    name = fields.String(required=True, allow_none=True)
    store = fields.String(required=True, allow_none=True)


class LeaseOut(Answer):
    """The right to write in a draft, for a minute from the last heartbeat or write."""

    fence = fields.Integer(required=True, metadata={"description": "Goes with every write: `Retoma-Fence`."})
    expires_at = fields.AwareDateTime(required=True)
    holder = fields.Nested(HolderOut, required=True)
