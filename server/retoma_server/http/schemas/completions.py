"""The shop's word on the order of a cart, as it goes in."""

from marshmallow import Schema, fields, validate


class Attempt(Schema):
    """Which attempt is meant."""

    attempt = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, 2**53 - 1), metadata={"example": 1}
    )


class Committed(Attempt):
    """The order that was made."""

    order_ref = fields.String(
        required=True, validate=validate.Length(1, 256), metadata={"example": "order-4711"}
    )
