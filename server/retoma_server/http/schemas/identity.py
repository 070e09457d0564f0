"""Customers and their tokens, as they go in and come out."""

from marshmallow import Schema, fields

from .answer import Answer
from .formats import an_id, text


class NewToken(Schema):
    """For whom a customer token is minted: one of the two, and for which of their devices."""

    external_id = text(metadata={"example": "u-17", "description": "Your own id of the user."})
    customer = fields.String(validate=an_id("cu"), metadata={"example": "cu_3f0YzQ7mJ2nE5hT8kLqRpW"})
    device = text(
        metadata={
            "example": "session-4711",
            "description": "Your own id of the sign-in, so that its customer sees the device and can sign it "
            "out alone. Only a hash of it is kept.",
        }
    )


class TokenOut(Answer):
    """A token, shown this once."""

    token = fields.String(required=True)
    customer = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
