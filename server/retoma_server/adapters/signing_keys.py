"""The public keys of identity providers: fetched when needed, renewed when they rotate, kept in outages."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from retoma_server.adapters.sending import NotSent, Refused, Sender
from retoma_server.domain.errors import RetomaError
from retoma_server.domain.providers import Provider

FRESH = 600.0
"""Seconds after which keys are asked for again."""
STALE = 86_400.0
"""Seconds for which keys are believed while their provider does not answer."""
PAUSE = 30.0
"""Seconds between two questions to one provider, however many unknown keys are named meanwhile."""
SECONDS = 3.0
LARGEST = 262_144
SHORTEST_RSA = 2_048
"""Bits (RFC 7518 §3.3)."""


class ProviderUnavailable(RetomaError):
    """Raised when a provider's keys were never had, or not for so long that they may be over."""

    code = "identity-provider-unavailable"


class NoKeys(Exception):
    """Raised when a provider gave nothing that keys can be read from; its text says where, and no more."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Keys by their name, when they were had, and when they were last asked for (seconds)."""

    keys: Mapping[str | None, Key] = field(default_factory=dict)
    had_at: float | None = None
    asked_at: float | None = None

    def find(self, kid: str | None) -> Key | None:
        """The key of that name; where there is only one, a token need not name it."""
        if kid is None and len(self.keys) == 1:
            return next(iter(self.keys.values()))
        return self.keys.get(kid) if kid is not None else None

    def should_ask(self, kid: str | None, now: float) -> bool:
        """Whether it is time to ask: never asked, asked long ago, or for a key that is not among these."""
        if self.asked_at is not None and now - self.asked_at < PAUSE:
            return False
        return self.had_at is None or now - self.had_at >= FRESH or self.find(kid) is None

    def is_usable(self, now: float) -> bool:
        """Whether keys were had, and not too long ago."""
        return self.had_at is not None and now - self.had_at < STALE


class SigningKeys:
    """The public keys of all providers that were asked for, on this running instance."""

    def __init__(self, sender: Sender, clock: Callable[[], float] = monotonic) -> None:
        """Ask by `sender`; `clock` counts seconds."""
        self._sender = sender
        self._clock = clock
        self._kept: dict[tuple[str, ...], Kept] = {}
        self._asking: dict[tuple[str, ...], threading.Lock] = {}

    def find(self, provider: Provider, kid: str | None) -> Key | None:
        """The key that a token names, None where the provider has no such key.

        Raises ProviderUnavailable where its keys are not known and cannot be had.
        """
        kept = self._kept.get(provider.place, Kept())
        if kept.should_ask(kid, self._clock()):
            kept = self._renewed(provider, kid)
        if not kept.is_usable(self._clock()):
            raise ProviderUnavailable
        return kept.find(kid)

    def fetch(self, provider: Provider) -> Mapping[str | None, Key]:
        """A provider's keys as they are now. Raises NoKeys."""
        url = provider.keys_url or self._discovered(provider)
        keys = {key.kid: key for key in read_keys(self._read(url, "keys"))}
        if not keys:
            raise NoKeys("keys")
        return keys

    def _renewed(self, provider: Provider, kid: str | None) -> Kept:
        """Ask once for all who wait; whoever has keys already does not wait for new ones."""
        has_keys = self._kept.get(provider.place, Kept()).had_at is not None
        asking = self._asking.setdefault(provider.place, threading.Lock())
        if not asking.acquire(blocking=not has_keys):
            return self._kept[provider.place]
        try:
            kept = self._kept.get(provider.place, Kept())
            if kept.should_ask(kid, self._clock()):
                self._kept[provider.place] = kept = self._asked(provider, kept)
            return kept
        finally:
            asking.release()

    def _asked(self, provider: Provider, kept: Kept) -> Kept:
        try:
            keys = self.fetch(provider)
        except NoKeys:
            return replace(kept, asked_at=self._clock())
        now = self._clock()
        return Kept(keys, now, now)

    def _discovered(self, provider: Provider) -> str:
        """Where a provider says that its keys are (OpenID Connect Discovery §4.3)."""
        match self._read(provider.discovery_url, "discovery"):
            case {"issuer": provider.issuer, "jwks_uri": str(url)}:
                return url
        raise NoKeys("discovery")

    def _read(self, url: str, what: str) -> object:
        try:
            return orjson.loads(self._sender.get(url, seconds=SECONDS, most=LARGEST))
        except (NotSent, Refused, ValueError):
            raise NoKeys(what) from None


def read_keys(document: object) -> list[Key]:
    """The keys of a JWK set (RFC 7517 §5) that signatures can be checked by; others are left out."""
    match document:
        case {"keys": list(entries)}:
            return [key for entry in entries if (key := read_key(entry)) is not None]
    raise NoKeys("keys")


def read_key(entry: object) -> Key | None:
    """A public key for signatures; None for a secret one, a short one, and one for something else."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, RSAKey):
        return key if key.public_key.key_size >= SHORTEST_RSA else None
    return key if isinstance(key, ECKey | OKPKey) else None
