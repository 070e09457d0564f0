"""Identifiers in the one form of each that is hashed, so that two spellings are one customer."""

import re
import unicodedata
from collections.abc import Callable, Mapping

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from retoma_server.domain.errors import Invalid
from retoma_server.domain.identifiers import IdentifierKind

LONGEST = 256
"""No identifier is longer, in characters."""

_SEPARATORS = re.compile(r"[\s.\u2010-\u2015/-]")


def normalised(kind: IdentifierKind, text: str, region: str | None = None) -> str:
    """An identifier in its one form.

    `region` (ISO 3166, two letters) is where a phone number without a country's code is from. Raises
    Invalid `validation-failed` for what is no identifier of its kind; nothing of it is in the error.
    """
    form = _FORMS[kind](text, region) if len(text) <= LONGEST else None
    if not form:
        raise Invalid(errors=[{"pointer": f"/{kind}", "code": f"invalid-{kind.replace('_', '-')}"}])
    return form


def is_region(text: str) -> bool:
    """Whether phone numbers of a region (ISO 3166, two capital letters) can be read."""
    return text in phonenumbers.SUPPORTED_REGIONS


def _external_id(text: str, _: str | None) -> str | None:
    # The tenant's own name of a user: two that differ in a single bit may be two users.
    return text


def _email(text: str, _: str | None) -> str | None:
    # RFC 5321 lets mailboxes differ by case; no provider does, and people type both.
    try:
        email = validate_email(text.strip(), check_deliverability=False, strict=True)
    except EmailNotValidError:
        return None
    return email.normalized.casefold()


def _phone(text: str, region: str | None) -> str | None:
    """As ITU-T E.164 writes it: `+34612345678`."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    is_number = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_number else None


def _loyalty_number(text: str, _: str | None) -> str | None:
    capitals = unicodedata.normalize("NFKC", text).upper()
    # Capitals of composed letters come apart, and a mark may have a letter before it now.
    bare = unicodedata.normalize("NFKC", _SEPARATORS.sub("", capitals))
    return bare if bare.isprintable() else None


_FORMS: Mapping[IdentifierKind, Callable[[str, str | None], str | None]] = {
    IdentifierKind.EXTERNAL_ID: _external_id,
    IdentifierKind.EMAIL: _email,
    IdentifierKind.PHONE: _phone,
    IdentifierKind.LOYALTY_NUMBER: _loyalty_number,
}
