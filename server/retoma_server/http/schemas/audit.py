"""The audit log, as it is asked for and comes out."""

from marshmallow import Schema, fields, validate

from .answer import Answer
from .own_data import ActedOut

SHORT = validate.Length(1, 64)


class AuditPageQuery(Schema):
    """Which entries to read."""

    actor = fields.String(load_default=None, validate=SHORT, metadata={"example": "st_00…"})
    draft = fields.String(load_default=None, validate=SHORT)
    customer = fields.String(load_default=None, validate=SHORT)
    action = fields.String(load_default=None, validate=SHORT, metadata={"example": "draft-viewed"})
    since = fields.AwareDateTime(
        load_default=None, format="iso", metadata={"description": "At this moment or later."}
    )
    until = fields.AwareDateTime(load_default=None, format="iso", metadata={"description": "Before it."})
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    # It says how far each of the chains was read.
    cursor = fields.String(load_default=None, validate=validate.Length(max=4096))


class AuditEntryOut(ActedOut):
    """One entry of the audit log; `draft` and `customer` are null where it is about none."""

    actor = fields.String(
        required=True, metadata={"description": "A member of staff, `service` or `operator`."}
    )
    draft = fields.String(required=True, allow_none=True)
    customer = fields.String(required=True, allow_none=True)
    about = fields.String(
        required=True,
        metadata={"description": "The draft, customer, member of staff, store or device that it concerns."},
    )


class AuditOut(Answer):
    """Some of the audit log, newest first."""

    items = fields.List(fields.Nested(AuditEntryOut), required=True)
    next = fields.String(required=True, allow_none=True)
