"""Limits on how often something may be tried, shared by all running instances through the store's server.

The counting is the library `limits`: a moving window, so that no burst doubles at its edge and five
tries are never six. Only what every request does is counted in memory, by `Meter`: a trip to the
store would cost more than the request, so there each running instance counts for itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from urllib.parse import urlsplit

import structlog
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.retry import Retry

from retoma_server.adapters.counting import Counter, Meter, Shared, Standing
from retoma_server.adapters.stores import sqlite_path
from retoma_server.adapters.stores.redis_wire import TIMEOUT
from retoma_server.adapters.stores.sqlite_limits import SqliteLimits
from retoma_server.domain.errors import TooMany

MINUTE = 60
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `amount` times within any `seconds`; refused with the error `code`.

    `shared` is counted in the store for all running instances, and nobody gets past it while the store
    is away; else it is counted in each one's memory.
    """

    amount: int
    seconds: int
    shared: bool = True
    code: str = "rate-limited"


def _codes(amount: int, seconds: int) -> Rule:
    return Rule(amount, seconds, code="too-many-attempts")


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        # By address. All customers on a shop's Wi-Fi, or behind one mobile operator's gateway, have
        # the same one, so it may do what a crowd does; it stops a script, not a queue.
        "visitors": Rule(60, MINUTE),
        "previews": Rule(120, MINUTE),
        "redemptions": Rule(60, MINUTE),
        # By principal.
        "handoffs": Rule(20, HOUR),
        "tokens": Rule(600, MINUTE),
        "exports": Rule(20, MINUTE),
        # By member of staff: nobody tries a list of addresses.
        "lookups": Rule(30, HOUR),
        # By whom an identifier leads to: nobody is asked until they give in.
        "prompts": Rule(3, HOUR),
        # By tenant and address: nobody's mailbox is filled by way of us.
        "letters": Rule(5, HOUR),
        # By tenant, whoever asks but the tenant's own server: many visitors together, each with an address
        # of its own, make no tenant pay without end. The settings say how many.
        "emails": Rule(1_000, HOUR),
        "texts": Rule(200, HOUR),
        # By principal, right or wrong: guesses that are under way together are checked before any
        # of them has failed, and only this bounds how many they can be.
        "code-tries": _codes(10, MINUTE),
        "code-failures": _codes(5, 5 * MINUTE),
        "code-failures-hourly": _codes(20, HOUR),
        # By tenant: a breaker against many guessers at once. Links still work while it is tripped.
        "code-failures-tenant": _codes(100, 5 * MINUTE),
        # Staff who sign in. By address, whatever comes of it.
        "sign-ins": Rule(60, MINUTE),
        # By address, whoever is named; a right password takes nothing back.
        "sign-in-failures-address": _codes(50, 15 * MINUTE),
        # By name and address: longer waits the longer somebody goes on, and nobody else waits for it.
        "sign-in-tries": _codes(10, MINUTE),
        "sign-in-failures": _codes(5, MINUTE),
        "sign-in-failures-hourly": _codes(20, HOUR),
        # By name, for addresses where nobody has signed in to it before: guesses from everywhere at once.
        "sign-in-failures-name": _codes(100, HOUR),
        # By principal, on every request.
        "reads": Rule(600, MINUTE, shared=False),
        "writes": Rule(600, MINUTE, shared=False),
        # A tenant's own servers, with its secret key, act for all its customers.
        "service-reads": Rule(6_000, MINUTE, shared=False),
        "service-writes": Rule(6_000, MINUTE, shared=False),
        "service-handoffs": Rule(600, MINUTE),
        # By address, whoever was refused for not being who they say: any number of made-up secrets is one.
        "unproved": Rule(600, MINUTE, shared=False),
    }
)
"""Every limit by name, which is also the name of its policy in RateLimit headers."""
STANDARD: Mapping[str, int] = MappingProxyType({})
"""Every limit as it is in `RULES`."""


class Limits:
    """Who may still do what. `rules` are fixed at the start; not `enabled`, nothing is counted or refused."""

    def __init__(self, storage: Storage, *, enabled: bool = True, rules: Mapping[str, Rule] = RULES) -> None:
        limiter = MovingWindowRateLimiter(storage)
        self.rules = rules
        self._enabled = enabled
        self._counters = {name: _counter(name, rule, limiter) for name, rule in rules.items()}

    def hit(self, rule: str, *who: str) -> None:
        """Count once; raises TooMany with `retry_after` (seconds) and `policy`, having counted nothing."""
        if not self._count(rule, who):
            raise self._refusal(rule, self.state(rule, *who))

    def check(self, rule: str, *who: str) -> None:
        """Raise TooMany where `hit` would, and count nothing."""
        standing = self.state(rule, *who)
        if standing is not None and not standing.remaining:
            raise self._refusal(rule, standing)

    def state(self, rule: str, *who: str) -> Standing | None:
        """Where somebody stands; None when nothing is counted."""
        return self._counters[rule].standing(who) if self._enabled else None

    def check_codes(self, tenant: str, principal: str) -> None:
        """Count a try of a short code; raises TooMany `too-many-attempts` before the code is looked at."""
        self.check("code-failures-tenant", tenant)
        self.check("code-failures", tenant, principal)
        self.check("code-failures-hourly", tenant, principal)
        self.hit("code-tries", tenant, principal)

    def count_wrong_code(self, tenant: str, principal: str) -> None:
        """Count a try that was wrong; nothing takes it back, a right one least of all."""
        self._count("code-failures", (tenant, principal))
        self._count("code-failures-hourly", (tenant, principal))
        self._count("code-failures-tenant", (tenant,))
        standing = self.state("code-failures-tenant", tenant)
        if standing is not None and not standing.remaining:
            structlog.get_logger().warning("codes-refused", tenant=tenant, seconds=standing.reset)

    def hit_sending(self, rule: str, tenant: str) -> None:
        """Count a message of a tenant's; raises TooMany as `hit` does, which the operator is to know of."""
        try:
            self.hit(rule, tenant)
        except TooMany as refusal:
            seconds = refusal.facts["retry_after"]
            structlog.get_logger().warning("messages-refused", tenant=tenant, limit=rule, seconds=seconds)
            raise

    def check_sign_in(self, tenant: str, name: str, address: str, *, known: bool) -> None:
        """Count a try of a password; raises TooMany before it is looked at.

        Nobody is locked out by others: where an address is `known` to an account, only what comes from
        there counts.
        """
        self.check("sign-in-failures-address", address)
        self.check("sign-in-failures", tenant, name, address)
        self.check("sign-in-failures-hourly", tenant, name, address)
        if not known:
            self.check("sign-in-failures-name", tenant, name)
        self.hit("sign-in-tries", tenant, name, address)

    def count_wrong_sign_in(self, tenant: str, name: str, address: str) -> None:
        """Count a try that was refused; nothing takes it back, a right one least of all."""
        self._count("sign-in-failures-address", (address,))
        self._count("sign-in-failures", (tenant, name, address))
        self._count("sign-in-failures-hourly", (tenant, name, address))
        self._count("sign-in-failures-name", (tenant, name))

    def _count(self, rule: str, who: tuple[str, ...]) -> bool:
        return not self._enabled or self._counters[rule].take(who)

    def _refusal(self, rule: str, standing: Standing | None) -> TooMany:
        wait = max(1, standing.reset if standing else 1)
        return TooMany(self.rules[rule].code, retry_after=wait, policy=rule)


def _counter(name: str, rule: Rule, limiter: MovingWindowRateLimiter) -> Counter:
    if not rule.shared:
        return Meter(rule.amount, rule.seconds)
    item = RateLimitItemPerSecond(rule.amount, rule.seconds, namespace=name)
    return Shared(limiter, item)


def open_limits(url: str, enabled: bool, amounts: Mapping[str, int] = STANDARD) -> Limits:
    """The limits beside the store that a URL names; nothing is connected to before its first use.

    `amounts` are those of the rules that the operator has set. Raises ValueError for a URL that
    `open_store` refuses.
    """
    rules = {name: replace(rule, amount=amounts.get(name, rule.amount)) for name, rule in RULES.items()}
    return Limits(storage_beside(url), enabled=enabled, rules=rules)


def storage_beside(url: str) -> Storage:
    """Where `limits` counts beside the store that a URL names."""
    scheme = urlsplit(url).scheme
    if scheme in ("redis", "rediss"):
        # One more try, at once, for an idle connection that proves dead; none for a server that is silent.
        retry = Retry(NoBackoff(), 1, (ConnectionLost,))
        pool = ConnectionPool.from_url(
            url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=retry
        )
        return RedisStorage(url, connection_pool=pool, key_prefix="retoma:limits")
    if scheme != "sqlite":
        raise ValueError("Limits are kept beside a store at sqlite://, redis:// or rediss://.")
    path = sqlite_path(url)
    return SqliteLimits(path) if path else MemoryStorage()
