"""Assists, as they go in and come out."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from retoma_server.adapters.letters import LANGUAGES
from retoma_server.domain.assists import Method, Scope

from .answer import Answer
from .drafts import DraftOut, NewDraft
from .formats import a_pointer
from .handoffs import HandoffOut


class Code(Schema):
    """A short code, as the customer reads it out."""

    code = fields.String(required=True, validate=validate.Length(max=64), metadata={"example": "BCDF-GHJK"})


class NewAssistedDraft(NewDraft):
    """What is begun for a person who is not known."""

    class Meta:
        """They have no id yet."""

        exclude = ("customer",)


class NewHandBack(Schema):
    """How a customer comes to their draft again."""

    to = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(("device", "email", "phone")),
        metadata={
            "description": "Left out: they go on where they are. `device`: a link and its QR code, on screen."
            " `email`, `phone`: one that is sent to an address that leads to them."
        },
    )
    url = fields.String(load_default=None, validate=validate.Length(max=2048))
    address = fields.String(
        load_default=None, validate=validate.Length(1, 256), metadata={"example": "ana@example.com"}
    )
    language = fields.String(load_default="en", validate=validate.OneOf(LANGUAGES))
    step = fields.String(
        load_default=None,
        validate=validate.Length(1, 256),
        metadata={"example": "income", "description": "Where they go on; where they were unless said."},
    )

    @validates_schema
    def check_side(self, new: dict[str, Any], **_: object) -> None:
        """Refuse an address or a page where nothing leads to them."""
        if new["to"] is None and (new["address"] or new["url"]):
            raise ValidationError("Missing data for required field.", "to")


class HelperOut(Answer):
    """Who helps."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class PlaceOut(Answer):
    """Where somebody helps."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)


class AssistOut(Answer):
    """A staff member's access to one draft, by its customer's consent.

    It ends at `expires_at` unless it is used again, and at `ends_at` anyway.
    """

    id = fields.String(required=True)
    draft = fields.String(required=True)
    customer = fields.String(required=True)
    staff = fields.Nested(HelperOut, required=True)
    store = fields.Nested(PlaceOut, required=True, allow_none=True)
    method = fields.String(required=True, validate=validate.OneOf([str(each) for each in Method]))
    scope = fields.String(required=True, validate=validate.OneOf([str(each) for each in Scope]))
    shows_answers = fields.Boolean(required=True)
    began_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)


class StaffAnswerOut(Answer):
    """An answer that a member of staff entered: where, who, on which channel, and at which revision.

    With `confirm` the customer must confirm it before completion.
    """

    path = fields.String(required=True, metadata={"example": "/income/net"})
    name = fields.String(required=True, allow_none=True, metadata={"example": "Sam"})
    channel = fields.String(required=True, metadata={"example": "store"})
    revision = fields.Integer(required=True)
    confirm = fields.Boolean(required=True)


class AssistsOut(Answer):
    """Who helps with a draft, and what staff entered that its customer has neither confirmed nor changed."""

    items = fields.List(fields.Nested(AssistOut), required=True)
    answers = fields.List(fields.Nested(StaffAnswerOut), required=True)


class ChangedConsent(Schema):
    """What a customer agrees to from now on; what is left out stays."""

    scope = fields.Enum(Scope, by_value=True, load_default=None, metadata={"example": "view"})
    show_answers = fields.Boolean(load_default=None, metadata={"example": True})


class NewReveal(Schema):
    """Which answer is to be read, and why."""

    path = fields.String(required=True, validate=a_pointer, metadata={"example": "/applicant/email"})
    reason = fields.String(
        required=True,
        validate=validate.Length(3, 200),
        metadata={"example": "The customer asked me to read it back."},
    )


class RevealedOut(Answer):
    """One answer, whole."""

    path = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)


class AssistedOut(Answer):
    """A draft in the hands of staff; `assist` is null for the customer's own device."""

    assist = fields.Nested(AssistOut, required=True, allow_none=True)
    draft = fields.Nested(DraftOut, required=True)


class HandedBackOut(Answer):
    """The link by which a draft goes back; null where none was made."""

    handoff = fields.Nested(HandoffOut, required=True, allow_none=True)
