"""Identifiers: by what a tenant knows a customer. Only keyed hashes of them are ever stored."""

from collections.abc import Mapping
from enum import StrEnum


class IdentifierKind(StrEnum):
    """By what a customer is known; one of each kind at most."""

    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    PHONE = "phone"
    LOYALTY_NUMBER = "loyalty_number"


Hashes = tuple[str, ...]
"""One identifier, hashed by each index key in use, the newest first."""

Wanted = Mapping[IdentifierKind, str | None]
"""What identifiers are to be: a value links one, None unlinks it, what is absent stays."""


def is_linked(identifiers: Mapping[str, Hashes], hashed: str) -> bool:
    """Whether a customer's identifiers, as (kind, hashes), hold a hash: a pointer alone proves nothing."""
    return any(hashed in hashes for hashes in identifiers.values())


def with_identifier(identifiers: Mapping[str, Hashes], kind: str, hashes: Hashes) -> dict[str, Hashes]:
    """A customer's identifiers with one of a kind, in the place of the one that was; no hashes for none.

    Two that share a hash are one identifier, hashed by different keys: it keeps the hashes of both.
    """
    kept = {name: known for name, known in identifiers.items() if name != kind}
    former = identifiers.get(kind, ())
    if not set(former).isdisjoint(hashes):
        hashes = (*(each for each in hashes if each not in former), *former)
    return {**kept, str(kind): hashes} if hashes else kept


def displaced(identifiers: Mapping[str, Hashes], kind: str, hashes: Hashes) -> Hashes:
    """The hashes of the identifier of a kind that lead nowhere once these take its place."""
    staying = with_identifier(identifiers, kind, hashes).get(kind, ())
    return tuple(each for each in identifiers.get(kind, ()) if each not in staying)
