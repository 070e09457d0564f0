"""Identifiers: by what a tenant knows a customer. Only keyed hashes of them are ever stored."""

from collections.abc import Mapping
from enum import StrEnum


class IdentifierKind(StrEnum):
    """By what a customer is known; one of each kind at most."""

    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    PHONE = "phone"
    LOYALTY_NUMBER = "loyalty_number"


Wanted = Mapping[IdentifierKind, str | None]
"""What identifiers are to be: a value links one, None unlinks it, what is absent stays."""


def is_linked(identifiers: Mapping[str, str], hashed: str) -> bool:
    """Whether a customer's identifiers, as (kind, hash), hold a hash: a pointer alone proves nothing."""
    return hashed in identifiers.values()


def with_identifier(identifiers: Mapping[str, str], kind: str, hashed: str | None) -> dict[str, str]:
    """A customer's identifiers with one of a kind, in the place of the one that was; None for without."""
    kept = {name: known for name, known in identifiers.items() if name != kind}
    return kept if hashed is None else {**kept, str(kind): hashed}
