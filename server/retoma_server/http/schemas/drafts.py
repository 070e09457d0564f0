"""Drafts, as they go in and come out."""

from marshmallow import Schema, fields, validate

from retoma_server.domain.drafts import Status

from .answer import Answer
from .formats import KEY, NAME, REVISION, WRITER, Switch, an_id
from .pages import PageQuery


class NewDraft(Schema):
    """Which draft to open."""

    process = fields.String(required=True, validate=NAME, metadata={"example": "mortgage-application"})
    key = fields.String(load_default="default", validate=KEY, metadata={"example": "default"})
    kind = fields.String(
        load_default=None,
        validate=validate.OneOf(["form", "cart"]),
        metadata={"description": "As registered; of an unregistered process a form unless said."},
    )
    customer = fields.String(
        load_default=None, validate=an_id("cu"), metadata={"description": "Only with a secret key."}
    )


class CustomersDraftQuery(PageQuery):
    """Which drafts of a customer to list."""

    process = fields.String(load_default=None, validate=NAME)
    status = fields.Enum(Status, by_value=True, load_default=None)
    updated_since = fields.AwareDateTime(
        load_default=None, format="iso", metadata={"example": "2026-11-22T09:00:00Z"}
    )


class DraftQuery(CustomersDraftQuery):
    """Which drafts to list."""

    customer = fields.String(load_default=None, validate=an_id("cu"))


class NewCompletion(Schema):
    """A wish to complete a draft."""

    seen = fields.Integer(required=True, strict=True, validate=REVISION, metadata={"example": 12})
    keep_stored = Switch(
        load_default=False,
        metadata={"description": "Close open conflicts in favour of what the draft holds."},
    )
    price_hash = fields.String(
        load_default=None,
        validate=validate.Regexp(r"[0-9a-f]{64}\Z"),
        metadata={"description": "Of a cart: the `totals.price_hash` that was accepted."},
    )
    writer = fields.String(load_default=None, validate=WRITER)
    seq = fields.Integer(load_default=None, strict=True, validate=validate.Range(1, 2**53 - 1))


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


class AmountOut(Answer):
    """An amount in the currency's smallest unit."""

    amount = fields.Integer(required=True, metadata={"example": 1990})
    currency = fields.String(required=True, metadata={"example": "EUR"})


class PriceOut(AmountOut):
    """What one piece cost when it was shown."""

    at = fields.AwareDateTime(required=True)


class LineOut(Answer):
    """A line of a cart; staff see masked notes."""

    key = fields.String(required=True, metadata={"example": "ln_" + "a2" * 13})
    sku = fields.String(required=True)
    attributes = fields.Dict(keys=fields.String(), required=True)
    offer = fields.String(required=True, allow_none=True)
    fulfilment = fields.String(required=True, allow_none=True)
    parent = fields.String(required=True, allow_none=True)
    split = fields.String(required=True, allow_none=True)
    quantity = fields.Integer(required=True)
    info = fields.Dict(keys=fields.String(), required=True)
    price = fields.Nested(PriceOut, required=True, allow_none=True)
    max_quantity = fields.Integer(
        required=True, allow_none=True, metadata={"description": "How many the shop said there are."}
    )
    revision = fields.Integer(required=True)
    by = fields.Nested(By, required=True)


class UnavailableOut(LineOut):
    """A line that the shop said cannot be had; it is in no total, and not ordered."""

    reason = fields.String(required=True, metadata={"example": "sold-out"})


class TotalsOut(Answer):
    """What a cart comes to; `unpriced` lines are in no amount."""

    lines = fields.Integer(required=True)
    quantity = fields.Integer(required=True)
    unpriced = fields.Integer(required=True)
    price_hash = fields.String(required=True)
    amounts = fields.List(fields.Nested(AmountOut), required=True)


class CompletionOut(Answer):
    """How far the order of a cart has come; `id` is the same for every attempt."""

    id = fields.String(required=True, metadata={"example": "co_0a" + "7" * 20})
    attempt = fields.Integer(required=True)
    status = fields.String(
        required=True, validate=validate.OneOf(["completing", "unknown", "committed", "aborted"])
    )
    lease_expires_at = fields.AwareDateTime(required=True)
    order_ref = fields.String(required=True, allow_none=True)


VALIDATION = {
    "description": "Whether the shop gave its word on prices and stock when it was last asked; null if never."
}
MERGED_INTO = {"description": "The customer's draft that a guest's one became, or came into, by a claim."}
SUCCESSOR = {"description": "The cart that goes on in this one's place, or will once its order is made."}


class ForDevice(Answer):
    """What a device asks for when it begins: to open, list or redeem drafts, or with `since`."""

    unstored = fields.List(
        fields.String(),
        metadata={
            "description": "The pointers at and below which a device must keep nothing, where there are any.",
            "example": ["/iban"],
        },
    )


class DraftOut(ForDevice):
    """A draft: `data` of a form, `lines` and `totals` of a cart. Staff see masked values."""

    id = fields.String(required=True)
    process = fields.String(required=True)
    kind = fields.String(required=True)
    key = fields.String(required=True)
    customer = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf([str(status) for status in Status]))
    revision = fields.Integer(required=True)
    data = fields.Dict()
    lines = fields.List(fields.Nested(LineOut))
    unavailable = fields.List(fields.Nested(UnavailableOut))
    totals = fields.Nested(TotalsOut)
    validation = fields.String(
        allow_none=True, validate=validate.OneOf(["ok", "stale", None]), metadata=VALIDATION
    )
    completion = fields.Nested(CompletionOut, allow_none=True)
    merged_into = fields.String(allow_none=True, metadata=MERGED_INTO)
    successor = fields.String(allow_none=True, metadata=SUCCESSOR)
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


class DeltaOut(ForDevice):
    """What changed in a draft after the revision `from`: `cells` of a form, `lines` of a cart.

    `keys` are those of all lines that can be had now: any other line is gone, or in `unavailable`.
    """

    id = fields.String(required=True)
    from_ = fields.Integer(required=True, data_key="from")
    revision = fields.Integer(required=True)
    epoch = fields.String(required=True)
    status = fields.String(required=True)
    cells = fields.Dict(keys=fields.String(), values=fields.Nested(CellOut))
    lines = fields.List(fields.Nested(LineOut))
    keys = fields.List(fields.String())
    unavailable = fields.List(fields.Nested(UnavailableOut))
    totals = fields.Nested(TotalsOut)
    validation = fields.String(
        allow_none=True, validate=validate.OneOf(["ok", "stale", None]), metadata=VALIDATION
    )
    completion = fields.Nested(CompletionOut, allow_none=True)
    merged_into = fields.String(allow_none=True, metadata=MERGED_INTO)
    successor = fields.String(allow_none=True, metadata=SUCCESSOR)
    position = fields.Nested(Position, required=True, allow_none=True)
    conflicts = fields.List(fields.Nested(ConflictOut), required=True)
    updated_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)


class TouchOut(Answer):
    """Where a draft was last changed: `device` as its customer calls it, else as it calls itself."""

    channel = fields.String(required=True, metadata={"example": "web"})
    device = fields.String(required=True, allow_none=True, metadata={"example": "iPhone"})


class ListedOut(DraftOut):
    """A draft of a list; `touched` is null of one that nobody has changed yet."""

    touched = fields.Nested(TouchOut, required=True, allow_none=True)


class DraftsOut(Answer):
    """Some drafts, and the cursor of the next ones."""

    items = fields.List(fields.Nested(ListedOut), required=True)
    next = fields.String(required=True, allow_none=True)
