"""Processes, as they are registered and read."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from retoma_server.domain.cart_ops import MAX_LINE_QUANTITY, MAX_QUANTITY
from retoma_server.domain.claims import FormStrategy
from retoma_server.domain.drafts import Policy
from retoma_server.domain.processes import FieldClass, Process, Step

from .answer import Answer
from .formats import LANGUAGE, NAME, Switch, a_pointer, text


class StepIn(Schema):
    """One step of a process."""

    id = fields.String(required=True, validate=NAME, metadata={"example": "income"})
    titles = fields.Dict(keys=fields.String(validate=LANGUAGE), values=text(), load_default=dict)


class RetentionIn(Schema):
    """How long drafts are kept, in days."""

    open_days = fields.Integer(load_default=30, strict=True, validate=validate.Range(1, 365))
    closed_days = fields.Integer(load_default=30, strict=True, validate=validate.Range(1, 365))
    customer_days = fields.Integer(
        load_default=90,
        strict=True,
        validate=validate.Range(1, 365),
        metadata={"description": "Of a cart whose customer you know; a guest's has `open_days`."},
    )
    most_days = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(1, 3650),
        metadata={"description": "Since it was begun, however often it is changed; null for no end."},
    )


DAYS = {"open_days": 30, "closed_days": 30, "customer_days": 90, "most_days": None}
"""Retention where nothing is said."""


class LimitsIn(Schema):
    """How much a cart may hold."""

    line_quantity = fields.Integer(
        load_default=MAX_LINE_QUANTITY,
        strict=True,
        validate=validate.Range(1, MAX_QUANTITY),
        metadata={"description": "How many pieces of a line; of all lines together there are 10,000."},
    )


def pointers(example: str, description: str | None = None) -> "fields.List[Any]":
    """A list of at most a hundred pointers."""
    about = {"example": [example]} | ({"description": description} if description else {})
    some = validate.Length(max=100)
    return fields.List(fields.String(validate=a_pointer), load_default=list, validate=some, metadata=about)


class NewProcess(Schema):
    """A process as it is registered."""

    kind = fields.String(load_default="form", validate=validate.OneOf(["form", "cart"]))
    titles = fields.Dict(
        keys=fields.String(validate=LANGUAGE),
        values=text(),
        load_default=dict,
        metadata={"example": {"en": "Mortgage application", "es": "Solicitud de hipoteca"}},
    )
    url = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=2048))
    steps = fields.List(fields.Nested(StepIn), load_default=list, validate=validate.Length(max=100))
    schema = fields.Dict(load_default=None, allow_none=True)
    fields_ = fields.Dict(
        keys=fields.String(validate=a_pointer),
        values=fields.Enum(FieldClass, by_value=True),
        load_default=dict,
        data_key="fields",
        metadata={"example": {"/email": "personal", "/iban": "restricted"}},
    )
    groups = pointers("/address")
    lookalikes = pointers(
        "/loyalty_number", "Fields whose numbers may look like card numbers, which are refused elsewhere."
    )
    confirm = pointers("/income", "What staff enter there is confirmed by the customer before completion.")
    customer_only = pointers("/terms_accepted", "Staff enter nothing there: a signature, consent to terms.")
    policies = fields.Dict(
        keys=fields.String(validate=a_pointer),
        values=fields.String(),
        load_default=dict,
        metadata={"example": {"/notes": "incoming"}, "description": "`incumbent` (default) or `incoming`."},
    )
    retention = fields.Nested(RetentionIn, load_default=lambda: {**DAYS})
    limits = fields.Nested(LimitsIn, load_default=lambda: {"line_quantity": MAX_LINE_QUANTITY})
    claim = fields.Enum(
        FormStrategy,
        by_value=True,
        load_default=FormStrategy.ASK,
        metadata={"description": "Of forms: what a sign-in makes of a guest's where the customer has one."},
    )
    spillover = Switch(
        load_default=False,
        metadata={"description": "Of carts: what is added while one is being ordered goes into the next."},
    )

    @post_load
    def make(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Everything but the name, as the domain's values."""
        retention = loaded.pop("retention")
        steps = tuple(Step(step["id"], step["titles"]) for step in loaded.pop("steps"))
        limits = loaded.pop("limits")
        return {
            **loaded,
            "fields": loaded.pop("fields_"),
            "steps": steps,
            "groups": tuple(loaded["groups"]),
            "lookalikes": tuple(loaded["lookalikes"]),
            "confirm": tuple(loaded["confirm"]),
            "customer_only": tuple(loaded["customer_only"]),
            **retention,
            **limits,
        }


def process_of(name: str, loaded: dict[str, Any]) -> Process:
    """The process that a loaded `NewProcess` describes; policies are known by then."""
    known = {key: value for key, value in loaded.items() if key != "fields_"}
    return Process(name, **known)


def known_policies(policies: dict[str, str]) -> dict[str, Policy] | None:
    """The policies by pointer, None where one is not offered."""
    try:
        return {path: Policy(name) for path, name in policies.items()}
    except ValueError:
        return None


class StepOut(Answer):
    """One step of a process."""

    id = fields.String(required=True)
    titles = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class RetentionOut(Answer):
    """How long drafts are kept, in days."""

    open_days = fields.Integer(required=True)
    closed_days = fields.Integer(required=True)
    customer_days = fields.Integer(required=True)
    most_days = fields.Integer(required=True, allow_none=True)


class LimitsOut(Answer):
    """How much a cart may hold."""

    line_quantity = fields.Integer(required=True)


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
    lookalikes = fields.List(fields.String(), required=True)
    confirm = fields.List(fields.String(), required=True)
    customer_only = fields.List(fields.String(), required=True)
    policies = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    retention = fields.Nested(RetentionOut, required=True)
    limits = fields.Nested(LimitsOut, required=True)
    claim = fields.String(required=True, validate=validate.OneOf([str(each) for each in FormStrategy]))
    spillover = fields.Boolean(required=True)


class ProcessesOut(Answer):
    """Every registered process."""

    items = fields.List(fields.Nested(ProcessOut), required=True)
    next = fields.String(required=True, allow_none=True)
