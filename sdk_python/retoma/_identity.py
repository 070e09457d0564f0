"""What makes a line of a cart the same line on every device, and what no line may be made of.

Whatever could be written in two ways is refused here, before anything is sent, by the codes that the
server has for it.
"""

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ._errors import InvalidRequestError
from ._lines import Attribute

MAX_NAME_BYTES = 256
MAX_INTEGER = 2**53 - 1
LINE_KEY = re.compile(r"ln_[a-z2-7]{26}", re.ASCII)
FORBIDDEN = frozenset({"__proto__", "constructor", "prototype"})


@dataclass(frozen=True)
class Identity:
    """What makes a line the same line wherever it is added; notes and prices are no part of it.

    `offer` names a negotiated price, `fulfilment` a way of delivery, `parent` the key of the line
    that this one belongs to (a warranty), `split` a line that the customer keeps apart on purpose.
    Raises InvalidRequestError `invalid-identity` for anything else than what these may be.
    """

    sku: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    offer: str | None = None
    fulfilment: str | None = None
    parent: str | None = None
    split: str | None = None

    def __post_init__(self) -> None:
        """Refuse what has no key, or another one elsewhere."""
        check_name(self.sku)
        for name in (self.offer, self.fulfilment, self.split):
            if name is not None:
                check_name(name)
        if self.parent is not None:
            check_key(self.parent)
        check_attributes(self.attributes)

    @property
    def key(self) -> str:
        """The line's name: `ln_` and 26 letters and digits, the same in every language.

        The base32 (RFC 4648) of the SHA-256 of a JSON array of sku, offer, fulfilment, parent,
        split and the attributes sorted by name; strings in Unicode's form NFC.
        """
        attributes = sorted((composed(name), composed(value)) for name, value in self.attributes.items())
        parts = map(composed, (self.sku, self.offer, self.fulfilment, self.parent, self.split))
        text = json.dumps([*parts, attributes], ensure_ascii=False, separators=(",", ":"))
        return "ln_" + base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:26]

    @property
    def wire(self) -> dict[str, Any]:
        """The identity as an op carries it."""
        names = {name: getattr(self, name) for name in ("offer", "fulfilment", "parent", "split")}
        given = {name: value for name, value in names.items() if value is not None}
        return {"sku": self.sku, "attributes": dict(self.attributes), **given}


def composed(value: Attribute) -> Attribute:
    """A string in its composed form (NFC), so that two ways to type an accent are one; others as they are."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def check_name(name: object) -> None:
    """Refuse what is no text of 1 to 256 bytes, or harms a client's prototypes."""
    if not isinstance(name, str) or not name or name in FORBIDDEN:
        raise wrong("names are texts, and not empty")
    if len(encodable(name)) > MAX_NAME_BYTES:
        raise wrong("names have 256 bytes at most")


def check_attributes(attributes: object) -> None:
    """Refuse what is no mapping of names to attributes, or has one name in two ways to type it."""
    if not isinstance(attributes, Mapping):
        raise wrong("attributes are a mapping")
    for name, value in attributes.items():
        check_name(name)
        check_attribute(value)
    if len(set(map(composed, attributes))) < len(attributes):
        raise wrong("two attributes have the same name")


def check_attribute(value: object) -> None:
    """Refuse what is no string, boolean, None or integer that every language holds exactly."""
    if isinstance(value, str):
        encodable(value)
    elif value is not None and not (isinstance(value, int) and abs(value) <= MAX_INTEGER):
        raise wrong("attributes are texts, whole numbers, booleans or None")


def check_key(key: object) -> None:
    """Refuse what is no line's key."""
    if not isinstance(key, str) or not LINE_KEY.fullmatch(key):
        raise InvalidRequestError("invalid-op", detail="not the key of a line")


def encodable(text: str) -> bytes:
    """A text in UTF-8; half a surrogate pair is no text."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise wrong("not a text: half a surrogate pair") from None


def wrong(detail: str) -> InvalidRequestError:
    """The error of what is no identity."""
    return InvalidRequestError("invalid-identity", detail=detail)
