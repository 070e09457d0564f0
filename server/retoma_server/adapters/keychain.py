"""The keychain of one tenant: the versions of its keys, as one text that a root key wraps."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from secrets import token_bytes
from typing import Any, NamedTuple, Self

import orjson

from retoma_server.adapters.envelopes import IntegrityFailure

_LENGTH = 32


class Secret(NamedTuple):
    """One version of a key, and when it was made (milliseconds; 0: with the tenant)."""

    version: int
    key: bytes
    made_at: int = 0

    def __repr__(self) -> str:
        """Which one it is, and nothing of the key."""
        return f"Secret({self.version})"


@dataclass(frozen=True, slots=True)
class Keychain:
    """All keys of one tenant, oldest first; the newest is used from now on. Every change gives a new one.

    `wrapping` wraps the keys of customers, `index` hashes their identifiers, `hashing` everything else
    that is hashed, and has one version for ever. `customers` is the version that every customer's newest
    key is to have, since `customers_at`.
    """

    wrapping: tuple[Secret, ...]
    index: tuple[Secret, ...]
    hashing: bytes = field(repr=False)
    customers: int = 1
    customers_at: int = 0

    @classmethod
    def create(cls) -> Self:
        """Fresh keys for a new tenant."""
        return cls((_fresh(1, 0),), (_fresh(1, 0),), token_bytes(_LENGTH))

    @classmethod
    def of_one(cls, key: bytes) -> Self:
        """The keychain of a tenant from a release that had one key for everything: the first of each."""
        return cls((Secret(1, key),), (Secret(1, key),), key)

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read what `dump` wrote, or the one key of an earlier release. Raises IntegrityFailure."""
        if len(text) == _LENGTH:
            return cls.of_one(text)
        try:
            fields = orjson.loads(text)
            wrapping, index = (tuple(map(_secret, fields[name])) for name in ("wrapping", "index"))
            return cls(wrapping, index, base64.b64decode(fields["hashing"]), *fields["customers"])
        except (ValueError, KeyError, TypeError):
            raise IntegrityFailure from None

    def dump(self) -> bytes:
        """The keychain as a text. It holds the keys: it is only ever stored wrapped."""
        fields = {
            "wrapping": [*map(_row, self.wrapping)],
            "index": [*map(_row, self.index)],
            "hashing": base64.b64encode(self.hashing).decode(),
            "customers": [self.customers, self.customers_at],
        }
        return orjson.dumps(fields)

    def with_wrapping(self, now: int) -> Self:
        """With a fresh key more, which wraps from now on."""
        return replace(self, wrapping=_grown(self.wrapping, now))

    def with_index(self, now: int) -> Self:
        """With a fresh index key more, which is looked under first from now on."""
        return replace(self, index=_grown(self.index, now))

    def with_customers(self, now: int) -> Self:
        """With one version more that the keys of customers are to have."""
        return replace(self, customers=self.customers + 1, customers_at=now)

    def without_wrapping(self, unused: Callable[[int], bool]) -> Self:
        """Without the older versions of which this is said; the newest stays."""
        return replace(self, wrapping=_shrunk(self.wrapping, unused))

    def without_index(self, unused: Callable[[int], bool]) -> Self:
        """Without the older index keys of which this is said; the newest stays."""
        return replace(self, index=_shrunk(self.index, unused))

    def may_find(self, version: int) -> bool:
        """Whether an index key of this version is there, or newer than what this keychain knows."""
        known = {secret.version for secret in self.index}
        return version in known or version > max(known)


def _fresh(version: int, now: int) -> Secret:
    return Secret(version, token_bytes(_LENGTH), now)


def _grown(secrets: tuple[Secret, ...], now: int) -> tuple[Secret, ...]:
    return (*secrets, _fresh(secrets[-1].version + 1, now))


def _shrunk(secrets: tuple[Secret, ...], unused: Callable[[int], bool]) -> tuple[Secret, ...]:
    return (*(secret for secret in secrets[:-1] if not unused(secret.version)), secrets[-1])


def _row(secret: Secret) -> list[Any]:
    return [secret.version, base64.b64encode(secret.key).decode(), secret.made_at]


def _secret(row: list[Any]) -> Secret:
    version, key, made_at = row
    return Secret(version, base64.b64decode(key), made_at)
