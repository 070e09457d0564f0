"""Keys that are replaced: what tests of rotations ask a business."""

from dataclasses import replace
from typing import Any

from retoma_server.actions import records
from retoma_server.actions.callers import Caller
from retoma_server.actions.changing import Batch, change_draft
from retoma_server.actions.drafts import get_draft
from retoma_server.actions.key_uses import KeyUses, key_uses
from retoma_server.actions.rotations import SETTLED, finish
from retoma_server.actions.tenants import Tenant
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.ids import partition_of
from retoma_server.adapters.stores import Commit, Record, Write
from retoma_server.domain.identifiers import IdentifierKind

from .business import Business

EMAIL, EXTERNAL_ID = IdentifierKind.EMAIL, IdentifierKind.EXTERNAL_ID
LATER = 2 * SETTLED


def tenant_of(shop: Business) -> Tenant:
    """The tenant as the store has it now."""
    return shop.deps.tenants.renewed(shop.tenant.id)


def finished(shop: Business) -> Tenant:
    """The tenant after all was finished that can be."""
    return finish(shop.deps, shop.tenant, lambda _: None)


def uses(shop: Business) -> KeyUses:
    """What uses its keys."""
    return key_uses(shop.deps, tenant_of(shop), lambda _: None)


def again(shop: Business, caller: Caller) -> Caller:
    """The same caller with the next request, at an instance that knows the tenant as it is now."""
    return replace(caller, tenant=tenant_of(shop))


def data(shop: Business, caller: Caller, draft: str) -> Any:
    """The values of a draft."""
    return read_json(get_draft(shop.deps, caller, draft).json)["data"]


def change(shop: Business, caller: Caller, draft: str, seq: int, name: str) -> None:
    """A change of a draft's name, by the writer who began it."""
    ops = [{"op": "set", "path": "/name", "value": name, "seen": seq - 1}]
    change_draft(shop.deps, caller, draft, Batch("w_1", [{"seq": seq, "ops": ops}]))


def record_of(shop: Business, customer: str | None) -> Record:
    """A customer's record."""
    assert customer is not None
    key = records.customer(shop.tenant.id, customer)
    record = shop.deps.store.read(partition_of(customer), [key]).get(key)
    assert record is not None
    return record


def overwrite(shop: Business, record: Record) -> None:
    """Put a record's body back, as somebody with the store could."""
    place = partition_of(record.key.split("/")[2])
    revision = shop.deps.store.read(place, [record.key]).revision(record.key)
    shop.deps.store.commit(place, Commit({record.key: revision}, [Write(record.key, record.body)]))


def versions(shop: Business) -> tuple[list[int], list[int], int]:
    """The versions of the tenant's and the index keys, and the one that customers' keys are to have."""
    chain = tenant_of(shop).keys.chain
    return [each.version for each in chain.wrapping], [each.version for each in chain.index], chain.customers
