"""What customers agree to, as it comes in and out."""

from marshmallow import Schema, fields

from .answer import Answer
from .formats import NAME, Switch


class ConsentIn(Schema):
    """Whether a customer agrees to a purpose, having read a version of its words."""

    granted = Switch(required=True)
    version = fields.String(
        required=True,
        validate=NAME,
        metadata={
            "example": "2026-11",
            "description": "Your name for the words that were shown.",
        },
    )


class ConsentGivenOut(Answer):
    """One decision on a purpose: who brought it, and where."""

    granted = fields.Boolean(required=True)
    version = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    by = fields.String(required=True, metadata={"example": "customer"})
    channel = fields.String(required=True, metadata={"example": "web"})


class ConsentOut(ConsentGivenOut):
    """What a customer says of a purpose now, and said `earlier`, newest first."""

    purpose = fields.String(required=True, metadata={"example": "reminders"})
    earlier = fields.List(fields.Nested(ConsentGivenOut), required=True)


class ConsentsOut(Answer):
    """What a customer says of every purpose that they were asked about."""

    items = fields.List(fields.Nested(ConsentOut), required=True)
