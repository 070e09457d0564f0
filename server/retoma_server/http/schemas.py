"""What goes in: checked here, and described for the API reference."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from retoma_server.adapters.ids import is_id
from retoma_server.domain.drafts import Policy, Status
from retoma_server.domain.pointers import is_pointer
from retoma_server.domain.processes import FieldClass, Process, Step

PROCESS_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
REVISION = validate.Range(min=0, max=2**53 - 1)


def an_id(prefix: str) -> Any:
    """A validator for ids of one kind."""

    def check(text: str) -> None:
        if not is_id(text, prefix):
            raise ValidationError("invalid")

    return check


def a_pointer(text: str) -> None:
    """A validator for JSON Pointers."""
    if not is_pointer(text) or len(text) > 1024:
        raise ValidationError("invalid")


def text(longest: int = 256, **more: Any) -> fields.String:
    """A text of at most so many characters."""
    return fields.String(validate=validate.Length(min=1, max=longest), **more)


class Switch(fields.Boolean):
    """True or false; neither 1 nor "yes" is either of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Whole(validate.Regexp):
    """A pattern that the whole text matches, documented as every other language writes it."""

    def __init__(self, pattern: str) -> None:
        """Match `pattern`, which is not anchored, to ASCII text."""
        super().__init__(f"^{pattern}$", re.ASCII)
        self._whole = re.compile(pattern, re.ASCII)

    def __call__(self, value: Any) -> Any:
        """The value, or ValidationError; `$` alone would let a newline pass at the end."""
        if not self._whole.fullmatch(value):
            raise ValidationError("invalid")
        return value


NAME = Whole(PROCESS_NAME.pattern)
KEY = Whole("[A-Za-z0-9_.:-]{1,64}")
WRITER = Whole("[A-Za-z0-9_-]{1,64}")
LANGUAGE = Whole("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


# -- in ----------------------------------------------------------------------------------------


class NewToken(Schema):
    """For whom a customer token is minted: one of the two."""

    external_id = text(metadata={"example": "u-17", "description": "Your own id of the user."})
    customer = fields.String(validate=an_id("cu"), metadata={"example": "cu_3f0YzQ7mJ2nE5hT8kLqRpW"})


class NewDraft(Schema):
    """Which draft to open."""

    process = fields.String(required=True, validate=NAME, metadata={"example": "mortgage-application"})
    key = fields.String(load_default="default", validate=KEY, metadata={"example": "default"})
    kind = fields.String(load_default="form", validate=validate.OneOf(["form", "cart"]))
    customer = fields.String(
        load_default=None, validate=an_id("cu"), metadata={"description": "Only with a secret key."}
    )


class DraftQuery(Schema):
    """Which drafts to list."""

    process = fields.String(load_default=None, validate=NAME)
    status = fields.Enum(Status, by_value=True, load_default=None)
    customer = fields.String(load_default=None, validate=an_id("cu"))
    updated_since = fields.AwareDateTime(
        load_default=None, format="iso", metadata={"example": "2026-11-22T09:00:00Z"}
    )
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    cursor = fields.String(load_default=None, validate=validate.Length(max=2048))


class HistoryQuery(Schema):
    """Which part of a draft's history to read."""

    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    cursor = fields.String(load_default=None, validate=validate.Length(max=2048))


class NewCompletion(Schema):
    """A wish to complete a draft."""

    seen = fields.Integer(required=True, strict=True, validate=REVISION, metadata={"example": 12})
    keep_stored = Switch(
        load_default=False,
        metadata={"description": "Close open conflicts in favour of what the draft holds."},
    )
    writer = fields.String(load_default=None, validate=WRITER)
    seq = fields.Integer(load_default=None, strict=True, validate=validate.Range(1, 2**53 - 1))


class NewHandoff(Schema):
    """To whom a draft is handed off."""

    to = fields.String(load_default="device", validate=validate.OneOf(["device", "staff"]))
    url = fields.String(
        load_default=None,
        validate=validate.Length(max=2048),
        metadata={"description": "The page to go on with; the process's url by default."},
    )


class HandoffToken(Schema):
    """A link's token."""

    token = fields.String(required=True, validate=validate.Length(max=256), metadata={"example": "ho_…"})


class Redemption(HandoffToken):
    """A link's token and the redeemer's own random name for this attempt."""

    nonce = fields.String(required=True, validate=validate.Length(min=8, max=128))
    device = fields.String(
        load_default=None, validate=validate.Length(max=64), metadata={"example": "iPhone"}
    )


class Code(Schema):
    """A short code, as the customer reads it out."""

    code = fields.String(required=True, validate=validate.Length(max=64), metadata={"example": "BCDF-GHJK"})


class StepIn(Schema):
    """One step of a process."""

    id = fields.String(required=True, validate=NAME, metadata={"example": "income"})
    titles = fields.Dict(keys=fields.String(validate=LANGUAGE), values=text(), load_default=dict)


class RetentionIn(Schema):
    """How long drafts are kept, in days."""

    open_days = fields.Integer(load_default=30, strict=True, validate=validate.Range(1, 365))
    closed_days = fields.Integer(load_default=30, strict=True, validate=validate.Range(1, 365))


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
    groups = fields.List(
        fields.String(validate=a_pointer),
        load_default=list,
        validate=validate.Length(max=100),
        metadata={"example": ["/address"]},
    )
    policies = fields.Dict(
        keys=fields.String(validate=a_pointer),
        values=fields.String(),
        load_default=dict,
        metadata={"example": {"/notes": "incoming"}, "description": "`incumbent` (default) or `incoming`."},
    )
    retention = fields.Nested(RetentionIn, load_default=lambda: {"open_days": 30, "closed_days": 30})

    @post_load
    def make(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Everything but the name, as the domain's values."""
        retention = loaded.pop("retention")
        steps = tuple(Step(step["id"], step["titles"]) for step in loaded.pop("steps"))
        return {
            **loaded,
            "fields": loaded.pop("fields_"),
            "steps": steps,
            "groups": tuple(loaded["groups"]),
            **retention,
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
