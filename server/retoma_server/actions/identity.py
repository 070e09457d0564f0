"""Customers and how they prove who they are: visitors, and customers that the service vouches for."""

from contextlib import suppress
from dataclasses import dataclass, field

from retoma_server.adapters.codec import json_bytes, read_json
from retoma_server.adapters.ids import home, partition_of
from retoma_server.adapters.stores import Commit, Record, Stale, Write
from retoma_server.adapters.tokens import credential_text, hash_secret
from retoma_server.domain.access import Verb, authorize
from retoma_server.domain.errors import Gone, NotFound
from retoma_server.domain.processes import DAY

from . import records
from .callers import Caller, principal_of
from .customers import new_customer, read_customer
from .deps import Deps
from .tenants import Tenant

VISITOR_LIFE = 90 * DAY
RESERVED_FOR = 60_000
"""Milliseconds after which the sweeper finishes an identification that a crash interrupted."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A token just made, for whom, and until when (milliseconds since 1970)."""

    token: str = field(repr=False)
    customer: str
    expires_at: int


def open_visitor(deps: Deps, caller: Caller) -> Minted:
    """Make a visitor: a customer known by one token, which is shown this once."""
    authorize(principal_of(deps, caller), Verb.OPEN_VISITOR)
    tenant = caller.home
    customer = deps.ids.new("cu", deps.ids.partition())
    secret = deps.ids.secret()
    until = deps.store.now() + VISITOR_LIFE
    create_customer(deps, new_customer(tenant, customer, hash_secret(secret), until), customer)
    return Minted(credential_text("vt", tenant.id, subject=customer, secret=secret), customer, until)


def create_customer(deps: Deps, write: Write, customer: str) -> None:
    """Write a customer's record where there is none; raises Stale where there is one."""
    deps.store.commit(partition_of(customer), Commit({write.key: 0}, [write]))


def mint_token(deps: Deps, caller: Caller, external_id: str | None, customer: str | None) -> Minted:
    """A customer token for the tenant's own user, who becomes a customer at the first one.

    Raises NotFound for a customer id that is not there, Gone for one that was erased.
    """
    authorize(principal_of(deps, caller), Verb.MINT_TOKEN)
    tenant = caller.home
    known = customer or identified(deps, tenant, external_id or "")
    check_customer(deps, tenant, known)
    token, expires_at = deps.tokens.mint(tenant.id, known)
    return Minted(token, known, expires_at)


def check_customer(deps: Deps, tenant: Tenant, customer: str) -> None:
    """Raise NotFound or Gone unless the customer is there."""
    key = records.customer(tenant.id, customer)
    record = deps.store.read(partition_of(customer), [key]).get(key)
    if record is None:
        raise NotFound
    if read_customer(record).get("erased"):
        raise Gone("customer-erased")


def identified(deps: Deps, tenant: Tenant, external_id: str) -> str:
    """The customer with an external id, made if there is none.

    Identifier and customer lie in different partitions, so this is a sequence of three commits,
    each of which may be done again: reserve the identifier, make the customer, confirm.
    """
    hashed = tenant.keys.keyed_hash("identifier", "external_id", external_id)
    place, key = home(tenant.id, hashed), records.identifier(tenant.id, hashed)
    snapshot = deps.store.read(place, [key])
    record = snapshot.get(key)
    if record is None:
        fields = {"customer": deps.ids.new("cu", deps.ids.partition()), "confirmed": False}
        reserve = Write(key, json_bytes(fields), due=snapshot.now + RESERVED_FOR)
        try:
            deps.store.commit(place, Commit({key: 0}, [reserve]))
        except Stale:
            return identified(deps, tenant, external_id)
        record = Record(key, 1, reserve.body)
    return finish_identifier(deps, tenant, place, record)


def finish_identifier(deps: Deps, tenant: Tenant, place: int, record: Record) -> str:
    """Finish an identification wherever it stands, and return its customer."""
    fields = read_json(record.body)
    customer, hashed = str(fields["customer"]), record.key.rpartition("/")[2]
    if fields["confirmed"]:
        return customer
    with suppress(Stale):  # made before a crash, or by somebody else: only the confirmation is missing
        create_customer(deps, new_customer(tenant, customer, identifiers=[hashed]), customer)
    confirm = Write(record.key, json_bytes({**fields, "confirmed": True}))
    with suppress(Stale):
        deps.store.commit(place, Commit({record.key: record.revision}, [confirm]))
    return customer
