"""What a single field may be, checked and described for the API reference."""

import re
from typing import Any

from marshmallow import ValidationError, fields, validate

from retoma_server.adapters.ids import is_id
from retoma_server.domain.pointers import is_pointer

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
