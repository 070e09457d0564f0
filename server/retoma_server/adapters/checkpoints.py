"""Signed checkpoints of audit chains: what a chain was up to an entry, for whoever keeps them elsewhere.

A chain's macs are made with a key that the server has, so whoever has the server could make another one.
What was signed and is out of their reach still tells.
"""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from retoma_server.adapters.keyring import Keyring

LOG = "log"
"""The sink that is the server's log."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What one chain was at a moment (ISO 8601): its last entry, and the mac that covers all up to it.

    `key` names the key that signed; the signature is Ed25519 over `signed` (RFC 8032), in base64.
    """

    tenant: str
    partition: int
    entry: int
    mac: str
    at: str
    key: str
    signature: str = ""

    @property
    def signed(self) -> bytes:
        """What the signature covers: these lines, in this order, each with its end."""
        fields = (self.tenant, self.partition, self.entry, self.mac, self.at, self.key)
        return "".join(f"{line}\n" for line in ("retoma audit checkpoint v1", *fields)).encode()

    @classmethod
    def parse(cls, line: str) -> Self | None:
        """The checkpoint of a line; None for one that holds none, such as one that a full disk cut short."""
        try:
            fields: dict[str, Any] = json.loads(line)
            known = {name: kind(fields[name]) for name, kind in cls.__annotations__.items()}
            return cls(**known)
        except (ValueError, KeyError, TypeError):
            return None


class CheckpointKeys:
    """The keys that sign checkpoints, one made from each root key and called by its name.

    They change with the root keys: the primary one signs, the others are still known.
    """

    def __init__(self, keyring: Keyring) -> None:
        """Make them from `keyring`."""
        secrets = keyring.signing_keys("audit-checkpoint")
        ordered = sorted(keyring.keys, key=lambda key: key.state == "primary")
        self._keys = {
            key.kid: Ed25519PrivateKey.from_private_bytes(secret)
            for key, secret in zip(ordered, secrets, strict=True)
        }
        self._primary = keyring.primary.kid

    @property
    def public(self) -> dict[str, bytes]:
        """The 32 bytes of each public key by its name, the one that signs now last."""
        return {name: key.public_key().public_bytes_raw() for name, key in self._keys.items()}

    def sign(self, tenant: str, partition: int, entry: int, mac: str, at: str) -> Checkpoint:
        """A checkpoint, signed by the primary key."""
        plain = Checkpoint(tenant, partition, entry, mac, at, self._primary)
        signature = base64.b64encode(self._keys[self._primary].sign(plain.signed)).decode()
        return Checkpoint(tenant, partition, entry, mac, at, self._primary, signature)


def is_signed(checkpoint: Checkpoint, public: bytes) -> bool:
    """Whether a checkpoint was signed by the key whose public half this is."""
    try:
        signature = base64.b64decode(checkpoint.signature, validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, checkpoint.signed)
    except (InvalidSignature, ValueError):
        return False
    return True


class Checkpoints:
    """Signs checkpoints and hands them out of the server's reach: to a file's end, or to the log."""

    def __init__(self, keyring: Keyring, sink: str) -> None:
        """Sign by `keyring`; `sink` is the path of a file, or `log`."""
        self._keys = CheckpointKeys(keyring)
        self._path = None if sink == LOG else Path(sink)

    def emit(self, tenant: str, partition: int, entry: int, mac: str, at: str) -> None:
        """Sign a checkpoint and hand it out; raises OSError when it is not on the disk."""
        told = asdict(self._keys.sign(tenant, partition, entry, mac, at))
        log = structlog.get_logger("audit")
        if self._path is None:
            # Not a warning, but heard wherever anything is that is not an error.
            log.warning("audit checkpoint", **told)
            return
        try:
            append_line(self._path, json.dumps(told))
        except OSError as error:
            log.error("audit checkpoint not written", cause=type(error).__name__)
            raise


def append_line(path: Path, line: str) -> None:
    """Add a line to a file's end and to the disk; after one that was cut short it begins anew."""
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640), "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        is_cut = size > 0 and file.read(1) != b"\n"
        file.write((b"\n" if is_cut else b"") + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_checkpoints(path: Path) -> Iterator[tuple[int, Checkpoint | None]]:
    """Each line of a file by its number, with the checkpoint in it; raises OSError."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, Checkpoint.parse(line)
