"""Customers, as they go in and come out."""

from marshmallow import Schema, fields, validate

from retoma_server.domain.identifiers import IdentifierKind

from .answer import Answer
from .formats import text


class OtherIdentifiers(Schema):
    """By what else a customer is known: a value links it, null unlinks it, what is absent stays."""

    email = text(allow_none=True, metadata={"example": "ana@example.com"})
    phone = text(
        allow_none=True,
        metadata={
            "example": "+34 612 345 678",
            "description": "Without a country's code it is of the tenant's region.",
        },
    )
    loyalty_number = text(allow_none=True, metadata={"example": "7 012 345"})


class Identifiers(OtherIdentifiers):
    """By what a customer is known."""

    external_id = text(allow_none=True, metadata={"example": "u-17"})


class CustomerOut(Answer):
    """A customer; only keyed hashes of identifiers are stored, so no value comes out."""

    id = fields.String(required=True, metadata={"example": "cu_3f0YzQ7mJ2nE5hT8kLqRpW"})
    identifiers = fields.List(
        fields.String(validate=validate.OneOf([str(kind) for kind in IdentifierKind])),
        required=True,
        metadata={"example": ["external_id", "email"]},
    )
