"""Handoffs, as they go in and come out."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from retoma_server.adapters.letters import LANGUAGES
from retoma_server.domain.assists import Consent, Scope
from retoma_server.domain.handoffs import LIVES

from .answer import Answer
from .drafts import DraftOut
from .identity import TokenOut


class NewHandoff(Schema):
    """To whom a draft is handed off."""

    to = fields.String(load_default="device", validate=validate.OneOf(list(LIVES)))
    url = fields.String(
        load_default=None,
        validate=validate.Length(max=2048),
        metadata={"description": "The page to go on with; the process's url by default."},
    )

    address = fields.String(
        load_default=None,
        validate=validate.Length(1, 256),
        metadata={
            "description": "With `email` and `phone`: where the link is sent, and its code later.",
            "example": "ana@example.com",
        },
    )
    language = fields.String(
        load_default="en",
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": "Of the letters, and of how a short code is spelled."},
    )
    confirm = fields.Boolean(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "With `device`: whether the two digits that the other device shows must be picked"
            " before it gets the draft. Left out: if the draft holds `restricted` values."
        },
    )
    scope = fields.Enum(
        Scope,
        by_value=True,
        load_default=None,
        metadata={"description": "With `staff`: how far they may go; `edit` unless said.", "example": "edit"},
    )
    show_answers = fields.Boolean(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "With `staff`: whether they read the `personal` answers, which they see masked"
            " otherwise. `restricted` ones they never do."
        },
    )

    @validates_schema
    def check_consent(self, new: dict[str, Any], **_: object) -> None:
        """Refuse a consent to staff where it is not staff who are to have it."""
        for name in ("scope", "show_answers"):
            if new["to"] != "staff" and new[name] is not None:
                raise ValidationError("Unknown field.", name)

    @post_load
    def make(self, new: dict[str, Any], **_: object) -> dict[str, Any]:
        """The same, with the consent as the domain's value."""
        scope, shows_answers = new.pop("scope"), new.pop("show_answers")
        return {**new, "consent": Consent(scope or Scope.EDIT, bool(shows_answers))}


class HandoffToken(Schema):
    """A link's token."""

    token = fields.String(required=True, validate=validate.Length(max=256), metadata={"example": "ho_…"})


class Redemption(HandoffToken):
    """A link's token and the redeemer's own random name for this attempt."""

    nonce = fields.String(required=True, validate=validate.Length(min=8, max=128))
    code = fields.String(
        load_default=None,
        validate=validate.Length(1, 32),
        metadata={"description": "Of a link that was sent.", "example": "493027"},
    )
    device = fields.String(
        load_default=None, validate=validate.Length(max=64), metadata={"example": "iPhone"}
    )


class HandoffOut(Answer):
    """A handoff: a link for a device, a short code for staff, and either as a QR code."""

    id = fields.String(required=True)
    to = fields.String(required=True)
    draft = fields.String(required=True)
    status = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    url = fields.String()
    qr_svg = fields.String()
    code = fields.String(metadata={"example": "BCDF-GHJK"})
    spelled = fields.List(
        fields.String(),
        metadata={"example": ["B as in Bravo", "C as in Charlie"], "description": "How each letter is said."},
    )


class WaitingOut(Answer):
    """A handoff on offer; `choices` and `device` where a device waits for its digits to be picked."""

    id = fields.String(required=True)
    to = fields.String(required=True)
    draft = fields.String(required=True)
    status = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    device = fields.String(allow_none=True, metadata={"example": "iPhone"})
    choices = fields.List(fields.String(), metadata={"example": ["18", "47", "83"]})


class HandoffPage(Answer):
    """The handoffs of a draft that are on offer: one to each side at most."""

    items = fields.List(fields.Nested(WaitingOut), required=True)
    next = fields.String(required=True, allow_none=True)


class Picked(Schema):
    """What the owner picked among the choices."""

    digits = fields.String(required=True, validate=validate.Length(1, 8), metadata={"example": "47"})


class LookOut(Answer):
    """How a tenant shows itself: its name, and its colour by day and by night, if it has one."""

    name = fields.String(required=True)
    colour = fields.String(required=True, allow_none=True)
    dark_colour = fields.String(required=True, allow_none=True)


class PreviewOut(Answer):
    """What a link leads to."""

    tenant = fields.Nested(LookOut, required=True)
    host = fields.String(
        required=True, allow_none=True, metadata={"description": "Of the page to go on with."}
    )
    process = fields.String(required=True)
    title = fields.String(required=True)
    started_at = fields.AwareDateTime(required=True)
    channel = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)


class RedeemedOut(Answer):
    """A grant of one draft.

    A draft that staff began for nobody is whoever's who opens its link first: they are its `visitor`, null
    for any other draft. Keep that token as that of a visitor of yours, or claim it for who is signed in.
    """

    grant = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    url = fields.String(required=True, allow_none=True)
    draft = fields.Nested(DraftOut, required=True)
    visitor = fields.Nested(TokenOut, required=True, allow_none=True)
