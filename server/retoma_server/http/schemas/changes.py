"""What becomes of changes, and the history of them."""

from marshmallow import fields, validate

from .answer import Answer
from .drafts import SUCCESSOR, By, ConflictOut, DeltaOut


class WarnedOut(Answer):
    """What the author of a cart's op should know although it was taken."""

    code = fields.String(
        required=True,
        validate=validate.OneOf(
            ["line-absent", "line-changed", "overwrote", "removed-elsewhere", "residual", "spilled"]
        ),
    )
    line = fields.String(required=True)
    quantity = fields.Integer(required=True, allow_none=True)


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
    warnings = fields.List(fields.Nested(WarnedOut))


class ChangesOut(Answer):
    """What became of a request's changes."""

    revision = fields.Integer(required=True)
    epoch = fields.String(required=True)
    results = fields.List(fields.Nested(ResultOut), required=True)
    conflicts = fields.List(fields.Nested(ConflictOut), required=True)
    delta = fields.Nested(DeltaOut)
    order_ref = fields.String(metadata={"description": "Of a cart that was ordered."})
    successor = fields.String(metadata=SUCCESSOR)


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
