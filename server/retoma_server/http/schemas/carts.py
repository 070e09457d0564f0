"""Carts from and for other systems."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from retoma_server.domain.carts import MAX_LINES
from retoma_server.domain.drafts import Status

from .formats import KEY, NAME, an_id, text


class NewCart(Schema):
    """One line of an import: a cart by its name in the other system, of a `customer` or `external_id`."""

    id = text(required=True, metadata={"example": "basket-4711", "description": "The other system's name."})
    external_id = text(metadata={"example": "u-17", "description": "Your own id of the user."})
    customer = fields.String(validate=an_id("cu"))
    process = fields.String(load_default="cart", validate=NAME)
    key = fields.String(load_default="default", validate=KEY)
    lines = fields.List(
        fields.Dict(keys=fields.String()),
        required=True,
        validate=validate.Length(1, MAX_LINES),
        metadata={"description": "Each as an `add` says it: `sku`, `attributes`, `quantity`, `price` …"},
    )

    @post_load
    def make(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The cart as the action takes it."""
        return {"name": loaded.pop("id"), **loaded}


class ExportQuery(Schema):
    """Which carts to export, and from where on."""

    process = fields.String(load_default=None, validate=NAME)
    status = fields.Enum(Status, by_value=True, load_default=Status.OPEN)
    customer = fields.String(load_default=None, validate=an_id("cu"))
    updated_since = fields.AwareDateTime(
        load_default=None, format="iso", metadata={"example": "2026-11-22T09:00:00Z"}
    )
    cursor = fields.String(load_default=None, validate=validate.Length(max=2048))
