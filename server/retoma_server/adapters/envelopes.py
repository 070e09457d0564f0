"""The one envelope in which everything is sealed, whose owner names in clear which key opens it.

    0x01 | suite 0x02 | owner length | owner | salt 32 | nonce 12 | commitment 32 | ciphertext | tag 16

Every envelope has an AES-256-GCM key of its own: HKDF-Expand with SHA-512 (RFC 5869 §2.3) makes 64 bytes
of the owner's key, with a random salt, a purpose and the associated data as `info`. So no key ever meets
a nonce twice, and what was moved to another place does not open. AES-GCM alone does not tie a ciphertext
to one key; the commitment, the second half of the output, does.

An owner is a name, and behind a dot the version of its key: `cu_3f…` for the first, `cu_3f….2` for the
second.
"""

import hmac
import re
from secrets import token_bytes
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq

from retoma_server.domain.errors import RetomaError

SUITE = b"\x01\x02"
_SALT, _NONCE, _COMMITMENT = 32, 12, 32
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_WITHIN_JSON = re.compile(rb'"(0102(?:[0-9a-f]{2})+)"')


class IntegrityFailure(RetomaError):
    """Raised when sealed bytes do not open: altered, cut, misplaced, or sealed by a key that is gone.

    It says no more than that. Somebody changed the store, or a wrong keyring is in use.
    """

    code = "integrity-failure"


class Owner(NamedTuple):
    """Whose key opens an envelope, and which of theirs: they count from 1."""

    name: str
    version: int = 1


def named(name: str, version: int) -> str:
    """An owner as it stands in an envelope: the first key needs no number."""
    return name if version == 1 else f"{name}.{version}"


def owner_of(sealed: bytes) -> Owner:
    """Whose key opens an envelope, as it says in clear: unchecked until it is opened.

    Raises IntegrityFailure when it does not begin like an envelope.
    """
    if len(sealed) < 3 or not sealed.startswith(SUITE):
        raise IntegrityFailure
    text = sealed[3 : 3 + sealed[2]]
    if len(text) < sealed[2] or not text.isascii():
        raise IntegrityFailure
    name, dot, version = text.decode().partition(".")
    if not dot:
        return Owner(name)
    if not _VERSION.fullmatch(version):
        raise IntegrityFailure
    return Owner(name, int(version))


def owners_in(body: bytes) -> frozenset[Owner]:
    """Whose keys open what is sealed in a record: all of it, or texts of its JSON, or nothing."""
    if body.startswith(SUITE):
        return frozenset([owner_of(body)])
    return frozenset(owner_of(bytes.fromhex(text.decode())) for text in _WITHIN_JSON.findall(body))


def seal(key: bytes, begin: bytes, purpose: bytes, aad: bytes, plaintext: bytes) -> bytes:
    """Seal by the key of the owner whose envelopes `begin` so; about 120 bytes longer than it was."""
    fresh = token_bytes(_SALT + _NONCE)
    once, commitment = _derived(key, fresh[:_SALT], purpose + aad)
    ciphertext = AESGCM(once).encrypt(fresh[_SALT:], plaintext, aad)
    return b"".join((begin, fresh, commitment, ciphertext))


def unseal(key: bytes, begin: bytes, purpose: bytes, aad: bytes, sealed: bytes) -> bytes:
    """Open what was sealed by this very key, for this very purpose and place. Raises IntegrityFailure."""
    nonce_at = len(begin) + _SALT
    commitment_at = nonce_at + _NONCE
    ciphertext_at = commitment_at + _COMMITMENT
    once, commitment = _derived(key, sealed[len(begin) : nonce_at], purpose + aad)
    # Too short an envelope ends here as well: its commitment is cut or empty.
    if not sealed.startswith(begin) or not bytes_eq(commitment, sealed[commitment_at:ciphertext_at]):
        raise IntegrityFailure
    try:
        return AESGCM(once).decrypt(sealed[nonce_at:commitment_at], sealed[ciphertext_at:], aad)
    except InvalidTag:
        raise IntegrityFailure from None


def head(owner: str) -> bytes:
    """What every envelope of an owner's key begins with, and none of another's."""
    name = owner.encode()
    return SUITE + bytes((len(name),)) + name


def _derived(key: bytes, salt: bytes, info: bytes) -> tuple[bytes, bytes]:
    # Owners' keys are random already, so there is nothing to extract (RFC 5869 §3.3). They are 32 bytes
    # where §2.3 asks for 64: as much strength as AES-256 can use. One block of SHA-512 is all the output
    # there is, so the expansion is a single HMAC.
    output = hmac.digest(key, salt + info + b"\x01", "sha512")
    return output[:32], output[32:]
