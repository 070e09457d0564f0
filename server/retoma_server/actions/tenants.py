"""Tenants: making them, finding them fast, and what they registered."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from retoma_server.adapters.codec import json_bytes, read_hook, read_json, read_process, read_provider
from retoma_server.adapters.ids import Ids, partition_of
from retoma_server.adapters.stores import PARTITIONS, Commit, Record, Store, Write
from retoma_server.adapters.tokens import credential_text, hash_secret, same_secret
from retoma_server.adapters.vault import TenantKeys, Vault
from retoma_server.domain.errors import NotFound
from retoma_server.domain.hooks import Hook
from retoma_server.domain.looks import Look
from retoma_server.domain.processes import Process
from retoma_server.domain.providers import Provider

from . import records

FRESH = 1.0
"""Seconds for which a tenant's record is believed without asking the store again."""
CACHED_AT_MOST = 10_000
PAGE = 500


@dataclass(frozen=True, slots=True)
class Tenant:
    """A business on this server, with its keys opened.

    `region` (ISO 3166) is where phone numbers without a country's code are from; `look` is how it shows
    itself to people, where `name` is for the operator.
    """

    id: str
    name: str
    origins: frozenset[str]
    secret_hashes: tuple[str, ...]
    wrapped_key: bytes
    region: str | None
    revision: int
    keys: TenantKeys = field(repr=False)
    look: Look = field(default_factory=Look)

    @property
    def partition(self) -> int:
        """Where the tenant's own records live."""
        return partition_of(self.id)

    def has_secret(self, secret: str) -> bool:
        """Whether this is one of the tenant's secret keys."""
        return any(same_secret(hashed, secret) for hashed in self.secret_hashes)


@dataclass(frozen=True, slots=True)
class NewTenant:
    """A tenant just made, with the only sight of its secret key."""

    id: str
    publishable_key: str
    secret_key: str = field(repr=False)


class Tenants:
    """Tenants and their processes, read at most once a second each."""

    def __init__(self, store: Store, vault: Vault, clock: Callable[[], float] = time.monotonic) -> None:
        """Read from `store`; `clock` counts seconds."""
        self._store = store
        self._vault = vault
        self._clock = clock
        self._kept: dict[str, tuple[float, Any]] = {}

    def get(self, tenant: str) -> Tenant:
        """The tenant with this id; raises NotFound."""
        found: Tenant | None = self._fresh(records.tenant(tenant), tenant, self._read_tenant)
        if found is None:
            raise NotFound
        return found

    def renewed(self, tenant: str) -> Tenant:
        """The tenant as the store has it now; raises NotFound."""
        self._kept.pop(records.tenant(tenant), None)
        return self.get(tenant)

    def process(self, tenant: str, name: str) -> Process:
        """A process as registered, else with its defaults."""
        return self.registered(tenant, name) or Process(name)

    def registered(self, tenant: str, name: str) -> Process | None:
        """A process as registered, None where nobody did."""
        found: Process | None = self._fresh(records.process(tenant, name), tenant, _read_process)
        return found

    def hook(self, tenant: str, name: str) -> Hook | None:
        """A hook as registered, None where nobody did."""
        found: Hook | None = self._fresh(records.hook(tenant, name), tenant, _read_hook)
        return found

    def provider(self, tenant: str) -> Provider | None:
        """The tenant's own identity provider, None where nobody registered one."""
        found: Provider | None = self._fresh(records.provider(tenant), tenant, _read_provider)
        return found

    def origins(self, tenant: str) -> frozenset[str]:
        """The origins whose pages may call for a tenant; none for a tenant that does not exist."""
        try:
            return self.get(tenant).origins
        except NotFound:
            return frozenset()

    def allows_origin(self, origin: str) -> bool:
        """Whether any tenant allows an origin: all that a preflight, which has no credential, can ask."""
        return origin in self._fresh_origins()

    def remembers_origin(self, origin: str) -> bool:
        """Whether one did when last asked: all that can be told while the store is away."""
        kept = self._kept.get("origins")
        return kept is not None and origin in kept[1]

    def forget(self) -> None:
        """Read everything again: after this instance itself changed a tenant or a process."""
        self._kept.clear()

    def _fresh(self, key: str, tenant: str, read: Callable[[Record], Any]) -> Any:
        now = self._clock()
        kept = self._kept.get(key)
        if kept is not None and now - kept[0] < FRESH:
            return kept[1]
        record = self._store.read(partition_of(tenant), [key]).get(key)
        value = read(record) if record else None
        self._keep(key, now, value)
        return value

    def _fresh_origins(self) -> frozenset[str]:
        now = self._clock()
        kept = self._kept.get("origins")
        if kept is not None and now - kept[0] < FRESH:
            return kept[1]  # type: ignore[no-any-return]  # one dictionary keeps several kinds of value
        found = (read_json(record.body)["origins"] for record in tenant_records(self._store))
        origins = frozenset(origin for each in found for origin in each)
        self._keep("origins", now, origins)
        return origins

    def _keep(self, key: str, now: float, value: Any) -> None:
        if len(self._kept) >= CACHED_AT_MOST:
            self._kept.clear()
        self._kept[key] = (now, value)

    def _read_tenant(self, record: Record) -> Tenant:
        return opened(record, self._vault)


def _read_process(record: Record) -> Process:
    return read_process(record.body)


def _read_hook(record: Record) -> Hook:
    return read_hook(record.body)


def _read_provider(record: Record) -> Provider:
    return read_provider(record.body)


def opened(record: Record, vault: Vault) -> Tenant:
    """The tenant of a record, with its keys opened."""
    fields = read_json(record.body)
    wrapped = bytes.fromhex(fields["key"])
    return Tenant(
        fields["id"],
        fields["name"],
        frozenset(fields["origins"]),
        tuple(fields["secrets"]),
        wrapped,
        fields.get("region"),
        record.revision,
        vault.open_tenant(fields["id"], wrapped),
        Look(**fields.get("look", {})),
    )


def tenant_body(tenant: Tenant) -> bytes:
    """The record of a tenant."""
    return json_bytes(
        {
            "id": tenant.id,
            "name": tenant.name,
            "origins": sorted(tenant.origins),
            "secrets": tenant.secret_hashes,
            "key": tenant.wrapped_key.hex(),
            "region": tenant.region,
            "look": {"names": dict(tenant.look.names), "colour": tenant.look.colour},
        }
    )


def all_tenants(store: Store, vault: Vault) -> list[Tenant]:
    """Every tenant of this server, newest first."""
    return [opened(record, vault) for record in tenant_records(store)]


def only_tenant(store: Store, vault: Vault) -> Tenant | None:
    """The tenant of a server that has exactly one."""
    found = store.find(range(PARTITIONS), [records.tenants_term()], limit=2)
    return opened(found[0].record, vault) if len(found) == 1 else None


def tenant_records(store: Store) -> Iterator[Record]:
    """The record of every tenant of this server, newest first, page by page."""
    before = None
    while page := store.find(range(PARTITIONS), [records.tenants_term()], before=before, limit=PAGE):
        yield from (each.record for each in page)
        before = (page[-1].rank, page[-1].record.key)


def create_tenant(
    store: Store, vault: Vault, ids: Ids, name: str, origins: frozenset[str], region: str | None = None
) -> NewTenant:
    """Make a tenant with a key of its own and one secret key, which is shown this once."""
    tenant_id = ids.new("te", ids.partition())
    secret = ids.secret()
    wrapped = vault.new_tenant_key(tenant_id)
    keys = vault.open_tenant(tenant_id, wrapped)
    tenant = Tenant(tenant_id, name, origins, (hash_secret(secret),), wrapped, region, 0, keys)
    save_tenant(store, tenant)
    return NewTenant(
        tenant_id, credential_text("pk", tenant_id), credential_text("sk", tenant_id, secret=secret)
    )


def save_tenant(store: Store, tenant: Tenant) -> None:
    """Write a tenant over the revision that was read; raises Stale when somebody else was faster."""
    key = records.tenant(tenant.id)
    write = Write(key, tenant_body(tenant), (records.tenants_term(),), store.now())
    store.commit(tenant.partition, Commit({key: tenant.revision}, [write]))


def allow_origin(store: Store, tenant: Tenant, origin: str) -> None:
    """Let pages of one more origin call for a tenant."""
    save_tenant(store, replace(tenant, origins=tenant.origins | {origin}))


def rewrap_all(store: Store, vault: Vault) -> int:
    """Wrap every tenant key anew under the primary root key; returns how many it was not yet under.

    Data stays as it is, so this takes moments and needs no pause.
    """
    behind = [each for each in all_tenants(store, vault) if not vault.is_current(each.wrapped_key)]
    for tenant in behind:
        save_tenant(store, replace(tenant, wrapped_key=vault.rewrap_tenant(tenant.id, tenant.wrapped_key)))
    return len(behind)
