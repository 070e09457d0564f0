"""Entries of the audit log as people read them: with the store's name, and the reason opened."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.staff import read_retail_store
from retoma_server.adapters.vault import CustomerKeys
from retoma_server.domain.errors import Gone
from retoma_server.domain.rendering import timestamp

from . import records
from .customers import fields_of, opened_keys
from .deps import Deps
from .tenants import Tenant

Entry = Mapping[str, Any]
"""An entry as it is stored; those of an earlier release lack what was added since."""


class Reader:
    """Reads entries of one tenant: each store and each customer's key is looked up once."""

    def __init__(self, deps: Deps, tenant: Tenant, entries: Sequence[Entry]) -> None:
        """Look up what these entries name."""
        self._deps = deps
        self._tenant = tenant
        self._stores = store_names(deps, tenant, (entry.get("store") for entry in entries))
        self._keys: dict[str, CustomerKeys | None] = {}

    def access(self, entry: Entry) -> dict[str, Any]:
        """An entry as the customer reads it: who, in which store, what, and why."""
        store = entry.get("store")
        return {
            "at": timestamp(entry["at"]),
            "name": entry["name"],
            "store": store and {"id": store, "name": self._stores.get(store)},
            "channel": entry["channel"],
            "action": entry["action"],
            "draft": entry["about"],
            "assist": entry.get("assist"),
            "paths": entry.get("paths", []),
            "others": entry.get("others", 0),
            "reason": self._reason(entry),
        }

    def audit(self, entry: Entry) -> dict[str, Any]:
        """An entry as the tenant's auditors read it: with ids of who it was, and whose."""
        shown = self.access(entry)
        about = shown.pop("draft")
        return {
            **shown,
            "actor": entry["actor"],
            "customer": entry.get("customer"),
            "draft": about if about.startswith("dr_") else None,
            "about": about,
        }

    def _reason(self, entry: Entry) -> str | None:
        """The reason, None where none was given, or the key that sealed it was destroyed."""
        sealed, customer = entry.get("reason"), entry.get("customer")
        keys = self._keys_of(customer) if sealed and customer else None
        if sealed is None or keys is None:
            return None
        with suppress(IntegrityFailure):
            return keys.open("reason", entry["about"], 0, bytes.fromhex(sealed)).decode()
        return None

    def _keys_of(self, customer: str) -> CustomerKeys | None:
        if customer not in self._keys:
            self._keys[customer] = None
            with suppress(Gone):
                fields = fields_of(self._deps, self._tenant, customer)
                self._keys[customer] = opened_keys(self._deps, self._tenant, customer, fields)
        return self._keys[customer]


def store_names(deps: Deps, tenant: Tenant, stores: Iterable[str | None]) -> dict[str, str]:
    """The names of a tenant's stores by id, as they are called now."""
    keys = [records.retail_store(tenant.id, each) for each in sorted(set(filter(None, stores)))]
    found = deps.store.read(tenant.partition, keys).records.values() if keys else ()
    read = (read_retail_store(record.body) for record in found)
    return {store.id: store.name for store in read}
