"""Staff accounts, their sessions and stores as bytes for the store, and back."""

from dataclasses import asdict

import orjson

from retoma_server.domain.staff import Account, RetailStore, Role, Session, StoreDevice
from retoma_server.domain.staff_providers import StaffProvider


def account_bytes(account: Account) -> bytes:
    """A staff account's record: names and hashes, nothing of a customer."""
    return orjson.dumps({**asdict(account), "roles": sorted(account.roles)})


def read_account(staff: str, body: bytes) -> Account:
    """The staff account of a record; one of an earlier release has a token, and is there to assist."""
    fields = orjson.loads(body)
    if "hash" in fields:
        assisting = frozenset((Role.ASSIST,))
        return Account(staff, fields["name"], assisting, disabled=fields["disabled"], token=fields["hash"])
    read = {"roles": frozenset(map(Role, fields["roles"])), "addresses": tuple(fields["addresses"])}
    return Account(**{**fields, **read})


def record_bytes(value: Session | RetailStore | StoreDevice | StaffProvider) -> bytes:
    """The record of a session, a store, a device of one, or a provider."""
    return orjson.dumps(value)


def read_session(body: bytes) -> Session:
    """The session of a record."""
    return Session(**orjson.loads(body))


def read_retail_store(body: bytes) -> RetailStore:
    """The store of a record."""
    return RetailStore(**orjson.loads(body))


def read_store_device(body: bytes) -> StoreDevice:
    """The device of a record."""
    return StoreDevice(**orjson.loads(body))


def read_staff_provider(body: bytes) -> StaffProvider:
    """The provider of a record."""
    return StaffProvider(**orjson.loads(body))
