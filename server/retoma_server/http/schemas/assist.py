"""Assists, as they go in and come out."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from retoma_server.adapters.letters import LANGUAGES

from .answer import Answer
from .drafts import DraftOut
from .handoffs import HandoffOut


class Code(Schema):
    """A short code, as the customer reads it out."""

    code = fields.String(required=True, validate=validate.Length(max=64), metadata={"example": "BCDF-GHJK"})


class NewHandBack(Schema):
    """How a customer comes to their draft again."""

    to = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(("device", "email", "phone")),
        metadata={
            "description": "Left out: they go on where they are. `device`: a link and its QR code, on screen."
            " `email`, `phone`: one that is sent to an address that leads to them."
        },
    )
    url = fields.String(load_default=None, validate=validate.Length(max=2048))
    address = fields.String(
        load_default=None, validate=validate.Length(1, 256), metadata={"example": "ana@example.com"}
    )
    language = fields.String(load_default="en", validate=validate.OneOf(LANGUAGES))

    @validates_schema
    def check_side(self, new: dict[str, Any], **_: object) -> None:
        """Refuse an address or a page where nothing leads to them."""
        if new["to"] is None and (new["address"] or new["url"]):
            raise ValidationError("Missing data for required field.", "to")


class AssistOut(Answer):
    """A staff member's access to one draft."""

    id = fields.String(required=True)
    draft = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    customer = fields.String(required=True)


class AssistedOut(Answer):
    """A draft in the hands of staff; `assist` is null for the customer's own device."""

    assist = fields.Nested(AssistOut, required=True, allow_none=True)
    draft = fields.Nested(DraftOut, required=True)


class HandedBackOut(Answer):
    """The link by which a draft goes back; null where none was made."""

    handoff = fields.Nested(HandoffOut, required=True, allow_none=True)
