"""Identity providers, as they are registered and read."""

from marshmallow import Schema, fields, validate

from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.providers import SUBJECT, TYPES

from .answer import Answer
from .formats import text

KINDS = validate.OneOf([str(kind) for kind in IdentifierKind])
CLAIMS = {
    "example": {"external_id": "sub", "email": "email"},
    "description": "For each kind of identifier the claim that holds it; `external_id` is `sub` unless said. "
    "An `email` counts only with `email_verified`, a `phone` only with `phone_number_verified`.",
}


class NewProvider(Schema):
    """Whose tokens are taken, and what they say of a customer."""

    issuer = text(2048, required=True, metadata={"example": "https://login.shop.example"})
    audiences = fields.List(
        text(),
        required=True,
        validate=validate.Length(1, 10),
        metadata={"example": ["retoma"], "description": "For whom a token must be made: one of these."},
    )
    keys_url = text(
        2048,
        load_default=None,
        metadata={
            "description": "Where the public keys are (a JWK set); the provider itself says unless you do."
        },
    )
    claims = fields.Dict(
        keys=fields.String(validate=KINDS),
        values=text(),
        load_default=lambda: {str(kind): name for kind, name in SUBJECT.items()},
        metadata=CLAIMS,
    )
    types = fields.List(
        fields.String(validate=validate.OneOf(TYPES)),
        load_default=list(TYPES),
        validate=validate.Length(1, len(TYPES)),
        metadata={"description": "Types of token (`typ`) that are taken; one without counts as `JWT`."},
    )


class ProviderOut(Answer):
    """An identity provider as it was registered."""

    issuer = fields.String(required=True)
    audiences = fields.List(fields.String(), required=True)
    keys_url = fields.String(required=True, allow_none=True)
    claims = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata=CLAIMS)
    types = fields.List(fields.String(), required=True)
