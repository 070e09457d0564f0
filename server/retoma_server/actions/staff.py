"""Members of staff: their accounts, the tokens they call with, and the stores they work in.

Each change is an entry of the audit log, of `by` or else of whoever runs the server.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from retoma_server.adapters.ids import Ids, partition_of
from retoma_server.adapters.passwords import Passwords
from retoma_server.adapters.staff import account_bytes, read_account, read_retail_store, record_bytes
from retoma_server.adapters.stores import Append, Commit, Record, Stale, Store, Write
from retoma_server.adapters.tokens import credential_text, hash_secret
from retoma_server.domain.access import Principal
from retoma_server.domain.errors import NotFound
from retoma_server.domain.staff import (
    ASSISTING,
    Account,
    RetailStore,
    Role,
    checked_password,
    sign_in_form,
)

from . import records
from .on_record import Order, commit_on_record
from .tenants import Tenant

PAGE = 500


class NameTaken(Exception):
    """Raised for a sign-in name that somebody else of the tenant has."""


@dataclass(frozen=True, slots=True)
class NewStaff:
    """A member of staff just added, with the only sight of their token."""

    id: str
    name: str
    token: str = field(repr=False)


def add_staff(
    store: Store,
    ids: Ids,
    tenant: Tenant,
    name: str,
    roles: frozenset[Role] = ASSISTING,
    works_in: str | None = None,
) -> NewStaff:
    """Add a member of staff who calls by token; raises Stale."""
    secret = ids.secret()
    account = Account(new_id(ids, tenant.id), name, roles, store=works_in, token=hash_secret(secret))
    commit = Commit({place(tenant.id, account): 0}, [written(tenant.id, account)])
    commit_on_record(store, tenant, commit, account.id, Order(None, "staff-added"))
    return NewStaff(account.id, name, credential_text("sf", tenant.id, subject=account.id, secret=secret))


def add_account(
    store: Store,
    ids: Ids,
    passwords: Passwords,
    tenant: Tenant,
    account: Account,
    password: str | None,
    by: Principal | None = None,
) -> Account:
    """Add a member of staff who signs in by name and password, or without one at the tenant's provider.

    Raises NameTaken, UnfitPassword and Stale.
    """
    sign_in_name = sign_in_form(account.sign_in_name or "")
    hashed = password and passwords.hashed(checked_password(password, (sign_in_name, account.name)))
    made = replace(account, id=new_id(ids, tenant.id), sign_in_name=sign_in_name, password=hashed)
    pointer = records.staff_name(tenant.id, name_hash(tenant, sign_in_name))
    writes = [written(tenant.id, made), Write(pointer, made.id.encode())]
    commit = Commit({place(tenant.id, made): 0, pointer: 0}, writes)
    try:
        commit_on_record(store, tenant, commit, made.id, Order(by, "staff-added"))
    except Stale:
        if store.read(tenant.partition, [pointer]).get(pointer) is None:
            raise
        raise NameTaken from None
    return made


def new_id(ids: Ids, tenant: str) -> str:
    """The id of a new account, which is kept with its tenant."""
    return ids.new("st", partition_of(tenant))


def name_hash(tenant: Tenant, sign_in_name: str) -> str:
    """What a sign-in name is found by."""
    return tenant.keys.keyed_hash("staff-name", sign_in_form(sign_in_name))


def place(tenant: str, account: Account) -> str:
    """Where an account is kept."""
    return records.staff(tenant, account.id)


def written(tenant: str, account: Account) -> Write:
    """The record of an account."""
    return Write(place(tenant, account), account_bytes(account), (records.staff_term(tenant),))


def list_staff(store: Store, tenant: Tenant) -> list[Account]:
    """A tenant's accounts; those that an earlier release made are listed once they were changed."""
    found = every(store, tenant, records.staff_term(tenant.id))
    return [read_account(each.key.rpartition("/")[2], each.body) for each in found]


def every(store: Store, tenant: Tenant, term: str) -> Iterable[Record]:
    """Every record of a tenant's own under a term, page by page."""
    before = None
    while page := store.find([tenant.partition], [term], before=before, limit=PAGE):
        yield from (each.record for each in page)
        before = (page[-1].rank, page[-1].record.key)


def change_account(
    store: Store, tenant: Tenant, staff: str, order: Order, change: Callable[[Account], Account]
) -> Account:
    """Change an account and end all its sessions, open streams too; raises NotFound and Stale."""
    key = records.staff(tenant.id, staff)
    record = store.read(tenant.partition, [key]).get(key)
    if record is None:
        raise NotFound
    before = read_account(staff, record.body)
    account = replace(change(before), generation=before.generation + 1)
    nudge = Append(records.dismissals_log(tenant.id, staff), b"{}", 1, nudge=True)
    commit = Commit({key: record.revision}, [written(tenant.id, account)], appends=[nudge])
    commit_on_record(store, tenant, commit, staff, order)
    return account


def set_disabled(store: Store, tenant: Tenant, staff: str, disabled: bool) -> Account:
    """Let somebody in no more, by token or password, from now on; or again."""
    order = Order(None, "staff-disabled" if disabled else "staff-enabled")
    return change_account(store, tenant, staff, order, lambda account: replace(account, disabled=disabled))


def set_roles(store: Store, tenant: Tenant, staff: str, roles: frozenset[Role]) -> Account:
    """Give a member of staff other roles."""
    order = Order(None, "staff-roles-changed")
    return change_account(store, tenant, staff, order, lambda account: replace(account, roles=roles))


def set_password(store: Store, passwords: Passwords, tenant: Tenant, staff: str, password: str) -> Account:
    """Give a member of staff another password; raises UnfitPassword, NotFound where none signs them in."""
    order = Order(None, "staff-password-changed")
    return change_account(store, tenant, staff, order, lambda each: with_password(passwords, each, password))


def with_password(passwords: Passwords, account: Account, password: str) -> Account:
    """An account with another password; raises as `set_password`."""
    if account.sign_in_name is None:
        raise NotFound
    form = checked_password(password, (account.sign_in_name, account.name))
    return replace(account, password=passwords.hashed(form), subject=None)


# -- stores ------------------------------------------------------------------------------------


def add_retail_store(
    store: Store, ids: Ids, tenant: Tenant, name: str, by: Principal | None = None
) -> RetailStore:
    """Add a place where staff meet customers."""
    made = RetailStore(ids.new("so", tenant.partition), name)
    key = records.retail_store(tenant.id, made.id)
    write = Write(key, record_bytes(made), (records.retail_stores_term(tenant.id),))
    commit_on_record(store, tenant, Commit({key: 0}, [write]), made.id, Order(by, "store-added"))
    return made


def set_registered_only(
    store: Store, tenant: Tenant, place: str, registered_only: bool, by: Principal | None = None
) -> RetailStore:
    """Let the assistants of a store sign in on its registered devices only, or anywhere; raises NotFound."""
    key = records.retail_store(tenant.id, place)
    record = store.read(tenant.partition, [key]).get(key)
    if record is None:
        raise NotFound
    changed = replace(read_retail_store(record.body), registered_only=registered_only)
    write = Write(key, record_bytes(changed), (records.retail_stores_term(tenant.id),))
    order = Order(by, "store-closed" if registered_only else "store-opened")
    commit_on_record(store, tenant, Commit({key: record.revision}, [write]), place, order)
    return changed


def list_retail_stores(store: Store, tenant: Tenant) -> list[RetailStore]:
    """A tenant's stores."""
    found = every(store, tenant, records.retail_stores_term(tenant.id))
    return [read_retail_store(each.body) for each in found]
