"""Lookups and what customers are asked by them, as they go in and come out."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from retoma_server.adapters.letters import LANGUAGES
from retoma_server.domain.assists import Scope
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.domain.lookups import Standing

from .answer import Answer
from .assist import AssistOut, PlaceOut
from .events import LONGEST_WAIT
from .formats import NAME, an_id


class NewLookup(Schema):
    """By what a customer says that they are known, and why staff want to be let in."""

    kind = fields.Enum(IdentifierKind, by_value=True, required=True, metadata={"example": "email"})
    value = fields.String(
        required=True,
        validate=validate.Length(1, 256),
        metadata={"example": "ana@example.com", "description": "All of it: nothing is searched for."},
    )
    reason = fields.String(
        required=True,
        validate=validate.Length(3, 200),
        metadata={
            "example": "You asked for help with your mortgage.",
            "description": "The customer reads it.",
        },
    )
    process = fields.String(
        load_default=None,
        validate=NAME,
        metadata={"description": "What it is about; left out, the customer chooses."},
    )
    language = fields.String(
        load_default="en",
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": "Of the code, if one is sent."},
    )


class LookupBegunOut(Answer):
    """A lookup: whether there is anybody who could approve it is not told."""

    id = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)


class LookupWait(Schema):
    """How long to wait."""

    wait = fields.Integer(
        load_default=0,
        validate=validate.Range(0, LONGEST_WAIT),
        metadata={"description": "Seconds to wait while nothing has come of it."},
    )


class LookupOut(LookupBegunOut):
    """What came of a lookup. `over`: nobody let staff in, for whatever reason."""

    status = fields.String(required=True, validate=validate.OneOf([str(each) for each in Standing]))
    assist = fields.Nested(AssistOut, required=True, allow_none=True)


class NewOverride(Schema):
    """Into what a supervisor looks without consent: a draft, or what somebody has open."""

    draft = fields.String(load_default=None, validate=an_id("dr"))
    kind = fields.Enum(IdentifierKind, by_value=True, load_default=None, metadata={"example": "email"})
    value = fields.String(
        load_default=None, validate=validate.Length(1, 256), metadata={"example": "ana@example.com"}
    )
    process = fields.String(load_default=None, validate=NAME)
    reason = fields.String(
        required=True,
        validate=validate.Length(15, 200),
        metadata={
            "example": "Court order, handed in at the counter",
            "description": "The customer reads it.",
        },
    )
    ticket = fields.String(required=True, validate=validate.Length(1, 64), metadata={"example": "HELP-4711"})
    language = fields.String(load_default="en", validate=validate.OneOf(LANGUAGES))

    @validates_schema
    def check_one(self, new: dict[str, Any], **_: object) -> None:
        """Refuse both ways at once, and neither."""
        by_name = new["kind"] is not None and new["value"] is not None
        named = new["kind"] or new["value"] or new["process"]
        if new["draft"] is None and not by_name:
            raise ValidationError("Missing data for required field.", "draft")
        if new["draft"] is not None and named:
            raise ValidationError("Unknown field.", "draft")


class ReadOut(Schema):
    """The code that a customer reads out."""

    code = fields.String(required=True, validate=validate.Length(1, 16), metadata={"example": "471 920"})


class AskerOut(Answer):
    """Who asks."""

    name = fields.String(required=True)


class AssistRequestOut(Answer):
    """Somebody of staff asks to be let in.

    With a `process`, it is about its `draft` that was changed last; else the customer chooses.
    """

    id = fields.String(required=True)
    staff = fields.Nested(AskerOut, required=True)
    store = fields.Nested(PlaceOut, required=True, allow_none=True)
    reason = fields.String(required=True)
    process = fields.String(required=True, allow_none=True)
    draft = fields.String(required=True, allow_none=True)
    began_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)


class AssistRequestsOut(Answer):
    """Who asks and waits."""

    items = fields.List(fields.Nested(AssistRequestOut), required=True)


class Approval(Schema):
    """What a customer says: no, or yes and how far."""

    approve = fields.Boolean(required=True, metadata={"example": True})
    draft = fields.String(
        load_default=None,
        validate=an_id("dr"),
        metadata={"description": "Which one; left out, the one that they are asked for."},
    )
    scope = fields.Enum(Scope, by_value=True, load_default=None, metadata={"example": "edit"})
    show_answers = fields.Boolean(load_default=None)

    @validates_schema
    def check_no(self, new: dict[str, Any], **_: object) -> None:
        """Refuse a no that says how far: nobody is to think that it did something."""
        for name in ("draft", "scope", "show_answers"):
            if not new["approve"] and new[name] is not None:
                raise ValidationError("Unknown field.", name)


class AnsweredOut(Answer):
    """The assist that a yes began; null after a no."""

    assist = fields.Nested(AssistOut, required=True, allow_none=True)
