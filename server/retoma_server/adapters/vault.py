"""The vault: how what a customer wrote is sealed, by keys that hang from the root keyring.

    root key ─ wraps ─▶ tenant key ─ wraps ─▶ customer key ─ seals ─▶ one record, at one revision

All three steps use one envelope, whose owner names in clear which key opens it:

    0x01 | suite 0x02 | owner length | owner | salt 32 | nonce 12 | commitment 32 | ciphertext | tag 16

Every envelope has an AES-256-GCM key of its own: HKDF-Expand with SHA-512 (RFC 5869 §2.3) makes 64 bytes
of the owner's key, with a random salt, a purpose and the associated data as `info`. So no key ever meets
a nonce twice, and what was moved to another tenant, customer, kind, object or revision does not open.
AES-GCM alone does not tie a ciphertext to one key; the commitment, the second half of the output, does.

Destroying a customer key makes everything that it sealed unreadable. A copy of the store from before holds
the wrapped key as well, and opens as long as its root key is there.
"""

import base64
import hmac
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from retoma_server.adapters.framing import framed
from retoma_server.adapters.keyring import Keyring
from retoma_server.domain.errors import RetomaError

_SUITE = b"\x01\x02"
_SALT, _NONCE, _COMMITMENT = 32, 12, 32
_TENANT_KEY, _CUSTOMER_KEY, _RECORD = b"tenant-key|v1", b"customer-key|v1", b"record|v1"


class IntegrityFailure(RetomaError):
    """Raised when sealed bytes do not open: altered, cut, misplaced, or sealed by a key that is gone.

    It says no more than that. Somebody changed the store, or a wrong keyring is in use.
    """

    code = "integrity-failure"


class CustomerKey:
    """The key of one customer: seals and opens what that customer wrote."""

    __slots__ = ("_bound", "_key", "_owner")

    def __init__(self, tenant: str, customer: str, key: bytes) -> None:
        """Use the 32 bytes of `key` for that customer of that tenant."""
        self._key = key
        self._owner = customer
        self._bound = framed(_SUITE, tenant, customer)

    def seal(self, kind: str, object_id: str, revision: int, plaintext: bytes) -> bytes:
        """Seal a record's body for exactly this place and revision; about 120 bytes longer than it was."""
        aad = self._bound + framed(kind, object_id, str(revision))
        return _seal(self._key, self._owner, _RECORD, aad, plaintext)

    def open(self, kind: str, object_id: str, revision: int, sealed: bytes) -> bytes:
        """Open what was sealed for exactly this place and revision. Raises IntegrityFailure."""
        aad = self._bound + framed(kind, object_id, str(revision))
        return _open(self._key, self._owner, _RECORD, aad, sealed)


class TenantKeys:
    """The keys of one tenant: wraps its customers' keys, and hashes what its indexes hold."""

    __slots__ = ("_derived", "_key", "_tenant")

    def __init__(self, tenant: str, key: bytes) -> None:
        """Use the 32 bytes of `key` for that tenant."""
        self._key = key
        self._tenant = tenant
        self._derived: dict[bytes, bytes] = {}

    def new_customer_key(self, customer: str) -> bytes:
        """A fresh customer key, wrapped, to be stored with the customer."""
        return _seal(self._key, self._tenant, _CUSTOMER_KEY, self._bound(customer), token_bytes(32))

    def open_customer(self, customer: str, wrapped: bytes) -> CustomerKey:
        """The customer's key, from its wrapped form. Raises IntegrityFailure."""
        key = _open(self._key, self._tenant, _CUSTOMER_KEY, self._bound(customer), wrapped)
        return CustomerKey(self._tenant, customer, key)

    def keyed_hash(self, purpose: str, *parts: str) -> str:
        """The same 24 characters for the same parts, and nothing to be learnt from them without the key.

        For index terms and short codes: equal values are seen to be equal, within one purpose of one
        tenant. 144 bits, base64url.
        """
        return base64.urlsafe_b64encode(self._hmac("hash", purpose, framed(*parts))[:18]).decode()

    def mac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA256 (32 bytes) of `data`, by a key for that purpose alone."""
        return self._hmac("mac", purpose, data)

    def _bound(self, customer: str) -> bytes:
        return framed(_SUITE, self._tenant, customer)

    def _hmac(self, use: str, purpose: str, data: bytes) -> bytes:
        info = framed(use, purpose)
        if info not in self._derived:
            self._derived[info] = HKDF(SHA256(), 32, salt=None, info=info).derive(self._key)
        return hmac.digest(self._derived[info], data, "sha256")


class Vault:
    """Opens tenants' keys with the root keyring."""

    def __init__(self, keyring: Keyring) -> None:
        """Wrap with the primary key of `keyring`, open with any."""
        self._keyring = keyring

    def new_tenant_key(self, tenant: str) -> bytes:
        """A fresh tenant key, wrapped by the primary root key, to be stored with the tenant."""
        return self._wrap(tenant, token_bytes(32))

    def open_tenant(self, tenant: str, wrapped: bytes) -> TenantKeys:
        """The tenant's keys, from their wrapped form.

        Raises IntegrityFailure, also when the root key that wrapped them is not on the ring.
        """
        return TenantKeys(tenant, self._unwrap(tenant, wrapped))

    def wrapped_by(self, wrapped: bytes) -> str:
        """The kid of the root key that wrapped a tenant key. Raises IntegrityFailure."""
        return owner_of(wrapped)

    def is_current(self, wrapped: bytes) -> bool:
        """Whether a tenant key is wrapped by the primary root key. Raises IntegrityFailure."""
        return self.wrapped_by(wrapped) == self._keyring.primary.kid

    def rewrap_tenant(self, tenant: str, wrapped: bytes) -> bytes:
        """The same tenant key wrapped by the primary root key; what it seals stays as it is."""
        return self._wrap(tenant, self._unwrap(tenant, wrapped))

    def _wrap(self, tenant: str, key: bytes) -> bytes:
        root = self._keyring.primary
        return _seal(root.secret, root.kid, _TENANT_KEY, framed(_SUITE, tenant, root.kid), key)

    def _unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        root = self._keyring.find(owner_of(wrapped))
        if root is None:
            raise IntegrityFailure
        return _open(root.secret, root.kid, _TENANT_KEY, framed(_SUITE, tenant, root.kid), wrapped)


def owner_of(sealed: bytes) -> str:
    """Whose key opens an envelope, as it says in clear: unchecked until it is opened.

    Raises IntegrityFailure when it does not begin like an envelope.
    """
    owner = sealed[3 : 3 + sealed[2]] if len(sealed) > 2 else b""
    if not owner.isascii() or not sealed.startswith(_head(owner.decode("latin-1"))):
        raise IntegrityFailure
    return owner.decode()


def _seal(key: bytes, owner: str, purpose: bytes, aad: bytes, plaintext: bytes) -> bytes:
    fresh = token_bytes(_SALT + _NONCE)
    once, commitment = _derived(key, fresh[:_SALT], purpose + aad)
    ciphertext = AESGCM(once).encrypt(fresh[_SALT:], plaintext, aad)
    return b"".join((_head(owner), fresh, commitment, ciphertext))


def _open(key: bytes, owner: str, purpose: bytes, aad: bytes, sealed: bytes) -> bytes:
    head = _head(owner)
    nonce_at = len(head) + _SALT
    commitment_at = nonce_at + _NONCE
    ciphertext_at = commitment_at + _COMMITMENT
    once, commitment = _derived(key, sealed[len(head) : nonce_at], purpose + aad)
    # Too short an envelope ends here as well: its commitment is cut or empty.
    if not sealed.startswith(head) or not bytes_eq(commitment, sealed[commitment_at:ciphertext_at]):
        raise IntegrityFailure
    try:
        return AESGCM(once).decrypt(sealed[nonce_at:commitment_at], sealed[ciphertext_at:], aad)
    except InvalidTag:
        raise IntegrityFailure from None


def _head(owner: str) -> bytes:
    name = owner.encode()
    return _SUITE + bytes((len(name),)) + name


def _derived(key: bytes, salt: bytes, info: bytes) -> tuple[bytes, bytes]:
    # Owners' keys are random already, so there is nothing to extract (RFC 5869 §3.3). They are 32 bytes
    # where §2.3 asks for 64: as much strength as AES-256 can use. One block of SHA-512 is all the output
    # there is, so the expansion is a single HMAC.
    output = hmac.digest(key, salt + info + b"\x01", "sha512")
    return output[:32], output[32:]
