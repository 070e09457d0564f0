"""What comes out, for the API reference; answers are written as finished JSON, so nothing is checked here."""

from marshmallow import EXCLUDE, Schema, fields, validate

from retoma_server.domain.events import EventType


class Answer(Schema):
    """An answer, or a part of one. More fields may come; clients ignore those that they do not know."""

    class Meta:
        unknown = EXCLUDE


class TokenOut(Answer):
    """A token, shown this once."""

    token = fields.String(required=True)
    customer = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)


class Fault(Answer):
    """One thing that is wrong with a request."""

    pointer = fields.String(required=True)
    code = fields.String(required=True)


class Problem(Answer):
    """An error (RFC 9457): `code` is stable, `type` is a page that says what to do.

    Further members are what it takes to go on: `revision`, `delta`, `expected`, `conflicts` and others.
    """

    type = fields.String(required=True, metadata={"format": "uri"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    retryable = fields.Boolean(
        required=True, metadata={"description": "Whether the same request, unchanged, may succeed later."}
    )
    request_id = fields.String(required=True)
    detail = fields.String()
    errors = fields.List(
        fields.Nested(Fault), metadata={"description": "Where the request is wrong, without what was sent."}
    )


class By(Answer):
    """Who wrote something."""

    kind = fields.String(
        required=True, validate=validate.OneOf(["visitor", "customer", "grant", "staff", "service"])
    )
    channel = fields.String(required=True)
    writer = fields.String(required=True, allow_none=True)
    device = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)


class Side(Answer):
    """One value of a conflict; `unset` where there was none, `masked` where staff may not see it."""

    value = fields.Raw()
    unset = fields.Boolean()
    masked = fields.Boolean()
    by = fields.Nested(By, required=True)


class ConflictOut(Answer):
    """A kept record of a value that met another that its author had not seen."""

    id = fields.String(required=True)
    path = fields.String(required=True)
    policy = fields.String(required=True, validate=validate.OneOf(["incumbent", "incoming"]))
    status = fields.String(required=True, validate=validate.OneOf(["open", "resolved", "superseded"]))
    revision = fields.Integer(required=True)
    stored = fields.Nested(Side, required=True)
    arriving = fields.Nested(Side, required=True)
    earlier = fields.List(fields.Nested(Side), required=True)


class Position(Answer):
    """Where the customer was."""

    step = fields.String(required=True)
    cursor = fields.String(required=True, allow_none=True)


class DraftOut(Answer):
    """A draft. Staff see masked values in `data`."""

    id = fields.String(required=True)
    process = fields.String(required=True)
    kind = fields.String(required=True)
    key = fields.String(required=True)
    customer = fields.String(required=True)
    status = fields.String(
        required=True, validate=validate.OneOf(["open", "completed", "discarded", "expired"])
    )
    revision = fields.Integer(required=True)
    data = fields.Dict(required=True)
    position = fields.Nested(Position, required=True, allow_none=True)
    conflicts = fields.List(fields.Nested(ConflictOut), required=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)


class CellOut(Answer):
    """One leaf in a delta; `unset` where its value was taken away."""

    value = fields.Raw()
    unset = fields.Boolean()
    revision = fields.Integer(required=True)
    by = fields.Nested(By, required=True)


class DeltaOut(Answer):
    """What changed in a draft after the revision `from`."""

    id = fields.String(required=True)
    from_ = fields.Integer(required=True, data_key="from")
    revision = fields.Integer(required=True)
    epoch = fields.String(required=True)
    status = fields.String(required=True)
    cells = fields.Dict(keys=fields.String(), values=fields.Nested(CellOut), required=True)
    position = fields.Nested(Position, required=True, allow_none=True)
    conflicts = fields.List(fields.Nested(ConflictOut), required=True)
    updated_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)


class DraftsOut(Answer):
    """Some drafts, and the cursor of the next ones."""

    items = fields.List(fields.Nested(DraftOut), required=True)
    next = fields.String(required=True, allow_none=True)


class ResultOut(Answer):
    """What became of one change."""

    seq = fields.Integer()
    status = fields.String(
        required=True, validate=validate.OneOf(["applied", "noop", "conflict", "rejected", "replayed"])
    )
    revision = fields.Integer(required=True, allow_none=True)
    conflicts = fields.List(fields.String())
    code = fields.String()
    path = fields.String()
    was = fields.String(allow_none=True)


class ChangesOut(Answer):
    """What became of a request's changes."""

    revision = fields.Integer(required=True)
    epoch = fields.String(required=True)
    results = fields.List(fields.Nested(ResultOut), required=True)
    conflicts = fields.List(fields.Nested(ConflictOut), required=True)
    delta = fields.Nested(DeltaOut)


class RevisionOut(Answer):
    """Where a draft now stands."""

    revision = fields.Integer(required=True)
    epoch = fields.String(required=True)


class HistoryItem(Answer):
    """One change as the history keeps it."""

    revision = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    by = fields.Nested(By, required=True)
    status = fields.String(required=True)
    code = fields.String()
    ops = fields.List(fields.Raw(), required=True, metadata={"description": "As they came."})


class HistoryOut(Answer):
    """Some of a draft's history, newest first."""

    items = fields.List(fields.Nested(HistoryItem), required=True)
    next = fields.String(required=True, allow_none=True)


class HandoffOut(Answer):
    """A handoff: a link and its QR code for a device, a short code for staff."""

    id = fields.String(required=True)
    to = fields.String(required=True)
    draft = fields.String(required=True)
    status = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    url = fields.String()
    qr_svg = fields.String()
    code = fields.String()


class PreviewOut(Answer):
    """What a link leads to."""

    process = fields.String(required=True)
    title = fields.String(required=True)
    started_at = fields.AwareDateTime(required=True)
    channel = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)


class RedeemedOut(Answer):
    """A grant of one draft."""

    grant = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    url = fields.String(required=True, allow_none=True)
    draft = fields.Nested(DraftOut, required=True)


class AssistOut(Answer):
    """A staff member's access to one draft."""

    id = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    customer = fields.String(required=True)


class AssistedOut(Answer):
    """A draft in the hands of staff; `assist` is null for the customer's own device."""

    assist = fields.Nested(AssistOut, required=True, allow_none=True)
    draft = fields.Nested(DraftOut, required=True)


class StepOut(Answer):
    """One step of a process."""

    id = fields.String(required=True)
    titles = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class RetentionOut(Answer):
    """How long drafts are kept, in days."""

    open_days = fields.Integer(required=True)
    closed_days = fields.Integer(required=True)


class ProcessOut(Answer):
    """A process as it was registered."""

    name = fields.String(required=True)
    kind = fields.String(required=True)
    titles = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    url = fields.String(required=True, allow_none=True)
    steps = fields.List(fields.Nested(StepOut), required=True)
    schema = fields.Dict(required=True, allow_none=True)
    fields_ = fields.Dict(keys=fields.String(), values=fields.String(), required=True, data_key="fields")
    groups = fields.List(fields.String(), required=True)
    policies = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    retention = fields.Nested(RetentionOut, required=True)


class ProcessesOut(Answer):
    """Every registered process."""

    items = fields.List(fields.Nested(ProcessOut), required=True)
    next = fields.String(required=True, allow_none=True)


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
    delta = fields.Nested(DeltaOut)


class EventsOut(Answer):
    """Some events, oldest first; `reset` says that older ones are gone and drafts must be read again."""

    items = fields.List(fields.Nested(EventOut), required=True)
    next = fields.String(required=True)
    reset = fields.Boolean(required=True)
