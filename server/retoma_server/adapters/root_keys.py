"""What a vault asks of whoever holds the root keys: the keyring here, or a key service elsewhere."""

from collections.abc import Callable
from typing import Protocol


class RootKeys(Protocol):
    """Wraps and unwraps the keychains of tenants by root keys, which need not leave where they are kept.

    A keychain is a few hundred bytes: key services take up to 4 kB. One running instance asks for each
    keychain once, and again when it has changed. StoreUnavailable, raised while the service is away,
    lets the request that needed it be tried again.
    """

    @property
    def current(self) -> str:
        """The name of the root key that wraps now."""
        ...

    def wrap(self, tenant: str, keychain: bytes) -> bytes:
        """Wrap a tenant's keychain by the current root key, bound to that tenant."""
        ...

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        """The keychain as it was wrapped for that tenant, by whichever root key.

        Raises IntegrityFailure when it was altered, or its root key is gone.
        """
        ...

    def wrapped_by(self, wrapped: bytes) -> str:
        """The name of the root key that wrapped a keychain. Raises IntegrityFailure for what is none."""
        ...


MakeRootKeys = Callable[[], RootKeys]
"""Makes them: once in each running instance, so that none holds another's connections."""
