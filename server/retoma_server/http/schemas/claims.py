"""Claims, as they go in and come out."""

from marshmallow import Schema, fields, validate

from retoma_server.domain.claims import Fate, FormStrategy, Intent, Strategy

from .answer import Answer
from .formats import an_id, text
from .identity import TokenOut

ASK = "ask"


class NewClaim(Schema):
    """Whose carts to take over, and how."""

    visitor = text(
        4096,
        required=True,
        metadata={"description": "The visitor token (`vt_…`) of this browser.", "example": "vt_…"},
    )
    intent = fields.Enum(
        Intent,
        by_value=True,
        load_default=Intent.BROWSE,
        metadata={"description": "At `checkout` the saved cart is parked, unless a strategy says otherwise."},
    )
    strategy = fields.String(
        load_default=None,
        validate=validate.OneOf([*map(str, Strategy), ASK]),
        metadata={
            "description": "By default `max`, at checkout `use_guest`; `ask` changes nothing.",
            "example": "max",
        },
    )
    forms = fields.Enum(
        FormStrategy,
        by_value=True,
        load_default=None,
        metadata={
            "description": "What becomes of a form where the customer has one: with `ask` both are kept, "
            "with `newest` the one changed last goes on, `merge` mixes them; else as its process says."
        },
    )
    draft = fields.String(
        load_default=None,
        validate=an_id("dr"),
        metadata={"description": "Only this one of the visitor's carts and forms."},
    )
    seen = text(
        4096,
        load_default=None,
        metadata={
            "description": "Of a preview: what it showed is what is done, or else 409 `preview-outdated`."
        },
    )


class DecisionOut(Answer):
    """One line: how many the guest had, how many were saved, how many there are now."""

    key = fields.String(required=True, metadata={"example": "ln_" + "a2" * 13})
    sku = fields.String(required=True, metadata={"example": "tee"})
    guest = fields.Integer(required=True, metadata={"example": 2})
    saved = fields.Integer(required=True, metadata={"example": 3})
    result = fields.Integer(required=True, metadata={"example": 3})


class OverflowOut(Answer):
    """What a limit kept out of the cart."""

    key = fields.String(required=True)
    sku = fields.String(required=True)
    quantity = fields.Integer(required=True)


class OutcomeOut(Answer):
    """What a strategy comes to, line by line; `reason` is why a cart was parked that nobody asked to park."""

    strategy = fields.String(required=True, validate=validate.OneOf([str(each) for each in Strategy]))
    fate = fields.String(required=True, validate=validate.OneOf([str(each) for each in Fate]))
    reason = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(["currency", "kind", "draft-full", "parked"])
    )
    lines = fields.List(fields.Nested(DecisionOut), required=True)
    overflow = fields.List(fields.Nested(OverflowOut), required=True)


class ClaimedCartOut(Answer):
    """What became of one cart of the guest's, or with `ask` what could: `choices`, one for each strategy."""

    draft = fields.String(required=True, metadata={"description": "The guest's cart."})
    process = fields.String(required=True)
    key = fields.String(required=True)
    cart = fields.String(
        required=True, allow_none=True, metadata={"description": "The customer's active cart."}
    )
    parked = fields.String(allow_none=True, metadata={"description": "The cart that was put aside."})
    strategy = fields.String(validate=validate.OneOf([str(each) for each in Strategy]))
    fate = fields.String(validate=validate.OneOf([str(each) for each in Fate]))
    reason = fields.String(allow_none=True)
    lines = fields.List(fields.Nested(DecisionOut))
    overflow = fields.List(fields.Nested(OverflowOut))
    claimed_at = fields.AwareDateTime()
    undo_until = fields.AwareDateTime()
    undone = fields.Boolean()
    choices = fields.List(fields.Nested(OutcomeOut))


class TouchedOut(Answer):
    """Where and when somebody was last at work in a form, and how far they came."""

    draft = fields.String(required=True)
    updated_at = fields.AwareDateTime(required=True)
    channel = fields.String(required=True, allow_none=True)
    device = fields.String(required=True, allow_none=True, metadata={"example": "iPhone"})
    step = fields.String(required=True, allow_none=True)
    step_number = fields.Integer(required=True, allow_none=True, metadata={"example": 3})
    steps = fields.Integer(required=True, metadata={"example": 5})
    fields_ = fields.Integer(required=True, data_key="fields")


class ToldClaimOut(Answer):
    """A claim that was made or undone, as the journey tells of it, and where the guest's draft was begun."""

    id = fields.String(required=True, metadata={"description": "The receipt.", "example": "cl_0a" + "7" * 20})
    draft = fields.String(required=True, metadata={"description": "The guest's draft."})
    begun_at = fields.AwareDateTime(required=True)
    channel = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Where it was begun; null: not known.", "example": "mobile_web"},
    )


class FormChoiceOut(Answer):
    """What a strategy comes to."""

    strategy = fields.String(required=True, validate=validate.OneOf([str(each) for each in FormStrategy]))
    fate = fields.String(required=True, validate=validate.OneOf([str(each) for each in Fate]))
    reason = fields.String(required=True, allow_none=True)


class ClaimedFormOut(Answer):
    """What became of one form of the guest's, or with `ask` what could: `choices`, one for each strategy."""

    draft = fields.String(required=True, metadata={"description": "The guest's form."})
    process = fields.String(required=True)
    key = fields.String(required=True)
    form = fields.String(
        required=True, allow_none=True, metadata={"description": "The customer's active form."}
    )
    parked = fields.String(allow_none=True, metadata={"description": "The form that was put aside."})
    guest = fields.Nested(TouchedOut, required=True)
    saved = fields.Nested(TouchedOut, required=True, allow_none=True)
    differs = fields.List(
        fields.Raw(),
        required=True,
        metadata={
            "description": "The paths where the two differ; in a preview `{path, guest, saved}` with values. "
            "Empty where nothing is `saved`.",
            "example": ["/income/net"],
        },
    )
    strategy = fields.String(validate=validate.OneOf([str(each) for each in FormStrategy]))
    fate = fields.String(validate=validate.OneOf([str(each) for each in Fate]))
    reason = fields.String(allow_none=True)
    claimed_at = fields.AwareDateTime()
    undo_until = fields.AwareDateTime()
    undone = fields.Boolean()
    choices = fields.List(fields.Nested(FormChoiceOut))


class ReceiptOut(Answer):
    """What a claim did; `id` is null where there was nothing to do, and for a preview."""

    id = fields.String(required=True, allow_none=True, metadata={"example": "cl_0a" + "7" * 20})
    carts = fields.List(fields.Nested(ClaimedCartOut), required=True)
    forms = fields.List(fields.Nested(ClaimedFormOut), required=True)


class ClaimOut(ReceiptOut):
    """A receipt, and the token that takes the place of the visitor's; null where none was replaced."""

    visitor = fields.Nested(TokenOut, required=True, allow_none=True)
    seen = fields.String(
        metadata={"description": "With `ask`: lets a claim be of just this, for ten minutes. Opaque."}
    )
