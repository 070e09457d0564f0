"""The root keyring: the few secrets from which all other keys hang, kept apart from the store."""

import base64
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self, cast

import orjson
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from retoma_server.adapters.envelopes import SUITE, IntegrityFailure, head, owner_of, seal, unseal
from retoma_server.adapters.framing import framed

State = Literal["primary", "decrypt"]

_KID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TENANT_KEY = b"tenant-key|v1"
_SHAPE = 'It must be JSON such as {"keys": [{"kid": "k1", "key": "<base64url>", "state": "primary"}]}.'


class KeyringError(Exception):
    """Raised when a keyring cannot be used; its text is one sentence and never shows a key."""


@dataclass(frozen=True, slots=True)
class RootKey:
    """One root key: `kid` names it wherever it was used, `secret` is 32 bytes or more.

    The `primary` key wraps and signs; a `decrypt` key only opens what it once wrapped or signed.
    """

    kid: str
    secret: bytes = field(repr=False)
    state: State

    def __post_init__(self) -> None:
        """Refuse a key that is too short or oddly named, with KeyringError."""
        if not _KID.fullmatch(self.kid):
            raise KeyringError("A kid in the keyring must be 1 to 32 letters, digits, '-' or '_'.")
        if len(self.secret) < 32:
            raise KeyringError(f"The key {self.kid} in the keyring is shorter than 32 bytes.")
        if self.state not in ("primary", "decrypt"):
            raise KeyringError(f"The state of key {self.kid} must be 'primary' or 'decrypt'.")


@dataclass(frozen=True, slots=True)
class Keyring:
    """Root keys, oldest first, exactly one of them primary. Every change gives a new keyring.

    These are the `RootKeys` of whoever has no key service.

    Rotation without a pause: `add` on every running instance, then `promote`, then re-wrap the
    tenant keys, then `remove` the old one once nothing is wrapped by it and its tokens have ended.
    """

    keys: tuple[RootKey, ...]

    def __post_init__(self) -> None:
        """Refuse a keyring without exactly one primary key or with a kid twice, with KeyringError."""
        if sum(key.state == "primary" for key in self.keys) != 1:
            raise KeyringError("A keyring must have exactly one primary key.")
        if len({key.kid for key in self.keys}) != len(self.keys):
            raise KeyringError("A keyring must not have the same kid twice.")

    @classmethod
    def create(cls) -> Self:
        """A new keyring with one fresh primary key."""
        return cls((_fresh_key("primary"),))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `dump` wrote. Raises KeyringError."""
        keys = _entries(text)
        if keys is None:
            raise KeyringError(f"The keyring cannot be read. {_SHAPE}")
        return cls(tuple(_root_key(entry) for entry in keys))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a keyring file. Raises KeyringError when it is absent, unreadable, or open to others."""
        with _telling(path, "read"), path.open(encoding="utf-8", errors="replace") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read()
        if mode & 0o077:
            raise KeyringError(f"The keyring {path} must be closed to others: run chmod 600 {path}.")
        return cls.parse(text)

    @classmethod
    def load_or_create(cls, path: Path) -> tuple[Self, bool]:
        """Read the keyring at `path`, or make one there; the bool says whether it was made.

        Of running instances that start together one makes it and the others read that one: a keyring
        is never overwritten here, since what it wrapped could not be opened any more.
        """
        made = cls.create()
        with _telling(path, "made"):
            if path.exists():
                return cls.load(path), False
            with _written_beside(path, made.dump()) as draft:
                try:
                    path.hardlink_to(draft)
                except FileExistsError:
                    return cls.load(path), False
        return made, True

    def save(self, path: Path) -> None:
        """Write the keyring, mode 0600: whoever reads `path` meanwhile finds the old one or the new one.

        Missing folders are made, closed to others. Raises KeyringError when it cannot be written.
        """
        with _telling(path, "written"), _written_beside(path, self.dump()) as draft:
            draft.replace(path)

    def dump(self) -> str:
        """The keyring as JSON text. It holds the keys: it belongs in a file or variable of its own."""
        entries = [
            {"kid": key.kid, "key": base64.urlsafe_b64encode(key.secret).decode(), "state": key.state}
            for key in self.keys
        ]
        return orjson.dumps({"keys": entries}, option=orjson.OPT_INDENT_2).decode() + "\n"

    @property
    def primary(self) -> RootKey:
        """The key that wraps and signs."""
        return next(key for key in self.keys if key.state == "primary")

    def find(self, kid: str) -> RootKey | None:
        """The key of that name, if it is on the ring."""
        return next((key for key in self.keys if key.kid == kid), None)

    def add(self) -> Self:
        """With one fresh key more, which does not wrap or sign before it is promoted."""
        return replace(self, keys=(*self.keys, _fresh_key("decrypt")))

    def promote(self, kid: str) -> Self:
        """With the key `kid` as the primary one. Raises KeyringError when it is not on the ring."""
        self._require(kid)
        states: dict[bool, State] = {True: "primary", False: "decrypt"}
        return replace(self, keys=tuple(replace(key, state=states[key.kid == kid]) for key in self.keys))

    def remove(self, kid: str) -> Self:
        """Without the key `kid`. Raises KeyringError when it is the primary one, or not on the ring."""
        self._require(kid)
        if kid == self.primary.kid:
            raise KeyringError(f"The key {kid} is the primary one: promote another before removing it.")
        return replace(self, keys=tuple(key for key in self.keys if key.kid != kid))

    @property
    def current(self) -> str:
        """The name of the key that wraps now."""
        return self.primary.kid

    def wrap(self, tenant: str, keychain: bytes) -> bytes:
        """Wrap a tenant's keychain by the primary key."""
        return seal(
            self.primary.secret, head(self.current), _TENANT_KEY, _bound(tenant, self.current), keychain
        )

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        """The keychain of a tenant. Raises IntegrityFailure, also when its root key is not on the ring."""
        root = self.find(self.wrapped_by(wrapped))
        if root is None:
            raise IntegrityFailure
        return unseal(root.secret, head(root.kid), _TENANT_KEY, _bound(tenant, root.kid), wrapped)

    def wrapped_by(self, wrapped: bytes) -> str:
        """The kid of the key that wrapped a keychain. Raises IntegrityFailure."""
        return owner_of(wrapped).name

    def signing_keys(self, purpose: str) -> list[bytes]:
        """32-byte keys for one purpose, one from each root key, the primary's last (RFC 5869)."""
        ordered = sorted(self.keys, key=lambda key: key.state == "primary")
        info = f"sign|{purpose}|v1".encode()
        return [HKDF(SHA256(), 32, salt=None, info=info).derive(key.secret) for key in ordered]

    def _require(self, kid: str) -> None:
        if self.find(kid) is None:
            raise KeyringError(f"There is no key {kid} on the keyring.")


def _bound(tenant: str, kid: str) -> bytes:
    return framed(SUITE, tenant, kid)


def _fresh_key(state: State) -> RootKey:
    return RootKey(f"k{secrets.token_hex(4)}", secrets.token_bytes(32), state)


def _entries(text: str) -> list[object] | None:
    # Raised from inside `except`, an error would carry the decoder's one, and that one the whole text.
    try:
        document = orjson.loads(text)
    except ValueError:
        return None
    match document:
        case {"keys": list(entries)}:
            return entries
    return None


def _root_key(entry: object) -> RootKey:
    match entry:
        case {"kid": str(kid), "key": str(key), "state": str(state)} if (secret := _decoded(key)) is not None:
            return RootKey(kid, secret, cast(State, state))
    raise KeyringError(f"An entry of the keyring cannot be read. {_SHAPE}")


def _decoded(key: str) -> bytes | None:
    try:
        return base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None


@contextmanager
def _telling(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        begin = " The first `retoma-server serve` makes it." if isinstance(error, FileNotFoundError) else ""
        raise KeyringError(f"The keyring {path} cannot be {what}: {error.strerror}.{begin}") from error


@contextmanager
def _written_beside(path: Path, text: str) -> Iterator[Path]:
    """A complete file of mode 0600 in the folder of `path`; gone afterwards, the folder's entry on disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
