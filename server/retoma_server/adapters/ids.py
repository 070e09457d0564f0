"""Opaque names: ids that carry their partition, secrets, and the short codes that people read aloud."""

import hashlib
import re
import secrets
from typing import Protocol

from retoma_server.adapters.framing import framed
from retoma_server.domain.errors import Malformed

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PAIRS = [low + high for high in BASE62 for low in BASE62]
CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""RFC 8628 §6.1: no vowels, so no words; nothing that is mistaken for something else."""

_ID = re.compile(r"[a-z]{2}_([0-9a-f]{2})[0-9A-Za-z]+")
_CODE = re.compile(f"[{CODE_ALPHABET}{CODE_ALPHABET.lower()}]{{8}}")
_SEPARATORS = re.compile(r"[\s._\u2010-\u2015-]")


class Randomness(Protocol):
    """Where randomness comes from: the module `secrets`, or a seeded `random.Random` in a test."""

    def choice(self, seq: str, /) -> str:
        """Pick one character of `seq`, each as likely as any other."""
        ...


class Ids:
    """Makes new names; every one is drawn afresh and none can be guessed from another."""

    def __init__(self, randomness: Randomness = secrets) -> None:
        """Draw from `randomness`."""
        self._randomness = randomness

    def new(self, prefix: str, partition: int) -> str:
        """A new id such as `dr_3f…`: the prefix, the partition in hex, 20 base62 characters (119 bits).

        A tenant's id (`te`) has 10: it is part of every credential and no secret. Raises ValueError
        for a partition outside 0..255.
        """
        return f"{prefix}_{bytes((partition,)).hex()}{self._draw(BASE62, _random_length(prefix))}"

    def partition(self) -> int:
        """A partition for something new that has no home yet."""
        return int(self._draw("0123456789abcdef", 2), 16)

    def secret(self) -> str:
        """A new secret of 43 base62 characters: 256 bits."""
        return self._draw(BASE62, 43)

    def short_code(self) -> str:
        """A new short code of 8 characters (34.6 bits): too few to stand without limits on tries."""
        return self._draw(CODE_ALPHABET, 8)

    def digits(self) -> str:
        """A new one-time code of six digits, as they are sent: nothing without limits on tries."""
        return self._draw("0123456789", 6)

    def nonce(self) -> str:
        """A new name for one attempt, of 22 base62 characters (131 bits)."""
        return self._draw(BASE62, 22)

    def _draw(self, alphabet: str, length: int) -> str:
        return "".join(self._randomness.choice(alphabet) for _ in range(length))


def secret_from(mac: bytes) -> str:
    """A secret derived from a MAC of 32 bytes: the same one again for the same MAC."""
    return _base62(mac, 43)


def _base62(mac: bytes, length: int) -> str:
    """The lowest digits of a number, lowest first; two at a time, since every request asks for some."""
    # What is above them is left out first, as division is slow by the length of a number.
    number = int.from_bytes(mac, "big") % len(BASE62) ** (length + length % 2)
    pairs = []
    for _ in range((length + 1) // 2):
        number, pair = divmod(number, len(PAIRS))
        pairs.append(PAIRS[pair])
    return "".join(pairs)[:length]


def id_from(prefix: str, partition: int, mac: bytes) -> str:
    """An id derived from a MAC of 32 bytes: the same one again for the same MAC."""
    return f"{prefix}_{bytes((partition,)).hex()}{_base62(mac, _random_length(prefix))}"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` is exactly an id of this prefix; says nothing of whether the object exists."""
    fits = len(text) == len(f"{prefix}_00") + _random_length(prefix)
    return fits and text.startswith(prefix) and _ID.fullmatch(text) is not None


def partition_of(name: str) -> int:
    """The partition (0..255) that an id carries. Raises Malformed("invalid-id") for anything else."""
    match = _ID.fullmatch(name)
    if match is None:
        raise Malformed("invalid-id")
    return int(match[1], 16)


def home(tenant: str, name: str) -> int:
    """The partition (0..255) where what a tenant calls `name` begins: by SHA-256, the same for ever."""
    return hashlib.sha256(framed(tenant, name)).digest()[0]


def normalise_code(text: str) -> str | None:
    """A short code as typed (any case, spaces, dashes) in its one form; None when it is not one."""
    bare = _SEPARATORS.sub("", text)
    return bare.upper() if _CODE.fullmatch(bare) else None


def display_code(code: str) -> str:
    """A short code in two groups of four, as people read it: `BCDF-GHJK`."""
    return f"{code[:4]}-{code[4:]}"


def _random_length(prefix: str) -> int:
    return 10 if prefix == "te" else 20
