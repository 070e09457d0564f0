"""What is known of a customer, as it comes out."""

from marshmallow import Schema, fields, validate

from retoma_server.domain.access import CHANNELS
from retoma_server.domain.journey import NAMES

from .answer import Answer
from .claims import ToldClaimOut
from .consents import ConsentOut
from .devices import DeviceOut


class TouchpointOut(Answer):
    """One thing that happened on one channel, without values; edits that belong together are one."""

    type = fields.String(
        required=True,
        metadata={
            "description": "What happened, or what a tenant told of, such as `call`.",
            "example": "saved",
        },
    )
    at = fields.AwareDateTime(required=True)
    until = fields.AwareDateTime(required=True)
    draft = fields.String(required=True, allow_none=True)
    process = fields.String(required=True, allow_none=True)
    actor = fields.String(required=True, metadata={"example": "customer"})
    channel = fields.String(required=True, metadata={"example": "web"})
    step = fields.String(required=True, allow_none=True)
    fields_ = fields.Integer(
        required=True, data_key="fields", metadata={"description": "How many fields were saved."}
    )
    claim = fields.Nested(
        ToldClaimOut, required=True, allow_none=True, metadata={"description": "Of a claim and its undoing."}
    )
    note = fields.String(
        required=True, allow_none=True, metadata={"description": "Of what a tenant told of."}
    )


class TouchpointIn(Schema):
    """What happened to a customer outside of Retoma; without `at` it was now."""

    name = fields.String(
        required=True,
        validate=[
            validate.Regexp(r"[a-z][a-z0-9-]{0,39}\Z"),
            validate.NoneOf(sorted(set(NAMES.values()))),
        ],
        metadata={"example": "call", "description": "Such as call, visit or comment; none of Retoma's own."},
    )
    channel = fields.String(
        required=True, validate=validate.OneOf(sorted(CHANNELS)), metadata={"example": "contact_center"}
    )
    at = fields.AwareDateTime(load_default=None, format="iso")
    note = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 280),
        metadata={
            "description": "Words for staff; the customer reads them too.",
            "example": "Asked about fees",
        },
    )


class JourneyOut(Answer):
    """A customer's journey, newest first: what a thousand events come to."""

    items = fields.List(fields.Nested(TouchpointOut), required=True)


class ActedIn(Answer):
    """The store of whoever acted, by its name of today; null where it is no more."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True, metadata={"example": "Sol"})


class ActedOut(Answer):
    """What is on record of one look, or change, by staff."""

    at = fields.AwareDateTime(required=True)
    name = fields.String(required=True, allow_none=True, metadata={"example": "Marta"})
    store = fields.Nested(ActedIn, required=True, allow_none=True)
    channel = fields.String(required=True, metadata={"example": "store"})
    action = fields.String(required=True, metadata={"example": "draft-viewed"})
    assist = fields.String(required=True, allow_none=True)
    paths = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The fields concerned, by the names that the process registered."},
    )
    others = fields.Integer(
        required=True, metadata={"description": "How many fields were concerned that it registered none of."}
    )
    reason = fields.String(
        required=True, allow_none=True, metadata={"description": "What staff gave as one; null once erased."}
    )


class AccessOut(ActedOut):
    """One look at a draft, or change of it, by staff."""

    draft = fields.String(required=True)


class AccessLogOut(Answer):
    """Some of a customer's access log, newest first."""

    items = fields.List(fields.Nested(AccessOut), required=True)
    next = fields.String(required=True, allow_none=True)


class ExportOut(Answer):
    """An export that may be fetched once, at `url`, with the same credential."""

    id = fields.String(required=True)
    customer = fields.String(required=True)
    url = fields.String(required=True, metadata={"example": "/v1/exports/ex_3f…"})
    expires_at = fields.AwareDateTime(required=True)


class BundleOut(Answer):
    """All that is kept of a customer; drafts as their customer sees them, each with its `history`."""

    customer = fields.String(required=True)
    identifiers = fields.List(fields.String(), required=True)
    drafts = fields.List(fields.Dict(), required=True)
    devices = fields.List(fields.Nested(DeviceOut), required=True)
    consents = fields.List(fields.Nested(ConsentOut), required=True)
    journey = fields.List(fields.Nested(TouchpointOut), required=True)
    access_log = fields.List(fields.Nested(AccessOut), required=True)
