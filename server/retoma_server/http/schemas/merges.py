"""Merges of two customers, as they go in and come out."""

from marshmallow import Schema, fields, validate

from retoma_server.domain.claims import FormStrategy, Strategy
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.merges import Stage, Stayed

from .answer import Answer
from .claims import ClaimedCartOut, ClaimedFormOut
from .formats import an_id


class NewMerge(Schema):
    """Who is to be merged into the customer, and how."""

    from_ = fields.String(
        required=True,
        data_key="from",
        validate=an_id("cu"),
        metadata={"description": "The customer who turns out to be this one.", "example": "cu_4c" + "3" * 20},
    )
    strategy = fields.Enum(
        Strategy,
        by_value=True,
        load_default=Strategy.MAX,
        metadata={"description": "What becomes of a cart where the customer has one of the same process."},
    )
    forms = fields.Enum(
        FormStrategy,
        by_value=True,
        load_default=None,
        metadata={"description": "The same for forms, as in a claim; else as their process says."},
    )


class BroughtOut(Answer):
    """A kind of identifier of the other's, which leads to the customer now."""

    kind = fields.String(required=True, validate=validate.OneOf([str(kind) for kind in IdentifierKind]))
    both = fields.Boolean(
        required=True, metadata={"description": "Whether one of the kind led to the customer already."}
    )


class ReturnOut(Answer):
    """What undoing made of a draft."""

    returned = fields.String(
        required=True, allow_none=True, metadata={"description": "The draft that it is again, once undone."}
    )
    stayed = fields.String(
        required=True, allow_none=True, validate=validate.OneOf([str(each) for each in Stayed])
    )


class MergedCartOut(ClaimedCartOut, ReturnOut):
    """What became of one cart; `guest` is what the merged customer had."""


class MergedFormOut(ClaimedFormOut, ReturnOut):
    """What became of one form; `guest` is what the merged customer had."""


class MergeOut(Answer):
    """What a merge did; of each draft it is told for 30 days."""

    id = fields.String(required=True, metadata={"example": "mg_0a" + "7" * 20})
    from_ = fields.String(required=True, data_key="from")
    customer = fields.String(required=True)
    status = fields.String(
        required=True,
        validate=validate.OneOf([str(each) for each in Stage if each is not Stage.DROPPED]),
    )
    identifiers = fields.List(fields.Nested(BroughtOut), required=True)
    carts = fields.List(fields.Nested(MergedCartOut), required=True)
    forms = fields.List(fields.Nested(MergedFormOut), required=True)
    merged_at = fields.AwareDateTime(required=True)
    undo_until = fields.AwareDateTime(required=True)
