"""Assists, as they go in and come out."""

from marshmallow import Schema, fields, validate

from .answer import Answer
from .drafts import DraftOut


class Code(Schema):
    """A short code, as the customer reads it out."""

    code = fields.String(required=True, validate=validate.Length(max=64), metadata={"example": "BCDF-GHJK"})


class AssistOut(Answer):
    """A staff member's access to one draft."""

    id = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    customer = fields.String(required=True)


class AssistedOut(Answer):
    """A draft in the hands of staff; `assist` is null for the customer's own device."""

    assist = fields.Nested(AssistOut, required=True, allow_none=True)
    draft = fields.Nested(DraftOut, required=True)
