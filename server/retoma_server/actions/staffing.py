"""Accounts and stores as supervisors and admins see to them; each change is an entry in the audit log."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from retoma_server.adapters.staff import read_account
from retoma_server.domain.access import Principal, Verb, authorize, looks_after
from retoma_server.domain.errors import Forbidden, Invalid, NotFound
from retoma_server.domain.staff import Account, RetailStore, Role, is_name, is_sign_in_name

from . import records
from .callers import Caller, principal_of
from .deps import Deps
from .on_record import Order
from .retrying import retried
from .staff import (
    add_account,
    add_retail_store,
    change_account,
    list_retail_stores,
    list_staff,
    set_registered_only,
    with_password,
)
from .store_devices import checked_store


def list_people(deps: Deps, caller: Caller) -> list[Account]:
    """The accounts that somebody sees to, and their own, by name."""
    principal = allowed(deps, caller, Verb.MANAGE_STAFF)
    listed = list_staff(deps.store, caller.home)
    reached = [each for each in listed if each.id == principal.id or looks_after(principal, each)]
    return sorted(reached, key=lambda each: (each.disabled, each.name.casefold(), each.id))


def read_person(deps: Deps, caller: Caller, staff: str) -> Account:
    """An account that somebody sees to, or their own; raises NotFound for any other."""
    principal = allowed(deps, caller, Verb.MANAGE_STAFF)
    key = records.staff(caller.home.id, staff)
    record = deps.store.read(caller.home.partition, [key]).get(key)
    account = read_account(staff, record.body) if record else None
    if account is None or not (account.id == principal.id or looks_after(principal, account)):
        raise NotFound
    return account


def add_person(deps: Deps, caller: Caller, wanted: Account, password: str) -> Account:
    """Add somebody who signs in by name and password.

    Raises Forbidden for an account that the caller would not see to; Invalid `name-missing`, `roles-missing`,
    or for a store that is not there; NameTaken and UnfitPassword.
    """
    principal = allowed(deps, caller, Verb.MANAGE_STAFF)
    if not looks_after(principal, wanted):
        raise Forbidden("insufficient-scope")
    check_person(wanted)
    if wanted.store is not None:
        checked_store(deps, caller.home, wanted.store)
    place = (deps.store, deps.ids, deps.passwords, caller.home)
    return retried(deps, lambda: add_account(*place, wanted, password, principal))


def check_person(wanted: Account) -> None:
    """Raise Invalid for somebody who has no name that can be read and typed, or is there for nothing."""
    if not is_name(wanted.name) or not is_sign_in_name(wanted.sign_in_name or ""):
        raise Invalid("name-missing")
    if not wanted.roles:
        raise Invalid("roles-missing")


def disable_person(deps: Deps, caller: Caller, staff: str, disabled: bool) -> Account:
    """Let somebody in no more, at once, or again; raises as `change_person`."""
    action = "staff-disabled" if disabled else "staff-enabled"
    return change_person(deps, caller, staff, action, lambda account: replace(account, disabled=disabled))


def give_roles(deps: Deps, caller: Caller, staff: str, roles: frozenset[Role]) -> Account:
    """Give somebody other roles, which only an admin does; raises Invalid for none."""
    if not roles:
        raise Invalid("roles-missing")

    def change(account: Account, principal: Principal) -> Account:
        if Role.ADMIN not in principal.roles:
            raise Forbidden("insufficient-scope")
        return replace(account, roles=roles)

    return _changed(deps, caller, staff, "staff-roles-changed", change)


def give_password(deps: Deps, caller: Caller, staff: str, password: str) -> Account:
    """Give somebody another password; raises UnfitPassword, and NotFound for who has a token."""
    return change_person(
        deps,
        caller,
        staff,
        "staff-password-changed",
        lambda account: with_password(deps.passwords, account, password),
    )


def change_person(
    deps: Deps, caller: Caller, staff: str, action: str, change: Callable[[Account], Account]
) -> Account:
    """Change an account that one sees to, and end its sessions.

    Raises NotFound for what is out of reach as for what is absent, Forbidden for one's own.
    """
    return _changed(deps, caller, staff, action, lambda account, _: change(account))


def _changed(
    deps: Deps, caller: Caller, staff: str, action: str, change: Callable[[Account, Principal], Account]
) -> Account:
    principal = allowed(deps, caller, Verb.MANAGE_STAFF)

    def reached(account: Account) -> Account:
        if account.id == principal.id:
            raise Forbidden("insufficient-scope")
        if not looks_after(principal, account):
            raise NotFound
        return change(account, principal)

    order = Order(principal, action)
    return retried(deps, lambda: change_account(deps.store, caller.home, staff, order, reached))


# -- stores ------------------------------------------------------------------------------------


def list_stores(deps: Deps, caller: Caller) -> list[RetailStore]:
    """The stores that somebody sees to people or devices of: all for an admin, else their own."""
    principal = allowed(deps, caller, Verb.MANAGE_STAFF)
    return stores_of(principal, list_retail_stores(deps.store, caller.home))


def stores_of(principal: Principal, listed: Sequence[RetailStore]) -> list[RetailStore]:
    """Of these stores those that somebody sees to, by name."""
    own = [each for each in listed if Role.ADMIN in principal.roles or each.id == principal.store]
    return sorted(own, key=lambda each: (each.name.casefold(), each.id))


def add_store(deps: Deps, caller: Caller, name: str) -> RetailStore:
    """Add a place where staff meet customers; raises Invalid `name-missing`."""
    principal = allowed(deps, caller, Verb.MANAGE_STORES)
    if not is_name(name):
        raise Invalid("name-missing")
    return retried(deps, lambda: add_retail_store(deps.store, deps.ids, caller.home, name.strip(), principal))


def require_registered(deps: Deps, caller: Caller, store: str, registered_only: bool) -> RetailStore:
    """Let a store's assistants sign in on its registered devices only, or anywhere; raises NotFound."""
    principal = allowed(deps, caller, Verb.MANAGE_STORES)
    where = (deps.store, caller.home, store)
    return retried(deps, lambda: set_registered_only(*where, registered_only, principal))


def allowed(deps: Deps, caller: Caller, verb: Verb) -> Principal:
    """Who calls, where they may; raises as `authorize`."""
    principal = principal_of(deps, caller)
    authorize(principal, verb)
    return principal
