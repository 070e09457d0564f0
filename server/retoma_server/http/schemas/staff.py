"""Staff and their sessions, as they go in and come out."""

from marshmallow import Schema, fields, validate

from retoma_server.domain.staff import LONGEST_PASSWORD, Role

from .answer import Answer


class NewSession(Schema):
    """What a member of staff signs in by."""

    sign_in_name = fields.String(
        required=True, validate=validate.Length(1, 128), metadata={"example": "marta"}
    )
    password = fields.String(
        required=True,
        validate=validate.Length(1, LONGEST_PASSWORD),
        metadata={"format": "password", "writeOnly": True},
    )


class RetailStoreOut(Answer):
    """A place where staff meet customers."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class SignedInOut(Answer):
    """A member of staff signed in; who calls by a token has no session, so neither times nor `csrf`."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(validate=validate.OneOf([role.value for role in Role])), required=True)
    store = fields.Nested(RetailStoreOut, required=True, allow_none=True)
    idle_until = fields.AwareDateTime(required=True, allow_none=True)
    ends_at = fields.AwareDateTime(required=True, allow_none=True)
    csrf = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "To be sent as `Retoma-CSRF` with every write by the session's cookie."},
    )


class NewStoreDevice(Schema):
    """A browser to be registered for a store."""

    name = fields.String(required=True, validate=validate.Length(1, 64), metadata={"example": "Tablet 2"})
    store = fields.String(load_default=None, metadata={"example": f"so_3f{'Y' * 20}"})


class StoreDeviceOut(Answer):
    """A registered tablet or till."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    store = fields.String(required=True)
    registered_at = fields.AwareDateTime(required=True)


class StoreDevicesOut(Answer):
    """All registered tablets and tills."""

    items = fields.List(fields.Nested(StoreDeviceOut), required=True)
