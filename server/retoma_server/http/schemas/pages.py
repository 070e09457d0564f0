"""Which part of a list to read."""

from marshmallow import Schema, fields, validate


class PageQuery(Schema):
    """How many items of a list, and from where on."""

    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    cursor = fields.String(load_default=None, validate=validate.Length(max=2048))
