"""Hooks, as they are registered and read."""

from marshmallow import Schema, fields, validate

from .answer import Answer

WHEN_SILENT = {
    "description": "Whether a cart is ordered although the hook gave no answer; `block` answers 503 "
    "`validation-unavailable`."
}
CHOICES = validate.OneOf(["block", "proceed"])


class NewAddress(Schema):
    """Where a tenant takes what is sent."""

    url = fields.String(
        required=True,
        validate=validate.Length(1, 2048),
        metadata={"example": "https://shop.example/retoma/messages"},
    )


class NewHook(Schema):
    """Where a tenant is asked."""

    url = fields.String(
        required=True,
        validate=validate.Length(1, 2048),
        metadata={"example": "https://shop.example/retoma/validate"},
    )
    when_silent = fields.String(load_default="block", validate=CHOICES, metadata=WHEN_SILENT)


class HookOut(Answer):
    """A hook as it was registered."""

    url = fields.String(required=True)
    when_silent = fields.String(required=True, validate=CHOICES, metadata=WHEN_SILENT)


class AddressOut(Answer):
    """Where a tenant takes what is sent."""

    url = fields.String(required=True)


class RegisteredAddressOut(AddressOut):
    """A hook just registered: the secret is shown this once."""

    secret = fields.String(required=True, metadata={"example": "whsec_…"})


class RegisteredOut(HookOut):
    """A hook just registered: the secret is shown this once."""

    secret = fields.String(required=True, metadata={"example": "whsec_…"})
