"""Rotating the keys of tenants and customers while everything goes on, step by step, each to be repeated.

A rotation makes a new version, which is used from then on. Finishing brings along what can be, and takes
the older versions away that nothing needs. It may stop anywhere, and goes on when it is begun again.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from retoma_server.adapters.envelopes import IntegrityFailure, Owner, owner_of
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.keychain import Keychain
from retoma_server.adapters.stores import Commit, Record, Stale
from retoma_server.adapters.vault import TenantKeys, version_of_hash
from retoma_server.domain.errors import Gone, NotFound
from retoma_server.domain.identifiers import Hashes

from . import records
from .album import reseal_devices
from .consents import reseal_consents
from .customers import changed_customer, keys_written, read_customer, wrapped_keys
from .deps import Deps
from .desk import Desk
from .identifiers import hashed_in
from .key_uses import STEP, KeyUses, Told, key_uses
from .retrying import retried
from .tenants import Tenant, save_tenant

SETTLED = 60_000
"""Milliseconds after which every running instance has a new key, and no request of before is under way.

A tenant is believed for a second. No older key is taken away before this has passed.
"""
PAGE = 100


def rotate_tenant(deps: Deps, tenant: Tenant) -> Tenant:
    """Give a tenant a new key, which wraps its customers' keys from now on."""
    return changed_chain(deps, tenant, lambda chain: chain.with_wrapping(deps.store.now()))


def rotate_customers(deps: Deps, tenant: Tenant) -> Tenant:
    """Let every customer of a tenant have a new key; who comes from now on has it at once."""
    return changed_chain(deps, tenant, lambda chain: chain.with_customers(deps.store.now()))


def rotate_index(deps: Deps, tenant: Tenant) -> Tenant:
    """Give a tenant a new index key, under which identifiers are found first from now on."""
    return changed_chain(deps, tenant, lambda chain: chain.with_index(deps.store.now()))


def drop_index(deps: Deps, tenant: Tenant) -> Tenant:
    """Take the oldest index key away: what only that one finds is found by nobody any more."""
    oldest = tenant.keys.chain.index[0].version
    dropped = changed_chain(deps, tenant, lambda chain: chain.without_index(lambda each: each == oldest))
    clear_identifiers(deps, dropped)
    return dropped


def finish(deps: Deps, tenant: Tenant, told: Told) -> Tenant:
    """Bring a tenant's customers along, and take the older keys away that nothing uses.

    Only those go that nothing used when it began: what it brings along itself may just have been read
    by somebody who is about to open it.
    """
    tenant, now = deps.tenants.renewed(tenant.id), deps.store.now()
    uses = key_uses(deps, tenant, told)
    renew_customers(deps, tenant, told)
    if now - tenant.keys.chain.customers_at >= SETTLED:
        forget_keys(deps, tenant, uses)
    slim = changed_chain(deps, tenant, lambda chain: without_unused(chain, uses, now))
    if slim.keys.chain.index != tenant.keys.chain.index:
        clear_identifiers(deps, slim)
    return slim


def without_unused(chain: Keychain, uses: KeyUses, now: int) -> Keychain:
    """A keychain without the older keys that nothing uses, once nobody can begin to."""
    if now - chain.wrapping[-1].made_at >= SETTLED:
        chain = chain.without_wrapping(lambda version: not uses.wraps[version])
    if now - chain.index[-1].made_at >= SETTLED:
        chain = chain.without_index(lambda version: not uses.finds[version])
    return chain


def changed_chain(deps: Deps, tenant: Tenant, change: Callable[[Keychain], Keychain]) -> Tenant:
    """The tenant with its keychain changed, as the store has it by now."""

    def attempt() -> Tenant:
        now = deps.tenants.renewed(tenant.id)
        chain = change(now.keys.chain)
        if chain == now.keys.chain:
            return now
        save_tenant(deps.store, replace(now, wrapped_key=deps.vault.wrap_tenant(now.id, chain)))
        return deps.tenants.renewed(tenant.id)

    return retried(deps, attempt)


# -- customers ---------------------------------------------------------------------------------


def renew_customers(deps: Deps, tenant: Tenant, told: Told) -> None:
    """Bring every customer along whose keys are behind, and what an older key sealed and stays for long.

    What does not open is left alone: it says so when it is asked for, and the keys that it names stay.
    """
    for number, (_, record) in enumerate(deps.store.walk(records.customer(tenant.id, "")), 1):
        with suppress(IntegrityFailure, Gone):
            renew(deps, tenant, record)
        if number % STEP == 0:
            told(number)


def renew(deps: Deps, tenant: Tenant, record: Record) -> None:
    """Bring one customer along, as found, with all drafts and consents."""
    fields = read_customer(record)
    if is_behind(tenant.keys, fields):
        fields = retried(deps, partial(renewed_customer, deps, tenant, record.key))
    if fields.get("older"):
        customer = record.key.rpartition("/")[2]
        reseal_drafts(deps, tenant, customer)
        for reseal_others in (reseal_consents, reseal_devices):
            retried(deps, partial(reseal_others, deps, tenant, customer))


def is_behind(keys: TenantKeys, fields: Mapping[str, Any]) -> bool:
    """Whether a customer's keys or identifiers are not as the keychain has it by now."""
    if fields.get("erased"):
        return False
    wrapped, chain = wrapped_keys(fields), keys.chain
    old = any(owner_of(key).version < chain.wrapping[-1].version for key in wrapped.values())
    return old or max(wrapped) < chain.customers or fields["identifiers"] != live(keys, fields)


def live(keys: TenantKeys, fields: Mapping[str, Any]) -> dict[str, Hashes]:
    """The identifiers of a customer that an index key still finds, or one that came meanwhile."""
    found = {
        kind: tuple(hashed for hashed in hashes if keys.chain.may_find(version_of_hash(hashed)))
        for kind, hashes in fields["identifiers"].items()
    }
    return {kind: hashes for kind, hashes in found.items() if hashes}


def renewed_customer(deps: Deps, tenant: Tenant, key: str) -> dict[str, Any]:
    """The fields of a customer who was brought along; raises Stale when somebody else was faster."""
    customer = key.rpartition("/")[2]
    record = deps.store.read(partition_of(customer), [key]).get(key)
    fields = read_customer(record)
    if record is None or not is_behind(tenant.keys, fields):
        return fields
    wrapped = tenant.keys.rewrap_customer(customer, wrapped_keys(fields))
    version = tenant.keys.chain.customers
    if max(wrapped) < version:
        wrapped[version] = tenant.keys.new_customer_key(customer, version)
    changes = {**keys_written(wrapped), "identifiers": live(tenant.keys, fields)}
    write_customer(deps, record, changes)
    return {**fields, **changes}


def write_customer(deps: Deps, record: Record, changes: Mapping[str, Any]) -> None:
    """Change some fields of a customer; raises Stale when somebody else was faster."""
    write = changed_customer(record, **changes)
    place = partition_of(record.key.rpartition("/")[2])
    deps.store.commit(place, Commit({record.key: record.revision}, [write]))


def reseal_drafts(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Seal every draft of a customer by the newest key; nothing in them changes."""
    place, term = partition_of(customer), records.customers_drafts_term(tenant.id, customer)
    before = None
    while page := deps.store.find([place], [term], before=before, limit=PAGE):
        for found in page:
            draft = found.record.key.rpartition("/")[2]
            with suppress(IntegrityFailure, NotFound):
                retried(deps, partial(reseal, deps, tenant, draft))
        before = (page[-1].rank, page[-1].record.key)


def reseal(deps: Deps, tenant: Tenant, draft: str) -> None:
    """Seal a draft by its customer's newest key if it is not yet; raises Stale."""
    desk = Desk(deps, tenant, draft, ())
    if desk.sealed and owner_of(desk.sealed.body).version < desk.key.version:
        desk.save(desk.draft)
        desk.commit()


def forget_keys(deps: Deps, tenant: Tenant, uses: KeyUses) -> None:
    """Take the older keys of customers away that nothing needed when it was counted.

    Nothing can have begun to need one since: the record of the customer is expected by each commit, so
    what is written is sealed by the newest. A key that the count did not know for an older one stays.
    """
    for _, record in deps.store.walk(records.customer(tenant.id, "")):
        if unneeded(tenant, record, uses):
            retried(deps, partial(forget_unneeded, deps, tenant, record.key, uses))


def unneeded(tenant: Tenant, record: Record, uses: KeyUses) -> frozenset[int]:
    """The older versions of a customer's key that nothing needs."""
    customer, older = record.key.rpartition("/")[2], map(int, read_customer(record).get("older", ()))
    asked = tenant.keys.chain.customers
    return frozenset(each for each in older if each < asked and Owner(customer, each) not in uses.older)


def forget_unneeded(deps: Deps, tenant: Tenant, key: str, uses: KeyUses) -> None:
    """Take them away from one customer; raises Stale when somebody else was faster."""
    record = deps.store.read(partition_of(key.rpartition("/")[2]), [key]).get(key)
    gone = unneeded(tenant, record, uses) if record else frozenset()
    if record is not None and gone:
        wrapped = wrapped_keys(read_customer(record))
        kept = {version: wrapped[version] for version in wrapped if version not in gone}
        write_customer(deps, record, keys_written(kept))


# -- identifiers -------------------------------------------------------------------------------


def clear_identifiers(deps: Deps, tenant: Tenant) -> None:
    """Delete the pointers that only an index key could find which is gone, and their names."""
    for place, record in deps.store.walk(records.identifier(tenant.id, "")):
        if not tenant.keys.chain.may_find(version_of_hash(hashed_in(record.key))):
            with suppress(Stale):  # somebody who does not know yet has it: the next time
                deps.store.commit(place, Commit({record.key: record.revision}, deletes=[record.key]))
    renew_customers(deps, tenant, lambda _: None)
