"""The vault: how what a customer wrote is sealed, by keys that hang from the root keys.

    root key ─ wraps ─▶ tenant's keychain ─ wraps ─▶ customer key ─ seals ─▶ one record, at one revision

All three steps use one envelope (`envelopes.py`), bound to tenant, customer, kind, object and revision.
Tenants' and customers' keys have versions: the newest seals, and an envelope says which one opens it.

Destroying a customer's keys makes everything that they sealed unreadable. A copy of the store from before
holds the wrapped keys as well, and opens as long as its root key is there.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from secrets import token_bytes

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from retoma_server.adapters.envelopes import SUITE, IntegrityFailure, head, named, owner_of, seal, unseal
from retoma_server.adapters.framing import framed
from retoma_server.adapters.keychain import Keychain, Secret
from retoma_server.adapters.root_keys import RootKeys

_CUSTOMER_KEY, _RECORD = b"customer-key|v1", b"record|v1"
_OPENED_AT_MOST = 10_000

Wrapped = Mapping[int, bytes]
"""A customer's keys as they are stored: each version wrapped by the tenant's key."""


class UnknownKey(IntegrityFailure):
    """Raised for an envelope of a version that is not on a keychain: newer than it, or gone."""


class CustomerKey:
    """One key of one customer: seals and opens what that customer wrote."""

    __slots__ = ("_bound", "_head", "_key")

    def __init__(self, tenant: str, owner: str, key: bytes) -> None:
        """Use the 32 bytes of `key` for that customer of that tenant, `owner` being its name."""
        self._key = key
        self._head = head(owner)
        self._bound = framed(SUITE, tenant, owner)

    def seal(self, kind: str, object_id: str, revision: int, plaintext: bytes) -> bytes:
        """Seal a record's body for exactly this place and revision; about 120 bytes longer than it was."""
        aad = self._bound + framed(kind, object_id, str(revision))
        return seal(self._key, self._head, _RECORD, aad, plaintext)

    def open(self, kind: str, object_id: str, revision: int, sealed: bytes) -> bytes:
        """Open what was sealed for exactly this place and revision. Raises IntegrityFailure."""
        aad = self._bound + framed(kind, object_id, str(revision))
        return unseal(self._key, self._head, _RECORD, aad, sealed)

    def has_sealed(self, sealed: bytes) -> bool:
        """Whether an envelope says that it is of this key."""
        return sealed.startswith(self._head)


class CustomerKeys:
    """All keys of one customer: seals by the newest, opens by the one that an envelope names."""

    __slots__ = ("_find", "_newest", "version")

    def __init__(self, version: int, newest: CustomerKey, find: Callable[[int], CustomerKey]) -> None:
        """Seal by `newest`, of this version; `find` gives an older one, or raises IntegrityFailure."""
        self.version = version
        self._newest = newest
        self._find = find

    def seal(self, kind: str, object_id: str, revision: int, plaintext: bytes) -> bytes:
        """Seal by the newest key, for exactly this place and revision."""
        return self._newest.seal(kind, object_id, revision, plaintext)

    def open(self, kind: str, object_id: str, revision: int, sealed: bytes) -> bytes:
        """Open what any of the keys sealed for exactly this place and revision. Raises IntegrityFailure."""
        key = self._newest if self._newest.has_sealed(sealed) else self._find(owner_of(sealed).version)
        return key.open(kind, object_id, revision, sealed)


class TenantKeys:
    """The keys of one tenant: wraps its customers' keys, and hashes what its indexes hold."""

    __slots__ = ("_bounds", "_derived", "_heads", "_tenant", "chain")

    def __init__(self, tenant: str, chain: Keychain) -> None:
        """Use the keys on `chain` for that tenant."""
        self.chain = chain
        self._tenant = tenant
        names = [named(tenant, secret.version) for secret in chain.wrapping]
        self._heads = [head(name) for name in names]
        self._bounds = [framed(SUITE, name) for name in names]
        self._derived: dict[tuple[bytes, str, str], bytes] = {}

    def new_customer_key(self, customer: str, version: int = 1) -> bytes:
        """A fresh customer key of a version, wrapped by the newest key, to be stored with the customer."""
        return self._wrap(named(customer, version), token_bytes(32))

    def open_customer(self, customer: str, wrapped: Wrapped) -> CustomerKeys:
        """The customer's keys, from their wrapped form, the older ones when they are needed.

        Raises IntegrityFailure, and UnknownKey where they are wrapped by a key that is not on the chain.
        """

        def find(version: int) -> CustomerKey:
            if version not in wrapped:
                raise UnknownKey
            owner = named(customer, version)
            return CustomerKey(self._tenant, owner, self._unwrap(owner, wrapped[version]))

        newest = max(wrapped)
        return CustomerKeys(newest, find(newest), find)

    def rewrap_customer(self, customer: str, wrapped: Wrapped) -> dict[int, bytes]:
        """The same customer keys wrapped by the newest key; what they seal stays as it is."""
        owners = {version: named(customer, version) for version in wrapped}
        return {each: self._wrap(owners[each], self._unwrap(owners[each], wrapped[each])) for each in wrapped}

    def keyed_hash(self, purpose: str, *parts: str) -> str:
        """The same 24 characters for the same parts, and nothing to be learnt from them without the key.

        For index terms and short codes: equal values are seen to be equal, within one purpose of one
        tenant. 144 bits, base64url.
        """
        return self._hash(self.chain.hashing, purpose, *parts)

    def index_hashes(self, kind: str, form: str) -> tuple[str, ...]:
        """The hashes of an identifier, one by each index key, the newest first; see `version_of_hash`."""
        return tuple(self._index_hash(secret, kind, form) for secret in reversed(self.chain.index))

    def mac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA256 (32 bytes) of `data`, by a key for that purpose alone."""
        return self._hmac(self.chain.hashing, "mac", purpose, data)

    def _index_hash(self, secret: Secret, kind: str, form: str) -> str:
        hashed = self._hash(secret.key, "identifier", kind, form)
        return hashed if secret.version == 1 else f"{secret.version}.{hashed}"

    def _wrap(self, owner: str, key: bytes) -> bytes:
        bound = self._bounds[-1] + framed(owner)
        return seal(self.chain.wrapping[-1].key, self._heads[-1], _CUSTOMER_KEY, bound, key)

    def _unwrap(self, owner: str, wrapped: bytes) -> bytes:
        for by, begin, bound in zip(self.chain.wrapping, self._heads, self._bounds, strict=True):
            if wrapped.startswith(begin):
                return unseal(by.key, begin, _CUSTOMER_KEY, bound + framed(owner), wrapped)
        raise UnknownKey

    def _hash(self, key: bytes, purpose: str, *parts: str) -> str:
        return base64.urlsafe_b64encode(self._hmac(key, "hash", purpose, framed(*parts))[:18]).decode()

    def _hmac(self, key: bytes, use: str, purpose: str, data: bytes) -> bytes:
        derived = self._derived.get((key, use, purpose))
        if derived is None:
            derived = HKDF(SHA256(), 32, salt=None, info=framed(use, purpose)).derive(key)
            self._derived[key, use, purpose] = derived
        return hmac.digest(derived, data, "sha256")


def version_of_hash(hashed: str) -> int:
    """By which index key a hash of an identifier was made."""
    version, dot, _ = hashed.partition(".")
    return int(version) if dot else 1


class Vault:
    """Opens tenants' keychains with the root keys, each once as long as it stays what it was."""

    def __init__(self, root_keys: RootKeys) -> None:
        """Wrap and unwrap by `root_keys`: a keyring, or whoever else holds them."""
        self._root_keys = root_keys
        self._opened: dict[tuple[str, bytes], TenantKeys] = {}

    def new_tenant_key(self, tenant: str) -> bytes:
        """A fresh keychain, wrapped by the current root key, to be stored with the tenant."""
        return self.wrap_tenant(tenant, Keychain.create())

    def wrap_tenant(self, tenant: str, chain: Keychain) -> bytes:
        """A tenant's keychain, wrapped by the current root key."""
        return self._root_keys.wrap(tenant, chain.dump())

    def open_tenant(self, tenant: str, wrapped: bytes) -> TenantKeys:
        """The tenant's keys, from their wrapped form.

        Raises IntegrityFailure, also when the root key that wrapped them is gone.
        """
        opened = self._opened.get((tenant, wrapped))
        if opened is None:
            opened = TenantKeys(tenant, Keychain.parse(self._root_keys.unwrap(tenant, wrapped)))
            if len(self._opened) >= _OPENED_AT_MOST:
                self._opened.clear()
            self._opened[tenant, wrapped] = opened
        return opened

    @property
    def current(self) -> str:
        """The name of the root key that wraps now."""
        return self._root_keys.current

    def wrapped_by(self, wrapped: bytes) -> str:
        """The name of the root key that wrapped a keychain. Raises IntegrityFailure."""
        return self._root_keys.wrapped_by(wrapped)

    def is_current(self, wrapped: bytes) -> bool:
        """Whether a keychain is wrapped by the current root key. Raises IntegrityFailure."""
        return self.wrapped_by(wrapped) == self.current

    def rewrap_tenant(self, tenant: str, wrapped: bytes) -> bytes:
        """The same keychain wrapped by the current root key; what its keys seal stays as it is."""
        return self._root_keys.wrap(tenant, self._root_keys.unwrap(tenant, wrapped))
