"""Events: which to read, and as they come out."""

from marshmallow import EXCLUDE, Schema, fields, validate

from retoma_server.domain.events import EventType

from .answer import Answer
from .claims import ToldClaimOut
from .drafts import SUCCESSOR, DeltaOut
from .formats import NAME, an_id

LONGEST_WAIT = 25


class EventsQuery(Schema):
    """Which events to read, from where on, and how long to wait for one."""

    after = fields.String(
        load_default=None,
        metadata={
            "example": "k3x9.41",
            "description": "Go on after this cursor. Without it a page begins with the oldest event that is "
            "kept, a stream with what happens from now on. `Last-Event-ID` wins.",
        },
    )
    wait = fields.Integer(
        load_default=0,
        validate=validate.Range(0, LONGEST_WAIT),
        metadata={"description": "Seconds that a page waits for an event while there is none."},
    )
    process = fields.String(load_default=None, validate=NAME)
    type = fields.Enum(EventType, by_value=True, load_default=None)
    draft = fields.String(
        load_default=None,
        validate=an_id("dr"),
        metadata={"description": "Only this draft's; staff must name one."},
    )
    customer = fields.String(
        load_default=None,
        validate=an_id("cu"),
        metadata={"description": "With a secret key only, which must name a customer or a draft."},
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 100))


class EventsHeaders(Schema):
    """What a client says that lost its stream."""

    class Meta:
        """Other headers are read elsewhere."""

        unknown = EXCLUDE

    last_event_id = fields.String(
        load_default=None,
        data_key="Last-Event-ID",
        metadata={
            "example": "k3x9.41",
            "description": "The `id` of the last message that arrived, to go on after it.",
        },
    )


class EventOut(Answer):
    """One thing that happened, without values; the newest event of a draft may carry its delta."""

    type = fields.String(required=True, validate=validate.OneOf([str(each) for each in EventType]))
    at = fields.AwareDateTime(required=True)
    customer = fields.String(required=True)
    draft = fields.String(required=True)
    process = fields.String(required=True)
    revision = fields.Integer(required=True)
    from_ = fields.Integer(required=True, data_key="from")
    actor = fields.String(required=True)
    channel = fields.String(required=True)
    step = fields.String(required=True, allow_none=True)
    fields_ = fields.Integer(required=True, data_key="fields")
    to = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The draft that a cart's lines went to, or came from."},
    )
    claim = fields.Nested(
        ToldClaimOut, required=True, allow_none=True, metadata={"description": "Of a claim and its undoing."}
    )
    delta = fields.Nested(DeltaOut)
    order_ref = fields.String(allow_none=True, metadata={"description": "Of a cart that was ordered."})
    successor = fields.String(allow_none=True, metadata=SUCCESSOR)


class EventsOut(Answer):
    """Some events, oldest first; `reset` says that older ones are gone and drafts must be read again."""

    items = fields.List(fields.Nested(EventOut), required=True)
    next = fields.String(required=True)
    reset = fields.Boolean(required=True)
